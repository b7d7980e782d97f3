"""The engine against MATCHING.md written plainly: rules, points, rank, seats and reach."""

import json
import random
from uuid import UUID

import facts as random_facts
import reference
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion, Rule
from hypothesis import given, settings
from hypothesis import strategies as st
from matching.domain import criteria, ranking, rules
from matching.domain.population import Population, profile_ids
from matching.domain.question import ask
from matching.domain.reach import reach

People = dict[UUID, dict[str, object]]
seeds = st.integers(0, 2**32).map(random.Random)


def populate(people: People) -> Population:
    population = Population()
    for profile_id, facts in people.items():
        population.put(profile_id, 1, facts)
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
    columns, question = populate(people).columns, ask(facts)
    points = criteria.points(columns, question)
    for row, profile_id in enumerate(profile_ids(columns)):
        expected = reference.rules(people[profile_id], body)
        assert {rule: bool(rules.RULES[rule](columns, question)[row]) for rule in Rule} == expected
        plain = reference.points(people[profile_id], body)
        for place, criterion in enumerate(Criterion):
            assert abs(points[place, row] - plain[criterion]) < 1e-9, criterion


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_candidates_are_ranked_and_seated_as_the_reference_says(rng: random.Random) -> None:
    people = some_people(rng, 250)
    body, facts = an_assignment(rng)
    population = populate(people)
    ended = frozenset(rng.sample(sorted(people), 5))
    found = ranking.candidates(population.columns, ask(facts, population.rows_of(ended)))
    expected = reference.ranked(people, body, ended)
    ranked = found.best(len(found))
    ours = list(zip(ranked.ids(), ranked.score.tolist(), ranked.growth.tolist(), strict=True))
    assert ours == expected
    for count in (1, 10, 30):
        assert found.best(count).ids() == [one for one, _, _ in expected[:count]]
    assert set(found.seated().ids()) == reference.seats(expected)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_reach_counts_what_the_reference_counts(rng: random.Random) -> None:
    people = some_people(rng, 120)
    body, facts = an_assignment(rng)
    population = populate(people)
    answer = reach(population.columns, facts, population.rows_of(()))
    expected = reference.reach(people, body)
    assert answer.population == expected["population"]
    assert len(answer.found) == expected["candidates"]
    ours = [{"rule": rule, "rejected": rejected, "only": only} for rule, rejected, only in answer.rules]
    assert ours == expected["rules"]
    ours = [{"change": change, "adds": adds} for change, adds in answer.relaxations]
    assert json.loads(json.dumps(ours)) == expected["relaxations"]


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_population_changed_in_place_is_the_one_built_anew(rng: random.Random) -> None:
    people = some_people(rng, 40)
    population = populate(people)
    for version in range(2, 6):
        for profile_id in rng.sample(sorted(people), 10):
            if rng.random() < 0.3:
                population.remove(profile_id)
                del people[profile_id]
            else:
                people[profile_id] = random_facts.profile_facts(rng)
                population.put(profile_id, version, people[profile_id])
        newcomer = some_people(rng, 1)
        people |= newcomer
        for profile_id, facts in newcomer.items():
            population.put(profile_id, 1, facts)
    body, facts = an_assignment(rng)
    found = ranking.candidates(population.columns, ask(facts))
    assert len(population) == len(people)
    assert found.best(len(found)).ids() == [one for one, _, _ in reference.ranked(people, body)]


def test_an_explanation_sums_to_the_score() -> None:
    rng = random.Random(7)
    people = some_people(rng, 300)
    for _ in range(20):
        _, facts = an_assignment(rng)
        question = ask(facts)
        found = ranking.candidates(populate(people).columns, question)
        for index, explanation in enumerate(ranking.explanations(found.columns, question)):
            assert [item.criterion for item in explanation] == list(Criterion)
            assert abs(sum(item.points for item in explanation) - found.score[index]) < 0.04
            assert sum(item.max_points for item in explanation) == 100
