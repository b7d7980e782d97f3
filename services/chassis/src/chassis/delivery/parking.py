"""Records that failed for a reason of their own: tried again with growing pauses, then dead letters.

Why a key's order holds: whoever takes a batch in parks what follows a parked record of the same key, in the
transaction that looked for one; and of each key only the oldest parked record is tried. A record leaves once
it is followed up, as offsets do, so a crash between brings it again. To claim one is to set its next time,
so two replicas hardly try the same at once; where they do, effects are idempotent.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg

from chassis.database import Connection
from chassis.delivery.records import ReceivedRecord, headers_from_columns, moment_written, names_to_columns

FIRST_PAUSE_SECONDS = 1.0
ATTEMPTS = 8  # with pauses that double, about two minutes: the later records of its key wait meanwhile


@dataclass(frozen=True, kw_only=True)
class Parked(ReceivedRecord):
    """A record that is parked. `attempts` counts the one that it was claimed for."""

    id: int
    attempts: int

    @property
    def is_tried_enough(self) -> bool:
        """Tell whether it is to be a dead letter if this attempt fails too."""
        return self.attempts >= ATTEMPTS


async def keys(connection: Connection, topics: Iterable[str]) -> set[tuple[str, bytes]]:
    """Return topic and key of what is parked."""
    rows = await connection.fetch(_KEYS, [*topics])
    return {(row["topic"], row["key"]) for row in rows}


_KEYS = """
SELECT DISTINCT topic, key
FROM parked
WHERE topic = ANY($1)
"""


async def put(connection: Connection, records: Iterable[ReceivedRecord]) -> None:
    """Park records in their order; one that comes again is parked once."""
    await connection.executemany(
        _PARK,
        [
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
        ],
    )


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
RETURNING id, topic, partition, "offset", key, value, header_names, header_values, written_at, attempts
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
    )


async def remove(connection: Connection, record: Parked) -> None:
    """Delete a parked record; the next of its key may be tried."""
    await connection.execute(_REMOVE, record.id)


_REMOVE = """
DELETE FROM parked WHERE id = $1
"""


async def count(connection: Connection) -> int:
    """Return how many records are parked."""
    waiting = await connection.fetchval(_COUNT)
    assert isinstance(waiting, int)
    return waiting


_COUNT = """
SELECT count(*) FROM parked
"""
