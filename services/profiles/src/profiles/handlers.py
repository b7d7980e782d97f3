"""Kafka in: what professionals chose on their preferences page, and whose links ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import LinksEnded, PreferencesChosen
from contracts.topics import PREFERENCES

from profiles import SERVICE, store
from profiles.domain.profile import Change, Profile

TOPICS = (PREFERENCES,)


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Apply what each professional said last, whatever comes twice or late. Rows are locked by id."""
    now = datetime.now(UTC)
    said: dict[UUID, list[PreferencesChosen | LinksEnded]] = {}
    for kind in (PreferencesChosen, LinksEnded):
        of_kind = [event for event in events if isinstance(event.data, kind)]
        for profile_id, event in latest(of_kind, order=_moment).items():
            assert isinstance(event.data, PreferencesChosen | LinksEnded)
            said.setdefault(profile_id, []).append(event.data)
    for profile_id in sorted(said):
        profile = await store.get_for_update(connection, profile_id)
        if profile is None:
            continue  # erased
        for data in said[profile_id]:
            profile, changes = _changed(profile, data, now)
            if changes:
                await store.update(connection, profile)
                await outbox.publish(connection, SERVICE, changes, now)


def _moment(data: PreferencesChosen | LinksEnded) -> datetime:
    return data.ended_at if isinstance(data, LinksEnded) else data.chosen_at


def _changed(profile: Profile, said: PreferencesChosen | LinksEnded, now: datetime) -> Change:
    if isinstance(said, LinksEnded):
        return profile.end_links(said, now)
    return profile.choose(said, now)
