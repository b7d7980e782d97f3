"""The pages of a mail's links, for every way in which a match may stand."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from contracts.facts import Preferences
from contracts.vocabulary import Frequency
from notifications.domain.match import Match
from support.answer_pages import EVERY_STANDING, TEMPLATES, match_page
from support.mails import OPDRACHT, an_opdracht, the_match

YES, NO, LATER = "Ja, ik heb interesse", "Nee, niet voor mij", "Vraag het me later nog eens"
STEP_BACK = "Ik zie ervan af"
NOT_ME = "Dit was ik niet"
INTERESTED_SAYS = (
    "Je hebt laten weten dat je interesse hebt. Sanne de Wit ziet dat meteen."
    " Reageren kan tot vrijdag 18 december 2026, 09:00 uur; daarna wordt er gekozen."
)
SELECTING_SAYS = (
    "De reactietermijn is voorbij. Jij hebt interesse, dus je doet mee: er wordt nu gekozen."
    " Je kunt nog wel afzien."
)
DECLINED_SAYS = "Je hebt laten weten dat deze opdracht niets voor je is. Je krijgt er geen mail meer over."


def on_a_line(html: str) -> str:
    return " ".join(html.split())


def render(template: str, **context: Any) -> str:
    return on_a_line(TEMPLATES.get_template(template).render(context))


def shown(match: Match) -> str:
    return on_a_line(match_page(match))


SAYS = {
    "open": ("Laat weten wat je ervan vindt", {YES, LATER, NO}),
    "interested": (INTERESTED_SAYS, {STEP_BACK, NOT_ME}),
    "selecting": (SELECTING_SAYS, {STEP_BACK, NOT_ME}),
    "too late": ("De reactietermijn is voorbij. Reageren kan niet meer.", set()),
    "invited": ("dinsdag 8 december 2026, 10:00 uur", {STEP_BACK, NOT_ME}),
    "nominated": (
        "Goed nieuws: Sanne de Wit heeft je voorgedragen bij de opdrachtgever.",
        {STEP_BACK, NOT_ME},
    ),
    "rejected with words": ("Sanne de Wit laat weten dat je deze opdracht niet krijgt.", set()),
    "rejected with a reason": ("De opdrachtgever zoekt iemand met meer ervaring in dit soort werk.", set()),
    "declined": (DECLINED_SAYS, {YES, NOT_ME}),
    "declined, too late": (DECLINED_SAYS, set()),
    "filled": ("Deze opdracht is ingevuld.", set()),
    "filled by you": ("Je bent het geworden. Gefeliciteerd!", set()),
    "filled by somebody else": ("De opdrachtgever koos iemand anders.", set()),
    "withdrawn": ("De opdrachtgever heeft deze opdracht ingetrokken.", set()),
    "expired": ("Deze opdracht is gesloten. Reageren kan niet meer.", set()),
    "dropped": ("De opdracht betaalt tot € 89 per uur; jij vraagt minimaal € 90.", set()),
}


@pytest.mark.parametrize("name", EVERY_STANDING)
def test_the_page_says_how_a_match_stands_and_offers_what_one_may_do(name: str) -> None:
    html = shown(EVERY_STANDING[name])
    says, buttons = SAYS[name]
    assert says in html
    assert set(re.findall(r"<button[^>]*>([^<]*)</button>", html)) == buttons
    assert "INTERN" not in html
    assert '<a href="tel:0612345678">06 12345678</a>' in html
    assert '<a href="mailto:sanne@bureau.example.org">' in html


def test_a_rejection_shows_its_message_and_what_one_can_work_on_and_no_points() -> None:
    html = shown(EVERY_STANDING["rejected with words"])
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


def test_who_ends_their_links_hears_whom_to_call() -> None:
    told = render("links_ended.html", recruiter=OPDRACHT.recruiter)
    assert "Sanne de Wit" in told
    assert '<a href="tel:0612345678">06 12345678</a>' in told
    assert "de recruiter die in je mail staat" in render("links_ended.html", recruiter=None)


def test_a_change_of_address_is_denied_by_a_button_once() -> None:
    assert "<button" in render("not_me.html", done=False)
    done = render("not_me.html", done=True)
    assert "<button" not in done
    assert "Er gaat geen mail meer naar het nieuwe adres." in done


def test_no_page_hands_out_a_link_of_another_purpose() -> None:
    pages = [
        *map(shown, EVERY_STANDING.values()),
        *(
            render("unsubscribe.html", done=done, news=True, thanks=False, end_news=False)
            for done in (True, False)
        ),
        render("links_ended.html", recruiter=OPDRACHT.recruiter),
        *(render("not_me.html", done=done) for done in (True, False)),
        render("no_match.html"),
    ]
    for html in pages:
        assert not re.search(r"/(m|preferences|unsubscribe|not-me)/", html)


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
