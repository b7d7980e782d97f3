"""From columns to candidates, in rank, and who has a seat."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from contracts.events import CriterionExplained
from contracts.vocabulary import Criterion, Rule
from pydantic import TypeAdapter

from matching.domain import criteria, policy, rules
from matching.domain.population import Population, Profiles
from matching.domain.question import NOBODY, Question
from matching.domain.table import Array

EXPLANATIONS = TypeAdapter(list[list[CriterionExplained]])
Rank = tuple[float, bytes]  # a score, and the profile id that decides among equals
NO_CUT: Rank = (0.0, b"")
PAIRS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Cut:
    """The rank that a candidate must reach to matter to an assignment whose seats are taken.

    It holds while nobody in `rows`, who have the seats, changes or answers: others that come can only
    raise it.
    """

    rows: frozenset[int]
    lowest: Rank
    lowest_growth: Rank


@dataclass(frozen=True)
class Candidates:
    """Pairs that pass every rule and reach the threshold. Arrays have an element per pair."""

    profiles: Profiles
    question: Question
    score: Array
    growth: Array

    def __len__(self) -> int:
        return len(self.score)

    def ids(self) -> list[UUID]:
        """Return the candidates' profile ids."""
        return self.profiles.ids()

    def best(self, count: int) -> "Candidates":
        """Return the first `count` in rank: score descending, then profile id ascending."""
        return self._pick(self._first(np.arange(len(self)), count))

    def seated(self) -> "Candidates":
        """Return who has a seat, in rank: the first 25, and the first 5 growth candidates."""
        seated = np.zeros(len(self), np.bool_)
        seated[self._first(np.arange(len(self)), policy.SEATS)] = True
        seated[self._first(np.flatnonzero(self.growth), policy.GROWTH_SEATS)] = True
        return self._pick(self._first(np.flatnonzero(seated), len(self)))

    def cut(self) -> Cut:
        """Return the cut of these, who have the seats."""
        everyone, growing = np.arange(len(self)), np.flatnonzero(self.growth)
        return Cut(
            frozenset(self.profiles.row.tolist()),
            self._last(everyone, policy.SEATS),
            self._last(growing, policy.GROWTH_SEATS),
        )

    def reach_cut(self) -> Array:
        """Tell of which pairs the profile may have a seat, by the assignment's cut."""
        q, one = self.question, self.profiles.id
        among_all = (self.score > q.cut_score) | ((self.score == q.cut_score) & (one <= q.cut_id))
        score, last = q.cut_growth_score, q.cut_growth_id
        among_growing = self.growth & ((self.score > score) | ((self.score == score) & (one <= last)))
        return among_all | among_growing

    def _last(self, places: Array, seats: int) -> Rank:
        if len(places) < seats:
            return NO_CUT
        last = places[seats - 1]
        return float(self.score[last]), self.profiles.id[last : last + 1].tobytes()

    def _first(self, places: Array, count: int) -> Array:
        """Return the first `count` of `places` in rank; only those near the top are sorted."""
        score = self.score[places]
        if len(places) > count:
            lowest = np.partition(score, len(places) - count)[len(places) - count]
            places, score = places[score >= lowest], score[score >= lowest]
        near = self.profiles.take(places)
        return places[np.lexsort((near.id, -score))[:count]]

    def _pick(self, places: Array) -> "Candidates":
        return Candidates(
            self.profiles.take(places),
            self.question.take(places) if len(self.question) > 1 else self.question,
            self.score[places],
            self.growth[places],
        )


def rounded(totals: Array) -> Array:
    """Round half-even to 2 decimals, as Python's `round` does: by the exact value of the double.

    NumPy's own rounding goes by `x * 100`, which near a half may land on the other side; there Python
    decides.
    """
    nearest = np.round(totals, 2)
    scaled = totals * 100
    close = np.abs(scaled - np.floor(scaled) - 0.5) < 1e-6
    if close.any():
        nearest[close] = [round(total, 2) for total in totals[close].tolist()]
    return nearest


def scored(profiles: Profiles, question: Question) -> Array:
    """Return the pairs' scores."""
    return rounded(criteria.total(criteria.points(profiles, question)))


def candidates(profiles: Profiles, question: Question) -> Candidates:
    """Return the candidates among pairs."""
    return judged(*rules.passing(profiles, question))


def judged(profiles: Profiles, question: Question) -> Candidates:
    """Return the candidates among pairs that pass every rule."""
    return above_threshold(profiles, question, criteria.total(criteria.points(profiles, question)))


def above_threshold(profiles: Profiles, question: Question, total: Array) -> Candidates:
    """Return the candidates among pairs that pass every rule and have these totals."""
    near = np.flatnonzero(total >= policy.THRESHOLD - policy.REVISION_STEP)
    score = rounded(total[near])
    enough = score >= policy.THRESHOLD
    chosen, score = near[enough], score[enough]
    profiles = profiles.take(chosen) if len(profiles) == len(total) else profiles
    question = question.take(chosen) if len(question) > 1 else question
    growing = np.broadcast_to(rules.growth(profiles, question), len(score))
    return Candidates(profiles, question, score, growing)


# Before and after the cut is known. What tells most and is read from fewest columns comes first.
FIRST_STEPS: tuple[Criterion | Rule, ...] = (
    Rule.RATE,
    Rule.HOURS,
    Rule.AVAILABILITY,
    Criterion.AVAILABILITY,
    Criterion.RATE,
    Criterion.SPECIALISMS,
)
NEXT_STEPS: tuple[Criterion | Rule, ...] = (Criterion.DOSSIERS, Criterion.AMBITION, Criterion.SECTOR)
FEW = 4096
SAMPLE = 512


def seats(population: Population, question: Question, among: Array | None = None) -> Candidates:
    """Return who has a seat for one assignment, of the whole population or `among` these rows.

    Of very many who pass the rules on closed lists few can reach a seat. The most promising by the first
    criteria are judged in full: the cut of their seats bounds that of all, since everybody else can only
    raise it. Whoever cannot reach it, with full points on the criteria not looked at so far, is left out.
    """
    if among is not None:
        return candidates(population.profiles.take(among), question).seated()
    profiles = population.eligible(question)
    if len(profiles) > FEW:
        race = _Race(profiles, question)
        race.run(FIRST_STEPS)
        race.cut(candidates(race.leaders(), question).seated().cut())
        race.run(NEXT_STEPS)
        profiles = race.profiles
    return candidates(profiles, question).seated()


class _Race:
    """Who is still in, and the most that the score of each can be."""

    def __init__(self, profiles: Profiles, question: Question) -> None:
        self._question = question
        self._maxima = question.maxima[0].tolist()
        self.profiles = profiles
        # A step more than the sum, for rounding and for sums in another order.
        self._at_most = np.full(len(profiles), sum(self._maxima) + policy.REVISION_STEP)
        self._cut = NO_CUT[0]
        self._growth_cut = NO_CUT[0]

    def run(self, steps: Iterable[Criterion | Rule]) -> None:
        """Take rules and criteria into account."""
        for step in steps:
            if isinstance(step, Rule):
                self._keep(rules.RULES[step](self.profiles, self._question))
            else:
                points = criteria.points_of(step, self.profiles, self._question)
                self._at_most -= self._maxima[criteria.PLACE[step]] - points
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
        return self.profiles.take(chosen)

    def cut(self, cut: Cut) -> None:
        """Leave out whoever cannot reach a cut, now and from now on."""
        self._cut, self._growth_cut = cut.lowest[0], cut.lowest_growth[0]
        self._keep_promising()

    def _keep_promising(self) -> None:
        if self._cut == NO_CUT[0]:
            return
        keep = self._at_most >= self._cut
        if self._question.open_to_growth[0]:
            keep |= (self._at_most >= self._growth_cut) & self._growing()
        self._keep(keep)

    def _growing(self) -> Array:
        return rules.growth(self.profiles, self._question)

    def _keep(self, keep: Array) -> None:
        if not keep.all():
            chosen = np.flatnonzero(keep)
            self.profiles, self._at_most = self.profiles.take(chosen), self._at_most[chosen]


def may_seat(changed: Profiles, questions: Question) -> tuple[Array, Array]:
    """Return the pairs in which a changed profile may have a seat: rows of assignments, and of profiles."""
    assignments, profiles = [NOBODY], [NOBODY]
    for found in _pairs(changed, questions):
        reach = np.flatnonzero(found.reach_cut())
        assignments.append(np.broadcast_to(found.question.row, len(found))[reach])
        profiles.append(np.broadcast_to(found.profiles.row, len(found))[reach])
    return np.concatenate(assignments), np.concatenate(profiles)


def _pairs(profiles: Profiles, questions: Question) -> Iterator[Candidates]:
    """Iterate over the candidates among all pairs of two sets, a stretch of profiles at a time."""
    if len(questions) == 0:
        return
    stretch = max(1, PAIRS_AT_ONCE // len(questions))
    for start in range(0, len(profiles), stretch):
        some = profiles.part(start, start + stretch)
        if len(some) == 1:
            yield candidates(some, questions)
        else:
            left = some.take(np.repeat(np.arange(len(some)), len(questions)))
            yield candidates(left, questions.take(np.tile(np.arange(len(questions)), len(some))))


def explanations(profiles: Profiles, question: Question) -> list[list[CriterionExplained]]:
    """Explain the score of each profile for one assignment: every criterion's points, maximum and facts."""
    by_criterion = []
    for criterion, most in zip(Criterion, question.maxima[0].tolist(), strict=True):
        points = np.broadcast_to(criteria.points_of(criterion, profiles, question), len(profiles))
        behind = criteria.facts(criterion, profiles, question)
        by_criterion.append(
            [
                {"criterion": criterion, "points": round(value, 2) + 0.0, "max_points": most, "facts": facts}
                for value, facts in zip(points.tolist(), behind, strict=True)
            ]
        )
    return EXPLANATIONS.validate_python([list(one) for one in zip(*by_criterion, strict=True)])
