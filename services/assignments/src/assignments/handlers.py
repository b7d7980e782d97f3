"""Kafka in: which professionals there are. Of what they can do nothing is kept."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.topics import PROFILES

from assignments import placement_store, placing

TOPICS = (PROFILES,)


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Keep who there is, and erase who is gone, whatever comes twice or late."""
    newest = latest(events)
    await placement_store.add_people(connection, [one for one, event in newest.items() if event.data])
    if gone := sorted(one for one, event in newest.items() if event.data is None):
        await placing.forget(connection, gone, datetime.now(UTC))
