"""Which changes levers try, in which order, and when they speak of asking less."""

import random
from typing import Any
from uuid import UUID

import pytest
from contracts.vocabulary import Certificate, Specialism
from matching.domain.outlook.changes import changes
from matching.domain.outlook.levers import Lever, Levers, levers
from support import markets
from support import people as random_facts

TODAY = random_facts.START
# Nothing is missing, and there is nothing more to give.
FITTING: dict[str, Any] = random_facts.profile_facts(random.Random(1)) | {
    **{
        "status": "active",
        "level": "senior",
        "specialisms": list(Specialism),
        "certificates": list(Certificate),
    },
    **{"ambition": {"direction": "breadth", "step_up": True, "specialisms": []}, "portfolio": []},
    **{"available_from": "2027-01-01", "available_until": None, "hours_min": 1, "hours_max": 40},
    **{"place": {"name": "Utrecht", "latitude": 52.09083, "longitude": 5.12222}, "max_distance_km": 50},
    **{"rate_min_cents": 8000, "contract_forms": ["zzp", "detachering", "loondienst"]},
    **{"excluded_organisation_types": [], "dossiers": []},
}
ASKED: dict[str, Any] = random_facts.assignment_facts(random.Random(1)) | {
    **{"organisation": {"name": "Gemeente", "type": "gemeente"}, "level": "senior", "open_to_growth": False},
    **{"required_specialisms": ["campagnes"], "desired_specialisms": [], "dossiers": [], "weights": None},
    **{"required_certificates": [], "urgency": "spoed", "onsite_days": 2, "place": FITTING["place"]},
    **{"starts_on": "2027-03-01", "ends_on": "2027-09-01", "hours_min": 24, "hours_max": 32},
    **{"rate_max_cents": 10000, "contract_forms": ["zzp"]},
}
KM = [{"max_distance_km": km} for km in (60, 75, 100)]
SOONER = {"available_from": "2026-12-18"}
CHEAPER = {"rate_min_cents": 7500}


def tried(**other: Any) -> list[dict[str, Any]]:
    return [change.patch for change in changes(markets.profile(FITTING | other))]


def pulled(opened: list[dict[str, Any]], closed: list[dict[str, Any]] | None = None, **other: Any) -> Levers:
    """Return the levers of somebody FITTING but for `other`; the opdrachten are as ASKED but for these."""
    market = markets.market(
        {**ASKED, **asks, "id": UUID(int=number), "open": number < len(opened), "opened_on": TODAY}
        for number, asks in enumerate([*opened, *(closed or [])])
    )
    return levers(markets.profile(FITTING | other), market.open, market.of_year(TODAY))


def test_whoever_offers_everything_can_only_travel_further_be_free_sooner_and_ask_less() -> None:
    assert tried() == [*KM, SOONER, CHEAPER]


def test_every_fact_is_changed_alone_in_a_fixed_order_the_rate_last() -> None:
    others = [one for one in Specialism if one is not Specialism.REDACTIE]
    assert tried(
        hours_min=20,
        hours_max=30,
        contract_forms=["zzp"],
        ambition={"direction": "depth", "step_up": False, "specialisms": []},
        excluded_organisation_types=["zorg", "koepel"],
        specialisms=others,
        certificates=[one for one in Certificate if one is not Certificate.PRINCE2],
    ) == [
        *({"hours_min": 16}, {"hours_min": 12}, {"hours_max": 34}, {"hours_max": 38}),
        *KM,
        SOONER,
        *({"contract_forms": ["zzp", "detachering"]}, {"contract_forms": ["zzp", "loondienst"]}),
        {"ambition": {"step_up": True}},
        *({"excluded_organisation_types": ["koepel"]}, {"excluded_organisation_types": ["zorg"]}),
        {"specialisms": [*others, "redactie"]},
        {"certificates": [*[one for one in Certificate if one is not Certificate.PRINCE2], "prince2"]},
        CHEAPER,
    ]


@pytest.mark.parametrize(
    ("hours", "fewer", "more"),
    [((4, 40), [], []), ((5, 37), [1], []), ((8, 36), [4], [40]), ((9, 32), [5, 1], [36, 40])],
)
def test_hours_outside_a_week_are_left_out(hours: tuple[int, int], fewer: list[int], more: list[int]) -> None:
    found = tried(hours_min=hours[0], hours_max=hours[1])
    assert [one["hours_min"] for one in found if "hours_min" in one] == fewer
    assert [one["hours_max"] for one in found if "hours_max" in one] == more


def test_what_lies_outside_the_facts_is_left_out() -> None:
    found = tried(available_from="0001-01-14", rate_min_cents=499)
    assert found == KM


def test_only_what_brings_something_is_told_the_best_first_and_equals_in_order() -> None:
    late = {"starts_on": "2026-12-30"}
    for_redactie, far = (
        {"required_specialisms": ["redactie"]},
        {"place": {**ASKED["place"], "latitude": 51.7}},
    )
    without = [one for one in Specialism if one is not Specialism.REDACTIE]
    found = pulled([late, far, for_redactie, for_redactie], specialisms=without, max_distance_km=40)
    assert [(one.change, one.adds) for one in found.items] == [
        ({"specialisms": [*without, "redactie"]}, 2),
        ({"max_distance_km": 50}, 1),
        ({"max_distance_km": 65}, 1),
        ({"max_distance_km": 90}, 1),
        (SOONER, 1),
    ]
    assert found.pair == Lever({"max_distance_km": 50, "specialisms": [*without, "redactie"]}, 3, 0, 3)


def test_to_ask_less_is_told_only_where_nothing_else_brings_anything() -> None:
    dear, late = {"rate_max_cents": 7900}, {"starts_on": "2026-12-30"}
    assert [one.change for one in pulled([dear, dear]).items] == [CHEAPER]
    found = pulled([dear, dear, late])
    assert [one.change for one in found.items] == [SOONER]
    assert found.pair is not None
    assert "rate_min_cents" not in found.pair.change


def test_two_that_bring_nothing_alone_are_told_together() -> None:
    far_and_long = {"place": {**ASKED["place"], "latitude": 51.5}, "hours_min": 36, "hours_max": 40}
    found = pulled([far_and_long], hours_max=30)
    assert found.items == []
    assert found.pair == Lever({"hours_max": 38, "max_distance_km": 75}, 1, 0, 1)


def test_whoever_is_paused_has_no_levers_now_and_nothing_is_counted_of_the_year() -> None:
    late = {"starts_on": "2026-12-30"}
    assert pulled([late], status="paused") == Levers([], None)


def test_a_year_counts_closed_ones_too_whenever_one_was_free() -> None:
    without = [one for one in Specialism if one is not Specialism.REDACTIE]
    asks = {"required_specialisms": ["redactie"]}
    long_ago = asks | {"starts_on": "2026-01-01", "ends_on": "2026-06-01"}
    found = pulled([asks], closed=[long_ago, long_ago], specialisms=without)
    assert [(one.adds, one.adds_year) for one in found.items] == [(1, 3)]
