"""Chains the acts that are committed, and publishes each link; the package argues why none is missed."""

from datetime import UTC, datetime

import asyncpg
from contracts.chain import BEGINNING, link
from contracts.events import ActRecorded

from chassis.database import Connection, Pool
from chassis.delivery import outbox

BATCH_SIZE = 500


async def chain(pool: Pool, service: str) -> bool:
    """Chain some of the acts that wait, where no other replica does; tell whether there may be more.

    They get their numbers by id, as far as they are committed: an act that waited behind the others in an
    open transaction comes after them.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetchval(_TAKE_TURN):
            return False
        rows = await connection.fetch(_UNCHAINED, BATCH_SIZE)
        if rows:
            await _append(connection, service, rows)
    return len(rows) == BATCH_SIZE


# Held until the commit is seen by all: whoever has it next sees where the chain ends.
_TAKE_TURN = """
SELECT pg_try_advisory_xact_lock(hashtextextended('audit chain', 0))
"""
_UNCHAINED = """
SELECT id, at, issuer, subject, role, action, object_kind, object_id, people, fields, trace_id
FROM audit_unchained JOIN audit_acts ON id = act_id
ORDER BY id
LIMIT $1
"""


async def _append(connection: Connection, service: str, rows: list[asyncpg.Record]) -> None:
    end = await connection.fetchrow(_END)
    number, last = (end["number"], end["hash"].hex()) if end else (0, BEGINNING)
    links: list[ActRecorded] = []
    for row in rows:
        number += 1
        links.append(link(content_of(service, row), number, last))
        last = links[-1].hash
    await connection.execute(
        _CHAIN,
        [one.number for one in links],
        [row["id"] for row in rows],
        [bytes.fromhex(one.previous) for one in links],
        [bytes.fromhex(one.hash) for one in links],
    )
    await outbox.publish(connection, service, links, datetime.now(UTC))


# Where all of it was pruned, it goes on from what was kept.
_END = """
(SELECT number, hash FROM audit_chain ORDER BY number DESC LIMIT 1)
UNION ALL
(SELECT number, hash FROM audit_pruned ORDER BY number DESC LIMIT 1)
ORDER BY number DESC
LIMIT 1
"""
_CHAIN = """
WITH chained AS (
    DELETE FROM audit_unchained WHERE act_id = ANY($2)
)
INSERT INTO audit_chain (number, act_id, previous, hash)
SELECT number, act_id, previous, hash
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) AS new (number, act_id, previous, hash)
"""


def content_of(service: str, row: asyncpg.Record) -> dict[str, object]:
    """Return what a row of `audit_acts` says, as `contracts.chain.link` takes it."""
    return {"service": service} | {name: value for name, value in row.items() if name != "id"}


async def unchained_seconds(connection: Connection) -> float:
    """Return how long the oldest act has waited for its link; 0 where none waits."""
    return float(await connection.fetchval(_UNCHAINED_SECONDS))


_UNCHAINED_SECONDS = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8
FROM audit_unchained JOIN audit_acts ON id = act_id
"""
