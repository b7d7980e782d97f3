"""Publishes the outbox, in order per key.

Why order holds per key: a writer locks its aggregate's row before it inserts into the outbox, so for one key
ids rise in commit order; the relay that holds a shard's advisory lock sends that shard's rows by id and
deletes only what the broker confirmed. A relay that loses its lock in the middle may send some rows a second
time, after another relay: consumers know them by version or by `ce_id`.

Why a deletion need not wait for the disk: a database that dies may lose the last deletions, and their rows
are sent again. Order holds, for what is lost of its log is the end: with a row come all that were deleted
after it, and whoever commits a later event waits for the disk, and so for every deletion before it.

What wakes it: whoever commits in this process says so when the connection is handed back (`wake`), and is not
kept waiting for PostgreSQL's NOTIFY, which says the same a moment later, and tells the other replicas. So one
NOTIFY of that server process is passed over for each. It may be another's than that commit's; but then the
next handing back wakes as well, and a look each second finds whatever nobody told of. So nothing rests on it.

What the broker refuses holds up nobody else. A record that it refuses for the record's own sake (too large)
is marked, and waits with all that follows of its key: a later event without the earlier one would be out of
order, and were the earlier one sent afterwards, it would be the last of its key on a compacted topic. A topic
that takes nothing (missing, forbidden, without a leader) waits as a whole. Both are tried again by
themselves, for the cause is mended elsewhere: a limit is raised, a right is granted, a topic is made.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
import structlog

from chassis.crash_points import Point, reach
from chassis.database import UNAVAILABLE, Session, connect, naming_outages
from chassis.delivery.floor import Floor
from chassis.delivery.outbox import SHARDS
from chassis.delivery.records import OutboxRecord, headers_from_columns
from chassis.jobs import repeat
from chassis.metrics import REFUSALS
from chassis.retrying import telling

log = structlog.get_logger()

LOCK_NAMESPACE = 0x6F7574
BATCH_SIZE = 500
POLL_SECONDS = 1.0
REFUSED_SECONDS = 60.0  # until a refused record is tried again
TELL_SECONDS = 15.0  # in which Kafka confirms nothing
SHUT_SECONDS = 5.0  # until a topic that takes nothing is tried again


@dataclass(frozen=True)
class Sent:
    """What became of records.

    `confirmed`: of each whether it is confirmed *and* all earlier ones of its key are. `refused`: which the
    broker refuses for their own sake, by index, and why. `shut`: which topics take nothing, and why.
    `error`: the first that says nothing about a record or a topic: the broker is away.
    """

    confirmed: list[bool]
    error: Exception | None
    refused: Mapping[int, Exception] = field(default_factory=dict)
    shut: Mapping[str, Exception] = field(default_factory=dict)


class Publisher(Protocol):
    """Sends records to the broker in their order, and waits for all."""

    async def send_all(self, records: Sequence[OutboxRecord]) -> Sent:
        """Return what became of the records; after an error, what is not confirmed is to be sent again."""


class NotPublished(Exception):
    """The broker is away; its cause says more."""


class Relay:
    """Publishes the outbox. Several replicas may run one each; a shard has one sender at a time."""

    def __init__(
        self,
        url: str,
        publisher: Publisher,
        on_published: Callable[[OutboxRecord], None] = lambda _record: None,
    ) -> None:
        self._url = url
        self._publisher = publisher
        self._on_published = on_published
        self._wake = asyncio.Event()
        self._known: set[int] = set()  # server processes whose next NOTIFY says nothing new
        self._session: Session | None = None
        self._shards: list[int] = []  # whose advisory locks the session holds
        self._shut: dict[str, float] = {}  # topics that take nothing: until when they are left
        self._floor = Floor()

    async def run(self) -> None:
        """Publish until cancelled; while the database or the broker is away, the locks are released."""
        try:
            away = (*UNAVAILABLE, NotPublished)
            await repeat(self._publish_and_wait, name="relay", rests=POLL_SECONDS, on=away)
        finally:
            self._end_session()

    async def _publish_and_wait(self) -> None:
        """Publish all that there is, and then wait for more, but no longer than `POLL_SECONDS`."""
        try:
            session = self._session or await self._open_session()
            with naming_outages(session):
                await self._lock_shards(session)
                self._wake.clear()
                while await self._publish_batch(session):
                    pass
        except Exception:
            self._end_session()
            raise
        await self._sleep_until_woken()

    async def _open_session(self) -> Session:
        self._session = await connect(self._url)
        with naming_outages(self._session):
            await self._session.execute(_SESSION)
            await self._session.add_listener("outbox", self._on_notify)
        return self._session

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.terminate()
        self._session, self._shards, self._floor = None, [], Floor()
        self._known.clear()

    def wake(self, process: int) -> None:
        """Look now: what a server process wrote for this process is committed."""
        self._known.add(process)
        self._wake.set()

    def _on_notify(self, _session: Any, process: int, *_: Any) -> None:
        if process in self._known:
            self._known.discard(process)
        else:
            self._wake.set()

    async def _sleep_until_woken(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _lock_shards(self, session: Session) -> None:
        """Lock what no other relay has locked."""
        free = [shard for shard in range(SHARDS) if shard not in self._shards]
        if free:
            rows = await session.fetch(_LOCK_SHARDS, LOCK_NAMESPACE, free)
            if rows:
                self._shards = sorted([*self._shards, *(row["shard"] for row in rows)])
                self._floor = Floor()

    async def _publish_batch(self, session: Session) -> bool:
        """Publish a batch of the locked shards; tell whether there may be more."""
        now = time.monotonic()
        self._shut = {topic: until for topic, until in self._shut.items() if until > now}
        rows = await session.fetch(
            _NEXT_BATCH, self._shards, BATCH_SIZE, [*self._shut], REFUSED_SECONDS, self._floor.id
        )
        if not rows:
            return False
        records = [_record(row) for row in rows]
        # The client itself tries for ever what it cannot bring to a broker, so that nothing comes twice.
        async with telling("relay waits", every=TELL_SECONDS, records=len(records)):
            sent = await self._publisher.send_all(records)
        done = [index for index, confirmed in enumerate(sent.confirmed) if confirmed]
        reach(Point.RELAY_SENT)
        await session.execute(_DELETE, [rows[index]["id"] for index in done])
        reach(Point.RELAY_DELETED)
        self._floor.deleted(len(done))
        for index in done:
            self._on_published(records[index])
        await self._put_aside(session, {rows[index]["id"]: error for index, error in sent.refused.items()})
        for index, error in sent.refused.items():
            _report(records[index].topic, error, "record refused")
        for topic, error in sent.shut.items():
            _report(topic, error, "topic takes nothing")
            self._shut[topic] = time.monotonic() + SHUT_SECONDS
        if sent.error is not None:
            raise NotPublished from sent.error
        await self._floor.rise(session, self._shards)
        return len(rows) == BATCH_SIZE

    async def _put_aside(self, session: Session, refused: Mapping[int, Exception]) -> None:
        if refused:
            await session.execute(_REFUSE, [*refused], [type(error).__name__ for error in refused.values()])


# A batch is to cost what is in it, however much waits. A plan that is kept may be of a time when little did,
# and looks at everything each time; so each batch is planned for the table as it is. And what PostgreSQL
# has no statistics of, as of a backlog of this minute, it would rather sort whole than read by the index.
_SESSION = """
SET synchronous_commit = off;
SET plan_cache_mode = force_custom_plan;
SET enable_sort = off;
"""

_LOCK_SHARDS = """
SELECT shard
FROM unnest($2::int[]) AS shard
WHERE pg_try_advisory_lock($1, shard)
"""

_NEXT_BATCH = """
SELECT id, topic, key, value, header_names, header_values, caused_at
FROM outbox AS next
WHERE shard = ANY($1) AND id > $5 AND topic <> ALL($3) AND NOT EXISTS (
    SELECT FROM outbox AS refused
    WHERE refused.refused_at > now() - make_interval(secs => $4)
        AND refused.shard = next.shard AND (
            refused.id = next.id
            OR refused.topic = next.topic AND refused.key = next.key AND refused.id < next.id
        )
)
ORDER BY id
LIMIT $2
"""

_REFUSE = """
UPDATE outbox
SET refused_at = now(), refused_because = refused.because
FROM unnest($1::bigint[], $2::text[]) AS refused (id, because)
WHERE outbox.id = refused.id
"""

_DELETE = """
DELETE FROM outbox
WHERE id = ANY($1)
"""


def _record(row: asyncpg.Record) -> OutboxRecord:
    headers = headers_from_columns(row["header_names"], row["header_values"])
    return OutboxRecord(
        topic=row["topic"],
        key=row["key"],
        value=row["value"],
        headers=headers,
        caused_at=row["caused_at"],
    )


def _report(topic: str, error: Exception, what: str) -> None:
    REFUSALS.labels(topic, type(error).__name__).inc()
    log.error(what, topic=topic, error=type(error).__name__)
