"""A professional answers: saved, published and shown to the recruiter in one transaction."""

from datetime import datetime
from uuid import UUID

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from contracts.vocabulary import Answer

from notifications import SERVICE, staying
from notifications.answers.links import Link, answers_end
from notifications.domain import schedule, standing
from notifications.domain.match import Match
from notifications.domain.notice import OF_A_MATCH, Kind, NoticeState
from notifications.domain.recruiter import RecruiterWishes
from notifications.domain.standing import Standing, Taken, TooLate
from notifications.store import contacts, erasure, matches, notices, recruiters
from notifications.store.notices import Told

# News of before that a no overtakes.
OVERTAKEN_BY_NO = (Kind.ANSWERED, Kind.CHANGED, Kind.DROPPED, Kind.INVITED, Kind.NOMINATED, Kind.INTEREST)


async def look_up(pool: Pool, link: Link, now: datetime) -> Match | None:
    """Return the match that a link leads to, with its assignment; None where it is not known (yet), or
    erased, or the link ended."""
    async with pool.acquire() as connection:
        match = await matches.get(connection, link.subject)
    if match is None or not link.holds(match.links_from):
        return None
    closed_at = match.assignment.closed_at
    return match if closed_at is None or now < answers_end(closed_at) else None


async def answer(
    pool: Pool,
    match_id: UUID,
    given: Answer,
    reason: str | None,
    now: datetime,
    actor: Actor | None = None,
) -> standing.Outcome:
    """Take an answer; of a match that is not known, or erased, it is too late for one.

    `actor`: who gives it; without, whoever has the mail's link.
    """
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        match = await matches.get_for_update(connection, match_id)
        if match is None:
            return TooLate()
        outcome = standing.answer(match, given, reason, now)
        if isinstance(outcome, Taken):
            await matches.save_answer(connection, outcome.match)
            await _tell(connection, match, outcome.match, now)
            await outbox.publish(connection, SERVICE, [outcome.event], now)
            await staying.tell_answered(connection, [match.profile_id], now)
            fields = ["answer"] if outcome.event.reason is None else ["answer", "reason"]
            await record(connection, [_act(match, actor, *fields)])
        return outcome


async def _tell(connection: Connection, before: Match, match: Match, now: datetime) -> None:
    """A yes is confirmed by mail, a no on the page only; the recruiter hears of both, of a no where they knew
    of a yes, or had chosen the professional."""
    ids, told = [match.match_id], [Told(match.match_id, now)]
    await notices.cancel(connection, ids, "the professional answered already", OF_A_MATCH, now)
    if match.interested:
        overtaken = "the professional is interested again"
        await notices.cancel(connection, ids, overtaken, [Kind.RETREAT], now)
        if not before.interested:
            await notices.add(connection, Kind.ANSWERED, told, now)
            await _tell_interest(connection, match, now)
        return
    await notices.cancel(connection, ids, "the professional stepped back", OVERTAKEN_BY_NO, now)
    if before.interested or (before.live and before.chosen):
        await notices.add(connection, Kind.RETREAT, told, now)


async def _tell_interest(connection: Connection, match: Match, now: datetime) -> None:
    """Tell the recruiter, unless what they were told stands already."""
    if await notices.interest_told(connection, [match.match_id]):
        return
    recruiter = recruiters.recruiter_of(match.assignment)
    wishes = (await recruiters.wishes(connection, [recruiter])).get(recruiter, RecruiterWishes())
    states = await notices.states(connection, [match.match_id], [Kind.INTEREST])
    if NoticeState.PENDING not in states.values():
        told = [Told(match.match_id, wishes.interest_due(now))]
        await notices.add(connection, Kind.INTEREST, told, now)


def _act(match: Match, actor: Actor | None, *fields: str) -> Act:
    return Act(
        actor=actor or Actor.by_link(match.profile_id),
        action=Action.ANSWER,
        object_kind="match",
        object_id=match.match_id,
        people=[match.profile_id],
        fields=fields,
    )


async def ask_later(pool: Pool, match_id: UUID, now: datetime, actor: Actor | None = None) -> datetime | None:
    """Tell of an open match again in its professional's next digest; return when.

    None where no digest comes before `respond_by`, no mail is wanted, or it can no longer be answered.
    `actor` as in `answer`.
    """
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        match = await matches.get_for_update(connection, match_id)
        if match is None or standing.standing(match, now) is not Standing.OPEN:
            return None
        contact = await contacts.get(connection, match.profile_id)
        if contact is None:
            return None
        at = schedule.plan_again(contact.preferences, match.assignment.facts.respond_by, now)
        if at is not None:
            await notices.add_later(connection, match, at, now)
            await record(connection, [_act(match, actor, "asked_later")])
        return at
