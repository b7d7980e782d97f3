"""From columns to candidates, in rank, and who has a seat."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from contracts.events import CriterionExplained
from contracts.vocabulary import Criterion, Rule

from matching.domain import criteria, policy, rules
from matching.domain.population import Population, Profiles
from matching.domain.question import Question
from matching.domain.table import Array

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
        first = self._first(np.arange(len(self)), policy.SEATS)
        growing = self._first(np.flatnonzero(self.growth), policy.GROWTH_SEATS)
        everyone = np.union1d(first, growing)
        return self._pick(self._first(everyone, len(everyone)))

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
    return rounded(_totals(criteria.points(profiles, question)))


def _totals(points: list[Array]) -> Array:
    total = points[0].copy()
    for part in points[1:]:
        total += part
    return total


def candidates(profiles: Profiles, question: Question, *order: Rule) -> Candidates:
    """Return the candidates among pairs; the rules are tried in this order, by default their own."""
    profiles, question = rules.passing(profiles, question, *([order] if order else []))
    total = _totals(criteria.points(profiles, question))
    chosen = np.flatnonzero(total >= policy.THRESHOLD - policy.REVISION_STEP)
    score = rounded(total[chosen])
    enough = score >= policy.THRESHOLD
    if not enough.all():
        chosen, score = chosen[enough], score[enough]
    if len(chosen) < len(total):
        profiles = profiles.take(chosen) if len(profiles) == len(total) else profiles
        question = question.take(chosen) if len(question) > 1 else question
    growing = np.broadcast_to(rules.growth(profiles, question), len(score))
    return Candidates(profiles, question, score, growing)


def among(population: Population, question: Question) -> Candidates:
    """Return the candidates of one assignment among everybody."""
    return candidates(population.eligible(question), question, *rules.ON_NUMBERS, *rules.ON_CLOSED_LISTS)


def may_seat(changed: Profiles, questions: Question) -> Array:
    """Return the rows of those assignments in which one of the changed profiles may have a seat."""
    rows = [found.question.row[found.reach_cut()] for found in _pairs(changed, questions)]
    return np.unique(np.concatenate(rows)) if rows else np.array([], np.int64)


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
    maxima = question.maxima[0].tolist()
    points = [np.broadcast_to(part, len(profiles)).tolist() for part in criteria.points(profiles, question)]
    return [
        [
            CriterionExplained(
                criterion=criterion,
                points=round(points[place][row], 2) + 0.0,
                max_points=float(maxima[place]),
                facts=criteria.facts(criterion, profiles.part(row, row + 1), question),
            )
            for place, criterion in enumerate(Criterion)
        ]
        for row in range(len(profiles))
    ]
