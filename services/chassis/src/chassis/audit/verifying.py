"""Makes a service's chain anew and tells where it differs from what is written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from contracts.chain import BEGINNING, link

from chassis.audit.chaining import content_of
from chassis.database import Connection

PAGE = 1000


@dataclass(frozen=True)
class Sound:
    """The chain is as it was written. `first` and `last`: the numbers of its links, None where it has none;
    `waiting`: the acts that are to be chained."""

    first: int | None
    last: int | None
    waiting: int


@dataclass(frozen=True)
class Broken:
    """The chain is not as it was written: at which number, and what is wrong there."""

    number: int
    because: str


# Return the hashes that somebody else has of links, by number, from one number to another.
Copies = Callable[[int, int], Awaitable[dict[int, set[str]]]]


async def verify(connection: Connection, service: str, copies: Copies | None = None) -> Sound | Broken:
    """Verify a service's chain from what was pruned to its end, and against what others have of it."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        start = await connection.fetchrow(_PRUNED)
        number, last = (start["number"], start["hash"].hex()) if start else (0, BEGINNING)
        first = number + 1
        async for rows in _links(connection, number):
            known = await copies(rows[0]["number"], rows[-1]["number"]) if copies else {}
            for row in rows:
                number += 1
                if (wrong := _wrong(service, row, number, last, known)) is not None:
                    return Broken(number, wrong)
                last = row["hash"].hex()
        if (lost := await connection.fetchval(_LOST)) is not None:
            return Broken(number + 1, f"act {lost} is neither in the chain nor waiting for it")
        waiting = await connection.fetchval(_WAITING)
    if copies and (beyond := await copies(number + 1, 2**63 - 1)):
        end = await connection.fetchval(_END)  # what was chained meanwhile may be copied by now
        if lost := [one for one in beyond if one > (end or number)]:
            return Broken(min(lost), "the chain ends before it, and a copy goes on: its end is lost")
    has_links = number >= first
    return Sound(first if has_links else None, number if has_links else None, waiting)


def _wrong(
    service: str, row: asyncpg.Record, number: int, last: str, known: dict[int, set[str]]
) -> str | None:
    if row["number"] != number:
        return f"links are missing: the next is {row['number']}"
    if row["previous"].hex() != last:
        return "it does not go on from the link before it"
    if row["id"] is None:
        return "its act is missing"
    content = {name: value for name, value in content_of(service, row).items() if name not in LINK}
    if link(content, number, last).hash != row["hash"].hex():
        return "its act is not what was chained"
    if known.get(number, {row["hash"].hex()}) != {row["hash"].hex()}:
        return "a copy of it has another hash: the chain was made anew, or its database went back"
    return None


LINK = frozenset({"number", "previous", "hash"})

_PRUNED = """
SELECT number, hash FROM audit_pruned ORDER BY number DESC LIMIT 1
"""


async def _links(connection: Connection, after: int) -> AsyncIterator[list[asyncpg.Record]]:
    while rows := await connection.fetch(_LINKS, after, PAGE):
        yield rows
        after = rows[-1]["number"]


_LINKS = """
SELECT number, previous, hash,
    id, at, issuer, subject, role, action, object_kind, object_id, people, fields, trace_id
FROM audit_chain LEFT JOIN audit_acts ON id = act_id
WHERE number > $1
ORDER BY number
LIMIT $2
"""
_LOST = """
SELECT min(id)
FROM audit_acts
WHERE NOT EXISTS (SELECT FROM audit_chain WHERE act_id = id)
    AND NOT EXISTS (SELECT FROM audit_unchained WHERE act_id = id)
"""
_END = """
SELECT max(number) FROM audit_chain
"""
_WAITING = """
SELECT count(*) FROM audit_unchained
"""
