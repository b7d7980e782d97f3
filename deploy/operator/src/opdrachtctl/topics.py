"""`opdracht topics`: the topics of the topics table."""

import asyncio
from typing import Annotated

import typer
from chassis.kafka.broker import connection_arguments
from chassis.kafka.topics import configure_topics, create_topics, drifts, grow_topics
from chassis.settings import KafkaSettings, load

from opdrachtctl.console import console

app = typer.Typer(no_args_is_help=True, help="The topics of the topics table.")


@app.command()
def create(
    replication: Annotated[int | None, typer.Option(min=1, help="else the broker's default")] = None,
) -> None:
    """Create the topics that are missing."""
    created = asyncio.run(create_topics(connection_arguments(load(KafkaSettings)), replication))
    _say("created", created, otherwise="every topic is there")


@app.command()
def check() -> None:
    """Tell where topics differ from the topics table; exit status 1 where one does.

    Compared are partitions, replicas, min.insync.replicas and what the table configures.
    """
    found = asyncio.run(drifts(connection_arguments(load(KafkaSettings))))
    for drift in found:
        console.print(f"{drift.topic} {drift.what}", soft_wrap=True)
    if found:
        raise typer.Exit(1)
    console.print("every topic is as the table says")


@app.command()
def configure() -> None:
    """Set on every topic what the topics table says; what else is set on a topic stays."""
    configured = asyncio.run(configure_topics(connection_arguments(load(KafkaSettings))))
    _say("configured", configured, otherwise="every topic is configured as the table says")


@app.command()
def grow() -> None:
    """Add the partitions that topics have too few of. When: docs/how-to/grow-the-topics.md."""
    grown = asyncio.run(grow_topics(connection_arguments(load(KafkaSettings))))
    _say("grown", grown, otherwise="no topic has too few partitions")


def _say(what: str, names: list[str], *, otherwise: str) -> None:
    console.print("\n".join(f"{what} {name}" for name in names) or otherwise)
