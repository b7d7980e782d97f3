"""A database that went back: restored from a copy, emptied, or one that lost its last commits in a failover.

The topics know more then than the database does. What the service itself published stands on its own topics:
the database takes it back from there (`take_back`), before anything is built on what it lacks. What others
published is read on from where the database is (`delivery.offsets`); until it has heard all of that, a
service that acts on its own would act on an old world: it would propose whom it had proposed, and mail whom
it had mailed. So it waits until it has caught up.

How a database that went back is known. A job notes where the service's own topics end, and then writes that
into the database. Everything before such an end was published from commits that came before, so whatever
copy of the database holds the note holds those commits too. At the start everything behind the last note is
read. In a database that did not go back that is what was published in the last seconds, which it knows;
in one that did, it is what it lost. A new database has no note, and reads all that there is.

Only with the service stopped may a database be put back beneath it: a process that runs would write a newer
note. One that finds an older note than it wrote ends, and begins anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence, Set
from contextlib import suppress
from typing import Any, NoReturn

import structlog
from aiokafka.errors import KafkaError
from contracts.envelope import Event
from contracts.reading import Undecodable
from contracts.topics import KEYS, Topic

from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.delivery import sealing
from chassis.jobs import repeat
from chassis.kafka.contents import Offsets, ends_of, events_of, read
from chassis.retrying import retry
from chassis.settings import KafkaSettings
from chassis.timers import Timer

log = structlog.get_logger()

AWAY = (*UNAVAILABLE, KafkaError)
NOTE_EVERY_SECONDS = 10
LOOK_EVERY_SECONDS = 0.2
# How long a start waits for Kafka: without it, callers are answered from what the database has.
KAFKA_SECONDS = 5.0

# Takes back what events of the service's own topics say beyond the database, in the caller's transaction;
# tells whether that was anything.
TakeBack = Callable[[Connection, Sequence[Event]], Awaitable[bool]]


class WentBack(Exception):
    """The database was put back beneath this process, which ends."""


class Recovery:
    """Brings the database up to what the topics know.

    `own`: the topics that the service writes, in the order in which they are read; `others`: those that it
    consumes.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        pool: Pool,
        own: Sequence[Topic],
        others: Sequence[Topic],
        take_back: TakeBack,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._own = {topic.name: topic for topic in own}
        self._others = [topic.name for topic in others]
        self._take_back = take_back
        self._noted: Offsets = {}
        self._kafka_is_there = asyncio.Event()
        self._taken_back = asyncio.Event()
        self._caught_up = asyncio.Event()

    async def run(self) -> NoReturn:
        """Take back, catch up, and then note where the own topics end, until cancelled."""
        with Timer("recovery", NOTE_EVERY_SECONDS):  # until then nothing is done of the service's own accord
            await retry(self._take_all_back, on=AWAY, log_as="recovery waits")
            self._taken_back.set()
            while not await retry(self._is_level, on=AWAY, log_as="recovery waits"):
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        self._caught_up.set()
        await repeat(self.note, name="noting ends", every=NOTE_EVERY_SECONDS, on=AWAY)

    async def taken_back(self) -> None:
        """Return once everything is taken back: from then on other services' events may come in."""
        await self._taken_back.wait()

    async def then(self, job: Coroutine[Any, Any, None]) -> None:
        """Run a job of the service's own accord, once it has caught up."""
        try:
            await self._caught_up.wait()
        except asyncio.CancelledError:
            job.close()
            raise
        await job

    @property
    def has_caught_up(self) -> bool:
        """Tell whether the service may act by itself."""
        return self._caught_up.is_set()

    async def before_serving(self) -> None:
        """Return once everything is taken back, or Kafka does not answer: that holds up no caller."""
        with suppress(TimeoutError):
            async with asyncio.timeout(KAFKA_SECONDS):
                await self._kafka_is_there.wait()
            await self._taken_back.wait()

    async def _take_all_back(self) -> None:
        ends = await ends_of(self._settings, list(self._own))
        until = await ends_of(self._settings, self._others, with_records=True)
        self._kafka_is_there.set()
        async with self._pool.acquire() as connection:
            notes = await _notes(connection)
            await connection.execute(_NO_FURTHER, *_columns(until))
            if not notes:
                await _catch_up_to(connection, until)
        starts = {one: start for one, start in notes.items() if start <= ends.get(one, 0)}
        found = 0
        for topic in self._own:
            of_topic = {one: end for one, end in ends.items() if one[0] == topic}
            async for records in read(self._settings, starts, of_topic):
                async with self._pool.acquire() as connection, connection.transaction():
                    events = await self._opened(connection, events_of(self._own, records))
                    if await self._take_back(connection, events):
                        await _catch_up_to(connection, until)
                        found += len(records)
        async with self._pool.acquire() as connection:
            await _note(connection, ends, begun_anew=notes.keys() - starts.keys())
        self._noted = ends
        if found:
            log.warning("the database went back, and took back what it had published", records=found)

    async def _opened(self, connection: Connection, events: Sequence[Event]) -> list[Event]:
        """Return events with their words. Where the database lacks a key, it takes them all back before; what
        has none is without words. What its key does not open is left out, as what cannot be decoded is."""
        keys = await sealing.keys_for_opening(connection, events)
        if any(keys.lack(event) for event in events):
            async for records in read(self._settings, {}, await ends_of(self._settings, [KEYS.name])):
                await sealing.take_keys(connection, events_of({KEYS.name: KEYS}, records))
            keys = await sealing.keys_for_opening(connection, events)
        opened = []
        for event in events:
            with suppress(Undecodable):
                opened.append(keys.open(event))
        return opened

    async def _is_level(self) -> bool:
        async with self._pool.acquire() as connection:
            return not await connection.fetchval(_BEHIND)

    async def note(self) -> None:
        """Note where the own topics end.

        Raises:
            WentBack: an older note stands in the database than this process wrote.
        """
        ends = await ends_of(self._settings, list(self._own))
        async with self._pool.acquire() as connection:
            notes = await _notes(connection)
            begun_anew = {one for one, noted in self._noted.items() if noted > ends.get(one, 0)}
            if any(notes.get(one, 0) < self._noted[one] for one in self._noted.keys() - begun_anew):
                raise WentBack
            if ends != self._noted:
                await _note(connection, ends, begun_anew)
        self._noted = ends


async def _notes(connection: Connection) -> Offsets:
    return {(row["topic"], row["partition"]): row["next"] for row in await connection.fetch(_NOTES)}


_NOTES = """
SELECT topic, partition, next FROM own_topics
"""


async def _note(connection: Connection, ends: Offsets, begun_anew: Set[tuple[str, int]]) -> None:
    """Write where logs end; a later end that another replica wrote stands, unless the log has begun anew: it
    ends before its note."""
    await connection.execute(_NOTE, *_columns(ends), [one in begun_anew for one in ends])


_NOTE = """
INSERT INTO own_topics (topic, partition, next)
SELECT topic, partition, next
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS new (topic, partition, next)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE
SET next = CASE WHEN (excluded.topic, excluded.partition) IN (
        SELECT topic, partition
        FROM unnest($1::text[], $2::int[], $4::bool[]) AS log (topic, partition, begun_anew) WHERE begun_anew
    ) THEN excluded.next ELSE greatest(own_topics.next, excluded.next) END
"""


async def _catch_up_to(connection: Connection, until: Offsets) -> None:
    await connection.execute(_CATCH_UP_TO, *_columns(until))


_CATCH_UP_TO = """
INSERT INTO catching_up (topic, partition, until)
SELECT topic, partition, until
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS new (topic, partition, until)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET until = greatest(catching_up.until, excluded.until)
"""

# What a process of before was to catch up to may be gone since, with its log.
_NO_FURTHER = """
DELETE FROM catching_up
WHERE NOT EXISTS (
    SELECT FROM unnest($1::text[], $2::int[], $3::bigint[]) AS log (topic, partition, until)
    WHERE (log.topic, log.partition) = (catching_up.topic, catching_up.partition)
        AND log.until >= catching_up.until
)
"""

# What is reached is forgotten; what is left waits. Several replicas look, and find the same.
_BEHIND = """
WITH reached AS (
    DELETE FROM catching_up
    USING consumed
    WHERE consumed.topic = catching_up.topic AND consumed.partition = catching_up.partition
        AND consumed.next >= catching_up.until
    RETURNING catching_up.topic, catching_up.partition
)
SELECT EXISTS (
    SELECT FROM catching_up AS left_over
    WHERE NOT EXISTS (SELECT FROM reached WHERE (reached.topic, reached.partition)
        = (left_over.topic, left_over.partition))
)
"""


def _columns(offsets: Offsets) -> tuple[list[str], list[int], list[int]]:
    return [topic for topic, _ in offsets], [number for _, number in offsets], list(offsets.values())
