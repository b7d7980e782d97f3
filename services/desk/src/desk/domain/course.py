"""The course of an opdracht: everything that happened, and who did it, the latest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, ClosedReason, Decision, NoticeOutcome

from desk.domain.people import Candidate


class Event(StrEnum):
    """What happened."""

    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"
    FITTED = "fitted"
    MAILED = "mailed"
    INTERESTED = "interested"
    DECLINED = "declined"
    INVITED = "invited"
    NOMINATED = "nominated"
    REJECTED = "rejected"
    REOPENED = "reopened"
    FELL_OFF = "fell_off"


@dataclass(frozen=True)
class Step:
    """Something that happened. `name`: of the professional; `by`: the recruiter who did it; `reason`: their
    words; `changed`: the names of the facts that changed."""

    at: datetime
    event: Event
    candidate: Candidate | None = None
    by: str | None = None
    reason: str | None = None
    changed: tuple[str, ...] = ()
    closed: ClosedReason | None = None


DECIDED = {
    Decision.INVITED: Event.INVITED,
    Decision.NOMINATED: Event.NOMINATED,
    Decision.REJECTED: Event.REJECTED,
    Decision.REOPENED: Event.REOPENED,
}
ANSWERED = {Answer.INTERESTED: Event.INTERESTED, Answer.DECLINED: Event.DECLINED}


def course(
    versions: Sequence[tuple[datetime, AssignmentFacts]],
    closed: tuple[datetime, ClosedReason] | None,
    candidates: Iterable[Candidate],
) -> list[Step]:
    """Return what happened to an opdracht, the latest first. `versions`: from when it was as it was, the
    oldest first."""
    steps = [Step(at, Event.OPENED) for at, _ in versions[:1]]
    for (_, before), (at, after) in pairwise(versions):
        changed = differences(before, after)
        if changed:
            steps.append(Step(at, Event.CHANGED, changed=changed))
    if closed is not None:
        steps.append(Step(closed[0], Event.CLOSED, closed=closed[1]))
    for candidate in candidates:
        steps += _of_a_person(candidate)
    return sorted(steps, key=lambda step: step.at, reverse=True)


def differences(before: AssignmentFacts, after: AssignmentFacts) -> tuple[str, ...]:
    """Return the names of the facts that differ, in the order of the contract."""
    return tuple(
        name for name in AssignmentFacts.model_fields if getattr(before, name) != getattr(after, name)
    )


def _of_a_person(candidate: Candidate) -> list[Step]:
    steps = [Step(candidate.first_proposed_at, Event.FITTED, candidate)]
    if candidate.told is not None and candidate.told.outcome is NoticeOutcome.ACCEPTED:
        steps.append(Step(candidate.told.at, Event.MAILED, candidate))
    if candidate.answer is not None and candidate.answered_at is not None:
        event = ANSWERED[candidate.answer]
        steps.append(Step(candidate.answered_at, event, candidate, reason=candidate.answer_reason))
    steps += [
        Step(one.decided_at, DECIDED[one.decision], candidate, by=one.decided_by, reason=one.reason)
        for one in candidate.decisions
    ]
    if candidate.withdrawn is not None and not candidate.live:
        steps.append(Step(candidate.withdrawn.withdrawn_at, Event.FELL_OFF, candidate))
    return steps
