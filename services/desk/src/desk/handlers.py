"""Kafka in: everything that the pages show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chassis.database import Connection
from contracts.envelope import Event
from contracts.topics import (
    ADVICE,
    ANSWERS,
    ASSIGNMENTS,
    CHECKINS,
    CONTACTS,
    KEYS,
    MATCHES,
    NOTICES,
    PLACEMENTS,
    PROFILES,
)

from desk.building import build

TOPICS = (PROFILES, CONTACTS, KEYS, ASSIGNMENTS, MATCHES, ANSWERS, ADVICE, NOTICES, PLACEMENTS, CHECKINS)


async def apply(connection: Connection, events: Sequence[Event], *, alerts_kept: timedelta) -> None:
    """Write a batch into what is known, and into the stream of alerts."""
    await build(connection, events, alerts_since=datetime.now(UTC) - alerts_kept)
