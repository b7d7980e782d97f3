"""How far each partition is taken in, kept in the service's own database: there is the truth, not in Kafka.

A batch moves its partitions' positions in the transaction that stores it, so what is stored and how far it
was read can never disagree: a restored database is read on from where it is, an empty one from the beginning.

Why nothing is stored twice or skipped, whoever else still holds a partition: a position is moved only from
where the mover believes it to be, under the row's lock, which comes before every other lock of the batch. A
consumer that lost its partition and commits late either does so before the new one, which then finds another
position than it read, goes back to the table and goes on from there; or after it, and then finds that itself
and stores nothing. The same holds for a commit whose answer was lost, for a position that an operator has
reset, and for a database that was restored beneath a running service.

Why everything is followed up: that happens after the commit, and a process may end in between. So a position
has two numbers. `followed_up` is written one batch late, if not before: a batch notes that everything before
it is done with. Whoever takes the partition over begins there, and follows up once more what is stored
already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chassis.database import Connection

Partition: TypeAlias = tuple[str, int]  # topic and number; aiokafka's TopicPartition is one


@dataclass(frozen=True)
class Position:
    """Offsets in a partition: all before `followed_up` is done with, all before `next` is stored."""

    followed_up: int
    next: int


@dataclass(frozen=True)
class Step:
    """A batch's way through one partition, from a position; `end` is the offset after its last record."""

    partition: Partition
    position: Position
    end: int


class OffsetsMoved(Exception):
    """The table has another position than this consumer believed: it is to read the table again."""


async def positions(
    connection: Connection, partitions: Iterable[Partition], *, lock: bool = False
) -> dict[Partition, Position]:
    """Return the positions that are kept; a partition that was never read has none.

    `lock`: nobody moves them until the transaction ends.
    """
    rows = await connection.fetch(_LOCK if lock else _POSITIONS, *_columns(partitions))
    return {(row["topic"], row["partition"]): Position(row["followed_up"], row["next"]) for row in rows}


_POSITIONS = """
SELECT topic, partition, followed_up, next
FROM consumed
JOIN unnest($1::text[], $2::int[]) AS wanted (topic, partition) USING (topic, partition)
"""

_LOCK = f"""
{_POSITIONS}
ORDER BY topic, partition
FOR UPDATE OF consumed
"""


async def are_in_kafka(connection: Connection) -> bool:
    """Tell whether partitions without a position go on from Kafka's offset: after an upgrade only."""
    return bool(await connection.fetchval(_ARE_IN_KAFKA))


_ARE_IN_KAFKA = """
SELECT EXISTS (SELECT FROM offsets_before)
"""


async def begin(connection: Connection, offsets: Mapping[Partition, int]) -> None:
    """Give partitions that have none a position: everything before its offset is done with."""
    await connection.execute(_BEGIN, *_columns(offsets), list(offsets.values()))


_BEGIN = """
INSERT INTO consumed (topic, partition, next, followed_up)
SELECT topic, partition, next, next
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS begun (topic, partition, next)
ORDER BY topic, partition
ON CONFLICT DO NOTHING
"""


async def advance(connection: Connection, steps: Sequence[Step], *, flushes: bool = True) -> bool:
    """Move the positions to the ends of the steps, in the caller's transaction; tell whether anything may be
    parked. `flushes`: the transaction's commit waits for the disk.

    That is asked in the same statement, so by a snapshot that is older than the rows' locks. Whoever has
    taken records of these partitions in since, and so may have parked one, has moved a position.

    Raises:
        OffsetsMoved: one of them is not where its step begins; the transaction is to be rolled back.
    """
    if not steps:
        return True
    row = await connection.fetchrow(
        _ADVANCE,
        *_columns(step.partition for step in steps),
        [step.position.next for step in steps],
        [max(step.position.next, step.end) for step in steps],
        [step.position.followed_up for step in steps],
        flushes,
    )
    assert row is not None
    if row["moved"] < len(steps):
        raise OffsetsMoved
    return bool(row["any_parked"])


_ADVANCE = """
WITH step AS (
    SELECT *
    FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS step (topic, partition, expected, next, followed_up)
), held AS (
    SELECT consumed.topic, consumed.partition
    FROM consumed
    JOIN step USING (topic, partition)
    WHERE consumed.next = step.expected
    ORDER BY topic, partition
    FOR UPDATE OF consumed
), moved AS (
    UPDATE consumed
    SET next = step.next, followed_up = step.followed_up
    FROM step
    JOIN held USING (topic, partition)
    WHERE consumed.topic = step.topic AND consumed.partition = step.partition
    RETURNING consumed.topic
)
SELECT (SELECT count(*) FROM moved) AS moved,
    EXISTS (SELECT FROM parked) AS any_parked,
    CASE WHEN NOT $6 THEN set_config('synchronous_commit', 'off', true) END
"""


async def note_followed_up(connection: Connection, steps: Sequence[Step]) -> None:
    """Note that all before the ends of the steps is done with: what is said of each stands by itself.

    Raises:
        OffsetsMoved: one of them is not where its step ended.
    """
    noted = await connection.fetch(
        _NOTE_FOLLOWED_UP,
        *_columns(step.partition for step in steps),
        [max(step.position.next, step.end) for step in steps],
    )
    if len(noted) < len(steps):
        raise OffsetsMoved


_NOTE_FOLLOWED_UP = """
WITH held AS (
    SELECT consumed.topic, consumed.partition
    FROM consumed
    JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS step (topic, partition, next)
        USING (topic, partition, next)
    ORDER BY topic, partition
    FOR UPDATE OF consumed
)
UPDATE consumed SET followed_up = next
FROM held
WHERE consumed.topic = held.topic AND consumed.partition = held.partition
RETURNING consumed.topic
"""


async def rehearse(connection: Connection) -> None:
    """Have the server prepare, on this connection, what every batch asks of it; to no effect."""
    await connection.fetch(_ADVANCE, [], [], [], [], [], True)
    await connection.fetch(_NOTE_FOLLOWED_UP, [], [], [])


async def reset(connection: Connection, offsets: Mapping[Partition, int]) -> None:
    """Set positions, whatever they are; a consumer that runs takes them within seconds."""
    await connection.execute(_RESET, *_columns(offsets), list(offsets.values()))


_RESET = """
INSERT INTO consumed (topic, partition, next, followed_up)
SELECT topic, partition, next, next
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS wanted (topic, partition, next)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next, followed_up = excluded.followed_up
"""


def _columns(partitions: Iterable[Partition]) -> tuple[list[str], list[int]]:
    wanted = list(partitions)
    return [topic for topic, _ in wanted], [number for _, number in wanted]
