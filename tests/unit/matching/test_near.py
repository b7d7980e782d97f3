"""Who nearly fits: against the policy written plainly, and page by page."""

import json
import random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Rule
from hypothesis import given, settings
from hypothesis import strategies as st
from matching import responses
from matching.domain import rules
from matching.domain.near import Near, near
from matching.engine.assignments import Assignments
from matching.engine.profiles import Population, Profiles, encode_profile, profile_records
from support import people as random_facts
from support import reference

seeds = st.integers(0, 2**32).map(random.Random)


def populate(people: dict[UUID, dict[str, Any]]) -> Population:
    population = Population()
    facts = [ProfileFacts.model_validate_json(json.dumps(one)) for one in people.values()]
    records = profile_records([encode_profile(one) for one in facts])
    population.upsert(list(people), np.ones(len(people)), *records)
    return population


def asked(body: dict[str, Any], ended: np.ndarray[Any, Any] | None = None) -> Assignments:
    facts = AssignmentFacts.model_validate_json(json.dumps(body))
    return Assignments.single(facts) if ended is None else Assignments.single(facts, ended)


def some_people(rng: random.Random, count: int) -> dict[UUID, dict[str, Any]]:
    return {UUID(int=rng.getrandbits(128)): random_facts.profile_facts(rng) for _ in range(count)}


def listed(found: Near[Profiles]) -> list[tuple[UUID, list[str], float]]:
    missing = [[rule.value for rule in found.missing(place)] for place in range(len(found))]
    return list(zip(found.rows.ids(), missing, found.score_if.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_who_is_near_is_whom_the_reference_finds_in_its_order(rng: random.Random) -> None:
    people, body = some_people(rng, 150), random_facts.assignment_facts(rng)
    population = populate(people)
    ended, live = (frozenset(rng.sample(sorted(people), 10)) for _ in range(2))
    assignment, live_rows = asked(body, population.rows_of(ended)), population.rows_of(live)
    expected = reference.near(people, body, ended, live)
    found = near(population.profiles, assignment, live_rows)
    assert listed(found.first(len(people))) == expected
    for rule in Rule:
        of_rule = near(population.profiles, assignment, live_rows, rule)
        assert listed(of_rule.first(len(people))) == [item for item in expected if item[1] == [rule]]


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_pages_neither_repeat_nor_skip_among_equals(rng: random.Random) -> None:
    kinds = [random_facts.profile_facts(rng) for _ in range(8)]  # many of a kind: many of a score
    people = {UUID(int=rng.getrandbits(128)): rng.choice(kinds) for _ in range(90)}
    body = random_facts.assignment_facts(rng)
    found = near(populate(people).profiles, asked(body))
    size, after, seen = rng.randint(1, 7), None, []
    while page := listed(found.first(size, after)):
        seen += page
        after = page[-1][2], page[-1][0]
    assert seen == reference.near(people, body)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_an_answer_names_the_missed_rule_with_the_facts_of_why_not(rng: random.Random) -> None:
    people, body = some_people(rng, 60), random_facts.assignment_facts(rng)
    profiles, assignment = populate(people).profiles, asked(body)
    for item in responses.near(near(profiles, assignment), assignment):
        profile = profiles.select(np.array([profiles.ids().index(item.profile_id)]))
        why = responses.why_not(profile, assignment, live=False)
        assert not why.candidate
        assert [(missed.rule, missed.facts) for missed in item.missing] == [
            (outcome.rule, outcome.facts) for outcome in why.rules if not outcome.holds
        ]
        assert item.missing or item.score_if == why.score
        assert (why.score_if, why.fits_if) == (item.score_if, item.score_if >= 50)


def test_a_score_without_the_rule_gives_nothing_less_than_nothing() -> None:
    """A rate over the maximum would cost points: without its rule it costs all of its own, and no more."""
    rng = random.Random(3)
    body = random_facts.assignment_facts(rng) | {
        **{"required_specialisms": [], "required_certificates": [], "dossiers": []},
        **{"rate_max_cents": 8000, "onsite_days": 0, "hours_min": 1, "hours_max": 40, "weights": None},
    }
    fits = random_facts.profile_facts(rng) | {
        **{"status": "active", "level": body["level"], "contract_forms": body["contract_forms"]},
        **{"available_from": "2026-01-01", "available_until": None, "excluded_organisation_types": []},
    }
    people = {UUID(int=rate): fits | {"rate_min_cents": rate} for rate in (8000, 8001, 16000)}
    population, assignment = populate(people), asked(body)
    found = near(population.profiles, assignment)
    at_the_maximum = population.profiles.select(population.rows_of([UUID(int=8000)]))
    assert all(holds(at_the_maximum, assignment).all() for holds in rules.RULES.values())
    score = reference.score(people[UUID(int=8000)], body)
    assert listed(found.first(9)) == [(UUID(int=rate), ["rate"], score) for rate in (8001, 16000)]


@pytest.mark.parametrize("count", [0, 1])
def test_of_few_people_nobody_may_be_near(count: int) -> None:
    people = {UUID(int=1): random_facts.profile_facts(random.Random(1)) | {"status": "paused"}}
    population = populate(dict(list(people.items())[:count]))
    found = near(population.profiles, asked(random_facts.assignment_facts(random.Random(1))))
    assert listed(found.first(10)) == []
