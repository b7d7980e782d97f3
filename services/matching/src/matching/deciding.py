"""Writes a recruiter's decision with its event, in the caller's transaction.

Once that transaction is committed, nothing changes the answer: the reconciliation that gives a freed seat to
the next in rank, or proposes again whose rejection was taken back, is requested on the assignment's row in
the same transaction, and done by a job (`reconciling` argues why it is always done).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.delivery import outbox

from matching import SERVICE
from matching.domain.decision import Decided, NotPossible, Verdict, decide
from matching.store.assignments import lock_assignment, request_reconciliation
from matching.store.matches import get_match, save_decision
from matching.store.profiles import get_profiles_for_share


@dataclass(frozen=True)
class NoSuchMatch:
    """There is no such match, or its professional was erased."""


async def decide_on(
    connection: Connection,
    match_id: UUID,
    verdict: Verdict,
    decided_by: str,
    now: datetime,
    decided_by_sub: str | None = None,
) -> Decided | NotPossible | NoSuchMatch:
    """Decide on a match, as it stands under the locks of its assignment and its profile."""
    seen = await get_match(connection, match_id)
    if seen is None:
        return NoSuchMatch()
    is_open = await lock_assignment(connection, seen.assignment_id)
    await get_profiles_for_share(connection, [seen.profile_id])
    match = await get_match(connection, match_id)
    if match is None:
        return NoSuchMatch()
    outcome = decide(match, verdict, decided_by, now, assignment_open=is_open, decided_by_sub=decided_by_sub)
    if isinstance(outcome, Decided):
        await save_decision(connection, outcome)
        await outbox.publish(connection, SERVICE, [outcome.event], now)
        if outcome.needs_reconciliation:
            await request_reconciliation(connection, match.assignment_id)
    return outcome
