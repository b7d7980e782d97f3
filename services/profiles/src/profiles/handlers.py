"""Kafka in: what professionals chose on their preferences page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import PreferencesChosen
from contracts.topics import PREFERENCES

from profiles import SERVICE, store

TOPICS = (PREFERENCES,)


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Apply each profile's latest choice, whatever comes twice or late. Rows are locked by id."""
    now = datetime.now(UTC)
    for profile_id, event in sorted(latest(events, order=attrgetter("chosen_at")).items()):
        assert isinstance(event.data, PreferencesChosen)
        profile = await store.get_for_update(connection, profile_id)
        if profile is None:
            continue  # erased
        chosen, changes = profile.choose(event.data, now)
        if changes:
            await store.update(connection, chosen)
            await outbox.publish(connection, SERVICE, changes, now)
