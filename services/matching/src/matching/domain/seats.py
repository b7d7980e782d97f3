"""Who has a seat: the first candidates in rank, found without judging everybody in full."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import numpy as np
from contracts.vocabulary import Criterion, Rule

from matching.domain import criteria, policy, rules
from matching.domain.candidates import ROUNDING, Candidates, candidates
from matching.domain.match import Pair
from matching.engine.assignments import NO_CUT, NOBODY, Assignments, Rank
from matching.engine.columnar import Array
from matching.engine.profiles import Population, Profiles

PAIRS_BATCH_SIZE = 1 << 17


@dataclass(frozen=True)
class Everybody:
    """Anybody in the population may have a seat."""


@dataclass(frozen=True)
class Only:
    """Of the profiles that changed, only these may have a seat that they did not have."""

    profile_ids: Collection[UUID]


@dataclass(frozen=True)
class OnlyRows:
    """Whoever has a seat is among these rows of the population."""

    rows: Array


Newcomers: TypeAlias = Everybody | Only
Contenders: TypeAlias = Everybody | OnlyRows

EVERYBODY = Everybody()


@dataclass(frozen=True)
class Cut:
    """The rank that a candidate must reach to have a seat, in an assignment whose seats are taken.

    It holds while nobody in `rows`, who have the seats, changes or answers: others that come can only
    raise it.
    """

    rows: frozenset[int]
    lowest: Rank
    lowest_growth: Rank


def seated(found: Candidates) -> Candidates:
    """Return who of an assignment's candidates has a seat, in rank: the first 25, and 5 of growth."""
    chosen = np.zeros(len(found), np.bool_)
    chosen[found.first(np.arange(len(found)), policy.SEATS)] = True
    chosen[found.first(np.flatnonzero(found.growth), policy.GROWTH_SEATS)] = True
    return found.select(found.first(np.flatnonzero(chosen), len(found)))


def cut_of(seats: Candidates) -> Cut:
    """Return the cut of those who have the seats, in rank."""
    return Cut(
        rows=frozenset(seats.profiles.row.tolist()),
        lowest=_last(seats, np.arange(len(seats)), policy.SEATS),
        lowest_growth=_last(seats, np.flatnonzero(seats.growth), policy.GROWTH_SEATS),
    )


def _last(seats: Candidates, places: Array, count: int) -> Rank:
    if len(places) < count:
        return NO_CUT
    last = places[count - 1]
    return float(seats.score[last]), seats.profiles.id[last : last + 1].tobytes()


# Before and after the cut is known. What tells most and is read from fewest columns comes first.
FIRST_STEPS: tuple[Criterion | Rule, ...] = (
    Rule.RATE,
    Rule.HOURS,
    Rule.AVAILABILITY,
    Criterion.RATE,
    Criterion.SPECIALISMS,
    Criterion.DOSSIERS,
)
NEXT_STEPS: tuple[Criterion | Rule, ...] = (
    Criterion.AVAILABILITY,
    Criterion.DISTANCE,
    Criterion.AMBITION,
    Criterion.SECTOR,
)
FEW = 32_768  # judged whole at once: a race of many steps over them takes longer
SAMPLE = 512


def a_seat_may_be_free(standing: Collection[Pair], leaving: Collection[Pair]) -> bool:
    """Tell whether one of `leaving`, live pairs that are to be judged anew, may have had a seat until now.

    By their last judgement, and by that of the live pairs that stand: whoever ranks below 25 of these had
    none, and below 5 growth pairs none of growth.
    """
    last = _last_of(standing, policy.SEATS)
    last_growth = _last_of([pair for pair in standing if pair.growth], policy.GROWTH_SEATS)
    for pair in leaving:
        rank = _rank(pair)
        if rank is None or last is None or rank < last:
            return True
        if pair.growth and (last_growth is None or rank < last_growth):
            return True
    return False


def _last_of(pairs: Collection[Pair], count: int) -> tuple[float, UUID] | None:
    """Return the rank of the last who has one of `count` seats; None where some are free."""
    ranks = sorted(rank for pair in pairs if (rank := _rank(pair)) is not None)
    return ranks[count - 1] if len(ranks) >= count else None


def _rank(pair: Pair) -> tuple[float, UUID] | None:
    """Return what pairs are ranked by, the first lowest; None for somebody who was erased."""
    return None if pair.score is None else (-pair.score, pair.profile_id)


def seats(population: Population, assignment: Assignments, among: Contenders = EVERYBODY) -> Candidates:
    """Return who has a seat for one assignment.

    Of very many who pass the rules on closed lists few can reach a seat. The most promising by the first
    criteria are judged in full: the cut of their seats bounds that of all, since everybody else can only
    raise it. Whoever cannot reach it, with full points on the criteria not looked at so far, is left out.
    """
    if isinstance(among, OnlyRows):
        return seated(candidates(population.profiles.select(among.rows), assignment))
    profiles = population.eligible(assignment)
    if len(profiles) > FEW:
        race = _Race(profiles, assignment)
        race.run(FIRST_STEPS)
        race.cut(cut_of(seated(candidates(race.leaders(), assignment))))
        race.run(NEXT_STEPS)
        profiles = race.profiles
    return seated(candidates(profiles, assignment))


class _Race:
    """Who is still in, and the most that the score of each can be."""

    def __init__(self, profiles: Profiles, assignment: Assignments) -> None:
        self._assignment = assignment
        self._maxima = dict(zip(criteria.CRITERIA, criteria.maxima(assignment), strict=True))
        self.profiles = profiles
        # A step more than the sum, for rounding and for sums in another order.
        self._at_most = np.full(len(profiles), sum(self._maxima.values()) + ROUNDING)
        self._cut = NO_CUT[0]
        self._growth_cut = NO_CUT[0]

    def run(self, steps: Iterable[Criterion | Rule]) -> None:
        """Take rules and criteria into account."""
        for step in steps:
            if isinstance(step, Rule):
                self._keep(rules.RULES[step](self.profiles, self._assignment))
            else:
                self._at_most -= self._maxima[step] - criteria.points_of(
                    step, self.profiles, self._assignment
                )
                self._keep_promising()

    def leaders(self) -> Profiles:
        """Return the most promising, and the most promising that it would be a step up for."""
        chosen = np.zeros(len(self.profiles), np.bool_)
        for places in (np.arange(len(chosen)), np.flatnonzero(self._growing())):
            if len(places) > SAMPLE:
                first = np.argpartition(self._at_most[places], len(places) - SAMPLE)[-SAMPLE:]
                chosen[places[first]] = True
            else:
                chosen[places] = True
        return self.profiles.select(chosen)

    def cut(self, cut: Cut) -> None:
        """Leave out whoever cannot reach a cut, now and from now on."""
        self._cut, self._growth_cut = cut.lowest[0], cut.lowest_growth[0]
        self._keep_promising()

    def _keep_promising(self) -> None:
        if self._cut == NO_CUT[0]:
            return
        keep = self._at_most >= self._cut
        if self._assignment.open_to_growth[0]:
            keep |= (self._at_most >= self._growth_cut) & self._growing()
        self._keep(keep)

    def _growing(self) -> Array:
        return rules.growth(self.profiles, self._assignment)

    def _keep(self, keep: Array) -> None:
        if not keep.all():
            chosen = np.flatnonzero(keep)
            self.profiles, self._at_most = self.profiles.select(chosen), self._at_most[chosen]


def may_seat(changed: Profiles, assignments: Assignments) -> tuple[Array, Array]:
    """Return the pairs in which a changed profile may have a seat: rows of assignments, and of profiles."""
    assignment_rows, profile_rows = [NOBODY], [NOBODY]
    for found in _pairs(changed, assignments):
        reach = np.flatnonzero(_reach_cut(found))
        assignment_rows.append(np.broadcast_to(found.assignments.row, len(found))[reach])
        profile_rows.append(np.broadcast_to(found.profiles.row, len(found))[reach])
    return np.concatenate(assignment_rows), np.concatenate(profile_rows)


def _pairs(profiles: Profiles, assignments: Assignments) -> Iterator[Candidates]:
    """Iterate over the candidates among all pairs of two sets, a batch of profiles at a time."""
    count = len(assignments)
    if count == 0:
        return
    batch_size = max(1, PAIRS_BATCH_SIZE // count)
    for start in range(0, len(profiles), batch_size):
        some = profiles.part(start, start + batch_size)
        if len(some) == 1:
            yield candidates(some, assignments)
        else:
            left = some.select(np.repeat(np.arange(len(some)), count))
            yield candidates(left, assignments.select(np.tile(np.arange(count), len(some))))


def _reach_cut(found: Candidates) -> Array:
    """Tell of which pairs the profile may have a seat, by the assignment's cut."""
    a, profile_id = found.assignments, found.profiles.id
    among_all = (found.score > a.cut_score) | ((found.score == a.cut_score) & (profile_id <= a.cut_id))
    score, last = a.cut_growth_score, a.cut_growth_id
    reached = (found.score > score) | ((found.score == score) & (profile_id <= last))
    return among_all | (found.growth & reached)
