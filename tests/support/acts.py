"""What services write down of what is done: their routes, what these declare, and the rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from chassis.database import Pool
from chassis.http.audited import Audited
from fastapi.routing import iter_route_contexts

from support.openapi import apps


@dataclass(frozen=True)
class Route:
    """A route of a service, and what it declares; None: nothing."""

    service: str
    method: str
    path: str
    declared: Audited | None

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"


@cache
def routes() -> list[Route]:
    """Return every route of the services."""
    return [
        Route(service, method, context.path, _declared(context.original_route))
        for service, app in apps().items()
        for context in iter_route_contexts(app.routes)
        for method in sorted((context.methods or {"GET"}) - {"HEAD"})
        if context.path
    ]


def _declared(route: Any) -> Audited | None:
    found = [call for call in _calls(getattr(route, "dependant", None)) if isinstance(call, Audited)]
    assert len(found) <= 1, f"{route.path} declares several acts"
    return found[0] if found else None


def _calls(dependant: Any) -> Iterator[Any]:
    for one in dependant.dependencies if dependant is not None else ():
        yield one.call
        yield from _calls(one)


@dataclass(frozen=True)
class Recorded:
    """A row, without its moment and its trace."""

    issuer: str
    subject: str
    role: str | None
    action: str
    object_kind: str
    object_id: UUID | None
    people: frozenset[UUID]
    fields: tuple[str, ...]


async def recorded(pool: Pool, after: int = 0) -> list[Recorded]:
    """Return what a service wrote down, after an id."""
    rows = await pool.fetch(
        "SELECT issuer, subject, role, action, object_kind, object_id, people, fields FROM audit_acts"
        " WHERE id > $1 ORDER BY id",
        after,
    )
    return [
        Recorded(**{**row, "people": frozenset(row["people"]), "fields": tuple(row["fields"])})
        for row in map(dict, rows)
    ]


async def last_id(pool: Pool) -> int:
    """Return the id of the latest row; 0 where there is none."""
    return int(await pool.fetchval("SELECT coalesce(max(id), 0) FROM audit_acts"))
