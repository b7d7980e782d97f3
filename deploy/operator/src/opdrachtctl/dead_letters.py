"""`opdracht dead-letters`: what a consumer could not take in."""

import asyncio
from typing import Annotated, Literal

import typer
from chassis.delivery.dead_letters import PREFIX
from chassis.kafka.broker import connection_arguments
from chassis.settings import KafkaSettings, load
from rich.table import Column, Table

from opdrachtctl.console import console
from opdrachtctl.letters import Letter, Letters, letters

UNSAID = "(unknown)"  # in a record that no consumer of ours wrote

app = typer.Typer(no_args_is_help=True, help="What a consumer could not take in.")

Names = Annotated[
    list[str] | None, typer.Argument(help="as `list` names them, such as matches.notifications.dead:0:12")
]
Every = Annotated[bool, typer.Option("--all", help="every letter that is not handled yet")]


@app.command("list")
def list_letters() -> None:
    """List the dead letters that were neither replayed nor discarded."""
    table = Table(Column("letter", no_wrap=True), "cause", "detail", "from", "at")
    for letter in _with_letters(None, every=True, then="read"):
        said = [letter.why.get(name, UNSAID) for name in ("cause", "detail", "at")]
        table.add_row(letter.name, *said[:2], str(letter.came_from or UNSAID), *said[2:])
    console.print(table if table.row_count else "no dead letters")


@app.command()
def show(names: Names = None, every: Every = False) -> None:
    """Show letters whole: headers, key and value. They may hold personal data."""
    for letter in _with_letters(names, every=every, then="read"):
        console.rule(letter.name)
        lines = [f"{PREFIX}{name}: {text}" for name, text in letter.why.items()]
        lines += [f"{name}: {_text(value)}" for name, value in letter.headers]
        lines += [f"key: {_text(letter.key)}", "", _text(letter.value)]
        console.print("\n".join(lines), markup=False)


@app.command()
def replay(names: Names = None, every: Every = False) -> None:
    """Publish letters again where they came from. A record that is read twice does no harm.

    Left alone are letters that were cut or do not say where they came from, and on compacted topics those
    whose key has a later record.
    """
    for letter in _with_letters(names, every=every, then="replay"):
        console.print(f"replayed {letter.name} on {letter.came_from and letter.came_from.topic}")


@app.command()
def discard(names: Names = None, every: Every = False) -> None:
    """Set letters aside for good."""
    for letter in _with_letters(names, every=every, then="discard"):
        console.print(f"discarded {letter.name}")


def _with_letters(
    names: list[str] | None, *, every: bool, then: Literal["read", "replay", "discard"]
) -> list[Letter]:
    if bool(names) == every:
        raise typer.BadParameter("name letters, or say --all")

    async def handle() -> list[Letter]:
        async with letters(connection_arguments(load(KafkaSettings))) as opened:
            unhandled = {letter.name: letter for letter in await opened.read()}
            unknown = [name for name in names or () if name not in unhandled]
            if unknown:
                raise typer.BadParameter(f"not there, or handled already: {', '.join(unknown)}")
            chosen = list(unhandled.values()) if every else [unhandled[name] for name in names or ()]
            if then == "replay":
                chosen = await _replayable(opened, chosen)
                await opened.replay(chosen)
            if then == "discard":
                await opened.discard(chosen)
            return chosen

    return asyncio.run(handle())


async def _replayable(opened: Letters, chosen: list[Letter]) -> list[Letter]:
    overtaken, whole = await opened.overtaken(chosen), []
    for letter in chosen:
        if letter.came_from is None:
            console.print(f"unknown {letter.name}: it does not say where it came from; discard it")
        elif letter.name in overtaken:
            console.print(f"overtaken {letter.name}: its key has a later record; discard it")
        elif not letter.is_whole:
            console.print(f"cut {letter.name}: not all of its record; {letter.why.get('detail', UNSAID)}")
        else:
            whole.append(letter)
    return whole


def _text(content: bytes | None) -> str:
    return "(none)" if content is None else content.decode(errors="backslashreplace")
