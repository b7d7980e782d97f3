"""A portfolio as its professional sees it: the placements that started stand among what they wrote."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.facts import PlacementTerms
from contracts.vocabulary import ContractForm
from desk.domain import profile_form as form
from desk.domain.placements import Placed
from desk.domain.portfolio import with_placements
from support import people as random_facts

NOW = datetime.now(UTC)
BEFORE = {
    "organisation_type": "provincie",
    "level": "junior",
    "started_on": "2020-01-01",
    "title": "Redacteur",
}
PLACEMENT = UUID(int=7)
STARTED = {
    "organisation_type": "gemeente",
    "level": "medior",
    "started_on": "2026-11-02",
    "ended_on": None,
    "specialisms": ["redactie"],
    "dossiers": [],
    "placement_id": str(PLACEMENT),
}
WRITTEN = {**STARTED, "level": "junior", "started_on": "2026-01-01", "result": "Gelezen", "title": "Mijn rol"}


def profile(written: list[Any], effective: list[Any]) -> dict[str, Any]:
    facts = random_facts.profile_facts(random.Random(1))
    contact = random_facts.profile_body(random.Random(1), "Anna")["contact"]
    return {
        "contact": contact,
        "facts": {**facts, "portfolio": written},
        "effective_facts": {**facts, "portfolio": effective},
    }


def placed() -> Placed:
    terms = PlacementTerms(
        starts_on=NOW.date(),
        ends_on=NOW.date(),
        hours=24,
        rate_cents=9000,
        contract_form=ContractForm.ZZP,
    )
    return Placed(
        placement_id=PLACEMENT,
        version=1,
        assignment_id=uuid4(),
        profile_id=uuid4(),
        terms=terms,
        ended_on=None,
        ended_reason=None,
        agreed_at=NOW,
        changed_at=NOW,
        name="Anna",
        email=None,
        phone=None,
        title="Adviseur wonen",
        organisation="Gemeente Meppel",
    )


def portfolio(written: list[Any], effective: list[Any], known: list[Placed]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = with_placements(profile(written, effective), known)["facts"]["portfolio"]
    return found


def test_a_placement_that_started_is_an_entry_called_as_its_opdracht() -> None:
    found = portfolio([BEFORE], [BEFORE, STARTED], [placed()])
    assert found == [BEFORE, {**STARTED, "title": "Adviseur wonen", "organisation_name": "Gemeente Meppel"}]


def test_of_an_opdracht_that_is_not_known_it_stands_without_a_name() -> None:
    assert portfolio([], [STARTED], []) == [STARTED]


def test_what_was_agreed_stands_and_what_was_written_about_it_stays() -> None:
    (entry,) = portfolio([WRITTEN], [STARTED], [placed()])
    client = {"organisation_name": "Gemeente Meppel"}
    assert entry == {**STARTED, **client, "title": "Mijn rol", "result": "Gelezen"}


def test_what_was_written_about_a_placement_goes_with_it() -> None:
    assert portfolio([BEFORE, WRITTEN], [BEFORE], []) == [BEFORE]


def test_the_form_says_what_was_agreed_and_sends_it_back_as_it_is() -> None:
    typed = form.typed_of(with_placements(profile([BEFORE], [BEFORE, STARTED]), [placed()]))
    assert form.agreed(typed, 1) == (
        "Via ons geplaatst: gemeente, communicatieadviseur (medior),"
        " vanaf maandag 2 november 2026, loopt nog."
    )
    named = {"title": "Adviseur wonen", "organisation_name": "Gemeente Meppel"}
    assert form.body(typed)["facts"]["portfolio"][1] == {**STARTED, **named}


def test_a_form_that_was_made_by_hand_is_no_error_of_ours() -> None:
    row = f"{form.PORTFOLIO}/0/"
    assert "vandaag" in form.agreed({f"{row}level": ["medior"], f"{row}started_on": ["vandaag"]}, 0)
    assert "koning" in form.agreed({f"{row}level": ["koning"], f"{row}ended_on": ["nooit"]}, 0)
