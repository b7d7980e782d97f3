"""Kafka in: what professionals chose and confirmed on the pages behind their mails, who stayed silent, and
who is placed. And, apart from that, who did what in all services: a flood of that delays nobody's choice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import (
    ActRecorded,
    ConfirmationLacking,
    ContactConfirmed,
    PlacementAgreed,
    PreferencesChosen,
)
from contracts.topics import AUDIT, PLACEMENTS, PREFERENCES

from profiles import SERVICE, asking, placement_store, store, trail

TOPICS = (PREFERENCES, PLACEMENTS)
RECORDED = (AUDIT,)
CHOOSING = Actor.platform("preferences")
PLACING = Actor.platform("placements")


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Apply a batch as it comes in."""
    await take_in(connection, events, datetime.now(UTC))


async def write_down(connection: Connection, events: Sequence[Event]) -> None:
    """Write down what others recorded."""
    await trail.add(connection, [event.data for event in events if isinstance(event.data, ActRecorded)])


async def take_in(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    """Apply each placement's latest state and each profile's latest choice, and then what it confirmed last,
    whatever comes twice or late; and then erase who stayed silent.

    The rows of all whom they are about are locked first, by id.
    """
    newest = latest(_of(events, PlacementAgreed)).values()
    placements = [event.data for event in newest if isinstance(event.data, PlacementAgreed)]
    people = await placement_store.people_of(connection, placements)
    of_each: dict[UUID, list[Event]] = {one: [] for found in people.values() for one in found}
    for event in events:
        if not isinstance(event.data, PlacementAgreed):
            of_each.setdefault(event.subject, []).append(event)
    await store.lock(connection, of_each)
    newer = await placement_store.keep(connection, placements)
    placed = {one for placement_id in newer for one in people[placement_id]}
    for profile_id, theirs in sorted(of_each.items()):
        if profile_id in placed:
            await _settle(connection, profile_id, now)
        await _hear(connection, theirs, now)


async def _hear(connection: Connection, theirs: Sequence[Event], now: datetime) -> None:
    """Apply what somebody said, or did not say."""
    for chosen in latest(_of(theirs, PreferencesChosen), order=attrgetter("chosen_at")).values():
        assert isinstance(chosen.data, PreferencesChosen)
        await _choose(connection, chosen.data, now)
    for confirmed in latest(_of(theirs, ContactConfirmed), order=attrgetter("confirmed_at")).values():
        assert isinstance(confirmed.data, ContactConfirmed)
        await asking.confirm(connection, confirmed.data, now)
    for silent in _of(theirs, ConfirmationLacking)[-1:]:
        assert isinstance(silent.data, ConfirmationLacking)
        await asking.erase_if_silent(connection, silent.data, now)


def _of(events: Sequence[Event], model: type) -> list[Event]:
    return [event for event in events if isinstance(event.data, model)]


async def _settle(connection: Connection, profile_id: UUID, now: datetime) -> None:
    profile = await store.get_for_update(connection, profile_id)
    if profile is None:
        return  # erased
    settled, changes = profile.settle(now)
    await store.update(connection, settled)
    await outbox.publish(connection, SERVICE, changes, now)
    await record(connection, [_act(PLACING, profile_id, "effective_facts")])


async def _choose(connection: Connection, choice: PreferencesChosen, now: datetime) -> None:
    profile = await store.get_for_update(connection, choice.profile_id)
    if profile is None:
        return  # erased
    chosen, changes = profile.choose(choice, now)
    if changes:
        await store.update(connection, chosen)
        await outbox.publish(connection, SERVICE, changes, now)
        await record(connection, [_act(CHOOSING, choice.profile_id, "contact.preferences")])


def _act(actor: Actor, profile_id: UUID, field: str) -> Act:
    return Act(
        actor=actor,
        action=Action.CHANGE,
        object_kind="profile",
        object_id=profile_id,
        people=[profile_id],
        fields=[field],
    )
