"""`opdracht outbox`: what Kafka refuses to take from a service, and what waits behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from chassis.database import Connection, connect
from chassis.delivery.outbox import discard_refused, refused
from rich.table import Column, Table

from opdrachtctl.console import console

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="What Kafka refuses to take from a service.")

Database = Annotated[str, typer.Option(help="the service's DATABASE_URL")]


@app.command("list")
def list_refused(database: Database) -> None:
    """List the records that Kafka refused, and how many of their key wait behind each."""
    table = Table(Column("id", no_wrap=True), "topic", "key", "because", "written at", "waiting")
    for record in _in(database, refused):
        key = (record.key or b"").decode(errors="backslashreplace")
        written_at = record.written_at.isoformat(timespec="seconds")
        table.add_row(str(record.id), record.topic, key, record.because, written_at, str(record.waiting))
    console.print(table if table.row_count else "Kafka refuses nothing")


@app.command()
def discard(record: Annotated[int, typer.Argument(help="as `list` numbers it")], database: Database) -> None:
    """Delete a record that Kafka refuses, for good; what waits behind it goes out."""
    if not _in(database, lambda connection: discard_refused(connection, record)):
        raise typer.BadParameter(f"Kafka refuses no record {record}")
    console.print(f"discarded {record}")


def _in(database: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def run() -> T:
        connection = await connect(database)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())
