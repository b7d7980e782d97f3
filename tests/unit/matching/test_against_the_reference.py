"""The engine against the policy written plainly: rules, points, rank, seats and reach."""

import json
import random
from dataclasses import asdict
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Criterion, Rule
from hypothesis import given, settings
from hypothesis import strategies as st
from matching import responses
from matching.domain import criteria, rules, seats
from matching.domain.candidates import candidates
from matching.domain.explaining import explanations
from matching.domain.reach import reach
from matching.engine.assignments import (
    Assignments,
    OpenAssignments,
    assignment_records,
    encode_assignment,
)
from matching.engine.profiles import Population, encode_profile, profile_records
from support import people as random_facts
from support import reference

People = dict[UUID, dict[str, object]]
ON_CLOSED_LISTS = (
    Rule.ACTIVE,
    Rule.LEVEL,
    Rule.SPECIALISMS,
    Rule.CERTIFICATES,
    Rule.CONTRACT_FORM,
    Rule.ORGANISATION,
)
seeds = st.integers(0, 2**32).map(random.Random)


def put(population: Population, version: int, people: People) -> None:
    records = profile_records([encoded(facts) for facts in people.values()])
    population.upsert(list(people), np.full(len(people), version), *records)


def encoded(facts: dict[str, object]) -> bytes:
    return encode_profile(ProfileFacts.model_validate_json(json.dumps(facts)))


def populate(people: People) -> Population:
    population = Population()
    put(population, 1, people)
    return population


def some_people(rng: random.Random, count: int) -> People:
    return {UUID(int=rng.getrandbits(128)): random_facts.profile_facts(rng) for _ in range(count)}


def an_assignment(rng: random.Random) -> tuple[dict[str, object], AssignmentFacts]:
    body = random_facts.assignment_facts(rng)
    return body, AssignmentFacts.model_validate_json(json.dumps(body))


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_every_rule_and_every_criterion_is_the_references(rng: random.Random) -> None:
    people = some_people(rng, 12)
    body, facts = an_assignment(rng)
    profiles, asked = populate(people).profiles, Assignments.single(facts)
    points = [np.broadcast_to(part, 12) for part in criteria.points(profiles, asked)]
    holds = {rule: np.broadcast_to(rules.RULES[rule](profiles, asked), 12) for rule in rules.RULES}
    for row, profile_id in enumerate(profiles.ids()):
        expected = reference.rules(people[profile_id], body)
        assert {rule: bool(holds[rule][row]) for rule in rules.RULES} == expected
        plain = reference.points(people[profile_id], body)
        for place, criterion in enumerate(Criterion):
            assert abs(points[place][row] - plain[criterion]) < 1e-9, criterion


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_candidates_are_ranked_and_seated_as_the_reference_says(rng: random.Random) -> None:
    people = some_people(rng, 250)
    body, facts = an_assignment(rng)
    population = populate(people)
    ended = frozenset(rng.sample(sorted(people), 5))
    asked = Assignments.single(facts, population.rows_of(ended))
    found = candidates(population.eligible(asked), asked)
    expected = reference.ranked(people, body, ended)
    ranked = found.best(len(found))
    ours = list(zip(ranked.ids(), ranked.score.tolist(), ranked.growth.tolist(), strict=True))
    assert ours == expected
    for count in (1, 10, 30):
        assert found.best(count).ids() == [one for one, _, _ in expected[:count]]
    assert set(seats.seated(found).ids()) == reference.seats(expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seats, "FEW", rng.choice([0, 1000]))
        patch.setattr(seats, "SAMPLE", rng.choice([5, 40]))
        assert seats.seats(population, asked).ids() == seats.seated(found).ids()


@pytest.mark.parametrize(
    ("persons", "assignments"),
    [
        pytest.param(1000, 100, id="100,000 pairs"),
        pytest.param(2500, 400, id="a million pairs", marks=pytest.mark.long),
    ],
)
def test_many_pairs_score_as_the_reference_scores_them(persons: int, assignments: int) -> None:
    rng = random.Random(2026)
    people = some_people(rng, persons)
    population = populate(people)
    for _ in range(assignments):
        body, facts = an_assignment(rng)
        asked = Assignments.single(facts)
        expected = reference.ranked(people, body)
        found = candidates(population.eligible(asked), asked)
        ranked = found.best(len(found))
        assert list(zip(ranked.ids(), ranked.score.tolist(), ranked.growth.tolist(), strict=True)) == expected
        assert set(seats.seats(population, asked).ids()) == reference.seats(expected)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_reach_counts_what_the_reference_counts(rng: random.Random) -> None:
    people = some_people(rng, 120)
    body, facts = an_assignment(rng)
    population = populate(people)
    answer = reach(population, facts)
    expected = reference.reach(people, body)
    assert answer.population == expected["population"]
    assert len(answer.candidates) == expected["candidates"]
    assert [asdict(rule) for rule in answer.rules] == expected["rules"]
    relaxations = [relaxation.model_dump(mode="json") for relaxation in answer.relaxations]
    assert relaxations == expected["relaxations"]
    sooner = reach(population, facts, eased=False)
    assert (sooner.rules, sooner.relaxations) == (answer.rules, [])
    assert sooner.candidates.ids() == answer.candidates.ids()
    asked = Assignments.single(facts)
    everybody = population.profiles.ids()
    shown = responses.reach(answer, asked, None, {}, everybody)
    assert [seat.profile_id for seat in shown.seated] == seats.seats(population, asked).ids()
    assert set(shown.fitting) == set(answer.candidates.ids())


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_population_changed_in_place_is_the_one_built_anew(rng: random.Random) -> None:
    people = some_people(rng, 40)
    with pytest.MonkeyPatch.context() as patch:
        # So that room for portfolios is made more than once.
        patch.setattr("matching.engine.profiles.FIRST_CAPACITY", 8)
        population = populate(people)
        for version in range(2, 12):
            for profile_id in rng.sample(sorted(people), min(10, len(people))):
                if rng.random() < 0.3:
                    population.remove([profile_id])
                    del people[profile_id]
                else:
                    people[profile_id] = random_facts.profile_facts(rng)
                    put(population, version, {profile_id: people[profile_id]})
            newcomers = some_people(rng, rng.randint(0, 3))
            people |= newcomers
            put(population, 1, newcomers)
    body, facts = an_assignment(rng)
    asked = Assignments.single(facts)
    found = candidates(population.eligible(asked), asked)
    assert len(population) == len(people)
    assert found.best(len(found)).ids() == [one for one, _, _ in reference.ranked(people, body)]
    assert candidates(population.profiles.select(population.profiles.used), asked).ids() == found.ids()


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_the_index_finds_exactly_whom_the_rules_on_closed_lists_let_pass(rng: random.Random) -> None:
    profiles = populate(some_people(rng, 100))
    _, facts = an_assignment(rng)
    assignment, everybody = Assignments.single(facts), profiles.profiles
    passing = np.ones(len(everybody), np.bool_)
    for rule in ON_CLOSED_LISTS:
        passing &= rules.RULES[rule](everybody, assignment)
    assert profiles.eligible(assignment).ids() == everybody.select(passing).ids()


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_changed_profiles_want_what_they_may_have_a_seat_in(rng: random.Random) -> None:
    """Many against many, one against many: the pairs are those of one against one."""
    people = some_people(rng, rng.choice([1, 1, 30]))
    drafts = {UUID(int=rng.getrandbits(128)): an_assignment(rng) for _ in range(rng.choice([1, 40]))}
    opened = OpenAssignments()
    opened.upsert(
        list(drafts),
        np.ones(len(drafts)),
        assignment_records([encode_assignment(f) for _, f in drafts.values()]),
    )
    expected = {one for one, (body, _) in drafts.items() if reference.ranked(people, body)}
    population = populate(people)
    rows, seated = seats.may_seat(population.profiles, opened.assignments)
    found = zip(opened.ids_of(rows), population.profiles.select(seated).ids(), strict=True)
    assert set(found) == {
        (one, person) for one, (body, _) in drafts.items() for person, *_ in reference.ranked(people, body)
    }
    assert set(opened.ids_of(rows)) == expected
    cut_off = {one for one in drafts if rng.random() < 0.5}
    for one in cut_off:
        opened.set_cut(one, (100.01, bytes(16)), (100.01, bytes(16)))
    rows, _ = seats.may_seat(population.profiles, opened.assignments)
    assert set(opened.ids_of(rows)) == expected - cut_off


def test_an_explanation_sums_to_the_score() -> None:
    rng = random.Random(7)
    people = some_people(rng, 300)
    for _ in range(20):
        _, facts = an_assignment(rng)
        asked = Assignments.single(facts)
        found = candidates(populate(people).profiles, asked)
        for index, explanation in enumerate(explanations(found.profiles, asked)):
            assert [item.criterion for item in explanation] == list(Criterion)
            assert abs(sum(item.points for item in explanation) - found.score[index]) < 0.04
            assert sum(item.max_points for item in explanation) == 100
