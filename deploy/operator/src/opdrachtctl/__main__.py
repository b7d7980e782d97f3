"""`opdracht`: what an operator does by hand. Reads the same settings as the services."""

import asyncio
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import typer
from aiokafka.admin import AIOKafkaAdminClient
from chassis.database import migrate
from chassis.delivery.dead_letters import PREFIX
from chassis.kafka.broker import connection_arguments, create_topics
from chassis.settings import DatabaseSettings, KafkaSettings, load
from contracts.topics import broker_topics
from contracts.vocabulary import Role
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Column, Table

from opdrachtctl.erasure import Trace, in_databases, on_topics
from opdrachtctl.letters import Letter, letters

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
topics = typer.Typer(no_args_is_help=True, help="The topics of the topics table.")
dead = typer.Typer(no_args_is_help=True, help="What a consumer could not digest.")
app.add_typer(topics, name="topics")
app.add_typer(dead, name="dead-letters")
console = Console(highlight=False)

AT_ONCE = 16
FOUR_FIFTHS = 0.8


@topics.command("create")
def topics_create(replication: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Create the topics that are missing."""
    made = asyncio.run(create_topics(connection_arguments(load(KafkaSettings)), replication))
    console.print("\n".join(f"created {name}" for name in made) or "every topic is there")


@topics.command("check")
def topics_check() -> None:
    """Tell which topics are missing; exit status 1 where one is."""

    async def missing() -> list[str]:
        admin = AIOKafkaAdminClient(**connection_arguments(load(KafkaSettings)))
        await admin.start()
        try:
            return sorted(set(broker_topics()) - set(await admin.list_topics()))
        finally:
            await admin.close()

    lacking = asyncio.run(missing())
    console.print("\n".join(f"missing: {name}" for name in lacking) or "every topic is there")
    raise typer.Exit(1 if lacking else 0)


Names = Annotated[
    list[str] | None, typer.Argument(help="as `list` names them, such as matches.notifications.dead:0:12")
]
Every = Annotated[bool, typer.Option("--all", help="every letter that is not handled yet")]


@dead.command("list")
def dead_list() -> None:
    """List the dead letters that were neither replayed nor discarded."""
    table = Table(Column("letter", no_wrap=True), "cause", "detail", "from", "at")
    for one in _with_letters(None, every=True, then="read"):
        came_from = f"{one.why['topic']}:{one.why['partition']}:{one.why['offset']}"
        table.add_row(one.name, one.why["cause"], one.why["detail"], came_from, one.why["at"])
    console.print(table if table.row_count else "no dead letters")


@dead.command("show")
def dead_show(names: Names = None, every: Every = False) -> None:
    """Show letters whole: headers, key and value. They may hold personal data."""
    for one in _with_letters(names, every=every, then="read"):
        console.rule(one.name)
        lines = [f"{PREFIX}{name}: {text}" for name, text in one.why.items()]
        lines += [f"{name}: {_shown(text)}" for name, text in one.headers]
        console.print("\n".join([*lines, f"key: {_shown(one.key)}", "", _shown(one.value)]), markup=False)


@dead.command("replay")
def dead_replay(names: Names = None, every: Every = False) -> None:
    """Publish letters again where they came from. A record that is read twice does no harm."""
    for one in _with_letters(names, every=every, then="replay"):
        console.print(f"replayed {one.name} on {one.why['topic']}")


@dead.command("discard")
def dead_discard(names: Names = None, every: Every = False) -> None:
    """Set letters aside for good."""
    for one in _with_letters(names, every=every, then="discard"):
        console.print(f"discarded {one.name}")


def _with_letters(
    names: list[str] | None, *, every: bool, then: Literal["read", "replay", "discard"]
) -> list[Letter]:
    if bool(names) == every:
        raise typer.BadParameter("name letters, or say --all")

    async def handle() -> list[Letter]:
        async with letters(connection_arguments(load(KafkaSettings))) as opened:
            found = {one.name: one for one in await opened.read()}
            unknown = [name for name in names or () if name not in found]
            if unknown:
                raise typer.BadParameter(f"not there, or handled already: {', '.join(unknown)}")
            chosen = list(found.values()) if every else [found[name] for name in names or ()]
            if then == "replay":
                await opened.replay(chosen)
            if then == "discard":
                await opened.discard(chosen)
            return chosen

    return asyncio.run(handle())


def _shown(content: bytes | None) -> str:
    return "(none)" if content is None else content.decode(errors="backslashreplace")


@app.command("migrate")
def migrate_database(service: str) -> None:
    """Bring the database of DATABASE_URL up to date for SERVICE."""
    applied = asyncio.run(migrate(load(DatabaseSettings).database_url, "chassis", service))
    console.print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@app.command("load")
def load_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    url: Annotated[str, typer.Option(help="the service's address, such as http://localhost:8101")],
    token: Annotated[str, typer.Option(envvar="OPDRACHT_TOKEN", help="a recruiter's token")],
) -> None:
    """Load a file of profiles or assignments, a JSON body a line, over HTTP."""
    bodies = [json.loads(line) for line in track(file.read_text().splitlines(), "reading", console=console)]
    if bodies:
        raise typer.Exit(asyncio.run(_load(bodies, url, token)))


async def _load(bodies: list[dict[str, Any]], url: str, token: str) -> int:
    path = "/profiles" if "contact" in bodies[0] else "/assignments"
    refused = 0
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as http:
        with Progress(console=console) as progress:
            task = progress.add_task("loading", total=len(bodies))

            async def post(number: int, body: dict[str, Any]) -> None:
                nonlocal refused
                async with gate:
                    answer = await http.post(path, json=body)
                progress.advance(task)
                if answer.is_error:
                    refused += 1
                    errors = answer.json().get("errors") or [answer.json().get("detail")]
                    console.print(f"line {number}: {answer.status_code} {errors}")

            await asyncio.gather(*(post(number, body) for number, body in enumerate(bodies, 1)))
    console.print(f"{len(bodies) - refused} loaded, {refused} refused")
    return 1 if refused else 0


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
        shown = "" if rate["of_highest"] is None else f"{rate['of_highest']:.0%}"
        low = rate["of_highest"] is not None and rate["of_highest"] < FOUR_FIFTHS
        numbers = (str(rate["professionals"]), str(rate["proposed"]), f"{rate['rate']:.1%}")
        table.add_row(rate["group"], rate["value"], *numbers, shown, style="bold" if low else None)
    console.print(table)
    console.print("Bold: under four fifths of the highest rate of its kind. A reason to look, not a verdict.")


@app.command("erase-report")
def erase_report(
    profile_id: UUID,
    database: Annotated[
        list[str] | None, typer.Option(help="a service's DATABASE_URL; may be repeated")
    ] = None,
) -> None:
    """Tell where a professional's id still stands: only tombstones and rows without a person, once erased."""

    async def look() -> list[Trace]:
        on = await on_topics(connection_arguments(load(KafkaSettings)), profile_id)
        return on + await in_databases(database or [], profile_id)

    table = Table("place", "names the id", "of which tombstones")
    for trace in asyncio.run(look()):
        table.add_row(trace.place, str(trace.found), str(trace.tombstones) if trace.tombstones else "")
    console.print(table if table.row_count else "nothing names this id")


@app.command("token")
def token(
    role: Annotated[Role, typer.Option()],
    subject: Annotated[str, typer.Option(help="whom it speaks for; a profile id for a professional")] = "",
    expires: Annotated[str, typer.Option(help="such as 30m, 8h or 7d")] = "8h",
) -> None:
    """Sign a token with the key of the one-machine stack in STACK_DIR."""
    try:
        from stack import issuer
        from stack.layout import Layout
    except ImportError:
        raise typer.BadParameter("the one-machine stack is not installed here: opdracht[stack]") from None
    spelled = re.fullmatch(r"(\d+)([mhd])", expires)
    if spelled is None:
        raise typer.BadParameter("must be a number and m, h or d, such as 8h", param_hint="--expires")
    seconds = int(spelled[1]) * {"m": 60, "h": 3600, "d": 86400}[spelled[2]]
    print(issuer.token(Layout.from_environment(), role, subject or role.value, seconds=seconds))


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
