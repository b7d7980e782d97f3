"""`opdracht topics`: the topics of the topics table."""

import asyncio
from typing import Annotated

import typer
from chassis.kafka.broker import connection_arguments
from chassis.kafka.topics import create_topics, missing_topics
from chassis.settings import KafkaSettings, load

from opdrachtctl.console import console

app = typer.Typer(no_args_is_help=True, help="The topics of the topics table.")


@app.command()
def create(replication: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Create the topics that are missing."""
    created = asyncio.run(create_topics(connection_arguments(load(KafkaSettings)), replication))
    console.print("\n".join(f"created {name}" for name in created) or "every topic is there")


@app.command()
def check() -> None:
    """Tell which topics are missing; exit status 1 where one is."""
    missing = asyncio.run(missing_topics(connection_arguments(load(KafkaSettings))))
    console.print("\n".join(f"missing: {name}" for name in sorted(missing)) or "every topic is there")
    raise typer.Exit(1 if missing else 0)
