"""The pages of a mail's links, for every way in which a match may stand."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from contracts.facts import Preferences
from contracts.vocabulary import Answer, ClosedReason, Decision, Frequency, ReasonCode
from notifications.domain.match import Answered, FilledBy, Match
from notifications.domain.standing import Choice, Standing, choices, standing
from notifications.rendering import environment
from support.mails import INTERVIEW, MESSAGE, NO_LONGER, NOW, REGRET, an_opdracht, decided, the_match

TEMPLATES = environment("notifications.answers")
INTERESTED = Answered(Answer.INTERESTED, None, NOW)
DECLINED = Answered(Answer.DECLINED, "te ver", NOW)
YES, NO, LATER = "Ja, ik heb interesse", "Nee, niet voor mij", "Vraag het me later nog eens"
STEP_BACK = "Ik zie ervan af"


def render(template: str, **context: Any) -> str:
    html = TEMPLATES.get_template(template).render(context)
    return " ".join(html.split())


def shown(match: Match, offered: frozenset[Choice] | None = None) -> str:
    return render(
        "match.html",
        match=match,
        facts=match.assignment.facts,
        standing=standing(match, NOW),
        choices=choices(match, NOW) if offered is None else offered,
        Choice=Choice,
        Standing=Standing,
        wanted=None,
        note=None,
    )


def ended(reason: ClosedReason, filled_by: FilledBy = FilledBy.UNKNOWN) -> Match:
    return the_match(assignment=an_opdracht(0, reason), filled_by=filled_by, live=False)


SELECTING = an_opdracht(respond_by=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("match", "says", "buttons"),
    [
        (the_match(), "Laat weten wat je ervan vindt", {YES, LATER, NO}),
        (
            the_match(answered=INTERESTED),
            "Je hebt laten weten dat je interesse hebt. Sanne de Wit ziet dat meteen."
            " Reageren kan tot vrijdag 18 december 2026, 09:00 uur; daarna wordt er gekozen.",
            {STEP_BACK},
        ),
        (
            the_match(answered=INTERESTED, assignment=SELECTING),
            "De reactietermijn is voorbij. Jij hebt interesse, dus je doet mee: er wordt nu gekozen."
            " Je kunt nog wel afzien.",
            {STEP_BACK},
        ),
        (the_match(assignment=SELECTING), "De reactietermijn is voorbij. Reageren kan niet meer.", set()),
        (
            the_match(answered=INTERESTED, decided=decided(Decision.INVITED, appointment=INTERVIEW)),
            "dinsdag 8 december 2026, 10:00 uur",
            {STEP_BACK},
        ),
        (
            the_match(answered=INTERESTED, decided=decided(Decision.NOMINATED, message=MESSAGE)),
            "Goed nieuws: Sanne de Wit heeft je voorgedragen bij de opdrachtgever.",
            {STEP_BACK},
        ),
        (
            the_match(decided=decided(Decision.REJECTED, message=REGRET), live=False),
            "Sanne de Wit laat weten dat je deze opdracht niet krijgt.",
            set(),
        ),
        (
            the_match(decided=decided(Decision.REJECTED, reason_code=ReasonCode.ERVARING), live=False),
            "De opdrachtgever zoekt iemand met meer ervaring in dit soort werk.",
            set(),
        ),
        (
            the_match(answered=DECLINED, live=False),
            "Je hebt laten weten dat deze opdracht niets voor je is. Je krijgt er geen mail meer over.",
            {"Ja, ik heb interesse"},
        ),
        (ended(ClosedReason.FILLED), "Deze opdracht is ingevuld.", set()),
        (ended(ClosedReason.FILLED, FilledBy.YOU), "Je bent het geworden. Gefeliciteerd!", set()),
        (ended(ClosedReason.FILLED, FilledBy.SOMEBODY_ELSE), "De opdrachtgever koos iemand anders.", set()),
        (ended(ClosedReason.WITHDRAWN), "De opdrachtgever heeft deze opdracht ingetrokken.", set()),
        (ended(ClosedReason.EXPIRED), "Deze opdracht is gesloten. Reageren kan niet meer.", set()),
        (
            the_match(withdrawn=NO_LONGER, live=False),
            "De opdracht betaalt tot € 89 per uur; jij vraagt minimaal € 90.",
            set(),
        ),
    ],
)
def test_the_page_says_how_a_match_stands_and_offers_what_one_may_do(
    match: Match, says: str, buttons: set[str]
) -> None:
    html = shown(match)
    assert says in html
    assert set(re.findall(r"<button[^>]*>([^<]*)</button>", html)) == buttons
    assert "INTERN" not in html
    assert '<a href="tel:0612345678">06 12345678</a>' in html
    assert '<a href="mailto:sanne@bureau.example.org">' in html


def test_whoever_said_no_and_may_say_yes_finds_the_button() -> None:
    html = shown(the_match(answered=DECLINED, live=False), frozenset({Choice.INTERESTED}))
    assert YES in html
    assert NO not in html


def test_a_rejection_shows_its_message_and_what_one_can_work_on_and_no_points() -> None:
    html = shown(the_match(decided=decided(Decision.REJECTED, message=REGRET), live=False))
    assert "Dank voor je interesse." in html
    assert "staat nog niet in je profiel: begrijpelijke taal en energietransitie." in html
    assert "van de 100" not in html


def test_a_description_keeps_its_lists_and_nothing_turns_the_page_round() -> None:
    opdracht = an_opdracht(title="Adviseur \u202e85 محمد")
    html = shown(the_match(assignment=opdracht))
    assert "<li>bewonersavonden voorbereiden en begeleiden</li>" in html
    assert "<h1><bdi>Adviseur 85 محمد</bdi></h1>" in html
    assert "\u202e" not in html


def test_a_dead_link_says_what_may_have_happened() -> None:
    html = render("no_match.html")
    assert "30 dagen nadat de opdracht is gesloten" in html
    assert "Je gegevens zijn verwijderd." in html


def test_ending_mail_says_what_still_comes_and_how_to_end_that_too() -> None:
    some = render("unsubscribe.html", done=True, news=True, thanks=False, preferences="/p")
    assert "Je krijgt geen mail meer over nieuwe opdrachten" in some
    assert "Over opdrachten waarin je interesse hebt, houden we je wel op de hoogte." in some
    assert 'name="news" value="end"' in some
    none = render("unsubscribe.html", done=True, news=False, thanks=True, preferences="/p")
    assert "ook niet over opdrachten waarin je interesse hebt" in none
    assert 'name="news"' not in none


@pytest.mark.parametrize("end_news", [True, False])
def test_asking_to_end_mail_offers_the_second_choice(end_news: bool) -> None:
    html = render("unsubscribe.html", done=False, end_news=end_news, preferences="/p")
    assert ('name="news" value="end" checked' in html) is end_news


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (0, ["0", "65", "80"]),
        (12, ["12", "65", "80"]),
        (60.5, ["0", "60.5", "65", "80"]),
        (80, ["0", "65", "80"]),
        (100, ["0", "65", "80", "100"]),
    ],
)
def test_the_present_least_score_is_among_the_choices(least: float, expected: list[str]) -> None:
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=float(least), quiet_hours=False)
    html = render(
        "preferences.html",
        name="Anna",
        wishes=wishes,
        paused_until=None,
        tomorrow=date(2027, 1, 1),
        news=False,
        Frequency=Frequency,
        note=None,
    )
    assert re.findall(r'name="min_score" value="([^"]*)"', html) == expected
    assert re.findall(r'name="min_score" value="([^"]*)" checked', html) == [f"{least:g}"]
    assert 'name="news" value="end" checked' in html


def test_a_page_without_a_telephone_number_names_the_address() -> None:
    facts = an_opdracht().facts
    recruiter = facts.recruiter.model_copy(update={"phone": None})
    html = shown(
        the_match(assignment=replace(an_opdracht(), facts=facts.model_copy(update={"recruiter": recruiter})))
    )
    assert "tel:" not in html
    assert "sanne@bureau.example.org" in html
