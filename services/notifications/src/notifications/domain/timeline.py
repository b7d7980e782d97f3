"""What happened to a match, in order: "did she get it?" answered in one look. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.vocabulary import ClosedReason

from notifications.domain.match import Answered, Decided, Match
from notifications.domain.notice import Kind, NoticeState


@dataclass(frozen=True)
class Opened:
    """The assignment opened."""

    at: datetime | None


@dataclass(frozen=True)
class Proposed:
    """Matching proposed the match."""

    at: datetime


@dataclass(frozen=True)
class Notified:
    """A notice to the professional. `at`: when it ended, None: not yet; `due_at`: when it will go out, None
    where nothing waits; `detail`: what the mail server said, or why it was not sent."""

    kind: Kind
    state: NoticeState
    at: datetime | None
    due_at: datetime | None
    detail: str | None


@dataclass(frozen=True)
class Closed:
    """The assignment closed."""

    reason: ClosedReason
    at: datetime | None  # None where it is not known


Step = Opened | Proposed | Notified | Answered | Decided | Closed


def steps(match: Match, notified: Iterable[Notified]) -> list[Step]:
    """Return the steps, oldest first; what has no moment (yet) stands last."""
    found: list[Step] = [
        Opened(match.assignment.opened_at),
        Proposed(match.first_proposed_at or match.proposed_at),
        *notified,
    ]
    found += [step for step in (match.answered, match.decided) if step is not None]
    if match.assignment.closed_reason is not None:
        found.append(Closed(match.assignment.closed_reason, match.assignment.closed_at))
    return sorted(found, key=_order)


def moment(step: Step) -> datetime | None:
    """Return when a step happened, or when it is expected."""
    return step.at or (step.due_at if isinstance(step, Notified) else None)


def _order(step: Step) -> tuple[bool, float]:
    at = moment(step)
    return at is None, at.timestamp() if at else 0.0
