"""`opdracht`: what an operator does by hand. Reads the same settings as the services."""

import typer

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

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(offsets.app, name="offsets")
app.add_typer(outboxes.app, name="outbox")
for commands in (auditing, databases, loading, probing, reports, tokens):
    app.add_typer(commands.app)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
