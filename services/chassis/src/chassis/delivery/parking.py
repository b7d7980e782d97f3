"""Records that wait: what failed for a reason of its own is tried again with growing pauses, and what only a
newer release can read, or what is sealed with a key that is not there yet, is looked at now and then; in the
end all are dead letters.

Why a key's order holds: whoever takes a batch in parks what follows a parked record of the same key, in the
transaction that looked for one; and of each key only the oldest parked record is tried. A record leaves once
it is followed up, as offsets do, so a crash between brings it again. To claim one is to set its next time,
so two replicas hardly try the same at once; where they do, effects are idempotent.

An erasure waits for nobody: it is taken at once and takes the parked records of its key away, which would
change nothing after it.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import asyncpg

from chassis.database import Connection
from chassis.delivery.records import ReceivedRecord, headers_from_columns, moment_written, names_to_columns

FIRST_PAUSE_SECONDS = 1.0
ATTEMPTS = 8  # with pauses that double, about two minutes: the later records of its key wait meanwhile
LOOK_SECONDS = (
    120.0  # between looks at what only a newer release can read: a replica of it may be there by now
)
KEY_LOOK_SECONDS = 5.0  # between looks for the key of a seal, which is made with the person
WAIT_DAYS = 7  # for that release, or that key


Key: TypeAlias = tuple[str, bytes]


def key_of(record: ReceivedRecord) -> Key:
    """Return topic and key of a record."""
    return record.topic, record.key or b""


@dataclass(frozen=True, kw_only=True)
class Parked(ReceivedRecord):
    """A record that is parked, since `waited`. `attempts` counts the one that it was claimed for."""

    id: int
    attempts: int
    waited: timedelta

    @property
    def is_tried_enough(self) -> bool:
        """Tell whether it is to be a dead letter if this attempt fails too."""
        return self.attempts >= ATTEMPTS

    @property
    def has_waited_enough(self) -> bool:
        """Tell whether it is to be a dead letter if this release cannot read it either."""
        return self.waited >= timedelta(days=WAIT_DAYS)


async def keys(connection: Connection, records: Sequence[ReceivedRecord]) -> set[Key]:
    """Return those keys of some records of which something is parked."""
    wanted = {key_of(record) for record in records}
    rows = await connection.fetch(_KEYS, [topic for topic, _ in wanted], [key for _, key in wanted])
    return {(row["topic"], row["key"]) for row in rows}


_KEYS = """
SELECT topic, key
FROM unnest($1::text[], $2::bytea[]) AS wanted (topic, key)
WHERE EXISTS (SELECT FROM parked WHERE parked.topic = wanted.topic AND parked.key = wanted.key)
"""


async def put(connection: Connection, records: Iterable[ReceivedRecord]) -> None:
    """Park records in their order; one that comes again is parked once."""
    rows = [
        (
            record.topic,
            record.partition,
            record.offset,
            record.key or b"",
            record.value,
            names_to_columns(record.headers),
            [value for _, value in record.headers],
            moment_written(record),
            FIRST_PAUSE_SECONDS,
        )
        for record in records
    ]
    if rows:
        await connection.executemany(_PARK, rows)


_PARK = """
INSERT INTO parked
    (topic, partition, "offset", key, value, header_names, header_values, written_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9))
ON CONFLICT DO NOTHING
"""


async def claim(connection: Connection, topics: Sequence[str]) -> Parked | None:
    """Claim the oldest record of a key whose time has come; None where there is none."""
    jitter = random.uniform(0.5, 1.5)
    row = await connection.fetchrow(_CLAIM, [*topics], FIRST_PAUSE_SECONDS, jitter, ATTEMPTS)
    return None if row is None else _parked(row)


_CLAIM = """
UPDATE parked SET attempts = attempts + 1,
    due_at = now() + make_interval(secs => $2 * 2 ^ least(attempts, $4) * $3)
WHERE id = (
    SELECT id FROM parked AS oldest
    WHERE topic = ANY($1) AND due_at <= now() AND NOT EXISTS (
        SELECT FROM parked AS earlier
        WHERE earlier.topic = oldest.topic AND earlier.key = oldest.key AND earlier.id < oldest.id
    )
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, topic, partition, "offset", key, value, header_names, header_values, written_at, attempts,
    now() - parked_at AS waited
"""


def _parked(row: asyncpg.Record) -> Parked:
    return Parked(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        value=row["value"],
        headers=headers_from_columns(row["header_names"], row["header_values"]),
        timestamp=round(row["written_at"].timestamp() * 1000),
        id=row["id"],
        attempts=row["attempts"],
        waited=row["waited"],
    )


async def wait(connection: Connection, record: Parked, seconds: float) -> None:
    """Let a record that was claimed wait some seconds until it may be read, with what follows of its key.

    Nothing failed: whoever can read it has all its attempts.
    """
    jitter = random.uniform(0.5, 1.5)
    await connection.execute(_WAIT, record.topic, record.key, seconds * jitter)


_WAIT = """
UPDATE parked SET attempts = 0, due_at = now() + make_interval(secs => $3)
WHERE topic = $1 AND key = $2
"""


async def remove(connection: Connection, record: Parked) -> bool:
    """Delete a parked record, so that the next of its key may be tried; tell whether it was still there."""
    return await connection.fetchval(_REMOVE, record.id) is not None


_REMOVE = """
DELETE FROM parked WHERE id = $1 RETURNING id
"""


async def remove_keys(connection: Connection, keys: Iterable[Key]) -> None:
    """Delete every parked record of some keys."""
    keys = list(keys)
    await connection.execute(_REMOVE_KEYS, [topic for topic, _ in keys], [key for _, key in keys])


_REMOVE_KEYS = """
DELETE FROM parked
USING unnest($1::text[], $2::bytea[]) AS gone (topic, key)
WHERE parked.topic = gone.topic AND parked.key = gone.key
"""


async def backlog(connection: Connection) -> tuple[int, float]:
    """Return how many records are parked, and for how many seconds the oldest."""
    row = await connection.fetchrow(_BACKLOG)
    assert row is not None
    return row["waiting"], row["age"]


_BACKLOG = """
SELECT count(*) AS waiting,
    coalesce(extract(epoch FROM now() - min(parked_at)), 0)::float8 AS age
FROM parked
"""
