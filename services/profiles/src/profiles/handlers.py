"""Kafka in: what professionals chose and confirmed on the pages behind their mails, and who stayed silent;
and who did what in all services."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import ActRecorded, ConfirmationLacking, ContactConfirmed, PreferencesChosen
from contracts.topics import AUDIT, PREFERENCES

from profiles import SERVICE, asking, store, trail

ACTED_UPON = (PREFERENCES,)
TOPICS = (*ACTED_UPON, AUDIT)
ACTOR = Actor.platform("preferences")


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Apply a batch as it comes in."""
    await take_in(connection, events, datetime.now(UTC))


async def take_in(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    """Write down what others recorded; apply each profile's latest choice, and then what it confirmed last,
    whatever comes twice or late; and then erase who stayed silent. Rows are locked by id."""
    await trail.add(connection, [event.data for event in events if isinstance(event.data, ActRecorded)])
    of_each: dict[UUID, list[Event]] = {}
    for event in events:
        of_each.setdefault(event.subject, []).append(event)
    for _, theirs in sorted(of_each.items()):
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


async def _choose(connection: Connection, choice: PreferencesChosen, now: datetime) -> None:
    profile = await store.get_for_update(connection, choice.profile_id)
    if profile is None:
        return  # erased
    chosen, changes = profile.choose(choice, now)
    if changes:
        await store.update(connection, chosen)
        await outbox.publish(connection, SERVICE, changes, now)
        act = Act(
            actor=ACTOR,
            action=Action.CHANGE,
            object_kind="profile",
            object_id=choice.profile_id,
            people=[choice.profile_id],
            fields=["contact.preferences"],
        )
        await record(connection, [act])
