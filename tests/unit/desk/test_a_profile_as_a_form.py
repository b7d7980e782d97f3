"""A profile as a form has it: there and back it is the same."""

import json
from typing import Any

import pytest
from contracts.facts import Contact, ProfileFacts
from desk.domain import form as opdracht_form
from desk.domain import profile_form as form
from hypothesis import given
from hypothesis import strategies as st
from support.people import profile_facts

from contracts import examples

LINES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=50)


@given(
    rng=st.randoms(use_true_random=False),
    name=LINES,
    phone=st.none() | LINES,
    score=st.integers(0, 1000),
    rate=st.integers(0, 100_000_000),
    distance=st.integers(0, 10_000),
)
def test_there_and_back_a_profile_is_the_same(
    rng: Any, name: str, phone: str | None, score: int, rate: int, distance: int
) -> None:
    facts = profile_facts(rng) | {"rate_min_cents": rate, "max_distance_km": distance / 4}
    preferences = examples.PROFILE["contact"]["preferences"] | {"min_score": score / 10}
    contact = {"name": name, "email": "a@example.org", "phone": phone, "preferences": preferences}
    known = {
        "contact": Contact.model_validate_json(json.dumps(contact)),
        "facts": ProfileFacts.model_validate_json(json.dumps(facts)),
    }
    sent = form.body(form.typed_of({part: value.model_dump(mode="json") for part, value in known.items()}))
    assert Contact.model_validate_json(json.dumps(sent["contact"])) == known["contact"]
    assert ProfileFacts.model_validate_json(json.dumps(sent["facts"])) == known["facts"]


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("95", 9500),
        ("72,50", 7250),
        ("72,5", 7250),
        ("€ 1.072,50", 107_250),
        ("veel", "veel"),
        ("72.50", "72.50"),
        ("-3", "-3"),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, cents: int | str) -> None:
    assert form.cents(typed) == cents


def test_a_row_that_is_empty_or_dropped_is_not_sent_and_the_others_are_numbered_anew() -> None:
    row = "/facts/portfolio"
    typed = {
        f"{row}/0/level": [""],
        f"{row}/1/level": ["medior"],
        f"{row}/1/drop": ["1"],
        f"{row}/2/level": ["senior"],
    }
    assert form.compact(typed) == {f"{row}/0/level": ["senior"]}


def test_a_place_with_another_name_has_no_coordinates_of_the_first() -> None:
    typed = {**form.typed_of(examples.PROFILE), "/facts/place/name": ["Meppel"]}
    assert form.place_to_find(typed) == "Meppel"
    assert form.body(typed)["facts"]["place"] == {"name": "Meppel"}


def test_what_cannot_be_read_is_sent_as_it_was_typed() -> None:
    typed = {**form.typed_of(examples.PROFILE), "/facts/hours_min": ["veel"]}
    assert form.body(typed)["facts"]["hours_min"] == "veel"


def test_every_field_has_a_name_and_a_remedy() -> None:
    for name in form.LABELS:
        if name not in form.SWITCHES and name not in form.LISTS:
            assert form.remedy(name, "Field required") != form.ANY_REMEDY
        assert form.label(name) != name


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf", "1e999", "9" * 5_000, "1" + ".000" * 2_000])
def test_a_number_that_none_can_hold_is_sent_as_it_was_typed(typed: str) -> None:
    assert form._number(typed, whole=False) == typed
    assert form._number(typed, whole=True) == typed
    assert form.cents(typed) == typed
    assert opdracht_form._cents(typed) == typed
