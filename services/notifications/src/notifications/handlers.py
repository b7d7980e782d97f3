"""Kafka in: contacts, assignments, matches, advice, placements, and what colleagues ask."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from contracts.envelope import Event
from contracts.topics import ADVICE, ASSIGNMENTS, CONTACTS, KEYS, MATCHES, PLACEMENTS, QUESTIONS

from notifications import notifying
from notifications.notifying import Delays

TOPICS = (CONTACTS, KEYS, ASSIGNMENTS, MATCHES, ADVICE, PLACEMENTS, QUESTIONS)


async def apply(connection: Connection, events: Sequence[Event], *, delays: Delays) -> None:
    """Write a batch: what is known, and the notices that it brings."""
    await notifying.notify(connection, events, delays=delays, now=datetime.now(UTC))
