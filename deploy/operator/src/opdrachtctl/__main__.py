"""`opdracht`: what an operator does by hand. Reads the same settings as the services."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from chassis.telemetry import where

from opdrachtctl import (
    auditing,
    databases,
    dead_letters,
    loading,
    offsets,
    outboxes,
    probing,
    reports,
    tokens,
    topics,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(offsets.app, name="offsets")
app.add_typer(outboxes.app, name="outbox")
for commands in (auditing, databases, loading, probing, reports, tokens):
    app.add_typer(commands.app)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(version("opdrachtctl"))
        raise typer.Exit


@app.callback()
def every_command(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell the release, and end."),
    ] = False,
) -> None:
    """Do nothing: what is common to all commands."""


def main() -> None:
    """Run the command.

    An error that it does not expect is told by its type and place: its text may hold data.
    """
    try:
        app()
    except Exception as error:
        told = where(error)
        print(f"{told['error']} at {told['at']}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
