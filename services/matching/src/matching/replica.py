"""This replica's copy of the population, kept level with the database.

Why nothing is missed: a change carries the id of the transaction that wrote it. A catch-up notes the
oldest transaction that has not ended (the horizon), and in the same snapshot or a later one reads every row
written by the horizon of the last catch-up or a later transaction. Transactions before a horizon had ended
when it was noted, so that reading saw their rows; whatever commits later has an equal or higher id and is
seen next time. Rows that come twice are known by their version.

Why a cut hides nobody: the seats of an assignment give a cut, below which a changed profile needs no
settlement. When a catch-up brings a change of somebody with a seat, or of the assignment (an answer and a
decision touch its row), the cut is forgotten. A seat that falls free by a change which this replica has
not seen yet is settled by whoever made that change, after a catch-up of its own; that one sees the profile
which was passed over here, for it was committed before.

Why seats are found among few: while a cut is kept, whoever had a seat when it was made is as they were. Of
all others, those who changed since either did not reach the cut, or are newcomers of a settlement that is
under way or to come; so the seats are among those who had them and the newcomers.
"""

import asyncio
from collections.abc import Collection
from uuid import UUID

import numpy as np
from chassis.database import Pool

from matching.domain import population, question, ranking
from matching.domain.population import Population
from matching.domain.question import OpenAssignments
from matching.domain.ranking import Cut
from matching.domain.table import Array
from matching.metrics import PAIRS_SCORED, POPULATION
from matching.store import halves

JUDGED_AT_ONCE = 500  # profiles: in between, an urgent assignment has its turn


class Replica:
    """The columns of all profiles and of the open assignments. `pool` is for catching up alone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._since = halves.BEGINNING
        self.population = Population()
        self.open = OpenAssignments()
        self._cuts: dict[UUID, Cut] = {}
        self._seated_in: dict[int, set[UUID]] = {}

    async def catch_up(self) -> None:
        """Bring the copy level with everything that is committed when this is called."""
        async with self._lock, self._pool.acquire() as connection:
            following = self._since
            async for horizon, profiles in halves.profiles_since(connection, self._since):
                self._take(profiles)
                following = horizon
            for assignment in await halves.assignments_since(connection, self._since):
                self._put(assignment)
            self._since = following
        POPULATION.labels("profiles").set(len(self.population))
        POPULATION.labels("open_assignments").set(len(self.open))

    def _take(self, profiles: halves.KeptProfiles) -> None:
        versions = np.array(profiles.versions, np.int32)
        changed = self.population.put(profiles.ids, versions, population.records(profiles.encoded))
        gone = self.population.remove(profiles.erased)
        for row in (*changed.tolist(), *gone.tolist()):
            for assignment_id in list(self._seated_in.get(row, ())):
                self._forget_cut(assignment_id)

    def _put(self, kept: halves.KeptAssignment) -> None:
        self._forget_cut(kept.assignment_id)
        if kept.open:
            encoded = question.records([question.encode(kept.facts)])
            self.open.put([kept.assignment_id], np.array([kept.version]), encoded)
        else:
            self.open.remove([kept.assignment_id])

    def keep_cut(self, assignment_id: UUID, version: int, cut: Cut) -> None:
        """Keep an assignment's cut, at the moment that it is taken from the population."""
        self._forget_cut(assignment_id)
        if self.open.versions([assignment_id]) != [version]:
            return
        self.open.keep_cut(assignment_id, *cut.lowest, *cut.lowest_growth)
        self._cuts[assignment_id] = cut
        for row in cut.rows:
            self._seated_in.setdefault(row, set()).add(assignment_id)

    def _forget_cut(self, assignment_id: UUID) -> None:
        cut = self._cuts.pop(assignment_id, None)
        if cut is None:
            return
        self.open.keep_cut(assignment_id, *ranking.NO_CUT, *ranking.NO_CUT)
        for row in cut.rows:
            seated = self._seated_in[row]
            seated.discard(assignment_id)
            if not seated:
                del self._seated_in[row]

    def seats_among(self, assignment_id: UUID, newcomers: Collection[UUID]) -> Array | None:
        """Return the rows among which an assignment's seats are: who had them, and who may have one now.

        None where that is not known. Everybody else ranks below the seats, or has changed since and is on
        the way here as somebody's newcomer.
        """
        cut = self._cuts.get(assignment_id)
        if cut is None:
            return None
        return np.array(sorted(cut.rows | set(self.population.rows_of(newcomers).tolist())), np.int64)

    async def wanting(self, profile_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the open assignments in which one of the profiles may have a seat, with those profiles."""
        wanted: dict[UUID, list[UUID]] = {}
        ids = list(profile_ids)
        for start in range(0, len(ids), JUDGED_AT_ONCE):
            rows = self.population.rows_of(ids[start : start + JUDGED_AT_ONCE])
            PAIRS_SCORED.inc(len(rows) * len(self.open))
            assignments, profiles = ranking.may_seat(self.population.profiles.take(rows), self.open.questions)
            newcomers = self.population.profiles.take(profiles).ids()
            for assignment_id, profile_id in zip(self.open.ids_of(assignments), newcomers, strict=True):
                wanted.setdefault(assignment_id, []).append(profile_id)
            await asyncio.sleep(0)
        return wanted
