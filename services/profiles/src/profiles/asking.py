"""Asks those who have confirmed nothing for long whether they stay, and erases who says nothing.

Who is asked is told in the profile's next version: notifications mails them. It says in turn who stayed
silent, as it alone knows whether the mail arrived, and what of theirs is open.
"""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.retention import Duty, Take
from contracts.events import ConfirmationLacking, ContactConfirmed
from contracts.retention import PROFILE

from profiles import SERVICE, store
from profiles.domain import staying

ACTOR = Actor.platform("retention")
A_TURN = 1000  # the most who are asked: their mails are to be in nobody's way


def duties_of(kept: timedelta) -> tuple[Duty, ...]:
    """Return what is done nightly. `kept`: how long somebody stays who confirms nothing."""
    return (Duty(kind=PROFILE, kept=kept, take=asking(kept), oldest=_OLDEST, due=_FIRST_TO_ERASE),)


def asking(kept: timedelta) -> Take:
    """Return what asks some of those who have been silent for so long: the others in a later turn.

    Who is still there long after their day is asked anew: something of theirs was open, or no mail went out.
    """

    async def take(connection: Connection, now: datetime) -> bool:
        before = staying.asked_if_confirmed_before(kept, now)
        for profile in store.readable(
            await connection.fetch(_TO_ASK, before, A_TURN, staying.asked_anew_if_before(now))
        ):
            asked, events = profile.ask(staying.day_of_erasure(profile.last_confirmed, kept, now))
            await store.update(connection, asked)
            await outbox.publish(connection, SERVICE, events, now)
            await _record(connection, Action.CHANGE, profile.profile_id, "erased_on")
        return False

    return take


# Who was silent longest first.
_TO_ASK = """
SELECT profile_id, version, contact::text, facts::text, created_at, updated_at, preferences_chosen_at,
       resume_on, mailbox, links_from, confirmed_at, erased_on
FROM profiles
WHERE coalesce(confirmed_at, updated_at) < $1 AND (erased_on IS NULL OR erased_on < $3)
ORDER BY coalesce(confirmed_at, updated_at), profile_id
LIMIT $2
FOR UPDATE SKIP LOCKED
"""
_OLDEST = """
SELECT min(coalesce(confirmed_at, updated_at)) FROM profiles
"""
# Whoever is kept beyond their day is asked anew thirty days after it (`asked_anew_if_before`).
_FIRST_TO_ERASE = """
SELECT (min(erased_on) + 30)::timestamp AT TIME ZONE 'Europe/Amsterdam' FROM profiles
"""


async def confirm(connection: Connection, event: ContactConfirmed, now: datetime) -> None:
    """Take in that somebody stays."""
    profile = await store.get_for_update(connection, event.profile_id)
    if profile is None:
        return  # erased
    confirmed, events = profile.confirm(event.confirmed_at)
    await store.update(connection, confirmed)
    await outbox.publish(connection, SERVICE, events, now)
    await _record(connection, Action.CHANGE, event.profile_id, "confirmed_at")


async def erase_if_silent(connection: Connection, event: ConfirmationLacking, now: datetime) -> None:
    """Erase somebody who was asked and said nothing; whoever confirmed meanwhile stays."""
    profile = await store.get_for_update(connection, event.profile_id)
    if profile is not None and staying.goes(profile.erased_on, event, now):
        await store.erase(connection, profile.profile_id, now)
        await outbox.publish(connection, SERVICE, profile.erase(), now)
        await _record(connection, Action.ERASE, event.profile_id)


async def _record(connection: Connection, action: Action, profile_id: UUID, *fields: str) -> None:
    act = Act(
        actor=ACTOR,
        action=action,
        object_kind="profile",
        object_id=profile_id,
        people=[profile_id],
        fields=fields,
    )
    await record(connection, [act])
