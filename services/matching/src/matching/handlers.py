"""Kafka in: a batch is committed first, then its assignments are reconciled."""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import MatchAnswered
from contracts.topics import ANSWERS, ASSIGNMENTS, KEYS, PROFILES

from matching.domain.match import match_id
from matching.reconciling import Reconciler
from matching.store.assignments import lock_assignments, touch_assignments, upsert_assignments
from matching.store.erasure import erase_profiles
from matching.store.matches import lock_matches, upsert_answers
from matching.store.profiles import upsert_profiles

# Each lane has a consumer of its own, and lanes are to each other as replicas are. So an urgent assignment
# overtakes a storm of profiles, and of two batches of profiles one is scored while the database writes the
# other.
LANES = ((ASSIGNMENTS, ANSWERS, KEYS), (PROFILES,), (PROFILES,))
TOPICS = (ASSIGNMENTS, ANSWERS, KEYS, PROFILES)
BATCH_SIZE = 8000  # however many profiles change, an assignment is reconciled once a batch

PROFILE_TYPES = (*PROFILES.types, str(PROFILES.tombstone))


def _of(events: Sequence[Event], *types: str) -> list[Event]:
    return [event for event in events if event.type in types]


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Write a batch. Locks are taken in the order of `store`: all assignments, all profiles, all matches."""
    assignments = _of(events, *ASSIGNMENTS.types)
    profiles = latest(_of(events, *PROFILE_TYPES))
    erased = [profile_id for profile_id, event in profiles.items() if event.data is None]
    answers = [event.data for event in events if isinstance(event.data, MatchAnswered)]
    answered = [answer.assignment_id for answer in answers]
    await lock_assignments(connection, [*(event.subject for event in assignments), *answered])
    await upsert_assignments(connection, assignments)
    await touch_assignments(connection, answered)
    await upsert_profiles(connection, profiles.values())
    await lock_matches(connection, [match_id(a.assignment_id, a.profile_id) for a in answers], erased)
    await upsert_answers(connection, answers)
    await erase_profiles(connection, erased)


async def follow_up(reconciler: Reconciler, events: Sequence[Event]) -> None:
    """Reconcile a committed batch's assignments, and those that its profiles are or were matched with.

    A batch that comes again is reconciled again, to no effect.
    """
    assignments = {event.subject for event in _of(events, *ASSIGNMENTS.types, *ANSWERS.types)}
    profiles = {event.subject for event in _of(events, *PROFILE_TYPES)}
    await reconciler.reconcile(assignments, profiles)
