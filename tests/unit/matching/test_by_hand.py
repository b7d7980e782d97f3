"""Rules and scores against cases worked out by hand from docs/reference/matching.md."""

import json
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import Criterion, Rule
from matching.domain import criteria, rules
from matching.domain.candidates import rounded, scores
from matching.domain.explaining import explanations
from matching.engine.assignments import Assignments
from matching.engine.profiles import Population, Profiles, encode_profile, profile_records

PROFILE: dict[str, Any] = {
    "status": "active",
    "level": "medior",
    "specialisms": ["campagnes", "redactie", "participatie"],
    "dossiers": ["klimaat"],
    "certificates": [],
    "portfolio": [],
    "ambition": {"direction": "breadth", "step_up": False, "specialisms": ["campagnes", "woordvoering"]},
    "available_from": "2027-02-01",
    "available_until": None,
    "hours_min": 16,
    "hours_max": 32,
    "place": {"name": "Utrecht", "latitude": 52.09083, "longitude": 5.12222},
    "max_distance_km": 100,
    "rate_min_cents": 8000,
    "contract_forms": ["zzp"],
    "excluded_organisation_types": [],
}
ASSIGNMENT: dict[str, Any] = {
    "title": "Adviseur",
    "description": "",
    "organisation": {"name": "Gemeente Amsterdam", "type": "gemeente"},
    "level": "medior",
    "open_to_growth": False,
    "required_specialisms": ["campagnes"],
    "desired_specialisms": ["redactie", "woordvoering"],
    "dossiers": ["klimaat", "wonen"],
    "required_certificates": [],
    "starts_on": "2027-02-16",
    "ends_on": "2027-08-16",
    "hours_min": 24,
    "hours_max": 32,
    "place": {"name": "Amsterdam", "latitude": 52.37403, "longitude": 4.88969},
    "onsite_days": 2,
    "rate_max_cents": 10000,
    "contract_forms": ["zzp", "detachering"],
    "urgency": "normaal",
    "reason": "vervanging",
    "respond_by": "2027-02-01T12:00:00+01:00",
    "positions": 1,
    "weights": None,
    "recruiter": {"name": "Bureau", "email": "recruiter@example.org"},
}


def pair(profile: dict[str, Any], assignment: dict[str, Any]) -> tuple[Profiles, Assignments]:
    population = Population()
    person = ProfileFacts.model_validate_json(json.dumps({**PROFILE, **profile}))
    population.upsert([UUID(int=1)], np.ones(1), *profile_records([encode_profile(person)]))
    facts = AssignmentFacts.model_validate_json(json.dumps({**ASSIGNMENT, **assignment}))
    return population.profiles, Assignments.single(facts)


def points_of(profiles: Profiles, asked: Assignments) -> dict[str, float]:
    """Return the points of the one profile, by criterion."""
    parts = criteria.points(profiles, asked)
    return {str(criterion): float(part[0]) for criterion, part in zip(Criterion, parts, strict=True)}


def test_the_example_scores_what_a_pencil_gives() -> None:
    profiles, asked = pair({}, {})
    points = points_of(profiles, asked)
    assert points["specialisms"] == pytest.approx(20)  # 2 of 3
    assert points["dossiers"] == 5  # 1 of 2
    assert points["sector"] == 10  # breadth, new
    assert points["ambition"] == 20  # own level 10; both wishes asked for
    assert points["availability"] == 10  # free before the start
    assert points["rate"] == 10  # 20 % below the maximum
    assert points["distance"] == pytest.approx(6.48, abs=0.01)  # 35.2 km of 100
    assert scores(profiles, asked)[0] == pytest.approx(81.48, abs=0.01)


def test_weights_scale_each_criterion_and_leave_out_the_others() -> None:
    profiles, asked = pair({}, {"weights": {"specialisms": 60, "rate": 40}})
    assert points_of(profiles, asked) == {
        **dict.fromkeys(map(str, Criterion), 0),
        "specialisms": pytest.approx(40),
        "rate": pytest.approx(40),
    }


@pytest.mark.parametrize(
    ("rule", "profile", "assignment", "holds"),
    [
        ("active", {"status": "paused"}, {}, False),
        ("level", {"level": "senior"}, {}, True),
        ("level", {"level": "strategisch"}, {}, False),
        ("level", {"level": "junior"}, {"open_to_growth": True}, False),
        ("level", {"level": "junior", "ambition": {**PROFILE["ambition"], "step_up": True}}, {}, False),
        (
            "level",
            {"level": "junior", "ambition": {**PROFILE["ambition"], "step_up": True}},
            {"open_to_growth": True},
            True,
        ),
        ("specialisms", {"specialisms": ["redactie"]}, {}, False),
        ("certificates", {}, {"required_certificates": ["prince2"]}, False),
        ("certificates", {"certificates": ["prince2"]}, {"required_certificates": ["prince2"]}, True),
        ("availability", {"available_from": "2027-03-02"}, {}, True),
        ("availability", {"available_from": "2027-03-03"}, {}, False),
        ("availability", {"available_from": "2027-02-17"}, {"urgency": "spoed"}, False),
        ("availability", {"available_until": "2027-08-16"}, {}, True),
        ("availability", {"available_until": "2027-08-15"}, {}, False),
        ("hours", {"hours_min": 8, "hours_max": 24}, {}, True),
        ("hours", {"hours_min": 8, "hours_max": 23}, {}, False),
        ("hours", {"hours_min": 33, "hours_max": 40}, {}, False),
        ("rate", {"rate_min_cents": 10000}, {}, True),
        ("rate", {"rate_min_cents": 10001}, {}, False),
        ("rate", {"rate_min_cents": 99999}, {"rate_max_cents": None}, True),
        ("distance", {"max_distance_km": 35}, {}, False),
        ("distance", {"max_distance_km": 36}, {}, True),
        ("distance", {"max_distance_km": 0}, {"onsite_days": 0}, True),
        ("distance", {"max_distance_km": 0}, {"place": PROFILE["place"]}, True),
        ("contract_form", {"contract_forms": ["loondienst"]}, {}, False),
        ("organisation", {"excluded_organisation_types": ["gemeente"]}, {}, False),
    ],
)
def test_a_rule_at_its_boundary(
    rule: str, profile: dict[str, Any], assignment: dict[str, Any], holds: bool
) -> None:
    assert rules.RULES[Rule(rule)](*pair(profile, assignment))[0] == holds


@pytest.mark.parametrize(
    ("direction", "kinds", "points"),
    [
        ("depth", [], 0),
        ("depth", ["gemeente"], 10 / 3),
        ("depth", ["gemeente"] * 4, 10),
        ("breadth", ["provincie"], 10),
        ("breadth", ["provincie", "gemeente"], 0),
        ("breadth", ["gemeente", "provincie"], 5),
        ("breadth", ["gemeente: redactie", "provincie: redactie"], 5),
        ("depth", ["gemeente: evenementen"], 0),
        ("depth", ["provincie: redactie, evenementen"], 10 / 3),
        ("depth", ["provincie: redactie", "gemeente: woordvoering", "gemeente", "waterschap"], 10),
    ],
)
def test_sector_by_direction_and_portfolio(direction: str, kinds: list[str], points: float) -> None:
    portfolio = [  # all start on one day: of a tie the later in the list is the latest
        {
            "organisation_type": kind.partition(": ")[0],
            "level": "medior",
            "started_on": "2020-01-01",
            "ended_on": None,
            "specialisms": [name for name in kind.partition(": ")[2].split(", ") if name],
        }
        for kind in kinds
    ]
    profiles, asked = pair(
        {"portfolio": portfolio, "ambition": {**PROFILE["ambition"], "direction": direction}}, {}
    )
    assert criteria.points(profiles, asked)[2][0] == pytest.approx(points)


@pytest.mark.parametrize(
    ("ambition", "assignment", "points"),
    [
        ({"step_up": True, "specialisms": []}, {}, 15),
        ({"specialisms": ["evenementen"]}, {}, 10),
        ({"specialisms": ["evenementen"]}, {"required_specialisms": [], "desired_specialisms": []}, 20),
        ({"specialisms": []}, {"required_specialisms": [], "desired_specialisms": []}, 15),
        ({}, {"level": "junior"}, 12),
    ],
)
def test_both_halves_of_ambition(ambition: dict[str, Any], assignment: dict[str, Any], points: float) -> None:
    profiles, asked = pair({"ambition": {**PROFILE["ambition"], **ambition}}, assignment)
    assert criteria.points(profiles, asked)[3][0] == pytest.approx(points)


@pytest.mark.parametrize(
    ("available_from", "points"),
    [("2026-01-01", 10), ("2027-02-16", 10), ("2027-02-17", 10 * 27 / 28), ("2027-03-02", 5)],
)
def test_only_days_after_the_start_cost_availability(available_from: str, points: float) -> None:
    profiles, asked = pair({"available_from": available_from}, {})
    assert points_of(profiles, asked)["availability"] == pytest.approx(points)


def test_an_explanation_names_what_the_formulas_look_at() -> None:
    portfolio = [
        {"organisation_type": kind, "level": "medior", "started_on": "2020-01-01", "specialisms": held}
        for kind, held in (("gemeente", ["evenementen"]), ("provincie", ["redactie"]), ("gemeente", []))
    ]
    profiles, asked = pair(
        {
            "portfolio": portfolio,
            "ambition": {"direction": "depth", "step_up": True, "specialisms": []},
            "available_from": "2027-02-19",
        },
        {},
    )
    facts = {item.criterion: item.facts for item in explanations(profiles, asked)[0]}
    assert facts[Criterion.SECTOR] == {
        "direction": "depth",
        "organisation_type": "gemeente",
        "entries": 2,
        "entries_that_count": 2,
        "latest": "gemeente",
    }
    assert facts[Criterion.AVAILABILITY] == {
        "available_from": "2027-02-19",
        "starts_on": "2027-02-16",
        "days_after": 3,
    }
    assert "step_up" not in facts[Criterion.AMBITION]


def test_no_distance_allowed_and_none_to_travel_gives_full_points() -> None:
    profiles, asked = pair({"max_distance_km": 0}, {"place": PROFILE["place"]})
    assert criteria.points(profiles, asked)[6][0] == 10


def test_totals_are_rounded_as_python_rounds_them() -> None:
    totals = np.array([0.125, 2.675, 1.005, 50.005, 49.995, 64.285, 12.345])
    assert rounded(totals).tolist() == [round(total, 2) for total in totals.tolist()]
