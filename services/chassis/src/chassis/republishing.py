"""Publishes once more what a service holds, for whoever lost it: `opdracht republish SERVICE`.

It goes through the outbox, some aggregates in each transaction, which locks their rows before it writes: so
what changes meanwhile is published in order with it. An aggregate with versions gets one above its own and
above the highest that the service's topics hold, which are read first: those who know it take it, also where
the service's versions once went back. The events say that they are published again (`ce_republished`), and
nobody is told of them. What this version cannot read (`chassis.unreadable`) is logged and left
out: for everybody it stays as it was, until a version that can read it publishes it again.

It may run beside the service, and be run again: what was interrupted goes on where it was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from contracts.topics import Topic

from chassis.database import Connection, Pool, await_migrations, open_pool
from chassis.delivery import outbox
from chassis.kafka.contents import ends_of, events_of, read
from chassis.settings import DatabaseSettings, KafkaSettings, LogSettings

log = structlog.get_logger()

MOST_WAITING = 5000  # events in the outbox: then the relay is waited for
WAIT_SECONDS = 0.2


class RepublishSettings(KafkaSettings, DatabaseSettings, LogSettings):
    """What it needs to know."""


@dataclass(frozen=True)
class Published:
    """What a step has published in one transaction: how many aggregates, and the id of the last that it
    looked at, also where this version cannot read that one; None where none were left."""

    count: int
    last: UUID | None


# Publishes some aggregates in the caller's transaction: those after an id, in the order of their ids.
PublishSome = Callable[[Connection, UUID | None, datetime], Awaitable[Published]]


@dataclass(frozen=True)
class Republication:
    """How a service publishes again what it holds: its steps by name, and the topics with its versions."""

    steps: dict[str, PublishSome]
    versioned: Sequence[Topic] = ()


async def republish(settings: RepublishSettings, service: str, what: Republication) -> None:
    """Publish once more all that a service holds; return once the relay has all of it."""
    async with open_pool(settings.database_url, size=2) as pool:
        await await_migrations(pool, "chassis", service)
        async with pool.acquire() as connection:
            interrupted = {row["step"]: row["after"] for row in await connection.fetch(_INTERRUPTED)}
        if not interrupted:
            await _read_versions(settings, pool, what.versioned)
        for name, publish_some in what.steps.items():
            await _run(pool, name, publish_some)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_FORGET)
        await _wait_for_the_relay(pool, most=0)


_INTERRUPTED = """
SELECT step, after FROM republishing
"""
_FORGET = """
WITH steps AS (DELETE FROM republishing) DELETE FROM topic_versions
"""


async def _run(pool: Pool, name: str, publish_some: PublishSome) -> None:
    total = 0
    while True:
        await _wait_for_the_relay(pool, most=MOST_WAITING)
        async with pool.acquire() as connection, connection.transaction():
            after = await connection.fetchval(_AFTER, name)
            published = await publish_some(connection, after, datetime.now(UTC))
            if published.last is not None:
                await connection.execute(_CAME_TO, name, published.last)
        total += published.count
        log.info("published again", step=name, total=total)
        if published.last is None:
            return


_AFTER = """
SELECT after FROM republishing WHERE step = $1
"""
_CAME_TO = """
INSERT INTO republishing (step, after) VALUES ($1, $2)
ON CONFLICT (step) DO UPDATE SET after = excluded.after
"""


async def _wait_for_the_relay(pool: Pool, most: int) -> None:
    while True:
        async with pool.acquire() as connection:
            waiting, *_ = await outbox.backlog(connection)
        if waiting <= most:
            return
        await asyncio.sleep(WAIT_SECONDS)


async def _read_versions(settings: KafkaSettings, pool: Pool, topics: Sequence[Topic]) -> None:
    """Write down the highest version of each key that the topics hold; in the database, there are many."""
    async with pool.acquire() as connection:
        await connection.execute(_FORGET)
    by_name = {topic.name: topic for topic in topics}
    total = 0
    async for records in read(settings, {}, await ends_of(settings, list(by_name))):
        highest: dict[UUID, int] = {}
        for event in events_of(by_name, records):
            version = getattr(event.data, "version", 0)
            highest[event.subject] = max(version, highest.get(event.subject, 0))
        async with pool.acquire() as connection:
            await connection.execute(_KEEP_HIGHEST, list(highest), list(highest.values()))
        total += len(records)
    log.info("versions read", records=total)


_KEEP_HIGHEST = """
INSERT INTO topic_versions AS known (key, version)
SELECT key, version FROM unnest($1::uuid[], $2::bigint[]) AS new (key, version) ORDER BY key
ON CONFLICT (key) DO UPDATE SET version = greatest(known.version, excluded.version)
"""


async def versions_on_topics(connection: Connection, keys: Collection[UUID]) -> dict[UUID, int]:
    """Return the highest version that the topics hold of those of these keys that they hold."""
    return {row["key"]: row["version"] for row in await connection.fetch(_VERSIONS, list(keys))}


_VERSIONS = """
SELECT key, version FROM topic_versions WHERE key = ANY($1)
"""
