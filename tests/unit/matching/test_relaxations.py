"""What a recruiter could ease: which changes are tried, what each brings, and the best two together."""

import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Certificate, Specialism
from hypothesis import given, settings
from hypothesis import strategies as st
from matching.domain.reach import reach
from matching.engine.profiles import Population, encode_profile, profile_records
from support import people as random_facts
from support import reference

# Asks for everything that can be eased; whom `fitting` gives passes it.
ASKED = random_facts.assignment_facts(random.Random(1)) | {
    **{"organisation": {"name": "Gemeente", "type": "gemeente"}, "level": "senior", "open_to_growth": False},
    **{"required_specialisms": ["campagnes", "redactie"], "desired_specialisms": ["campagnes"]},
    **{"dossiers": [], "required_certificates": ["prince2"], "urgency": "spoed", "onsite_days": 2},
    **{"starts_on": "2027-03-01", "ends_on": "2027-09-01", "hours_min": 24, "hours_max": 32},
    **{"rate_max_cents": 10000, "contract_forms": ["detachering"], "weights": None},
}


def fitting(**other: Any) -> dict[str, Any]:
    return {
        **random_facts.profile_facts(random.Random(1)),
        **{"status": "active", "level": "senior", "specialisms": ["campagnes", "redactie"]},
        **{"certificates": ["prince2"], "available_from": "2027-01-01", "available_until": None},
        **{"hours_min": 8, "hours_max": 40, "place": ASKED["place"], "max_distance_km": 50},
        **{"rate_min_cents": 8000, "contract_forms": ["detachering"], "excluded_organisation_types": []},
        **{"ambition": {"direction": "breadth", "step_up": True, "specialisms": []}, "portfolio": []},
        **other,
    }


def eased(assignment: dict[str, Any], profiles: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """Return the relaxations of an assignment, each with how many it brings."""
    population = Population()
    facts = [ProfileFacts.model_validate_json(json.dumps(one)) for one in profiles]
    ids = [UUID(int=number) for number in range(len(profiles))]
    records = profile_records([encode_profile(one) for one in facts])
    population.upsert(ids, np.ones(len(ids)), *records)
    answer = reach(population, AssignmentFacts.model_validate_json(json.dumps({**ASKED, **assignment})))
    relaxations = [item.model_dump(mode="json") for item in answer.relaxations]
    return [(item["change"], item["adds"]) for item in relaxations]


def changes(assignment: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (change for change, _ in eased(assignment, []))


def test_every_requirement_is_eased_alone_in_a_fixed_order_and_then_the_best_two() -> None:
    assert list(changes({})) == [
        {"rate_max_cents": 10500},
        {"rate_max_cents": 11000},
        {"open_to_growth": True},
        {"starts_on": "2027-03-15"},
        {"onsite_days": 1},
        {"onsite_days": 0},
        {"hours_min": 20},
        {"hours_min": 16},
        {"contract_forms": ["detachering", "zzp"]},
        {"contract_forms": ["detachering", "loondienst"]},
        {"required_specialisms": ["redactie"]},
        {"required_specialisms": ["campagnes"]},
        {"required_certificates": []},
        {"rate_max_cents": 10500, "open_to_growth": True},
    ]


@pytest.mark.parametrize(("hours_min", "tried"), [(4, []), (5, [1]), (8, [4]), (9, [5, 1]), (24, [20, 16])])
def test_hours_below_one_are_left_out(hours_min: int, tried: list[int]) -> None:
    singles = [change for change in changes({"hours_min": hours_min}) if len(change) == 1]
    assert [change["hours_min"] for change in singles if "hours_min" in change] == tried


def test_no_form_is_tried_where_all_are_accepted() -> None:
    accepted = {"contract_forms": ["loondienst", "zzp", "detachering"]}
    assert not any("contract_forms" in change for change in changes(accepted))


def test_without_two_fields_to_ease_there_is_no_pair() -> None:
    everything = {
        **{"rate_max_cents": None, "open_to_growth": True, "ends_on": "2027-03-10", "onsite_days": 0},
        **{"hours_min": 4, "contract_forms": ["zzp", "detachering", "loondienst"]},
        **{"required_specialisms": [], "desired_specialisms": [], "required_certificates": []},
    }
    assert eased(everything, [fitting()]) == []
    two_of_one_field = everything | {"rate_max_cents": 10000}
    assert [change for change, _ in eased(two_of_one_field, [fitting()])] == [
        {"rate_max_cents": 10500},
        {"rate_max_cents": 11000},
    ]


def test_two_changes_bring_whom_neither_brings_alone() -> None:
    part_time = fitting(hours_max=20)
    employed = fitting(hours_max=16, contract_forms=["loondienst"])
    found = eased({}, [fitting(), part_time, employed, employed])
    brought = {json.dumps(change): adds for change, adds in found[:-1]}
    assert brought['{"hours_min": 20}'] == brought['{"hours_min": 16}'] == 1
    assert brought['{"contract_forms": ["detachering", "loondienst"]}'] == 0
    both = {"hours_min": 16, "contract_forms": ["detachering", "loondienst"]}
    assert found[-1] == (both, 3)


def test_of_pairs_that_bring_as_many_the_first_in_order_is_given() -> None:
    short, dear = fitting(hours_max=20), fitting(rate_min_cents=10400)
    assert eased({}, [short, dear])[-1] == ({"rate_max_cents": 10500, "hours_min": 20}, 2)


def test_whoever_misses_three_rules_comes_with_no_pair() -> None:
    far_off = fitting(hours_max=20, contract_forms=["loondienst"], rate_min_cents=10400)
    assert all(adds == 0 for _, adds in eased({}, [far_off]))


def test_a_specialism_dropped_takes_the_entries_that_were_about_it_along() -> None:
    """Who wants what is left gains by it, but not where depth was in what is dropped."""
    entry = {"organisation_type": "provincie", "level": "senior", "started_on": "2020-01-01"}
    wish = {"direction": "depth", "step_up": False, "specialisms": ["redactie", "woordvoering"]}
    deep = [{**entry, "ended_on": None, "specialisms": ["campagnes"]} for _ in range(2)]
    asks = {
        **{"required_specialisms": ["campagnes", "redactie"], "desired_specialisms": []},
        **{"weights": {"ambition": 60, "sector": 30, "rate": 10}},
    }
    above = fitting(level="strategisch", rate_min_cents=10000, ambition=wish)
    dropped = {"required_specialisms": ["redactie"]}
    assert (dropped, 0) in eased(asks, [above | {"portfolio": deep}])  # 6 + 15 + 20, then 6 + 30 + 0
    of_both = [{**one, "specialisms": ["campagnes", "redactie"]} for one in deep]
    assert (dropped, 1) in eased(asks, [above | {"portfolio": of_both}])  # then 6 + 30 + 20


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32).map(random.Random))
def test_where_much_is_required_every_change_and_the_pair_are_the_references(rng: random.Random) -> None:
    body = random_facts.assignment_facts(rng) | {
        "required_specialisms": random_facts.some(rng, list(Specialism)[:6], 3, 1),
        "required_certificates": random_facts.some(rng, list(Certificate)[:3], 2),
    }
    people = {UUID(int=number): random_facts.profile_facts(rng) for number in range(60)}
    expected = [*reference.eased(people, body), *reference.best_pair(people, body)]
    assert eased(body, list(people.values())) == [(item["change"], item["adds"]) for item in expected]
