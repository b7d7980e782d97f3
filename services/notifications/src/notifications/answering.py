"""A professional answers from the mail: kept, published and shown to the recruiter in one transaction."""

from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.telemetry import current_traceparent
from contracts.events import MatchAnswered
from contracts.vocabulary import Answer, ClosedReason, Decision

from notifications import SERVICE
from notifications.domain import schedule
from notifications.domain.answering import Situation, Standing
from notifications.domain.notice import Kind
from notifications.store import alerts, known, notices


async def look_up(pool: Pool, match_id: UUID) -> asyncpg.Record | None:
    """Return a match with its assignment, for its page; None where it is not known (yet)."""
    async with pool.acquire() as connection:
        return await known.match_page(connection, match_id)


def standing(row: asyncpg.Record, now: datetime) -> Standing:
    """Return how the match stands now."""
    return Situation(
        row["live"],
        row["answer"] and Answer(row["answer"]),
        row["decision"] and Decision(row["decision"]),
        row["closed_reason"] and ClosedReason(row["closed_reason"]),
        known.facts(row).respond_by,
    ).standing(now)


async def answer(pool: Pool, match_id: UUID, given: Answer, reason: str | None, now: datetime) -> bool:
    """Take an answer; return False where the match can no longer be answered (nothing changes then).

    The same answer given again changes nothing and is fine.
    """
    async with pool.acquire() as connection, connection.transaction():
        await known.fence(connection, erases=False)
        row = await known.match_page(connection, match_id, lock=True)
        if row is None:
            return False
        if row["answer"] == given and row["answer_reason"] == reason:
            return True
        if not standing(row, now).answerable:
            return False
        await _keep(connection, row, given, reason, now)
    return True


async def ask_later(pool: Pool, match_id: UUID, now: datetime) -> datetime | None:
    """Tell of an open match again in its professional's next digest; return when.

    None where no digest comes before `respond_by`, no mail is wanted, or it can no longer be answered.
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await known.match_page(connection, match_id, lock=True)
        if row is None or row["preferences"] is None or standing(row, now) is not Standing.OPEN:
            return None
        at = schedule.plan_again(known.preferences(row), known.facts(row).respond_by, now)
        if at is not None:
            ids = row["assignment_id"], match_id, row["profile_id"]
            await notices.ask_again(connection, *ids, at, now)
        return at


async def _keep(
    connection: Connection, row: asyncpg.Record, given: Answer, reason: str | None, now: datetime
) -> None:
    event = MatchAnswered(
        match_id=row["match_id"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        answer=given,
        reason=reason,
        answered_at=now,
    )
    await known.keep_answer(connection, event.match_id, given, reason, now)
    if given is Answer.DECLINED:
        await notices.cancel(connection, [event.match_id], "the professional declined already")
    else:
        trace = current_traceparent()
        answered = "the professional answered already"
        await notices.cancel(connection, [event.match_id], answered, [Kind.LATER])
        await notices.add_news(connection, Kind.ANSWERED, [event.match_id], now, trace)
        await notices.add_interest(connection, event.assignment_id, event.match_id, now, trace)
    await outbox.publish(connection, SERVICE, [event], now)
    await alerts.add(connection, [event])
