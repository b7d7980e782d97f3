"""An opdracht's life: draft → open → closed.

While it is open, professionals react until `respond_by`; then the recruiter selects. Each change returns the
new state and its events: none for a draft, which nobody else knows.
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


class AssignmentPhase(StrEnum):
    """What an open assignment waits for: answers until `respond_by`, then the recruiter's choice."""

    REACTING = "reacting"
    SELECTING = "selecting"


class WrongState(Exception):
    """The assignment's state does not allow the change."""


class RespondByPassed(Exception):
    """`respond_by` is not to come, where an assignment opens or gets another one."""


@dataclass(frozen=True)
class Assignment:
    """The state of one assignment. `version` rises by one with each change; `opened_at`: when it opened,
    None for a draft."""

    assignment_id: UUID
    version: int
    state: AssignmentState
    closed_reason: ClosedReason | None
    facts: AssignmentFacts
    created_at: datetime
    updated_at: datetime
    opened_at: datetime | None = None

    @classmethod
    def create(
        cls, assignment_id: UUID, facts: AssignmentFacts, now: datetime, *, opening: bool = False
    ) -> "Change":
        """Return a new assignment, at version 1: a draft, or open from the start; raises RespondByPassed."""
        draft = cls(
            assignment_id=assignment_id,
            version=1,
            state=AssignmentState.DRAFT,
            closed_reason=None,
            facts=facts,
            created_at=now,
            updated_at=now,
        )
        return draft._open(now) if opening else (draft, ())

    @classmethod
    def published(cls, event: AssignmentOpened, at: datetime) -> "Assignment":
        """Return an assignment as its event of a moment has it; when it was made is not said: when it opened
        stands for it."""
        reason = event.closed_reason if isinstance(event, AssignmentClosed) else None
        return cls(
            assignment_id=event.assignment_id,
            version=event.version,
            state=AssignmentState.OPEN if reason is None else AssignmentState.CLOSED,
            closed_reason=reason,
            facts=AssignmentFacts.model_construct(
                **{name: getattr(event, name) for name in AssignmentFacts.model_fields}
            ),
            created_at=event.opened_at or at,
            updated_at=at,
            opened_at=event.opened_at or at,
        )

    def phase(self, now: datetime) -> AssignmentPhase | None:
        """Return what an open assignment waits for; None for any other."""
        if self.state is not AssignmentState.OPEN:
            return None
        return AssignmentPhase.REACTING if now < self.facts.respond_by else AssignmentPhase.SELECTING

    def open(self, now: datetime) -> "Change":
        """Open a draft; raises WrongState, RespondByPassed."""
        if self.state is not AssignmentState.DRAFT:
            raise WrongState(f"the assignment is {self.state} already")
        return self._next(now)._open(now)

    def change(self, facts: AssignmentFacts, now: datetime, *, opening: bool = False) -> "Change":
        """Replace the facts of a draft or an open assignment; `opening` opens a draft, one version further.

        Raises WrongState; and RespondByPassed, unless an open one's `respond_by` stays as it was: while the
        recruiter selects, it has passed.
        """
        if self.state is AssignmentState.CLOSED:
            raise WrongState("a closed assignment stays closed")
        made = self._next(now, facts=facts)
        if made.state is AssignmentState.DRAFT:
            return made.open(now) if opening else (made, ())
        if facts.respond_by != self.facts.respond_by:
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

    def publish_again(self, above: int) -> "Change":
        """Return an assignment that opened as it is, under a version above its own and above one that was
        published."""
        made = replace(self, version=max(self.version, above) + 1)
        if made.closed_reason is None:
            return made, (AssignmentUpdated.model_construct(**made._published()),)
        return made, (
            AssignmentClosed.model_construct(**made._published(), closed_reason=made.closed_reason),
        )

    def _open(self, now: datetime) -> "Change":
        """Return a draft as an open one, its version as it is."""
        self._require_future(now)
        made = replace(self, state=AssignmentState.OPEN, opened_at=now)
        return made, (AssignmentOpened.model_construct(**made._published()),)

    def _next(self, now: datetime, **changes: Any) -> "Assignment":
        return replace(self, version=self.version + 1, updated_at=now, **changes)

    def _require_future(self, now: datetime) -> None:
        if self.facts.respond_by <= now:
            raise RespondByPassed

    def _published(self) -> dict[str, Any]:
        facts = {name: getattr(self.facts, name) for name in AssignmentFacts.model_fields}
        identity = {"assignment_id": self.assignment_id, "version": self.version}
        return {**identity, **facts, "opened_at": self.opened_at}


Change = tuple[Assignment, tuple[AssignmentOpened | AssignmentClosed, ...]]
