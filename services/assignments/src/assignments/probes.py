"""Deletes what the probe leaves: an opdracht each minute, which nobody looks back at. Its topic forgets it
too, unlike a client's."""

from datetime import UTC, datetime, timedelta

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.retention import Duty, before
from contracts.envelope import Tombstone
from contracts.retention import PROBE
from contracts.topics import ASSIGNMENTS

from assignments import SERVICE, store

SET = 200


def duties_of(kept: timedelta) -> tuple[Duty, ...]:
    """Return what is deleted here. `kept`: how long after it closed."""
    return (Duty(kind=PROBE, kept=kept, take=before(_delete, kept), oldest=store.OLDEST_PROBE),)


async def _delete(connection: Connection, moment: datetime) -> bool:
    deleted = await store.delete_probes(connection, moment, SET)
    tombstones = [Tombstone(ASSIGNMENTS, assignment_id) for assignment_id in deleted]
    await outbox.publish(connection, SERVICE, tombstones, datetime.now(UTC))
    return len(deleted) == SET
