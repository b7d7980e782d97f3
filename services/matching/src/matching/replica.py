"""This replica's copy of the population in memory, brought up to date from the database.

Why nothing is missed: a row carries the id of the transaction that wrote it. A catch-up reads the rows of
every transaction that the snapshot of the catch-up before did not see, and remembers its own snapshot. A
transaction that a snapshot sees had committed, so its rows were read by then. One that it does not see began
later or was under way: its rows are read by the first catch-up that sees it. Whoever else is still under way
meanwhile does not matter. Rows that come twice are known by their version. Another server, or the same one
started anew, may give the same ids out again: then everything is read anew, into a new copy.

Why a cut hides nobody: the seats of an assignment give a cut, below which a changed profile needs no
reconciliation. It is held once its reconciliation is committed, so whoever has these seats is live. When a
catch-up brings a change of one of them, or of the assignment (an answer and a decision touch its row), the
cut is dropped; others that come can only raise it. So whoever is passed over below a cut ranks below enough
live pairs to fill the seats.

Why a freed seat is found: of those above somebody who was passed over, one leaves later than the catch-up
that passed them over, or that catch-up would have seen it. Whoever handles the leaving has caught up after
it, so knows both; it finds the leaver's pair live, unless another reconciliation that knows of the leaving
has withdrawn it before. Whichever of them is first looks among everybody, unless enough live pairs that
stand as they were judged rank above the leaver: then these rank above everybody who was passed over because
of the leaver, too (`domain.seats.a_seat_may_be_free`). Through which replica they had come to be live does
not matter: the pairs are read under the assignment's lock.

Why seats are found among few: while a cut is held and no seat may have fallen free, whoever ranks below the
live pairs was passed over rightly. So the seats are among those who had them, all who are live, through
whatever replica, and the newcomers.

Why no closed assignment is missed: they are read after the start, some at a time, by id. One that had closed
when the first catch-up looked is there whenever its turn comes, for what is closed stays closed, and is
deleted a year after that at the earliest, when the career view looks at it no longer. One that closes later
is written by a transaction that the first catch-up did not see, so a later one brings it, whether its turn
has been or not. While this copy still has an assignment as open, a closing that a page shows is left to that
catch-up: no assignment is in both. A copy that is made anew reads the closed ones anew.

Why the probe meets nobody: its profile and its open opdrachten are in stores of their own (`probes` and
`probe_open`), so that whatever looks at all the others, or counts them, has no pair of the two to leave out
and no row of the probe to pass over. That is the rule `probe`, at no cost. There are few, so no cut is held
of them, and of those that closed nothing is kept here.
"""

import asyncio
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from chassis.database import Connection, Pool

from matching.cuts import Cuts
from matching.domain.outlook.market import Market
from matching.domain.seats import EVERYBODY, Contenders, Cut, Everybody, Newcomers, OnlyRows, may_seat
from matching.engine.assignments import (
    NO_CUT,
    AssignmentStore,
    OpenAssignments,
    assignment_records,
    encode_assignment,
)
from matching.engine.columnar import FIRST_CAPACITY, Array, keys_of, uuids_of
from matching.engine.profiles import Population
from matching.metrics import PAIRS_SCORED, POPULATION, ROWS_CAUGHT_UP
from matching.store.assignments import Deadline
from matching.store.changes import changes_since
from matching.store.filling import about_how_many, all_profiles
from matching.store.profiles import ProfilesPage
from matching.store.replicated import (
    AssignmentsRead,
    Replicated,
    closed_assignments,
    open_assignments,
)
from matching.store.snapshots import BEFORE_ALL_IDS, Seen, renew_ids_ahead

# Judged at once: in between, an urgent assignment has its turn.
PAIRS_BATCH_SIZE = 40_000
PROFILES_BATCH_SIZE = 1000
CLOSED_BATCH_SIZE = 200  # closed assignments read at once, for the same reason
SPARE = 1.25  # of the rows that a copy is filled with, for those that come: what is reserved costs nothing
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Replica:
    """The columns of all profiles and of the assignments, open and closed. `pool` is for catching up alone.

    `unreadable`: the profiles that this version cannot read. They are not in the population. `probes` and
    `probe_open`: what is the probe's, and nowhere else.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._seen: Seen | None = None
        self._start_anew()

    def _start_anew(self) -> None:
        self.population = Population()
        self.open = OpenAssignments()
        self.probes = Population()
        self.probe_open = OpenAssignments()
        self.unreadable: set[UUID] = set()
        self._closed = AssignmentStore()
        self._closed_up_to: UUID | None = BEFORE_ALL_IDS  # None once all have been read
        self._deadlines: dict[UUID, Deadline] = {}
        self._held = Cuts()
        self._made = Cuts()

    async def catch_up(self) -> None:
        """Read everything that is committed when this is called and was not read before."""
        async with self._lock, self._pool.acquire() as connection:
            if self._seen is None or not await self._follow(connection, self._seen):
                await self._fill(connection)
        POPULATION.labels("profiles").set(len(self.population))
        POPULATION.labels("open_assignments").set(len(self.open))
        POPULATION.labels("closed_assignments").set(len(self._closed))

    async def _follow(self, connection: Connection, seen: Seen) -> bool:
        """Read what is new; tell whether the server is still the one whose ids were remembered."""
        now, page, assignments = await changes_since(connection, seen)
        if now.server != seen.server:
            return False
        self._apply_profiles(page)
        self._apply_assignments(assignments)
        self._seen = now
        return True

    async def _fill(self, connection: Connection) -> None:
        """Read everything into a new copy, which takes the old one's place when it is whole."""
        await renew_ids_ahead(connection)
        fresh = Replica(self._pool)
        fresh.population.reserve(round(SPARE * await about_how_many(connection)) + FIRST_CAPACITY)
        seen = await all_profiles(connection, fresh._apply_profiles)
        await asyncio.to_thread(fresh.population.index)  # of twenty million it takes seconds
        fresh._apply_assignments(await open_assignments(connection))
        self.population, self.open = fresh.population, fresh.open
        self.probes, self.probe_open = fresh.probes, fresh.probe_open
        self.unreadable, self._deadlines = fresh.unreadable, fresh._deadlines
        self._closed, self._closed_up_to = fresh._closed, fresh._closed_up_to
        self._held, self._made = Cuts(), Cuts()
        self._seen = seen

    async def load_closed(self, opened_since: datetime) -> bool:
        """Read some more closed assignments that opened since a moment, which is the same each time or later.

        Tells whether there may be more. For after the first catch-up: see above.
        """
        async with self._lock, self._pool.acquire() as connection:
            if self._seen is None or self._closed_up_to is None:
                return False
            page = await closed_assignments(connection, opened_since, self._closed_up_to, CLOSED_BATCH_SIZE)
            for assignment in page.readable:
                if assignment.assignment_id not in self.open and not assignment.facts.probe:
                    self._put_closed(assignment)
            ids = [*(assignment.assignment_id for assignment in page.readable), *page.unreadable]
            self._closed_up_to = max(ids) if len(ids) == CLOSED_BATCH_SIZE else None
        return self._closed_up_to is not None

    def forget_closed(self, opened_before: date) -> None:
        """Forget the closed assignments that opened before a day: nobody asks for them any more."""
        everything = self._closed.assignments
        self._closed.remove(everything.select(everything.opened_on < opened_before.toordinal()).ids())

    def market(self) -> Market | None:
        """Return all assignments as they are now; None until the closed ones have been read."""
        if self._closed_up_to is not None:
            return None
        return Market.of(self.open.assignments, self._closed.assignments)

    def _apply_profiles(self, page: ProfilesPage) -> None:
        if self.unreadable:
            self.unreadable.difference_update(uuids_of(page.ids), page.erased)
        self.unreadable.update(page.unreadable)
        gone = left = keys_of([*page.erased, *page.unreadable])
        if page.probe.any():
            page, probes = page.parted()
            self.probes.upsert(probes.ids, probes.versions, probes.records, probes.crafts)
            left = np.concatenate([gone, probes.ids])
        if len(self.probes):
            self.probes.remove(np.concatenate([page.ids, gone]))
        # In one snapshot, which a copy is filled from, each profile comes once.
        write = self.population.append if self._seen is None else self.population.upsert
        changed = write(page.ids, page.versions, page.records, page.crafts)
        freed = self.population.remove(left)
        rows = np.concatenate([changed, freed])
        self._made.drop_of(rows)
        for assignment_id in self._held.drop_of(rows):
            self.open.set_cut(assignment_id, NO_CUT, NO_CUT)
        ROWS_CAUGHT_UP.labels("profiles", "new").inc(len(changed) + len(page.erased))
        ROWS_CAUGHT_UP.labels("profiles", "known").inc(len(page.ids) - len(changed))

    def _apply_assignments(self, read: AssignmentsRead) -> None:
        for assignment in read.readable:
            self._apply_assignment(assignment)
        for assignment_id in read.unreadable:
            self._forget_assignment(assignment_id)
        ROWS_CAUGHT_UP.labels("assignments", "new").inc(len(read.readable))

    def _apply_assignment(self, assignment: Replicated) -> None:
        assignment_id, facts = assignment.assignment_id, assignment.facts
        if facts.probe:
            self._forget_assignment(assignment_id)
            if assignment.open:
                self.probe_open.upsert([assignment_id], np.array([assignment.version]), _record(assignment))
            return
        if not assignment.open:
            self._forget_assignment(assignment_id)
            self._put_closed(assignment)
            return
        self._drop_cuts(assignment_id)
        self._closed.remove([assignment_id])
        self.probe_open.remove([assignment_id])
        self.open.upsert([assignment_id], np.array([assignment.version]), _record(assignment))
        self._deadlines[assignment_id] = Deadline(assignment_id, assignment.version, facts.respond_by)

    def _put_closed(self, assignment: Replicated) -> None:
        version = np.array([assignment.version])
        self._closed.upsert([assignment.assignment_id], version, _record(assignment))

    def _forget_assignment(self, assignment_id: UUID) -> None:
        self._drop_cuts(assignment_id)
        self.open.remove([assignment_id])
        self.probe_open.remove([assignment_id])
        self._deadlines.pop(assignment_id, None)

    def deadlines(self, now: datetime, before: timedelta) -> list[Deadline]:
        """Return the `respond_by` of the open assignments where it comes within `before`."""
        return [one for one in self._deadlines.values() if now < one.respond_by <= now + before]

    def note_cut(self, assignment_id: UUID, version: int, cut: Cut) -> None:
        """Remember a cut that is to be held, before the population that it was made from changes.

        A change of somebody with one of its seats, or of the assignment, drops it, as one that is held.
        """
        self._made.drop(assignment_id)
        if self.open.versions([assignment_id]) == [version]:
            self._made.put(assignment_id, cut)

    def hold_cut(self, assignment_id: UUID, cut: Cut) -> None:
        """Hold a noted cut, unless it was dropped: whoever has its seats is committed as live."""
        if self._made.get(assignment_id) is not cut:
            return
        self._drop_cuts(assignment_id)
        self._held.put(assignment_id, cut)
        self.open.set_cut(assignment_id, cut.lowest, cut.lowest_growth)

    def _drop_cuts(self, assignment_id: UUID) -> None:
        self._made.drop(assignment_id)
        if self._held.drop(assignment_id):
            self.open.set_cut(assignment_id, NO_CUT, NO_CUT)

    def contenders(self, assignment_id: UUID, newcomers: Newcomers) -> Contenders:
        """Return among whom an assignment's seats are, beside those who are live: who had them, and who came.

        Without a cut that is everybody.
        """
        cut = self._held.get(assignment_id)
        if cut is None or isinstance(newcomers, Everybody):
            return EVERYBODY
        rows = cut.rows | set(self.population.rows_of(newcomers.profile_ids).tolist())
        return OnlyRows(np.array(sorted(rows), np.int64))

    def peers(self, *, probe: bool) -> Population:
        """Return among whom an opdracht's candidates are: by the rule `probe`, both are or neither is."""
        return self.probes if probe else self.population

    async def wanting(self, profile_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return the open assignments in which one of the profiles may have a seat, with those profiles."""
        wanted: dict[UUID, list[UUID]] = {}
        ids = list(profile_ids)
        size = max(1, min(PROFILES_BATCH_SIZE, PAIRS_BATCH_SIZE // max(1, len(self.open))))
        for start in range(0, len(ids), size):
            rows = self.population.rows_of(ids[start : start + size])
            PAIRS_SCORED.inc(len(rows) * len(self.open))
            assignments, profiles = may_seat(self.population.profiles.select(rows), self.open.assignments)
            newcomers = self.population.profiles.select(profiles).ids()
            for assignment_id, profile_id in zip(self.open.ids_of(assignments), newcomers, strict=True):
                wanted.setdefault(assignment_id, []).append(profile_id)
            await asyncio.sleep(0)
        if probes := self.probes.profiles.select(self.probes.rows_of(ids)).ids():
            wanted |= {assignment_id: list(probes) for assignment_id in self.probe_open.assignments.ids()}
        return wanted


def _record(assignment: Replicated) -> Array:
    opened_on = assignment.opened_at.astimezone(AMSTERDAM).date().toordinal()
    record: Array = assignment_records([encode_assignment(assignment.facts, opened_on)])
    return record
