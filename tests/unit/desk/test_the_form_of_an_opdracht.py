"""The form of an opdracht: what was typed, and the facts that it stands for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from contracts.examples import ASSIGNMENT
from contracts.facts import AssignmentFacts
from contracts.vocabulary import (
    Certificate,
    ContractForm,
    Criterion,
    Dossier,
    Level,
    OrganisationType,
    Specialism,
    Urgency,
)
from desk.domain.form import (
    AMSTERDAM,
    FIELDS,
    changed,
    empty,
    field_at,
    merge_patch,
    read,
    taken,
    typed,
    weight_sum,
)
from desk.domain.judging import judged, refused
from hypothesis import given
from hypothesis import strategies as st

FACTS: dict[str, Any] = {name: value for name, value in ASSIGNMENT.items() if name != "open"}
PLACE = FACTS["place"]
PLACES = {"purmerend": PLACE}

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip())
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r"), max_size=200)
HOURS = st.tuples(st.integers(1, 40), st.integers(1, 40)).map(sorted)
DAYS = st.tuples(st.dates(date(1900, 1, 1)), st.dates(date(1900, 1, 1))).map(sorted)
# Before 1940 Dutch time was 19 or 20 minutes from UTC, which no moment with zone can say.
MOMENTS = st.datetimes(datetime(1940, 6, 1), datetime(9998, 12, 30), timezones=st.just(UTC))


def _many(values: type[Any], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([str(one) for one in values]), unique=True, min_size=least)


@st.composite
def _weights(draw: st.DrawFn) -> dict[str, int] | None:
    names = draw(_many(Criterion, 1))
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(names) - 1, max_size=len(names) - 1)))
    parts = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    return draw(st.sampled_from([None, dict(zip(names, parts, strict=True))]))


@st.composite
def _facts(draw: st.DrawFn) -> dict[str, Any]:
    """Return any valid facts as JSON."""
    hours, days = draw(HOURS), draw(DAYS)
    body = {
        "title": draw(LINES),
        "description": draw(TEXTS),
        "organisation": {"name": draw(LINES), "type": draw(st.sampled_from(list(OrganisationType)))},
        "level": draw(st.sampled_from(list(Level))),
        "open_to_growth": draw(st.booleans()),
        "required_specialisms": draw(_many(Specialism)),
        "desired_specialisms": draw(_many(Specialism)),
        "dossiers": draw(_many(Dossier)),
        "required_certificates": draw(_many(Certificate)),
        "starts_on": days[0],
        "ends_on": days[1],
        "hours_min": hours[0],
        "hours_max": hours[1],
        "place": {
            "name": draw(LINES),
            "latitude": draw(st.floats(-90, 90)),
            "longitude": draw(st.floats(-180, 180)),
        },
        "onsite_days": draw(st.integers(0, 5)),
        "rate_max_cents": draw(st.none() | st.integers(1, 100_000_000)),
        "contract_forms": draw(_many(ContractForm, 1)),
        "urgency": draw(st.sampled_from(list(Urgency))),
        "reason": draw(TEXTS),
        "respond_by": draw(MOMENTS),
        "positions": draw(st.integers(1, 1000)),
        "weights": draw(_weights()),
        "recruiter": {
            "name": draw(LINES),
            "email": "sanne@example.org",
            "phone": draw(st.none() | LINES.map(lambda text: text[:50]).filter(str.strip)),
        },
    }
    return AssignmentFacts.model_validate(body, strict=False).model_dump(mode="json")


def _as_a_browser_sends(form: dict[str, list[str]]) -> dict[str, list[str]]:
    """Lines end as HTML has them, boxes come in the page's order, and what is not checked does not come."""
    sent = {
        name: [text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n") for text in texts]
        for name, texts in form.items()
    }
    return {name: sorted(texts) for name, texts in sent.items() if texts}


@given(_facts())
def test_facts_that_nobody_touches_stay_to_the_letter(facts: dict[str, Any]) -> None:
    assert read(_as_a_browser_sends(typed(facts)), facts, {}) == facts


@given(_facts())
def test_a_form_of_facts_stands_for_the_same_facts(facts: dict[str, Any]) -> None:
    place = facts["place"]
    known = {place["name"].strip().casefold(): place}

    again = read(_as_a_browser_sends(typed(facts)), {}, known)

    assert _as_a_form_can_show(again) == _as_a_form_can_show(facts)
    assert changed(facts, again) == []


def _as_a_form_can_show(facts: dict[str, Any]) -> dict[str, Any]:
    """Minutes of Dutch time, which an hour in autumn has twice; no blanks around a line, one kind of line
    end, lists in no order; nothing that is null."""

    def normal(value: Any) -> Any:
        match value:
            case dict():
                return {name: normal(one) for name, one in value.items() if one not in (None, "")}
            case list():
                return sorted(value)
            case str():
                return value.replace("\r\n", "\n").replace("\r", "\n").strip()
        return value

    shown = normal(facts)
    moment = datetime.fromisoformat(shown["respond_by"]).astimezone(AMSTERDAM)
    shown["respond_by"] = moment.replace(second=0, microsecond=0, tzinfo=None)
    return {name: value for name, value in shown.items() if value not in ("", {})}


def _typed(**values: Any) -> dict[str, Any]:
    form = {**typed(FACTS), **{name: [value] for name, value in values.items()}}
    return read(form, {}, PLACES)


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ("95", 9500),
        ("95,5", 9550),
        ("97,50", 9750),
        ("97.50", 9750),
        ("€ 95", 9500),
        ("1.250", 125_000),
        ("95,-", 9500),
    ],
)
def test_euros_are_typed_and_cents_are_stored(said: str, cents: int) -> None:
    assert _typed(rate_max_cents=said)["rate_max_cents"] == cents


@pytest.mark.parametrize("said", ["veel", "95,555", "-5", "9 5", "²"])
def test_what_cannot_be_read_is_kept_as_it_was_typed(said: str) -> None:
    fields = _typed(rate_max_cents=said, hours_min=said, starts_on=said)

    assert [fields["rate_max_cents"], fields["hours_min"], fields["starts_on"]] == [said] * 3
    assert typed(fields)["rate_max_cents"] == typed(fields)["hours_min"] == [said]


def test_a_day_may_be_typed_as_people_write_it() -> None:
    assert _typed(starts_on="1-2-2027")["starts_on"] == "2027-02-01"


def test_a_moment_is_dutch_time_in_winter_and_in_summer() -> None:
    winter = _typed(respond_by_day="2027-01-31", respond_by_time="12:00")["respond_by"]
    summer = _typed(respond_by_day="2027-07-31", respond_by_time="9.30")["respond_by"]

    assert (winter, summer) == ("2027-01-31T12:00:00+01:00", "2027-07-31T09:30:00+02:00")


def test_an_hour_that_summer_time_skips_is_no_moment() -> None:
    fields = _typed(respond_by_day="2027-03-28", respond_by_time="02:30")

    assert fields["respond_by"] == "2027-03-28T02:30"
    assert [field_at(pointer) for pointer, _ in refused(fields)] == [field_at("/respond_by")]
    assert (typed(fields)["respond_by_day"], typed(fields)["respond_by_time"]) == (["2027-03-28"], ["02:30"])


def test_a_place_has_its_coordinates_from_the_list_alone() -> None:
    assert _typed(place="PURMEREND ")["place"] == PLACE
    assert _typed(place="Nergenshuizen")["place"] == {"name": "Nergenshuizen"}


def test_an_empty_form_has_every_required_field_empty() -> None:
    assert {field.name for field in empty(read({}, {}, {}))} == {
        field.name
        for field in FIELDS
        if field.required and (field.kind.value not in {"yes", "many"} or field.name == "contract_forms")
    }


def test_emptying_an_optional_field_takes_it_away() -> None:
    form = {**typed(FACTS), "rate_max_cents": [""], "recruiter_phone": [""]}
    after = read(form, FACTS, PLACES)

    assert merge_patch(FACTS, after)["rate_max_cents"] is None
    assert "phone" not in after["recruiter"]


def test_a_patch_has_what_changed_and_nothing_else() -> None:
    before = {**FACTS, "weights": {"specialisms": 60, "rate": 40}}
    form = {**typed(before), "title": ["Anders"], "weight_rate": [""], "weight_dossiers": ["40"]}

    after = read(form, before, PLACES)

    assert merge_patch(before, after) == {"title": "Anders", "weights": {"rate": None, "dossiers": 40}}


def test_award_points_add_up_as_typed() -> None:
    assert weight_sum({}) is None
    assert weight_sum({"weight_rate": ["30"], "weight_dossiers": [" 20 "], "weight_sector": ["x"]}) == 50


def test_of_a_conflict_single_fields_are_taken_over() -> None:
    mine = {**typed(FACTS), "title": ["Van mij"], "hours_max": ["40"]}

    form = taken(mine, ["title", "nonsense"], typed(FACTS))

    assert (form["title"], form["hours_max"]) == (typed(FACTS)["title"], ["40"])


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("/title", "title"),
        ("/place/latitude", "place"),
        ("/organisation", "organisation_name"),
        ("/organisation/type", "organisation_type"),
        ("/required_specialisms/0", "required_specialisms"),
        ("/weights/rate", "weight_rate"),
        ("/weights", "weight_specialisms"),
    ],
)
def test_an_owners_pointer_leads_to_a_field(pointer: str, name: str) -> None:
    field = field_at(pointer)
    assert field is not None
    assert field.name == name


def test_the_reach_needs_no_title_and_says_what_it_needs() -> None:
    facts = {name: value for name, value in FACTS.items() if name not in {"title", "reason", "respond_by"}}

    assert isinstance(judged(facts), AssignmentFacts)
    lacking = judged({**facts, "hours_min": "veel", "place": {"name": "Nergenshuizen"}})
    assert isinstance(lacking, list)
    assert {field.name for field in lacking} == {"hours_min", "place"}
