"""Kafka in: what professionals chose on their preferences page, and what they are placed for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import PlacementAgreed, PreferencesChosen
from contracts.topics import PLACEMENTS, PREFERENCES

from profiles import SERVICE, placement_store, store
from profiles.domain.profile import Change, Profile

TOPICS = (PREFERENCES, PLACEMENTS)


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Apply each profile's latest choice and each placement's latest state, whatever comes twice or late.

    The rows of all whom they are about are locked first, by id.
    """
    now = datetime.now(UTC)
    choices, placements = _latest(events)
    people = await placement_store.people_of(connection, placements)
    everybody = sorted(choices.keys() | {one for found in people.values() for one in found})
    await store.lock(connection, everybody)
    newer = await placement_store.keep(connection, placements)
    placed = {one for placement_id in newer for one in people[placement_id]}
    for profile_id in everybody:
        profile = await store.get_for_update(connection, profile_id)
        if profile is None:
            continue  # erased
        changed, changes = _changed(profile, choices.get(profile_id), now, is_placed=profile_id in placed)
        if changes:
            await store.update(connection, changed)
            await outbox.publish(connection, SERVICE, changes, now)


def _changed(profile: Profile, choice: PreferencesChosen | None, now: datetime, *, is_placed: bool) -> Change:
    changed: Change = (profile, ()) if choice is None else profile.choose(choice, now)
    return profile.settle(now) if is_placed and not changed[1] else changed


def _latest(events: Sequence[Event]) -> tuple[dict[UUID, PreferencesChosen], list[PlacementAgreed]]:
    """Return the latest choice of each person, and the latest state of each placement."""
    chosen = [event for event in events if isinstance(event.data, PreferencesChosen)]
    placed = [event for event in events if isinstance(event.data, PlacementAgreed)]
    choices = latest(chosen, order=attrgetter("chosen_at"))
    return (
        {one: event.data for one, event in choices.items() if isinstance(event.data, PreferencesChosen)},
        [event.data for event in latest(placed).values() if isinstance(event.data, PlacementAgreed)],
    )
