"""This replica's copy of the population, kept level with the database.

Why nothing is missed: a change carries the id of the transaction that wrote it. A catch-up reads, in one
snapshot, every row written by a transaction that had not ended when the last catch-up took its snapshot.
Transactions older than that had ended then, so their rows were seen; whatever commits later has a higher
or equal id and is seen next time. Rows that come twice are known by their version.

Why a cut hides nobody: the seats of an assignment give a cut, below which a changed profile needs no
settlement. When a catch-up brings a change of somebody with a seat, or of the assignment (an answer and a
decision touch its row), the cut is forgotten. A seat that falls free by a change which this replica has
not seen yet is settled by whoever made that change, after a catch-up of its own; that one sees the profile
which was passed over here, for it was committed before.
"""

import asyncio
from collections.abc import Collection, Iterable
from uuid import UUID

from chassis.database import Pool

from matching import store
from matching.domain.population import Population
from matching.domain.question import Question, ask
from matching.domain.ranking import Cut, candidates
from matching.metrics import PAIRS_SCORED, POPULATION

BEGINNING = "0"


class Replica:
    """The columns of all profiles, and the open assignments, encoded. `pool` is for catching up alone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._since = BEGINNING
        self._versions: dict[UUID, int] = {}
        self.population = Population()
        self.open: dict[UUID, Question] = {}
        self._cuts: dict[UUID, Cut] = {}
        self._seated_in: dict[int, set[UUID]] = {}

    async def catch_up(self) -> None:
        """Bring the copy level with everything that is committed when this is called."""
        async with self._lock, self._pool.acquire() as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                following = await store.horizon(connection)
                async for profile in store.profiles_since(connection, self._since):
                    self._take(profile)
                for assignment in await store.assignments_since(connection, self._since):
                    self._put(assignment)
            self._since = following
        POPULATION.labels("profiles").set(len(self.population))
        POPULATION.labels("open_assignments").set(len(self.open))

    def _take(self, profile: store.KeptProfile) -> None:
        known = self.population.version(profile.profile_id)
        if known is not None and (profile.facts is None or known < profile.version):
            (row,) = self.population.rows_of([profile.profile_id]).tolist()
            for assignment_id in self._seated_in.pop(row, ()):
                self._cuts.pop(assignment_id, None)
        if profile.facts is None:
            self.population.remove(profile.profile_id)
        else:
            self.population.put(profile.profile_id, profile.version, profile.facts)

    def keep_cut(self, assignment_id: UUID, version: int, cut: Cut) -> None:
        """Keep an assignment's cut, at the moment that it is taken from the population."""
        if assignment_id not in self.open or self._versions[assignment_id] != version:
            return
        self._cuts[assignment_id] = cut
        for row in cut.rows:
            self._seated_in.setdefault(row, set()).add(assignment_id)

    def _put(self, kept: store.KeptAssignment) -> None:
        self._cuts.pop(kept.assignment_id, None)
        if self._versions.get(kept.assignment_id, 0) >= kept.version:
            return
        self._versions[kept.assignment_id] = kept.version
        if kept.open:
            self.open[kept.assignment_id] = ask(kept.facts)
        else:
            self.open.pop(kept.assignment_id, None)

    def wanting(self, profile_ids: Collection[UUID]) -> Iterable[UUID]:
        """Return the open assignments in which one of the profiles may have a seat."""
        rows = self.population.rows_of(profile_ids)
        if not len(rows):
            return
        changed = self.population.columns.take(rows)
        PAIRS_SCORED.inc(len(rows) * len(self.open))
        for assignment_id, question in self.open.items():
            found = candidates(changed, question)
            cut = self._cuts.get(assignment_id)
            if len(found) and (cut is None or not cut.excludes(found)):
                yield assignment_id
