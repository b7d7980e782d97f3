"""`opdracht audit`: who did what, from the services' own databases, and whether nothing of it was changed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from chassis.audit.verifying import Broken, Copies, Sound, verify
from chassis.database import Connection, connect

from opdrachtctl.console import console

T = TypeVar("T")
Databases = dict[str, Connection]  # by service
Rows = Sequence[tuple[str, Mapping[str, Any]]]  # each with its service
KEEPS_COPIES = "profiles"

app = typer.Typer()


@app.command("audit")
def audit(
    database: Annotated[list[str], typer.Option(help="a service's DATABASE_URL; may be repeated")],
    person: Annotated[UUID | None, typer.Option(help="who saw or changed what of this profile")] = None,
    actor: Annotated[str | None, typer.Option(help="what this `sub` did; `expiry` and such: a job")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="make each chain anew")] = False,
) -> None:
    """Tell who did what, or whether nothing of that was changed since; exit status 1 where something was.

    Rows hold ids and names of fields only, and outlive an erasure. What was just done is in them at once;
    its link in the chain follows within seconds. With profiles' database among those named, `--verify`
    compares each chain with the copy there as well.
    """
    if [person is not None, actor is not None, verify].count(True) != 1:
        raise typer.BadParameter("say one of --person, --actor and --verify")
    if verify:
        _tell(_run(database, _verify))
    else:
        rows = _run(database, lambda opened: _acts(opened, person, actor))
        _show(rows)


def _run(urls: Sequence[str], work: Callable[[Databases], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _opened(urls) as opened:
            return await work(opened)

    return asyncio.run(run())


@asynccontextmanager
async def _opened(urls: Sequence[str]) -> AsyncIterator[Databases]:
    async with AsyncExitStack() as ended:
        found: Databases = {}
        for url in urls:
            connection = await connect(url, command_seconds=None)
            ended.push_async_callback(connection.close)
            service = await connection.fetchval(_SERVICE)
            if service is None or service in found:
                raise typer.BadParameter("each --database must be that of another service, and migrated")
            found[service] = connection
        yield found


# A database is known by whose migrations it has.
_SERVICE = """
SELECT split_part(name, '/', 1) FROM migrations WHERE name NOT LIKE 'chassis/%' LIMIT 1
"""


async def _acts(opened: Databases, person: UUID | None, actor: str | None) -> Rows:
    rows: list[tuple[str, Mapping[str, Any]]] = [
        (service, dict(row))
        for service, connection in opened.items()
        for row in await connection.fetch(_ACTS, person, actor)
    ]
    return sorted(rows, key=lambda one: (one[1]["at"], one[0], one[1]["id"]))


_ACTS = """
SELECT id, at, issuer, subject, role, action, object_kind, object_id, fields, trace_id
FROM audit_acts
WHERE $1::uuid = ANY(people) OR subject = $2
ORDER BY id
"""


def _show(rows: Rows) -> None:
    """Print a line for each act: when, where, who, what, to what, which fields, and the trace."""
    for service, row in rows:
        role = f" as {row['role']}" if row["role"] else ""
        fields = f" ({', '.join(row['fields'])})" if row["fields"] else ""
        line = (
            f"{row['at'].isoformat(timespec='seconds')} {service}: {row['subject']} of {row['issuer']}{role},"
            f" {row['action']} {row['object_kind']} {row['object_id'] or ''}{fields} {row['trace_id'] or ''}"
        )
        console.print(line.rstrip(), soft_wrap=True, markup=False)
    if not rows:
        console.print("nothing is recorded")


async def _verify(opened: Databases) -> dict[str, Sound | Broken]:
    keeper = opened.get(KEEPS_COPIES)
    return {
        service: await verify(connection, service, _copies(keeper, service) if keeper else None)
        for service, connection in opened.items()
    }


def _copies(keeper: Connection, service: str) -> Copies:
    async def copies(first: int, last: int) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for row in await keeper.fetch(_COPIES, service, first, last):
            found.setdefault(row["number"], set()).add(row["hash"].hex())
        return found

    return copies


_COPIES = """
SELECT number, hash FROM audit_trail WHERE service = $1 AND number BETWEEN $2 AND $3
"""


def _tell(found: dict[str, Sound | Broken]) -> None:
    for service, verdict in found.items():
        match verdict:
            case Sound(first=None, waiting=waiting):
                console.print(f"{service}: nothing is chained yet; {waiting} wait")
            case Sound(first=first, last=last, waiting=waiting):
                console.print(f"{service}: whole, from {first} to {last}; {waiting} wait to be chained")
            case Broken(number=number, because=because):
                console.print(f"{service}: BROKEN at {number}: {because}", soft_wrap=True)
    if any(isinstance(verdict, Broken) for verdict in found.values()):
        raise typer.Exit(1)
