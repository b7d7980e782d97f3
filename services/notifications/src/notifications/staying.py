"""Professionals are asked whether they stay, confirm that they do, or stay silent, which is told to profiles.

It is told each night until they are erased. It is told of nobody whom the mail did not reach: while no mail
goes out, nobody is erased for it. Who wants no mail at all, or whose address takes none, has chosen so or
cannot be asked: for them the year counts alone, or they would be held for ever.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from contracts.events import ConfirmationLacking, ContactConfirmed

from notifications import SERVICE
from notifications.domain import clock
from notifications.domain.staying import asked_until
from notifications.store import consent, erasure, staying


async def confirm(pool: Pool, profile_id: UUID, now: datetime) -> bool:
    """Take in that a professional stays, and that mails may come to their address; return False where nobody
    is known by this id."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        return await take_in(connection, profile_id, now)


async def take_in(connection: Connection, profile_id: UUID, now: datetime) -> bool:
    """Take in that a professional stays, as `confirm` does. The caller has locked out erasures."""
    address = await staying.stay(connection, profile_id, now)
    if address is None:
        return False
    await consent.release(connection, [profile_id], now)
    event = ContactConfirmed(profile_id=profile_id, email=address, confirmed_at=now)
    await outbox.publish(connection, SERVICE, [event], now)
    act = Act(
        actor=Actor.by_link(profile_id),
        action=Action.CHANGE,
        object_kind="contact",
        object_id=profile_id,
        people=[profile_id],
        fields=["confirmed_at"],
    )
    await record(connection, [act])
    return True


async def tell_answered(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Publish who of these, among those who are asked, answered a match since they confirmed last: that
    confirms as well. Return who did. It locks no row."""
    answered = await staying.answered(connection, profile_ids)
    events = [
        ContactConfirmed(profile_id=one.profile_id, email=one.address, confirmed_at=one.at)
        for one in answered
    ]
    await outbox.publish(connection, SERVICE, events, now)
    return {one.profile_id for one in answered}


async def ask(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> None:
    """Ask those of these professionals whom profiles asks for, and whose answers do not say it already."""
    stay = await tell_answered(connection, profile_ids, now)
    await staying.add(connection, set(profile_ids) - stay, now)


async def ask_again(connection: Connection, now: datetime) -> bool:
    """Ask a set anew whom the mail did not reach and may reach now; tell whether there may be more."""
    return await staying.revive(connection, now)


async def notice_silence(connection: Connection, now: datetime) -> bool:
    """Publish of whom it is time that they said nothing."""
    await erasure.lock_out_erasure(connection)
    after: UUID | None = None
    while silent := await staying.silent(connection, clock.today(now), asked_until(now), after):
        events = [
            ConfirmationLacking(
                profile_id=one.profile_id, erased_on=one.erased_on, asked_at=one.asked_at, noticed_at=now
            )
            for one in silent
        ]
        await outbox.publish(connection, SERVICE, events, now)
        after = silent[-1].profile_id
    return False
