"""`opdracht offsets`: where a service reads on."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from chassis.kafka.broker import connection_arguments
from chassis.settings import DatabaseSettings, KafkaSettings, load
from contracts.topics import TOPICS
from rich.table import Table

from opdrachtctl.console import console
from opdrachtctl.rewinding import CannotRewind, Rewound, rewind

app = typer.Typer(no_args_is_help=True, help="Where a service reads on.")

FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]
GROUPS = sorted({group for topic in TOPICS for group in topic.consumers})


@app.callback()
def _offsets() -> None:
    """Keep `reset` a command of its own."""


@app.command()
def reset(
    group: Annotated[str, typer.Argument(help=", ".join(GROUPS))],
    to_earliest: Annotated[
        bool, typer.Option("--to-earliest", help="read everything there is again")
    ] = False,
    to_time: Annotated[
        datetime | None, typer.Option(help="read again what was written since, such as 2026-11-24T03:00:00Z")
    ] = None,
    topic: Annotated[list[str] | None, typer.Option(help="this topic only; may be repeated")] = None,
) -> None:
    """Let GROUP read again: in its own database, DATABASE_URL, and in Kafka.

    A service that runs takes it within ten seconds. Nothing is skipped: a partition that has not been read
    so far stays where it is. What comes again has its effect once.
    """
    if group not in GROUPS:
        raise typer.BadParameter(f"there is no group {group}; there are {', '.join(GROUPS)}")
    if to_earliest == (to_time is not None):
        raise typer.BadParameter("say --to-earliest or --to-time")
    consumed = [one.name for one in TOPICS if group in one.consumers]
    if unknown := set(topic or ()) - set(consumed):
        raise typer.BadParameter(f"{group} does not read {', '.join(sorted(unknown))}")
    since = to_time if to_time is None or to_time.tzinfo else to_time.replace(tzinfo=UTC)
    try:
        rewound = asyncio.run(
            rewind(
                connection_arguments(load(KafkaSettings)),
                load(DatabaseSettings).database_url,
                group,
                topic or consumed,
                since,
            )
        )
    except CannotRewind as reason:
        console.print(str(reason), soft_wrap=True)
        raise typer.Exit(1) from None
    _show(group, rewound)


def _show(group: str, rewound: Rewound) -> None:
    table = Table("partition", "was read until", "reads on from")
    for (topic, number), was in sorted(rewound.was.items()):
        table.add_row(f"{topic}:{number}", str(was), str(rewound.now[topic, number]))
    console.print(table)
    console.print(
        f"{group} runs: it reads on from there within ten seconds, and then tells Kafka itself."
        if rewound.is_running
        else f"{group} does not run: it reads on from there once it starts. Kafka's offsets are set too."
    )
