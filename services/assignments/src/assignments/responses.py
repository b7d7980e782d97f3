"""What the API answers."""

from datetime import datetime
from uuid import UUID

from contracts.facts import AssignmentFacts
from contracts.values import Frozen, Version
from contracts.vocabulary import ClosedReason

from assignments.domain.assignment import Assignment, AssignmentPhase, AssignmentState


class Life(Frozen):
    """Where an assignment is in its life."""

    assignment_id: UUID
    version: Version
    state: AssignmentState
    phase: AssignmentPhase | None
    closed_reason: ClosedReason | None


class AssignmentView(AssignmentFacts, Life):
    """An assignment: where it is in its life, and its facts."""


def view(assignment: Assignment, now: datetime) -> AssignmentView:
    """Show an assignment, in its phase at `now`."""
    return AssignmentView(
        assignment_id=assignment.assignment_id,
        version=assignment.version,
        state=assignment.state,
        phase=assignment.phase(now),
        closed_reason=assignment.closed_reason,
        **dict(assignment.facts),
    )
