"""The course of an opdracht: everything that happened, and who did it, the latest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, ClosedReason, Decision, NoticeKind, NoticeOutcome

from desk.domain.people import Candidate
from desk.domain.placements import Placed


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
    PLACED = "placed"
    PLACEMENT_ENDED = "placement_ended"


@dataclass(frozen=True)
class Mail:
    """How a mail ended. `profile_id`: null of one to the recruiter."""

    kind: NoticeKind
    outcome: NoticeOutcome
    at: datetime
    profile_id: UUID | None


@dataclass(frozen=True)
class Step:
    """Something that happened. `by`: the recruiter who did it; `reason`: their words; `change`: the facts
    before and after; `mail`: what was mailed, or was not; `placed`: who was placed, and on what terms now."""

    at: datetime
    event: Event
    candidate: Candidate | None = None
    by: str | None = None
    reason: str | None = None
    change: tuple[AssignmentFacts, AssignmentFacts] | None = None
    closed: ClosedReason | None = None
    mail: Mail | None = None
    placed: Placed | None = None


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
    candidates: Sequence[Candidate],
    mails: Iterable[Mail] = (),
    placements: Iterable[Placed] = (),
) -> list[Step]:
    """Return what happened to an opdracht, the latest first. `versions`: from when it was as it was, the
    oldest first."""
    steps = [Step(at, Event.OPENED) for at, _ in versions[:1]]
    for (_, before), (at, after) in pairwise(versions):
        if before != after:
            steps.append(Step(at, Event.CHANGED, change=(before, after)))
    if closed is not None:
        steps.append(Step(closed[0], Event.CLOSED, closed=closed[1]))
    for candidate in candidates:
        steps += _of_a_person(candidate)
    people: dict[UUID | None, Candidate] = {one.profile_id: one for one in candidates}
    steps += [Step(mail.at, Event.MAILED, people.get(mail.profile_id), mail=mail) for mail in mails]
    for placed in placements:
        steps += _of_a_placement(placed)
    return sorted(steps, key=lambda step: step.at, reverse=True)


def _of_a_placement(placed: Placed) -> list[Step]:
    steps = [Step(placed.agreed_at, Event.PLACED, placed=placed)]
    if placed.has_ended:
        steps.append(Step(placed.changed_at, Event.PLACEMENT_ENDED, placed=placed))
    return steps


def _of_a_person(candidate: Candidate) -> list[Step]:
    steps = [Step(candidate.first_proposed_at, Event.FITTED, candidate)]
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
