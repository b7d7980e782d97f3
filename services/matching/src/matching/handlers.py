"""Kafka in: a batch is committed first, then its assignments are settled."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import MatchAnswered
from contracts.topics import ANSWERS, ASSIGNMENTS, PROFILES

from matching.proposing import Proposer
from matching.store import halves, matches

# Each lane has a consumer of its own, and lanes are to each other as replicas are. So an urgent assignment
# overtakes a storm of profiles, and of two batches of profiles one is scored while the database writes the
# other.
LANES = ((ASSIGNMENTS, ANSWERS), (PROFILES,), (PROFILES,))
AT_ONCE = 8000  # however many profiles change, an assignment is settled once a batch


def _of(events: Sequence[Event], *types: str) -> list[Event]:
    return [event for event in events if event.type in types]


async def take(connection: Connection, events: Sequence[Event]) -> None:
    """Write a batch: assignments first, then profiles, so that locks are taken in one order."""
    answers = [event.data for event in events if isinstance(event.data, MatchAnswered)]
    assignments = _of(events, *ASSIGNMENTS.types)
    await halves.hold_assignments(
        connection, [*(event.subject for event in assignments), *(a.assignment_id for a in answers)]
    )
    await halves.take_assignments(connection, assignments)
    await matches.take_answers(connection, answers)
    await halves.take_profiles(connection, _of(events, *PROFILES.types, str(PROFILES.tombstone)))


class FollowUp:
    """Settles what a committed batch concerns. A batch that comes again is settled again, to no effect."""

    def __init__(self, proposer: Proposer) -> None:
        self._proposer = proposer

    async def __call__(self, events: Sequence[Event]) -> None:
        """Settle the batch's assignments, and those that its profiles are or were matched with."""
        profiles = {e.subject for e in _of(events, *PROFILES.types, str(PROFILES.tombstone))}
        assignments = {e.subject for e in _of(events, *ASSIGNMENTS.types, *ANSWERS.types)}
        await self._proposer.settle_all(assignments, profiles)
