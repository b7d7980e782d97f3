"""`opdracht selection-report` and `erase-report`: who is proposed how often, and what is left of somebody."""

import asyncio
from typing import Annotated
from uuid import UUID

import httpx
import typer
from chassis.kafka.broker import connection_arguments
from chassis.settings import KafkaSettings, load
from rich.table import Table

from opdrachtctl.console import console
from opdrachtctl.erasure import Trace, in_databases, on_topics

app = typer.Typer()

FOUR_FIFTHS = 0.8


@app.command("selection-report")
def selection_report(
    url: Annotated[str, typer.Option(help="matching's address, such as http://localhost:8103")],
    token: Annotated[str, typer.Option(envvar="OPDRACHT_TOKEN", help="an operator's token")],
) -> None:
    """Show who is proposed how often, by level, growth, contract form and province."""
    answer = httpx.get(f"{url}/selection", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    answer.raise_for_status()
    body = answer.json()
    table = Table(
        "group", "value", "active", "proposed", "rate", "of highest", title=f"Policy {body['policy']}"
    )
    for rate in body["rates"]:
        of_highest = "" if rate["of_highest"] is None else f"{rate['of_highest']:.0%}"
        low = rate["of_highest"] is not None and rate["of_highest"] < FOUR_FIFTHS
        numbers = (str(rate["professionals"]), str(rate["proposed"]), f"{rate['rate']:.1%}")
        table.add_row(rate["group"], rate["value"], *numbers, of_highest, style="bold" if low else None)
    console.print(table)
    console.print("Bold: under four fifths of the highest rate of its kind. A reason to look, not a verdict.")


@app.command("erase-report")
def erase_report(
    profile_id: UUID,
    database: Annotated[
        list[str] | None, typer.Option(help="a service's DATABASE_URL; may be repeated")
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(
            "--words", "--word", help="what to look for besides: a name, an address; may be repeated"
        ),
    ] = None,
) -> None:
    """Tell what is left of a professional; exit status 1 while anything of them is.

    Once erased, the id alone stands in tombstones, in rows that lead to nobody, and in events that are
    deleted by time, without a word. What is left: whatever holds one of the words, on a topic, as a dead
    letter or in a database, and the records of compacted topics that are not compacted yet (within about a
    day).
    """

    async def look() -> tuple[list[Trace], list[Trace]]:
        return (
            await on_topics(connection_arguments(load(KafkaSettings)), profile_id, words or []),
            await in_databases(database or [], profile_id, words or []),
        )

    on, held = asyncio.run(look())
    table = Table("place", "names the id", "of which tombstones", "holds a word", "left")
    for trace in (*on, *held):
        numbers = (trace.found, trace.tombstones, trace.with_words)
        cells = (str(number) if number else "" for number in numbers)
        table.add_row(trace.place, *cells, "yes" if trace.is_left else "")
    console.print(table if table.row_count else "nothing names this id")
    if any(trace.is_left for trace in (*on, *held)):
        raise typer.Exit(1)
