"""The career view on the example as it first was: worked out by hand, and against the reference.

`career_example` keeps those professionals and opdrachten, facts only, whatever becomes of the running
example. All opdrachten opened on 1 November 2026; the day is 24 November.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from matching import career_responses
from matching.domain.outlook.levers import levers
from matching.domain.outlook.market import Market
from matching.domain.outlook.view import outlook
from matching.domain.outlook.what_if import what_if
from matching.engine.profiles import Profiles
from support import career_reference as reference
from support import markets
from support.markets import profile

FOLDER = Path(__file__).parent / "career_example"
TODAY, OPENED_ON = date(2026, 11, 24), date(2026, 11, 1)
MARIEKE, ROOS, ANOUK = 0, 40, 120  # places in the list

STARTER: dict[str, Any] = {
    "status": "active",
    "level": "junior",
    "specialisms": ["online-communicatie", "participatie", "projectleiding", "strategische-communicatie"],
    "dossiers": ["digitalisering"],
    "certificates": [],
    "portfolio": [],
    "ambition": {"direction": "breadth", "step_up": True, "specialisms": ["strategische-communicatie"]},
    "available_from": "2026-11-30",
    "available_until": None,
    "hours_min": 24,
    "hours_max": 36,
    "place": {"name": "Almere", "latitude": 52.37025, "longitude": 5.21413},
    "max_distance_km": 60,
    "rate_min_cents": 6350,
    "contract_forms": ["zzp", "detachering"],
    "excluded_organisation_types": [],
}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


PEOPLE, OPDRACHTEN = lines("professionals.ndjson"), lines("opdrachten.ndjson")
MARKET = [
    {**facts, "id": UUID(int=number), "open": True, "opened_on": OPENED_ON}
    for number, facts in enumerate(OPDRACHTEN)
]


@pytest.fixture(scope="module")
def everybody() -> Profiles:
    return markets.everybody(PEOPLE)


@pytest.fixture(scope="module")
def market() -> Market:
    return markets.market(MARKET)


@pytest.mark.parametrize(
    ("who", "q", "unlocks", "months"),
    [
        (MARIEKE, 4, [("strategische-communicatie", 3), ("bestuurscommunicatie", 1)], 37.0),
        (ROOS, 3, [("woordvoering", 3), ("strategische-communicatie", 3)], 29.3),
        (ANOUK, 3, [("strategische-communicatie", 4)], 22.0),
    ],
)
def test_what_a_medior_lacks_for_the_next_step_is_as_counted_by_hand(
    everybody: Profiles, market: Market, who: int, q: int, unlocks: list[tuple[str, int]], months: float
) -> None:
    found = outlook(profile(PEOPLE[who]), market, everybody, TODAY)
    step = found.next_step
    assert step is not None
    assert (step.level, step.n, step.q) == ("senior", 12, q)
    assert [(one.value, one.n) for one in step.unlocks][: len(unlocks)] == unlocks
    assert {one.kind for one in step.unlocks} == {"specialism"}
    assert round(found.ladder.months, 1) == months


def test_two_changes_bring_a_starter_three_opdrachten_of_which_one_alone_brings_one(market: Market) -> None:
    """110 km instead of 60 brings 1, 16 hours instead of 24 brings 0, both bring 3."""
    now = Profiles.single(profile(STARTER))

    def brought(**changes: Any) -> tuple[int, int]:
        answer = what_if(now, Profiles.single(profile(STARTER | changes)), market.open)
        assert answer.now == 0
        return answer.then, len(answer.gained)

    assert brought() == (0, 0)
    assert brought(max_distance_km=110) == (1, 1)
    assert brought(hours_min=16) == (0, 0)
    assert brought(max_distance_km=110, hours_min=16) == (3, 3)
    found = levers(profile(STARTER), market.open, market.of_year(TODAY))
    assert ({"max_distance_km": 110}, 1) in [(one.change, one.adds) for one in found.items]
    assert {"hours_min": 16} not in [one.change for one in found.items]
    assert found.pair is not None
    assert (found.pair.change, found.pair.adds) == ({"hours_min": 20, "max_distance_km": 85.0}, 3)  # enough


@pytest.mark.parametrize("part", range(6))
def test_the_careers_of_the_example_are_the_references(
    everybody: Profiles, market: Market, part: int
) -> None:
    for facts in PEOPLE[part::30]:
        shown = career_responses.outlook(outlook(profile(facts), market, everybody, TODAY)).model_dump()
        expected = reference.outlook(facts, PEOPLE, MARKET, TODAY)
        assert (shown["variation"].pop("remark") is not None) == expected["variation"].pop("remark")
        for name, value in expected.items():
            assert reference.close(shown[name], value), name
        found = levers(profile(facts), market.open, market.of_year(TODAY))
        listed = json.loads(career_responses.levers(found).model_dump_json())
        assert {name: listed[name] for name in ("items", "pair")} == reference.levers(facts, MARKET, TODAY)
