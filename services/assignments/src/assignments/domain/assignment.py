"""An opdracht's life: draft → open → closed.

Each change returns the new state and its events: none for a draft, which nobody else knows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.events import AssignmentClosed, AssignmentOpened, AssignmentUpdated
from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason


class AssignmentState(StrEnum):
    """Where an assignment is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class WrongState(Exception):
    """The assignment's state does not allow the change."""


class RespondByPassed(Exception):
    """An open assignment needs a closing moment that is still to come."""


@dataclass(frozen=True)
class Assignment:
    """The state of one assignment. `version` rises by one with each change."""

    assignment_id: UUID
    version: int
    state: AssignmentState
    closed_reason: ClosedReason | None
    facts: AssignmentFacts
    created_at: datetime
    updated_at: datetime

    @classmethod
    def create(
        cls, assignment_id: UUID, facts: AssignmentFacts, now: datetime, *, opening: bool = False
    ) -> "Change":
        """Return a new assignment, at version 1: a draft, or open from the start; raises RespondByPassed."""
        state = AssignmentState.OPEN if opening else AssignmentState.DRAFT
        made = cls(
            assignment_id=assignment_id,
            version=1,
            state=state,
            closed_reason=None,
            facts=facts,
            created_at=now,
            updated_at=now,
        )
        if not opening:
            return made, ()
        made._require_future(now)
        return made, (AssignmentOpened.model_construct(**made._published()),)

    def open(self, now: datetime) -> "Change":
        """Open a draft; raises WrongState, RespondByPassed."""
        if self.state is not AssignmentState.DRAFT:
            raise WrongState(f"the assignment is {self.state} already")
        made = self._next(now, state=AssignmentState.OPEN)
        made._require_future(now)
        return made, (AssignmentOpened.model_construct(**made._published()),)

    def change(self, facts: AssignmentFacts, now: datetime, *, opening: bool = False) -> "Change":
        """Replace the facts of a draft or an open assignment; `opening` opens a draft, one version further.

        Raises WrongState, RespondByPassed.
        """
        if self.state is AssignmentState.CLOSED:
            raise WrongState("a closed assignment stays closed")
        made = self._next(now, facts=facts)
        if made.state is AssignmentState.DRAFT:
            return made.open(now) if opening else (made, ())
        made._require_future(now)
        return made, (AssignmentUpdated.model_construct(**made._published()),)

    def close(self, reason: ClosedReason, now: datetime) -> "Change":
        """Close for good; raises WrongState. A draft that is given up closes without anybody being told."""
        if self.state is AssignmentState.CLOSED:
            raise WrongState("the assignment is closed already")
        made = self._next(now, state=AssignmentState.CLOSED, closed_reason=reason)
        if self.state is AssignmentState.DRAFT:
            return made, ()
        return made, (AssignmentClosed.model_construct(**made._published(), closed_reason=reason),)

    def _next(self, now: datetime, **changes: object) -> "Assignment":
        # mypy knows no type for each of a dataclass's fields by name
        return replace(self, version=self.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]

    def _require_future(self, now: datetime) -> None:
        if self.facts.respond_by <= now:
            raise RespondByPassed

    def _published(self) -> dict[str, Any]:
        facts = {name: getattr(self.facts, name) for name in AssignmentFacts.model_fields}
        return {"assignment_id": self.assignment_id, "version": self.version, **facts}


Change = tuple[Assignment, tuple[AssignmentOpened | AssignmentClosed, ...]]
