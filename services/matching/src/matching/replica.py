"""This replica's copy of the population, kept level with the database.

Why nothing is missed: a change carries the id of the transaction that wrote it. A catch-up reads, in one
snapshot, every row written by a transaction that had not ended when the last catch-up took its snapshot.
Transactions older than that had ended then, so their rows were seen; whatever commits later has a higher
or equal id and is seen next time. Rows that come twice are known by their version.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Pool
from contracts.facts import AssignmentFacts

from matching import store
from matching.domain.population import Population
from matching.domain.question import ask
from matching.domain.ranking import candidates
from matching.metrics import PAIRS_SCORED, POPULATION

BEGINNING = "0"


@dataclass(frozen=True)
class OpenAssignment:
    """An assignment that may want changed profiles."""

    version: int
    facts: AssignmentFacts


class Replica:
    """The columns of all profiles, and the open assignments. `pool` is for catching up alone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._since = BEGINNING
        self._versions: dict[UUID, int] = {}
        self.population = Population()
        self.open: dict[UUID, OpenAssignment] = {}

    async def catch_up(self) -> None:
        """Bring the copy level with everything that is committed when this is called."""
        async with self._lock, self._pool.acquire() as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                following = await store.horizon(connection)
                async for profile in store.profiles_since(connection, self._since):
                    if profile.facts is None:
                        self.population.remove(profile.profile_id)
                    else:
                        self.population.put(profile.profile_id, profile.version, profile.facts)
                for assignment in await store.assignments_since(connection, self._since):
                    self._put(assignment)
            self._since = following
        POPULATION.labels("profiles").set(len(self.population))
        POPULATION.labels("open_assignments").set(len(self.open))

    def _put(self, kept: store.KeptAssignment) -> None:
        if self._versions.get(kept.assignment_id, 0) >= kept.version:
            return
        self._versions[kept.assignment_id] = kept.version
        if kept.open:
            self.open[kept.assignment_id] = OpenAssignment(kept.version, kept.facts)
        else:
            self.open.pop(kept.assignment_id, None)

    def wanting(self, profile_ids: Collection[UUID]) -> Iterable[UUID]:
        """Return the open assignments for which one of the profiles is a candidate."""
        rows = self.population.rows_of(profile_ids)
        if not len(rows):
            return
        changed = self.population.columns.take(rows)
        PAIRS_SCORED.inc(len(rows) * len(self.open))
        for assignment_id, assignment in self.open.items():
            if len(candidates(changed, ask(assignment.facts))):
                yield assignment_id
