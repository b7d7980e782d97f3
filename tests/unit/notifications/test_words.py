"""What happened to a match and why it fits, in order and in Dutch."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.events import CriterionExplained
from contracts.vocabulary import Answer, ClosedReason, Criterion, Decision
from notifications.domain import timeline
from notifications.domain.match import Answered, Decided, Ended
from notifications.domain.notice import TO_RECRUITERS, WAITING, Kind, NoticeState
from notifications.domain.timeline import Notified, steps
from notifications.words import nl
from support.notifying import FACTS, a_match, an_assignment

NOW = FACTS.respond_by - timedelta(days=1)


def test_a_timeline_is_in_order_and_what_has_no_moment_stands_last() -> None:
    closed = an_assignment(ClosedReason.FILLED)
    match = a_match(
        assignment=closed,
        answered=Answered(Answer.INTERESTED, "graag", NOW),
        decided=Decided(Decision.NOMINATED, "past", NOW + timedelta(hours=2)),
    )
    sent = Notified(Kind.MATCH, NoticeState.ACCEPTED, NOW - timedelta(hours=1), None, "250 ok")
    waits = Notified(Kind.NOMINATED, NoticeState.PENDING, None, NOW + timedelta(hours=9), None)
    found = steps(match, [waits, sent])
    assert [nl.step(step) for step in found] == [
        "Opdracht geopend",
        "Voorgesteld",
        "Mail over de opdracht: aangenomen door de mailserver",
        "Heeft interesse",
        "Voorgedragen",
        "Mail over de voordracht: staat klaar",
        "Opdracht ingevuld",
    ]
    assert [timeline.moment(step) for step in found[-2:]] == [NOW + timedelta(hours=9), None]


def test_every_notice_to_a_professional_and_every_outcome_has_words() -> None:
    for kind in set(Kind) - TO_RECRUITERS:
        for state in NoticeState:
            due_at = NOW if state in WAITING else None
            assert nl.step(Notified(kind, state, None, due_at, None))


def test_dutch_reads_as_people_write_it() -> None:
    assert nl.terms(["redactie"]) == "redactie"
    assert nl.terms(["redactie", "campagnes"]) == "redactie en campagnes"
    assert nl.choices(["zzp", "detachering", "loondienst"]) == "zzp, detachering of loondienst"
    assert nl.euros(8500) == "€ 85"
    assert nl.euros(123456) == "€ 1.234,56"
    assert nl.number(52.5) == "52,5"
    assert nl.hours(24, 24) == "24 uur per week"
    assert nl.moment(datetime(2027, 7, 1, 10, 0, tzinfo=UTC)) == "donderdag 1 juli 2027, 12:00 uur"


@pytest.mark.parametrize(
    ("criterion", "facts", "says"),
    [
        (
            "specialisms",
            {"matched": ["redactie"], "missing": ["woordvoering"]},
            "1 van de 2 gevraagde specialismen: redactie. Nog niet: woordvoering.",
        ),
        ("dossiers", {"matched": [], "missing": []}, "Geen dossiers gevraagd."),
        (
            "rate",
            {"rate_min_cents": 8000, "rate_max_cents": None},
            "Je vraagt minimaal € 80 per uur; de opdracht noemt geen maximum.",
        ),
        (
            "distance",
            {"km": 0.0, "max_km": 0.0, "onsite_days": 0},
            "De opdracht is helemaal op afstand te doen.",
        ),
        ("distance", {"km": 26.9, "max_km": 100.0}, "26,9 km reizen; je grens is 100 km."),
        (
            "availability",
            {"days_apart": 1, "available_from": "2027-01-01", "starts_on": "2027-01-02"},
            "Er zit 1 dag tussen: je bent beschikbaar vanaf 1 januari 2027, start op 2 januari 2027.",
        ),
        (
            "availability",
            {"days_after": 0, "available_from": "2027-01-01", "starts_on": "2027-01-09"},
            "Je bent beschikbaar vanaf 1 januari 2027, op tijd voor de start op 9 januari 2027.",
        ),
        (
            "availability",
            {"days_after": 3, "available_from": "2027-01-12", "starts_on": "2027-01-09"},
            "Er zitten 3 dagen tussen: je bent beschikbaar vanaf 12 januari 2027, start op 9 januari 2027.",
        ),
        (
            "sector",
            {
                "direction": "depth",
                "organisation_type": "gemeente",
                "entries": 2,
                "entries_that_count": 1,
                "latest": "gemeente",
            },
            "Je zoekt diepgang; je deed 1 eerdere opdracht die hierop lijkt.",
        ),
        ("rate", {"something": "new"}, ""),
    ],
)
def test_a_criterion_in_words(criterion: str, facts: dict[str, Any], says: str) -> None:
    item = CriterionExplained(criterion=Criterion(criterion), points=1.0, max_points=5.0, facts=facts)
    assert nl.because(item, to_you=True) == says


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_max_cents": 9550}, "het maximale tarief € 95,50 per uur wordt"),
        ({"open_to_growth": True}, "je ook mensen toelaat voor wie het een stap omhoog is"),
        ({"starts_on": "2027-01-15"}, "de opdracht start op 15 januari 2027"),
        ({"onsite_days": 0}, "het werk helemaal op afstand te doen is"),
        ({"onsite_days": 1}, "het werk 1 dag per week op locatie te doen is"),
        ({"required_specialisms": FACTS.required_specialisms[1:]}, "niet meer verplicht is"),
        ({"something_new": 1}, "je een eis soepeler maakt"),
    ],
)
def test_advice_is_put_into_words(change: dict[str, object], words: str) -> None:
    assert words in nl.change(change, FACTS)


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (Ended(declined=0, rejected=0, fell_off=0), ""),
        (
            Ended(declined=1, rejected=0, fell_off=0),
            "Er paste één professional bij deze opdracht, maar die zei nee. Nu past er niemand meer.",
        ),
        (
            Ended(declined=2, rejected=0, fell_off=1),
            "Er pasten 3 professionals: 2 zeiden nee en 1 viel af"
            " omdat de opdracht of het profiel veranderde. Nu past er niemand meer.",
        ),
        (
            Ended(declined=1, rejected=2, fell_off=0),
            "Er pasten 3 professionals: 1 zei nee en 2 zijn afgewezen. Nu past er niemand meer.",
        ),
    ],
)
def test_why_nobody_is_left_on_the_board(ended: Ended, says: str) -> None:
    assert nl.nobody_left(ended) == says
