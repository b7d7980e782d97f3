"""What an owner finds wrong, said in Dutch at the field that it is about."""

import json

import pytest
from contracts.examples import ASSIGNMENT
from desk.domain.form import FIELDS, read, typed
from desk.domain.judging import refused
from desk.owners.api import Fault
from desk.owners.assignments import MISSING
from desk.pages.fields import CHOICES, GROUPS, LABELS, REMEDIES, faults_of, points, told

FACTS = {name: value for name, value in ASSIGNMENT.items() if name != "open"}


def wrong(**values: str) -> dict[str, str]:
    """Return what is said where these were typed."""
    form = {**typed(FACTS), **{name: [value] for name, value in values.items()}}
    places = {FACTS["place"]["name"].casefold(): FACTS["place"]}
    return faults_of(Fault(*one) for one in refused(read(form, {}, places)))


def test_every_field_stands_in_one_group_and_has_its_words() -> None:
    assert sorted(one.name for group in GROUPS for one in group.fields) == sorted(one.name for one in FIELDS)
    assert {one.name for one in FIELDS} == set(LABELS) == set(REMEDIES)


def test_an_opdracht_that_is_right_has_nothing_wrong() -> None:
    assert wrong() == {}


@pytest.mark.parametrize("name", [one.name for one in FIELDS if one.required and one.kind.value != "yes"])
def test_of_each_required_field_that_is_missing_its_remedy_is_told(name: str) -> None:
    (field,) = (one for one in FIELDS if one.name == name)
    assert list(faults_of([Fault("/" + "/".join(field.path), MISSING)])) == [name]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("hours_min", "veel", "1 tot en met 40"),
        ("hours_max", "8", "niet lager"),
        ("hours_max", "41", "1 tot en met 40"),
        ("ends_on", "2020-01-01", "niet eindigen voor de start"),
        ("starts_on", "morgen", "zoals 31-01-2027"),
        ("place", "Nergenshuizen", "Kies een plaats uit de lijst"),
        ("rate_max_cents", "veel", "97,50"),
        ("title", "x" * 201, "200 tekens"),
        ("organisation_name", "https://example.org", "zonder webadres"),
        ("recruiter_email", "sanne", "naam@example.org"),
        ("weight_rate", "30", "samen 100"),
        ("onsite_days", "6", "0 tot en met 5"),
        ("positions", "0", "1 tot en met 1000"),
    ],
)
def test_what_is_typed_wrong_is_told_with_what_would_be_right(name: str, value: str, says: str) -> None:
    found = wrong(**{name: value})

    (said,) = found.values()
    assert says in said


def test_what_cannot_be_read_is_shown_as_it_was_typed() -> None:
    form = {one.name: ["<b>?</b>"] for one in FIELDS}
    fields = read({**form, "respond_by_day": ["ooit"], "respond_by_time": ["x"]}, {}, {})

    assert all(told(one, fields) for one in FIELDS)
    assert told(FIELDS[0], fields) == "<b>?</b>"
    json.dumps(fields)


def test_facts_are_told_as_people_write_them() -> None:
    said = {one.name: told(one, FACTS) for one in FIELDS}

    assert said["rate_max_cents"] == "€ 110 per uur"
    assert said["starts_on"] == "maandag 4 januari 2027"
    assert said["respond_by"] == "vrijdag 18 december 2099, 09:00 uur"
    assert said["desired_specialisms"] == "campagnes en projectleiding"
    assert said["open_to_growth"] == "nee"
    assert said["required_certificates"] == "niets"


def test_award_points_are_told_as_they_add_up() -> None:
    assert "gewone verdeling" in points({})
    assert "nog 70 te verdelen" in points({"weight_rate": ["30"]})
    assert "20 te veel" in points({"weight_rate": ["120"]})
    assert "klopt" in points({"weight_rate": ["100"]})


def test_choices_are_the_whole_vocabulary_once() -> None:
    for values in CHOICES.values():
        assert len({value for value, _ in values}) == len(values) > 1
