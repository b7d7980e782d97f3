"""A placement's life: agreed → ended. Each change returns the new state and its event."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.events import PlacementAgreed, PlacementChanged, PlacementEnded
from contracts.facts import PlacementTerms
from contracts.vocabulary import ClosedReason, EndedReason, Level, OrganisationType, PlacementState
from contracts.workload import Work, busiest

from assignments.domain.assignment import Assignment, AssignmentState, WrongState

MAX_HOURS = 40  # a week, of all that one person does
AFTER_CLOSING = timedelta(days=90)


class PositionsFull(Exception):
    """As many are placed as the assignment has positions."""


class TooManyHours(Exception):
    """The person would work more than `MAX_HOURS` a week; `hours`: on the busiest day."""

    def __init__(self, hours: int) -> None:
        super().__init__()
        self.hours = hours


class EndsOutside(Exception):
    """The day on which it ended is not in the period that was agreed."""


@dataclass(frozen=True)
class Placement:
    """The state of one placement. `version` rises by one with each change; `profile_id` is None once the
    person is erased."""

    placement_id: UUID
    version: int
    assignment_id: UUID
    profile_id: UUID | None
    organisation_type: OrganisationType
    level: Level
    terms: PlacementTerms
    state: PlacementState
    ended_on: date | None
    ended_reason: EndedReason | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def agree(
        cls,
        placement_id: UUID,
        assignment: Assignment,
        profile_id: UUID,
        terms: PlacementTerms,
        now: datetime,
    ) -> "PlacementChange":
        """Return a new placement, at version 1."""
        made = cls(
            placement_id=placement_id,
            version=1,
            assignment_id=assignment.assignment_id,
            profile_id=profile_id,
            organisation_type=assignment.facts.organisation.type,
            level=assignment.facts.level,
            terms=terms,
            state=PlacementState.AGREED,
            ended_on=None,
            ended_reason=None,
            created_at=now,
            updated_at=now,
        )
        return made, PlacementAgreed.model_construct(**made.content())

    @classmethod
    def published(cls, event: PlacementAgreed, at: datetime) -> "Placement":
        """Return a placement as its event of a moment has it; when it was made is not said."""
        return cls(
            placement_id=event.placement_id,
            version=event.version,
            assignment_id=event.assignment_id,
            profile_id=event.profile_id,
            organisation_type=event.organisation_type,
            level=event.level,
            terms=PlacementTerms.model_construct(
                **{name: getattr(event, name) for name in PlacementTerms.model_fields}
            ),
            state=event.state,
            ended_on=event.ended_on,
            ended_reason=event.ended_reason,
            created_at=at,
            updated_at=at,
        )

    @property
    def work(self) -> Work | None:
        """The hours that it takes; None where it was cancelled."""
        if self.ended_reason is EndedReason.CANCELLED:
            return None
        return Work(self.terms.hours, self.terms.starts_on, self.ended_on or self.terms.ends_on)

    def change(self, terms: PlacementTerms, now: datetime) -> "PlacementChange":
        """Agree on other terms; raises WrongState."""
        self._require_agreed()
        return self._next(now, terms=terms)._changed()

    def end(self, ended_on: date, reason: EndedReason, now: datetime) -> "PlacementChange":
        """End it; raises WrongState, and EndsOutside for a day that is not in its period. One that is
        cancelled has no period: any day will do."""
        self._require_agreed()
        terms = self.terms
        if reason is not EndedReason.CANCELLED and not terms.starts_on <= ended_on <= terms.ends_on:
            raise EndsOutside
        made = self._next(now, state=PlacementState.ENDED, ended_on=ended_on, ended_reason=reason)
        return made, PlacementEnded.model_construct(**made.content())

    def forget(self, now: datetime) -> "PlacementChange":
        """Return it without the person, who is erased: with what the books need."""
        return self._next(now, profile_id=None)._changed()

    def publish_again(self, above: int) -> "PlacementChange":
        """Return it as it is, under a version above its own and above one that was published."""
        made = replace(self, version=max(self.version, above) + 1)
        if made.state is PlacementState.AGREED:
            return made._changed()
        return made, PlacementEnded.model_construct(**made.content())

    def _changed(self) -> "PlacementChange":
        return self, PlacementChanged.model_construct(**self.content())

    def _require_agreed(self) -> None:
        if self.state is PlacementState.ENDED:
            raise WrongState("an ended placement stays ended")

    def _next(self, now: datetime, **changes: Any) -> "Placement":
        return replace(self, version=self.version + 1, updated_at=now, **changes)

    def content(self) -> dict[str, Any]:
        """Return all fields of its event."""
        terms = {name: getattr(self.terms, name) for name in PlacementTerms.model_fields}
        own = set(PlacementAgreed.model_fields) - terms.keys()
        return {**terms, **{name: getattr(self, name) for name in own}}


PlacementChange = tuple[Placement, PlacementAgreed]


def require_position(assignment: Assignment, taken: int, now: datetime) -> None:
    """Raise WrongState or PositionsFull where nobody can be placed: `taken` are placed already.

    It must be open, or closed as filled or expired not long ago.
    """
    if assignment.state is AssignmentState.DRAFT:
        raise WrongState("the assignment is a draft: open it first")
    if assignment.state is AssignmentState.CLOSED:
        if assignment.closed_reason is ClosedReason.WITHDRAWN:
            raise WrongState("the assignment is withdrawn")
        if assignment.updated_at + AFTER_CLOSING <= now:
            raise WrongState(f"the assignment closed {AFTER_CLOSING.days} days ago or more")
    if taken >= assignment.facts.positions:
        raise PositionsFull


def require_hours(placement: Placement, others: Iterable[Placement]) -> None:
    """Raise TooManyHours where somebody has no hours left for a placement beside `others` of theirs."""
    found = [work for one in (placement, *others) if (work := one.work) is not None]
    hours = busiest(found, placement.terms.starts_on, placement.terms.ends_on)
    if hours > MAX_HOURS:
        raise TooManyHours(hours)
