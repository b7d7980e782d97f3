"""A professional chooses how to be told: kept here at once, and published for the profiles service to keep.

The profile is that service's to change, so the choice travels as an event; what it makes of it comes back
as the contact's next version.
"""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from chassis.database import Pool
from chassis.delivery import outbox
from contracts.events import PreferencesChosen
from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications import SERVICE
from notifications.store import known

# Why people end their mail: counted, and kept with nobody.
REASONS = {
    "no_fit": "De opdrachten pasten niet bij me.",
    "too_much": "Ik kreeg te veel mail.",
    "settled": "Ik zoek geen opdracht meer.",
    "other": "Een andere reden.",
}


async def look_up(pool: Pool, profile_id: UUID) -> asyncpg.Record | None:
    """Return a professional's contact; None where it is not known, or erased."""
    async with pool.acquire() as connection:
        return await known.contact(connection, profile_id)


async def choose(
    pool: Pool,
    profile_id: UUID,
    wishes: Preferences,
    paused_until: date | None,
    now: datetime,
) -> bool:
    """Take a choice; return False where nobody is known by this id."""
    async with pool.acquire() as connection, connection.transaction():
        if await known.contact(connection, profile_id, lock=True) is None:
            return False
        await known.keep_choice(connection, profile_id, wishes, paused_until)
        event = PreferencesChosen(
            profile_id=profile_id, paused_until=paused_until, chosen_at=now, **wishes.model_dump()
        )
        await outbox.publish(connection, SERVICE, [event], now)
    return True


async def unsubscribe(pool: Pool, profile_id: UUID, now: datetime) -> bool:
    """Choose no mail at all, and leave the other preferences as they are."""
    row = await look_up(pool, profile_id)
    if row is None:
        return False
    wishes = known.preferences(row).model_copy(update={"frequency": Frequency.NONE})
    return await choose(pool, profile_id, wishes, row["paused_until"], now)
