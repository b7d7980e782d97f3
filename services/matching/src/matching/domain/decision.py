"""What a recruiter's decision makes of a match, and which are possible.

That nobody else decides is checked in `api.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events import Appointment, MatchDecided
from contracts.vocabulary import Decision, ReasonCode

from matching.domain.match import Match, MatchState, next_moment


@dataclass(frozen=True)
class Verdict:
    """What a recruiter says: the decision, why (for the recruiter's own side), and what the person is told.

    `message`, `tell`, `reason_code`: see `MatchDecided`. `appointment` goes with an invitation.
    """

    decision: Decision
    reason: str
    message: str | None = None
    tell: bool | None = None
    reason_code: ReasonCode | None = None
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Decided:
    """The match as it stands after the decision, and what happened."""

    match: Match
    event: MatchDecided
    needs_reconciliation: bool


@dataclass(frozen=True)
class NotPossible:
    """The decision is not possible as the match stands; `because` says why, and what would be possible."""

    because: str


def possible(match: Match) -> list[Decision]:
    """Return which decisions a match allows while its assignment is open.

    Who is live can be invited, nominated and rejected, in any order and again. A decision that stands can be
    taken back, whatever became of the match since. On who is placed nothing is decided: a placement ends.
    """
    if match.placed:
        return []
    allowed = [Decision.INVITED, Decision.NOMINATED, Decision.REJECTED] if match.live else []
    return [*allowed, Decision.REOPENED] if match.decisions else allowed


def decide(
    match: Match,
    verdict: Verdict,
    decided_by: str,
    now: datetime,
    *,
    assignment_open: bool,
    decided_by_sub: str | None = None,
) -> Decided | NotPossible:
    """Decide on a match. `reopened` takes the decision that stands back, and the one before stands again.

    Who is rejected is live no more; whose rejection is taken back is proposed again by the reconciliation.
    """
    if not assignment_open:
        return NotPossible("the assignment is closed: no decision is possible any more")
    if verdict.decision not in (allowed := possible(match)):
        return NotPossible(_why_not(match, allowed))
    decided_at = next_moment(match.last_at, now)
    rejected = verdict.decision is Decision.REJECTED
    taken_back = verdict.decision is Decision.REOPENED
    after = replace(
        match,
        decisions=match.decisions[:-1] if taken_back else (*match.decisions, verdict.decision),
        live=match.live and not rejected,
        ended_while_live=match.ended_while_live or rejected,
        decided_at=decided_at,
        last_at=decided_at,
    )
    return Decided(
        match=after,
        event=MatchDecided(
            match_id=match.match_id,
            assignment_id=match.assignment_id,
            profile_id=match.profile_id,
            decision=verdict.decision,
            reason=verdict.reason,
            decided_by=decided_by,
            decided_by_sub=decided_by_sub,
            decided_at=decided_at,
            message=verdict.message,
            tell=verdict.tell,
            reason_code=verdict.reason_code,
            appointment=verdict.appointment,
            standing=list(after.decisions),
        ),
        needs_reconciliation=rejected or after.returning,
    )


def _why_not(match: Match, allowed: list[Decision]) -> str:
    declined = match.state is MatchState.DECLINED
    stands = "the professional declined" if declined else f"the match is {match.state}"
    return f"{stands}; possible now: {', '.join(allowed) or 'nothing'}"
