"""Kafka in: what professionals chose on their preferences page."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from chassis.delivery import outbox
from contracts.envelope import Event
from contracts.events import PreferencesChosen
from contracts.topics import PREFERENCES

from profiles import SERVICE, store

TOPICS = (PREFERENCES,)


async def take(connection: Connection, events: Sequence[Event]) -> None:
    """Take choices in: each profile's latest counts, whatever comes twice or late. Rows are held by id."""
    latest: dict[str, PreferencesChosen] = {}
    for event in events:
        assert isinstance(event.data, PreferencesChosen)
        known = latest.get(str(event.subject))
        if known is None or event.data.chosen_at > known.chosen_at:
            latest[str(event.subject)] = event.data
    now = datetime.now(UTC)
    for _, choice in sorted(latest.items()):
        profile = await store.get(connection, choice.profile_id, lock=True)
        if profile is None:
            continue  # erased
        chosen, changes = profile.choose(choice, now)
        if changes:
            await store.update(connection, chosen)
            await outbox.publish(connection, SERVICE, changes, now)
