"""This replica's copy of the population in memory, brought up to date from the database.

Why nothing is missed: a change carries the id of the transaction that wrote it. A catch-up notes the
oldest transaction that has not ended (the horizon), and in the same snapshot or a later one reads every row
written by the horizon of the last catch-up or a later transaction. Transactions before a horizon had ended
when it was noted, so that reading saw their rows; whatever commits later has an equal or higher id and is
seen next time. Rows that come twice are known by their version.

Why a cut hides nobody: the seats of an assignment give a cut, below which a changed profile needs no
reconciliation. When a catch-up brings a change of somebody with a seat, or of the assignment (an answer and
a rejection touch its row), the cut is dropped. A seat that is freed by a change which this replica has not
seen yet is given away by whoever reconciles for that change, after a catch-up of its own; that one sees the
profile which was passed over here, for it was committed before.

Why seats are found among few: while a cut holds, whoever had a seat when it was made is as they were. Of
all others, those who changed since either did not reach the cut, or are newcomers of a reconciliation that
is under way or to come; so the seats are among those who had them and the newcomers.

A known gap in both: docs/architecture/no-pair-is-missed.md.
"""

import asyncio
from collections.abc import Collection
from uuid import UUID

import numpy as np
from chassis.database import Pool

from matching.domain.seats import EVERYBODY, Contenders, Cut, Everybody, Newcomers, OnlyRows, may_seat
from matching.engine.assignments import NO_CUT, OpenAssignments, assignment_records, encode_assignment
from matching.engine.profiles import Population, profile_records
from matching.metrics import PAIRS_SCORED, POPULATION
from matching.store.assignments import Assignment, assignments_since
from matching.store.profiles import BEGINNING, ProfilesPage, profiles_since

BATCH_SIZE = 500  # profiles judged at once: in between, an urgent assignment has its turn


class Replica:
    """The columns of all profiles and of the open assignments. `pool` is for catching up alone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._since = BEGINNING
        self.population = Population()
        self.open = OpenAssignments()
        self._cuts: dict[UUID, Cut] = {}
        self._seated_in: dict[int, set[UUID]] = {}

    async def catch_up(self) -> None:
        """Read everything that is committed when this is called and was not read before."""
        async with self._lock, self._pool.acquire() as connection:
            following = self._since
            async for page in profiles_since(connection, self._since):
                self._apply_profiles(page)
                following = page.horizon
            for assignment in await assignments_since(connection, self._since):
                self._apply_assignment(assignment)
            self._since = following
        POPULATION.labels("profiles").set(len(self.population))
        POPULATION.labels("open_assignments").set(len(self.open))

    def _apply_profiles(self, page: ProfilesPage) -> None:
        versions = np.array(page.versions, np.int32)
        changed = self.population.upsert(page.ids, versions, *profile_records(page.encoded))
        freed = self.population.remove(page.erased)
        for row in (*changed.tolist(), *freed.tolist()):
            for assignment_id in list(self._seated_in.get(row, ())):
                self._drop_cut(assignment_id)

    def _apply_assignment(self, assignment: Assignment) -> None:
        self._drop_cut(assignment.assignment_id)
        if assignment.open:
            record = assignment_records([encode_assignment(assignment.facts)])
            self.open.upsert([assignment.assignment_id], np.array([assignment.version]), record)
        else:
            self.open.remove([assignment.assignment_id])

    def set_cut(self, assignment_id: UUID, version: int, cut: Cut) -> None:
        """Remember an assignment's cut; to be called before the population from which it was made changes."""
        self._drop_cut(assignment_id)
        if self.open.versions([assignment_id]) != [version]:
            return
        self.open.set_cut(assignment_id, cut.lowest, cut.lowest_growth)
        self._cuts[assignment_id] = cut
        for row in cut.rows:
            self._seated_in.setdefault(row, set()).add(assignment_id)

    def _drop_cut(self, assignment_id: UUID) -> None:
        cut = self._cuts.pop(assignment_id, None)
        if cut is None:
            return
        self.open.set_cut(assignment_id, NO_CUT, NO_CUT)
        for row in cut.rows:
            seated = self._seated_in[row]
            seated.discard(assignment_id)
            if not seated:
                del self._seated_in[row]

    def contenders(self, assignment_id: UUID, newcomers: Newcomers) -> Contenders:
        """Return among whom an assignment's seats are: those who had them, and who may have one now.

        Without a cut that is everybody. With one, everybody else ranks below the seats, or has changed
        since and is on the way here as a newcomer.
        """
        cut = self._cuts.get(assignment_id)
        if cut is None or isinstance(newcomers, Everybody):
            return EVERYBODY
        rows = cut.rows | set(self.population.rows_of(newcomers.profile_ids).tolist())
        return OnlyRows(np.array(sorted(rows), np.int64))

    async def wanting(self, profile_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the open assignments in which one of the profiles may have a seat, with those profiles."""
        wanted: dict[UUID, list[UUID]] = {}
        ids = list(profile_ids)
        for start in range(0, len(ids), BATCH_SIZE):
            rows = self.population.rows_of(ids[start : start + BATCH_SIZE])
            PAIRS_SCORED.inc(len(rows) * len(self.open))
            assignments, profiles = may_seat(self.population.profiles.select(rows), self.open.assignments)
            newcomers = self.population.profiles.select(profiles).ids()
            for assignment_id, profile_id in zip(self.open.ids_of(assignments), newcomers, strict=True):
                wanted.setdefault(assignment_id, []).append(profile_id)
            await asyncio.sleep(0)
        return wanted
