"""A recruiter's decisions on a match, of which `reopened` takes the latest back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.events import MatchDecided
from contracts.vocabulary import Decision

from notifications.domain.match import Decided


@dataclass(frozen=True)
class Outcome:
    """What a batch of decisions on one match comes to. `standing`: those that stand, the latest last;
    `taken_back`: the latest of before, where it no longer stands; `new`: the latest, where it is new."""

    standing: tuple[Decided, ...]
    taken_back: Decided | None
    new: Decided | None


def decide(before: tuple[Decided, ...], events: Iterable[MatchDecided], *, interested: bool) -> Outcome:
    """Apply decisions in their order. `interested`: the professional's latest answer is yes, which is whom
    a decision is told, unless the recruiter says otherwise."""
    standing = list(before)
    lasting = len(before)  # how many of those of before stand still
    for event in events:
        if event.decision is not Decision.REOPENED:
            told = interested if event.tell is None else event.tell
            standing.append(
                Decided(
                    decision=event.decision,
                    reason=event.reason,
                    at=event.decided_at,
                    message=event.message,
                    reason_code=event.reason_code,
                    appointment=event.appointment,
                    told=told,
                )
            )
        elif standing:
            standing.pop()
            lasting = min(lasting, len(standing))
    return Outcome(
        standing=tuple(standing),
        taken_back=before[-1] if lasting < len(before) else None,
        new=standing[-1] if len(standing) > lasting else None,
    )
