"""Kafka in: a batch is committed first, then its assignments are reconciled."""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import MatchAnswered, PlacementAgreed
from contracts.topics import ANSWERS, ASSIGNMENTS, KEYS, PLACEMENTS, PROFILES

from matching.domain.match import match_id
from matching.reconciling import Reconciler
from matching.store.assignments import lock_assignments, touch_assignments, upsert_assignments
from matching.store.erasure import erase_profiles
from matching.store.matches import lock_matches, upsert_answers
from matching.store.placements import upsert_placements
from matching.store.profiles import get_profiles_for_share, upsert_profiles

# Each lane has a consumer of its own, and lanes are to each other as replicas are. So an urgent assignment
# overtakes a storm of profiles, and of two batches of profiles one is scored while the database writes the
# other.
LANES = ((ASSIGNMENTS, ANSWERS, PLACEMENTS, KEYS), (PROFILES,), (PROFILES,))
TOPICS = (ASSIGNMENTS, ANSWERS, PLACEMENTS, KEYS, PROFILES)
BATCH_SIZE = 8000  # however many profiles change, an assignment is reconciled once a batch

PROFILE_TYPES = (*PROFILES.types, str(PROFILES.tombstone))


def _of(events: Sequence[Event], *types: str) -> list[Event]:
    return [event for event in events if event.type in types]


def _placements(events: Sequence[Event]) -> list[PlacementAgreed]:
    """Return the latest state of each placement."""
    newest = latest(_of(events, *PLACEMENTS.types)).values()
    return [event.data for event in newest if isinstance(event.data, PlacementAgreed)]


async def apply(connection: Connection, events: Sequence[Event]) -> None:
    """Write a batch. Locks are taken in the order of `store`: all assignments, all profiles, all matches.

    Assignments that are written themselves are locked by that.
    """
    assignments = _of(events, *ASSIGNMENTS.types)
    profiles = latest(_of(events, *PROFILE_TYPES))
    erased = [profile_id for profile_id, event in profiles.items() if event.data is None]
    answers = [event.data for event in events if isinstance(event.data, MatchAnswered)]
    placements = _placements(events)
    placed = [(one.assignment_id, one.profile_id) for one in placements if one.profile_id is not None]
    pairs = [*((one.assignment_id, one.profile_id) for one in answers), *placed]
    concerned = [*(one.assignment_id for one in answers), *(one.assignment_id for one in placements)]
    if concerned:
        await lock_assignments(connection, [*(event.subject for event in assignments), *concerned])
    await upsert_assignments(connection, assignments)
    await touch_assignments(connection, concerned)
    await upsert_profiles(connection, profiles.values())
    if placed:
        await get_profiles_for_share(connection, [profile_id for _, profile_id in placed])
    await lock_matches(connection, [match_id(*pair) for pair in pairs], erased)
    await upsert_answers(connection, answers)
    await upsert_placements(connection, placements)
    await erase_profiles(connection, erased)


async def follow_up(reconciler: Reconciler, events: Sequence[Event]) -> None:
    """Reconcile a committed batch's assignments, and those that its profiles are or were matched with.

    A batch that comes again is reconciled again, to no effect.
    """
    assignments = {event.subject for event in _of(events, *ASSIGNMENTS.types, *ANSWERS.types)}
    assignments |= {one.assignment_id for one in _placements(events)}
    profiles = {event.subject for event in _of(events, *PROFILE_TYPES)}
    await reconciler.reconcile(assignments, profiles)
