"""What is written of a proposal without a model is what the contract's model reads, and writes."""

import json
import random
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from contracts.events import CriterionExplained, MatchProposed
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Criterion
from matching.domain.explaining import explanations
from matching.domain.match import match_id
from matching.domain.reconciliation import points_of, proposed, reconcile
from matching.engine.assignments import Assignments
from matching.engine.profiles import Population, encode_profile, profile_records
from pydantic import TypeAdapter
from support import people as random_facts

EXPLANATION = TypeAdapter(list[CriterionExplained])
NOW = datetime(2027, 1, 31, 12, 30, 0, 120, UTC)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_its_explanation_in_the_row_and_in_the_event(seed: int) -> None:
    rng = random.Random(seed)
    people = {UUID(int=rng.getrandbits(128)): random_facts.profile_facts(rng) for _ in range(400)}
    body = random_facts.assignment_facts(rng) | {"required_specialisms": [], "required_certificates": []}
    population = Population()
    encoded = [encode_profile(ProfileFacts.model_validate_json(json.dumps(one))) for one in people.values()]
    population.upsert(list(people), np.ones(len(people)), *profile_records(encoded))
    asked = Assignments.single(AssignmentFacts.model_validate_json(json.dumps(body)))
    proposals = reconcile(3, asked, population, {}, may_propose=True).proposals
    assert proposals
    for item in proposals:
        profile = population.profiles.select(population.rows_of([item.profile_id]))
        (explained,) = explanations(profile, asked)
        assert item.explanation.json == EXPLANATION.dump_json(explained)
        assert item.points == points_of(explained)
        (ambition,) = (one for one in explained if one.criterion is Criterion.AMBITION)
        assert item.level == ambition.facts["profile_level"] == people[item.profile_id]["level"]

        said, text = proposed(UUID(int=1), 3, item, NOW)
        whole = MatchProposed.model_validate_json(text)
        assert whole.model_dump_json().encode() == text
        assert whole == said.model_copy(update={"explanation": explained})
        assert whole.match_id == match_id(UUID(int=1), item.profile_id)
