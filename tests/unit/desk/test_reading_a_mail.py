"""What is read from a client's mail, rule by rule."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contracts.vocabulary import Certificate, ContractForm, Dossier, Level, Specialism, Urgency
from desk.reading import Found, synonyms
from support.reading import TODAY, every, reading, values


def test_nothing_is_found_in_a_mail_that_says_nothing() -> None:
    assert not list(
        every(reading("Beste Sanne,\n\nDank voor het prettige gesprek van gisteren.\n\nGroet,\nKarin"))
    )
    assert not list(every(reading("")))


def words(text: str, found: Found[Any] | None) -> str:
    assert found
    return text[found.words.start : found.words.end]


def test_the_words_are_those_of_the_original_with_its_capitals_and_odd_signs() -> None:
    text = "Wij zoeken 24\u00a0–\u00a032\u00a0UUR per week iemand, tarief €\u00a095,‑ per uur."
    found = reading(text)
    assert words(text, found.hours_min) == "24\u00a0–\u00a032\u00a0UUR per week"
    assert (found.hours_min and found.hours_min.value, found.hours_max and found.hours_max.value) == (24, 32)
    assert found.rate_max_cents
    assert found.rate_max_cents.value == 9500


def test_what_contradicts_is_told_beside_what_was_chosen() -> None:
    text = "Uren: 24 per week\nTarief: max € 95 per uur\n\nHet gaat om 32 uur per week."
    found = reading(text).hours_max
    assert found
    assert found.value == 24
    assert [(one.value, text[one.words.start : one.words.end]) for one in found.others] == [
        (32, "32 uur per week")
    ]


def test_what_is_new_goes_before_what_is_quoted() -> None:
    text = "Het worden 32 uur per week.\n\nOp 3 november schreef Karin:\n> Wij denken aan 16 uur per week."
    found = reading(text).hours_max
    assert found
    assert found.value == 32
    assert [one.value for one in found.others] == [16]


def test_what_is_only_quoted_is_read_all_the_same() -> None:
    found = reading("Zie onder.\n\nVan: Karin\nVerzonden: ma 2 november 2026 9:00\n\nHet is 16 uur.")
    assert values(found.hours_max) == {16}
    assert found.respond_by is None


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("Tarief: max. € 95,00 per uur excl. btw", 9500),
        ("tussen de 85 en 95 euro per uur", 9500),
        ("€ 121 per uur inclusief btw", 10000),
        ("Dagtarief: € 800", 10000),
        ("uurtarief €92,50", 9250),
        ("hooguit 80 p/u all-in", 8000),
    ],
)
def test_a_rate_is_cents_an_hour_without_vat(text: str, cents: int) -> None:
    assert values(reading(text).rate_max_cents) == {cents}


def test_no_maximum_is_found_as_such_and_a_salary_is_no_rate() -> None:
    found = reading("Tarief: geen maximum").rate_max_cents
    assert found
    assert found.value is None
    assert reading("Salaris: € 4.430 bruto per maand").rate_max_cents is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Start: 1 december", date(2026, 12, 1)),
        ("Start per 1 november", date(2027, 11, 1)),
        ("vanaf half maart", date(2027, 3, 15)),
        ("Startdatum: 01-02-2027", date(2027, 2, 1)),
        ("Startdatum\n1 februari 2027", date(2027, 2, 1)),
        ("per januari 2027", date(2027, 1, 1)),
        ("start in week 3", date(2027, 1, 18)),
        ("Start: z.s.m.", TODAY),
        ("Start: z.s.m., in elk geval vanaf 4 januari", date(2027, 1, 4)),
    ],
)
def test_a_start_is_a_day_from_today_on(text: str, start: date) -> None:
    assert values(reading(text).starts_on) == {start}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("1 december t/m 30 juni", date(2027, 6, 30)),
        ("Start 1 december, tot 1 juli 2027", date(2027, 6, 30)),
        ("Start 1 december, voor 7 maanden", date(2027, 6, 30)),
        ("Start 31 augustus 2027, duur: 6 maanden", date(2028, 2, 28)),
        ("Start 1 december, voor 12 weken", date(2027, 2, 22)),
        ("Start 1 december, tot eind mei, optie op verlenging van 6 maanden", date(2027, 5, 31)),
    ],
)
def test_an_end_is_named_or_follows_from_the_duration(text: str, end: date) -> None:
    assert values(reading(text).ends_on) == {end}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Reageren kan tot vrijdag 27 november 12.00 uur", (2026, 11, 27, 12, 0)),
        ("Reageren? Dat kan tot en met 31 december 17.00 uur", (2026, 12, 31, 17, 0)),
        ("Graag een reactie voor 3 januari", (2027, 1, 2, 23, 59)),
        ("Deadline: morgen 9:00", (2026, 11, 25, 9, 0)),
        ("cv's ontvangen wij uiterlijk aanstaande vrijdag om 17 uur", (2026, 11, 27, 17, 0)),
    ],
)
def test_one_can_respond_until_a_moment_in_amsterdam(text: str, moment: tuple[int, ...]) -> None:
    year, month, day, hour, minute = moment
    assert values(reading(text).respond_by) == {
        datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Amsterdam"))
    }


def test_days_of_talks_and_elections_are_nobodys_deadline() -> None:
    found = reading("De gesprekken zijn op 29 december. De verkiezingen van 17 maart 2027 komen eraan.")
    assert (found.starts_on, found.ends_on, found.respond_by) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("geen zzp", {ContractForm.DETACHERING, ContractForm.LOONDIENST}),
        ("alleen detachering", {ContractForm.DETACHERING}),
        ("via payroll, geen freelancers", {ContractForm.LOONDIENST}),
        ("zzp'ers zijn niet toegestaan", {ContractForm.DETACHERING, ContractForm.LOONDIENST}),
        ("zzp of detachering", {ContractForm.ZZP, ContractForm.DETACHERING}),
        ("Je werkt zelfstandig.", set()),
    ],
)
def test_contract_forms_are_those_that_are_possible(text: str, forms: set[ContractForm]) -> None:
    assert values(reading(text).contract_forms) == forms


def test_a_requirement_a_wish_and_what_is_no_condition_are_told_apart() -> None:
    found = reading(
        "Eis: ervaring met participatie; wens: campagnes.\n"
        "Woordvoering is een must. Redactie is geen vereiste.\n\n"
        "Mooi meegenomen:\n- crisiscommunicatie\n"
    )
    assert values(found.required_specialisms) == {Specialism.PARTICIPATIE, Specialism.WOORDVOERING}
    wished = {Specialism.CAMPAGNES, Specialism.REDACTIE, Specialism.CRISISCOMMUNICATIE}
    assert values(found.desired_specialisms) == wished


def test_what_stands_behind_a_comma_is_read_by_the_words_on_its_own_side() -> None:
    found = reading("Ervaring met participatie is een must, begrijpelijke taal is mooi meegenomen.")
    assert values(found.required_specialisms) == {Specialism.PARTICIPATIE}
    assert values(found.desired_specialisms) == {Specialism.BEGRIJPELIJKE_TAAL}


def test_a_certificate_is_required_where_the_mail_says_so() -> None:
    found = reading("Een certificaat crisiscommunicatie is een eis. Certificaat Prince2 is een pre.")
    assert values(found.required_certificates) == {Certificate.CRISISCOMMUNICATIE}
    assert not found.required_specialisms


def test_what_the_client_says_of_itself_is_not_asked_for() -> None:
    found = reading(
        "Over ons\nWij werken aan onderwijs en zorg.\n\nOpdracht:\nHelp mee met de energietransitie."
    )
    assert values(found.dossiers) == {Dossier.ENERGIETRANSITIE}


def test_two_levels_named_as_one_are_the_higher_one_open_to_growth() -> None:
    found = reading("Wij zoeken een medior/senior communicatieadviseur.")
    assert values(found.level) == {Level.SENIOR}
    assert values(found.open_to_growth) == {True}


def test_haste_is_of_the_work_and_not_of_an_answer() -> None:
    assert values(reading("Wij zoeken met spoed iemand").urgency) == {Urgency.SPOED}
    assert values(reading("Er is geen haast bij").urgency) == {Urgency.NORMAAL}
    assert reading("Graag zsm een reactie").urgency is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Standplaats: Den Bosch", "'s-Hertogenbosch"),
        ("ons kantoor in Best", "Best"),
        ("Beste Sanne, het is best druk in het team", None),
        ("Met vriendelijke groet,\nJan van Houten", None),
        ("Gemeente Gouda", "Gouda"),
    ],
)
def test_a_place_is_one_of_the_list_where_the_words_point_at_one(text: str, name: str | None) -> None:
    found = reading(text).place
    assert (found.value.name if found else None) == name


def test_positions_are_those_that_are_sought_and_not_the_team() -> None:
    assert values(reading("Wij zoeken twee communicatieadviseurs.").positions) == {2}
    assert reading("Wij zoeken iemand voor een team van twee adviseurs.").positions is None


def test_the_whole_vocabulary_has_synonyms() -> None:
    assert set(synonyms.SPECIALISMS) == set(Specialism)
    assert set(synonyms.DOSSIERS) == set(Dossier)
    assert set(synonyms.CERTIFICATES) == set(Certificate)
