"""Asks those who have confirmed nothing for long whether they stay, and erases who says nothing.

Who is asked is told in the profile's next version: notifications mails them. It says in turn who stayed
silent, as it alone knows whether the mail arrived, and what of theirs is open. Who is placed is not asked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.retention import Duty
from contracts.events import ConfirmationLacking, ContactConfirmed
from contracts.retention import PROFILE

from profiles import SERVICE, store
from profiles.domain import staying
from profiles.domain.effective import day_of

ACTOR = Actor.platform("retention")
A_SET = 50  # people, in a transaction: nobody waits for it long
A_TURN = 1000  # the most who are asked, or a hundredth of all: their mails are to be in nobody's way


def duties_of(kept: timedelta) -> tuple[Duty, ...]:
    """Return what is done nightly. `kept`: how long somebody stays who confirms nothing."""
    return (Duty(kind=PROFILE, kept=kept, take=Asking(kept), oldest=_OLDEST, due=_DUE),)


class Asking:
    """Asks some of those who have been silent for so long: the others in a later turn.

    Who is still there long after their day is asked anew: something of theirs was open, or no mail went out.
    Who is placed is asked once that is over.
    """

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._turn: _Turn | None = None

    async def __call__(self, connection: Connection, now: datetime) -> bool:
        """Ask a set; a turn's sets are of one moment."""
        turn = self._turn
        if turn is None or turn.now != now:
            turn = self._turn = _Turn(now, left=await connection.fetchval(_MOST, A_TURN))
        before, anew = staying.asked_if_confirmed_before(self._kept, now), staying.asked_anew_if_before(now)
        limit = min(A_SET, turn.left)
        rows = await connection.fetch(_TO_ASK, before, limit, anew, day_of(now), *turn.after)
        if not rows:
            return False
        for profile in await store.readable(connection, rows):
            asked, events = profile.ask(staying.day_of_erasure(profile.last_confirmed, self._kept, now), now)
            await store.update(connection, asked)
            await outbox.publish(connection, SERVICE, events, now)
            await _record(connection, Action.CHANGE, profile.profile_id, "erased_on")
        last = rows[-1]
        after = (last["confirmed_at"] or last["updated_at"], last["profile_id"])
        self._turn = _Turn(now, turn.left - len(rows), after)
        return len(rows) == A_SET and self._turn.left > 0


@dataclass(frozen=True)
class _Turn:
    """A turn under way. `left`: how many more it may ask; `after`: the last who was, by `_TO_ASK`'s order."""

    now: datetime
    left: int
    after: tuple[datetime, UUID] = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


_MOST = """
SELECT greatest($1::bigint, count(*) / 100) FROM profiles
"""
# Who was silent longest first; nobody who is placed (`staying.is_placed`).
_TO_ASK = f"""
{store.PROFILES}
WHERE coalesce(confirmed_at, updated_at) < $1 AND (erased_on IS NULL OR erased_on < $3)
    AND (coalesce(confirmed_at, updated_at), profile_id) > ($5, $6)
    AND NOT EXISTS (
        SELECT FROM placements
        WHERE placements.profile_id = profiles.profile_id AND last_on >= $4 AND NOT cancelled
    )
ORDER BY coalesce(confirmed_at, updated_at), profile_id
LIMIT $2
FOR UPDATE SKIP LOCKED
"""
_OLDEST = """
SELECT min(coalesce(confirmed_at, updated_at)) FROM profiles
"""
# Thirty days after their day, when who was kept beyond it is asked anew (`asked_anew_if_before`). Who was not
# asked has the day that they would have; who is placed has none.
_DUE = """
SELECT min(coalesce(
    erased_on::timestamp AT TIME ZONE 'Europe/Amsterdam', coalesce(confirmed_at, updated_at) + $1::interval
)) + interval '30 days'
FROM profiles
WHERE NOT EXISTS (
    SELECT FROM placements
    WHERE placements.profile_id = profiles.profile_id AND NOT cancelled
        AND last_on >= ($2::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date
)
"""


async def confirm(connection: Connection, event: ContactConfirmed, now: datetime) -> None:
    """Take in that somebody stays, and that mails may come to their address."""
    profile = await store.get_for_update(connection, event.profile_id)
    if profile is None:
        return  # erased
    confirmed, events = profile.confirm(event.email, event.confirmed_at, now)
    if confirmed is profile:
        return
    await store.update(connection, confirmed)
    await outbox.publish(connection, SERVICE, events, now)
    await _record(connection, Action.CHANGE, event.profile_id, "confirmed_at")


async def erase_if_silent(connection: Connection, event: ConfirmationLacking, now: datetime) -> None:
    """Erase somebody who was asked and said nothing; whoever confirmed meanwhile stays."""
    profile = await store.get_for_update(connection, event.profile_id)
    if profile is not None and staying.goes(profile.erased_on, profile.placements, event, now):
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
