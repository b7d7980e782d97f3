"""A professional answers from the mail: saved, published and shown to the recruiter in one transaction."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.telemetry import current_traceparent
from contracts.events import MatchAnswered
from contracts.vocabulary import Answer

from notifications import SERVICE
from notifications.domain import schedule, standing
from notifications.domain.match import ENDING_ANSWERS, Match
from notifications.domain.notice import Kind
from notifications.domain.standing import Repeated, Standing, Taken, TooLate
from notifications.store import alerts, contacts, erasure, matches, notices


async def look_up(pool: Pool, match_id: UUID) -> Match | None:
    """Return a match with its assignment, for its page; None where it is not known (yet), or erased."""
    async with pool.acquire() as connection:
        return await matches.get(connection, match_id)


async def answer(
    pool: Pool, match_id: UUID, given: Answer, reason: str | None, now: datetime
) -> Taken | Repeated | TooLate:
    """Take an answer; of a match that is not known, or erased, it is too late for one."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        match = await matches.get_for_update(connection, match_id)
        if match is None:
            return TooLate()
        outcome = standing.answer(match, given, reason, now)
        if isinstance(outcome, Taken):
            await _save(connection, outcome.match, outcome.event, now)
        return outcome


async def _save(connection: Connection, match: Match, event: MatchAnswered, now: datetime) -> None:
    await matches.save_answer(connection, match)
    if event.answer in ENDING_ANSWERS:
        await notices.cancel(connection, [match.match_id], "the professional declined already")
    else:
        trace = current_traceparent()
        answered = "the professional answered already"
        await notices.cancel(connection, [match.match_id], answered, [Kind.LATER])
        await notices.add_news(connection, Kind.ANSWERED, [match.match_id], now, trace)
        await notices.add_interest(connection, match, now, trace)
    await outbox.publish(connection, SERVICE, [event], now)
    await alerts.add(connection, [event])


async def ask_later(pool: Pool, match_id: UUID, now: datetime) -> datetime | None:
    """Tell of an open match again in its professional's next digest; return when.

    None where no digest comes before `respond_by`, no mail is wanted, or it can no longer be answered.
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
        return at
