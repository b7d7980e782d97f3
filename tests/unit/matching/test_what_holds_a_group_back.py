"""What holds a group of professionals back: the rule that each misses alone, for some open opdracht."""

import json
import random
from collections import Counter
from uuid import UUID

import numpy as np
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Level
from matching.domain.selection import Place, held_back
from matching.engine.assignments import OpenAssignments, assignment_records, encode_assignment
from matching.engine.profiles import Population, encode_profile, profile_records
from support import people as random_facts
from support import reference

PLACES = [Place("Utrecht", 52.09, 5.12)]
rng = random.Random(5)
PEOPLE = {
    UUID(int=rng.getrandbits(128)): random_facts.profile_facts(rng) | {"status": "active"} for _ in range(300)
}
OPDRACHTEN = [random_facts.assignment_facts(rng) for _ in range(15)]


def populated() -> Population:
    population = Population()
    facts = [ProfileFacts.model_validate_json(json.dumps(one)) for one in PEOPLE.values()]
    records = profile_records([encode_profile(one) for one in facts])
    population.upsert(list(PEOPLE), np.ones(len(PEOPLE)), *records)
    return population


def opened() -> OpenAssignments:
    store = OpenAssignments()
    facts = [AssignmentFacts.model_validate_json(json.dumps(one)) for one in OPDRACHTEN]
    ids = [UUID(int=place) for place in range(len(facts))]
    store.upsert(ids, np.ones(len(facts)), assignment_records([encode_assignment(one) for one in facts]))
    return store


def test_a_group_is_held_back_by_what_its_people_miss_alone_for_some_opdracht() -> None:
    population = populated()
    juniors = [one for one, facts in PEOPLE.items() if facts["level"] == Level.JUNIOR]
    proposed, waiting = juniors[:5], juniors[5:]
    expected: Counter[str] = Counter()
    for one in waiting:
        failed = [
            [rule for rule, holds in reference.rules(PEOPLE[one], body).items() if not holds]
            for body in OPDRACHTEN
        ]
        expected.update({rules[0] for rules in failed if len(rules) == 1})
    found = held_back(
        population.profiles,
        PLACES,
        ("level", Level.JUNIOR),
        population.rows_of(proposed),
        opened().assignments,
    )
    assert found is not None
    assert (found.professionals, found.assignments) == (len(waiting), len(OPDRACHTEN))
    assert expected
    assert dict(found.rules) == dict(expected)
    counts = [count for _, count in found.rules]
    assert counts == sorted(counts, reverse=True)


def test_there_is_nothing_to_say_of_a_group_that_does_not_exist() -> None:
    profiles, nobody = populated().profiles, np.array([], np.int64)
    for group in (("level", "baas"), ("age", "junior")):
        assert held_back(profiles, PLACES, group, nobody, opened().assignments) is None
