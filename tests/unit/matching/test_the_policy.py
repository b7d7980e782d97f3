"""Every number of the policy decides: with another one, all that rests on it is the reference's with that.

`CHANGES` names each number that `policy` holds; a new one fails the first test until it is named.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Criterion
from matching import responses
from matching.domain import policy, seats
from matching.domain.candidates import candidates
from matching.domain.explaining import explanations
from matching.domain.match import Pair
from matching.domain.near import near
from matching.domain.reach import reach
from matching.domain.reconciliation import Proposal, reconcile
from matching.engine.assignments import Assignments
from matching.engine.profiles import Population, encode_profile, profile_records
from support import people as random_facts
from support import reference
from support.reference import Numbers

CHANGES: dict[str, float] = {
    "POINTS.specialisms": 20,
    "POINTS.dossiers": 2,
    "POINTS.sector": 1,
    "POINTS.ambition": 15,
    "POINTS.availability": 4,
    "POINTS.rate": 3,
    "POINTS.distance": 8,
    "DEPTH_ENTRIES": 2,
    "TYPE_IS_NEW": 0.8,
    "TYPE_IS_EARLIER": 0.3,
    "TYPE_IS_LATEST": 0.1,
    "PARTS.ambition.0": 0.7,
    "PARTS.ambition.1": 0.9,
    "LEVEL_OF_GROWTH": 0.7,
    "LEVEL_SAME": 0.9,
    "LEVEL_ABOVE": 0.4,
    "DIRECTION_WITHOUT_WISHES": 0.25,
    "AVAILABILITY_DAYS": 45,
    "RATE_SHARE": 0.1,
    "SLACK_DAYS.spoed": 1,
    "SLACK_DAYS.normaal": 13,
    "THRESHOLD": 62.5,
    "SEATS": 7,
    "GROWTH_SEATS": 1,
    "REVISION_STEP": 5.0,
    "RELAXED_RATES_CENTS.0": 100,
    "RELAXED_RATES_CENTS.1": 2000,
    "RELAXED_START_DAYS": 10,
    "RELAXED_HOURS.0": 2,
    "RELAXED_HOURS.1": 12,
    "BEST": 3,
}
# Those that PostgreSQL compares with: tests/integration/matching/test_warnings.py changes them.
IN_THE_DATABASE = {"WARN_BEFORE", "WARN_IN_LAST_PART"}

RNG = random.Random(1)
PEOPLE: dict[UUID, dict[str, Any]] = {
    UUID(int=RNG.getrandbits(128)): random_facts.profile_facts(RNG) for _ in range(500)
}
ASSIGNMENTS = [
    random_facts.assignment_facts(RNG) | {"required_specialisms": [], "required_certificates": []}
    for _ in range(6)
]


def numbers_of(constants: dict[str, Any]) -> dict[str, float | timedelta]:
    """Return every number among constants, by its path."""

    def walk(path: str, value: Any) -> Iterator[tuple[str, float | timedelta]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(f"{path}.{key}", inner)
        elif isinstance(value, tuple):
            for place, inner in enumerate(value):
                yield from walk(f"{path}.{place}", inner)
        elif isinstance(value, int | float | timedelta):
            yield path, value

    return dict(item for name, value in constants.items() if name.isupper() for item in walk(name, value))


def changed(path: str) -> tuple[str, Any]:
    """Return the constant that holds a number, and what it is with that number changed."""
    name, *keys = path.split(".")
    constant, number = getattr(policy, name), CHANGES[path]
    if name == "PARTS":  # they sum to 1
        return name, {keys[0]: (number, 1 - number) if keys[1] == "0" else (1 - number, number)}
    if isinstance(constant, dict):
        return name, constant | {type(next(iter(constant)))(keys[0]): number}
    if isinstance(constant, tuple):
        return name, tuple(number if str(at) == keys[0] else kept for at, kept in enumerate(constant))
    return name, number


def populate(people: dict[UUID, dict[str, Any]], version: int) -> Population:
    population = Population()
    facts = [ProfileFacts.model_validate_json(json.dumps(one)) for one in people.values()]
    encoded = [encode_profile(one) for one in facts]
    population.upsert(list(people), np.full(len(people), version), *profile_records(encoded))
    return population


def a_day_later(people: dict[UUID, dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    return {
        one: facts
        | {"available_from": (date.fromisoformat(facts["available_from"]) + timedelta(days=1)).isoformat()}
        for one, facts in people.items()
    }


LATER = a_day_later(PEOPLE)
POPULATION, POPULATION_LATER = populate(PEOPLE, 1), populate(LATER, 2)


def ours(body: dict[str, Any]) -> dict[str, Any]:
    """Return all that the product makes of one assignment, but for the best pair of relaxations."""
    facts = AssignmentFacts.model_validate_json(json.dumps(body))
    assignment = Assignments.single(facts)
    found = candidates(POPULATION.eligible(assignment), assignment)
    ranked = found.best(len(found))
    explained = explanations(ranked.profiles, assignment)
    answer = reach(POPULATION, facts)
    close = near(POPULATION.profiles, assignment).first(len(POPULATION))
    before = reconcile(1, assignment, POPULATION, {}, may_propose=True).proposals
    pairs = {item.profile_id: _pair(item) for item in before}
    after = reconcile(1, assignment, POPULATION_LATER, pairs, may_propose=True).proposals
    return {
        "ranked": list(zip(ranked.ids(), ranked.score.tolist(), ranked.growth.tolist(), strict=True)),
        "seats": set(seats.seats(POPULATION, assignment).ids()),
        "explained": [
            [(str(item.criterion), item.points, item.max_points) for item in one] for one in explained
        ],
        "halves": [
            tuple(one[3].facts[name] for name in ("level_points", "direction_points")) for one in explained
        ],
        "rules": [(str(rule.rule), rule.rejected, rule.only) for rule in answer.rules],
        "relaxations": [(item.change, item.adds) for item in answer.relaxations if len(item.change) == 1],
        "near": list(zip(close.rows.ids(), close.score_if.tolist(), strict=True)),
        "best": [item.profile_id for item in responses.reach(answer, assignment, None, {}).best],
        "announced": {item.profile_id for item in after if item.announced},
    }


def _pair(item: Proposal) -> Pair:
    return Pair(
        profile_id=item.profile_id,
        revision=1,
        live=True,
        assignment_version=1,
        profile_version=1,
        score=item.score,
        growth=item.growth,
        points=item.points,
        judged_by=policy.VERSION,
        proposed_at=None,
        first_proposed_at=None,
        ended_while_live=False,
        answer=None,
        decision=None,
    )


def theirs(body: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    """Return the same as the reference has it."""

    def rounded(facts: dict[str, Any]) -> list[tuple[str, float, int]]:
        most = reference.maxima(body, numbers)
        points = reference.points(facts, body, numbers)
        return [(str(c), round(points[c], 2), most[c]) for c in Criterion]

    def moved(one: UUID) -> bool:
        old, new = PEOPLE[one], LATER[one]
        scores = [abs(reference.score(old, body, numbers) - reference.score(new, body, numbers))]
        steps = [abs(a - b) for (_, a, _), (_, b, _) in zip(rounded(old), rounded(new), strict=True)]
        return max(scores + steps) >= numbers.revision_step - 1e-9

    ranked = reference.ranked(PEOPLE, body, numbers=numbers)
    ranked_later = reference.ranked(LATER, body, numbers=numbers)
    seated, seated_later = reference.seats(ranked, numbers), reference.seats(ranked_later, numbers)
    live_later = {one for one, _, _ in ranked_later} & (seated | seated_later)
    halves = [
        reference.ambition_points(PEOPLE[one], body, numbers.points["ambition"], numbers)
        for one, _, _ in ranked
    ]
    return {
        "ranked": ranked,
        "seats": seated,
        "explained": [rounded(PEOPLE[one]) for one, _, _ in ranked],
        "halves": [(round(level, 2), round(direction, 2)) for level, direction in halves],
        "rules": [
            (item["rule"], item["rejected"], item["only"])
            for item in reference.rule_counts(PEOPLE, body, numbers)
        ],
        "relaxations": [(item["change"], item["adds"]) for item in reference.eased(PEOPLE, body, numbers)],
        "near": [(one, score) for one, _, score in reference.near(PEOPLE, body, numbers=numbers)],
        "best": [one for one, _, _ in ranked[: numbers.best]],
        "announced": {one for one in live_later if one not in seated or moved(one)},
    }


@pytest.fixture(autouse=True)
def pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave people out of the race for seats, however few they are."""
    monkeypatch.setattr(seats, "FEW", 0)
    monkeypatch.setattr(seats, "SAMPLE", 8)


@pytest.fixture(scope="module")
def unchanged() -> list[dict[str, Any]]:
    return [theirs(body, Numbers()) for body in ASSIGNMENTS]


def test_every_number_of_the_policy_is_changed_by_a_test() -> None:
    assert set(numbers_of(vars(policy))) == CHANGES.keys() | IN_THE_DATABASE
    assert all(
        CHANGES[path] != number for path, number in numbers_of(vars(policy)).items() if path in CHANGES
    )


def test_no_criterion_gives_more_than_its_points() -> None:
    shares = ("TYPE_IS", "LEVEL_", "DIRECTION_")
    assert all(0 <= value <= 1 for name, value in vars(policy).items() if name.startswith(shares))
    assert all(sum(parts) == 1 for parts in policy.PARTS.values())
    assert sum(policy.POINTS.values()) == 100


def test_with_the_policy_as_it_is_everything_is_the_references(unchanged: list[dict[str, Any]]) -> None:
    assert [ours(body) for body in ASSIGNMENTS] == unchanged


@pytest.mark.parametrize("path", CHANGES)
def test_with_another_number_everything_that_rests_on_it_is_the_references(
    monkeypatch: pytest.MonkeyPatch, unchanged: list[dict[str, Any]], path: str
) -> None:
    name, constant = changed(path)
    monkeypatch.setattr(policy, name, constant)
    expected = [theirs(body, replace(Numbers(), **{name.lower(): constant})) for body in ASSIGNMENTS]
    assert [ours(body) for body in ASSIGNMENTS] == expected
    assert expected != unchanged, "nothing rests on it here: choose another change, or other people"
