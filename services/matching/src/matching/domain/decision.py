"""What a recruiter's decision makes of a match. That nobody else decides is checked in `api.py`."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.events import MatchDecided
from contracts.vocabulary import Decision

from matching.domain.match import ENDING, Match


@dataclass(frozen=True)
class Decided:
    """The match as it stands after the decision, and what happened."""

    match: Match
    event: MatchDecided


@dataclass(frozen=True)
class NotLive:
    """The match was withdrawn, declined or rejected: there is nothing to decide on."""


def decide(
    match: Match, decision: Decision, reason: str, decided_by: str, now: datetime
) -> Decided | NotLive:
    """Decide on a match: only a live one can be nominated or rejected."""
    if not match.live:
        return NotLive()
    return Decided(
        match=replace(match, decision=decision, live=decision not in ENDING),
        event=MatchDecided(
            match_id=match.match_id,
            assignment_id=match.assignment_id,
            profile_id=match.profile_id,
            decision=decision,
            reason=reason,
            decided_by=decided_by,
            decided_at=now,
        ),
    )
