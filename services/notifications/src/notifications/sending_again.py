"""Sends once more, on a recruiter's word, what did not reach its reader, where it may still be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from chassis.unreadable import UnreadableRow

from notifications.domain import clock
from notifications.domain.notice import Due, Kind, NoticeState
from notifications.domain.outbound import Skip, Wait, decide
from notifications.domain.recruiter import SummaryRhythm
from notifications.store import again, due, erasure, queue
from notifications.store.again import Standing

NOT_RECEIVED = frozenset(
    {
        NoticeState.BOUNCED,
        NoticeState.REFUSED,
        NoticeState.MISSED,
        NoticeState.SUPPRESSED,
        NoticeState.EXPIRED,
    }
)
WHY_NOT = {
    NoticeState.PENDING: "it is on its way already",
    NoticeState.SENDING: "it is on its way already",
    NoticeState.DIGESTED: "a digest tells it",
    NoticeState.ACCEPTED: "it was sent, and did not come back",
    NoticeState.COMPLAINED: "its reader complained of it",
}
REPLACED = "a later mail took its place"
NO_SUMMARIES = "the recruiter wants no summaries"
RELEASE_FIRST = "the address gets no mail: release it first"  # a mail server's words may repeat the address


@dataclass(frozen=True)
class Planned:
    """It goes out again, at this moment at the earliest."""

    due_at: datetime


@dataclass(frozen=True)
class NotPossible:
    """It cannot be sent again now. What was written meanwhile is not to be committed."""

    because: str


@dataclass(frozen=True)
class NoSuchNotice:
    """There is no such notice, or no longer."""


Outcome = Planned | NotPossible | NoSuchNotice


async def send_again(connection: Connection, notice_id: UUID, selection: timedelta, now: datetime) -> Outcome:
    """Plan a notice anew, by the rules that hold for every mail. `selection`: how long after `respond_by` an
    opdracht closes by itself. Raises UnreadableRow."""
    await erasure.lock_out_erasure(connection)
    standing = await again.lock(connection, notice_id)
    if standing is None:
        return NoSuchNotice()
    if (because := _why_not(standing)) is not None:
        return NotPossible(because)
    await again.revive(connection, notice_id, standing.kind, now)
    found = await due.read(connection, [notice_id], selection)
    if not found.due:
        raise UnreadableRow
    return await _plan(connection, found.due[0], now)


def _why_not(standing: Standing) -> str | None:
    if standing.replaced:
        return REPLACED
    if standing.state in NOT_RECEIVED:
        return None
    return WHY_NOT.get(standing.state) or standing.detail or "there is nothing to tell"


async def _plan(connection: Connection, notice: Due, now: datetime) -> Outcome:
    """Decide as the sender does, which decides once more when it is due."""
    if notice.kind is Kind.SUMMARY and notice.wishes.summary is SummaryRhythm.NONE:
        return NotPossible(NO_SUMMARIES)
    mailboxes = {notice.recipient.mailbox} if notice.recipient is not None else set()
    sent_today = await queue.sent_since(connection, mailboxes, clock.midnight(now))
    (decision,) = decide([notice], sent_today, now)
    match decision:
        case Skip(ending=ending):
            suppressed = ending.state is NoticeState.SUPPRESSED
            return NotPossible(RELEASE_FIRST if suppressed else ending.detail)
        case Wait(plan=plan):
            await queue.write(connection, [decision], now)
            return Planned(plan.due_at)
    return Planned(now)
