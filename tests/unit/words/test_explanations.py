"""Why somebody fits an opdracht, and why not: criteria and rules in Dutch."""

from typing import Any

import pytest
from contracts.events import CriterionExplained, RuleBroken
from contracts.vocabulary import Criterion, OrganisationType, Rule, WithdrawalReason
from support.mails import EXPLANATION
from words import criteria, rules
from words.criteria import ORGANISATIONS


def explained(criterion: Criterion, facts: dict[str, Any], points: float = 1.0) -> CriterionExplained:
    return CriterionExplained(criterion=criterion, points=points, max_points=10.0, facts=facts)


@pytest.mark.parametrize(
    ("criterion", "facts", "to_professional", "to_recruiter"),
    [
        (
            Criterion.SPECIALISMS,
            {"matched": ["redactie"], "missing": ["woordvoering"]},
            "1 van de 2 gevraagde specialismen: redactie. Nog niet: woordvoering.",
            "1 van de 2 gevraagde specialismen: redactie. Nog niet: woordvoering.",
        ),
        (
            Criterion.SPECIALISMS,
            {"matched": ["redactie", "campagnes"], "missing": []},
            "Alle gevraagde specialismen: redactie en campagnes.",
            "Alle gevraagde specialismen: redactie en campagnes.",
        ),
        (
            Criterion.DOSSIERS,
            {"matched": [], "missing": ["water"]},
            "Het gevraagde dossier, water, heb je nog niet.",
            "Het gevraagde dossier, water, ontbreekt nog.",
        ),
        (
            Criterion.DOSSIERS,
            {"matched": ["financien"], "missing": []},
            "Het gevraagde dossier: financiën.",
            "Het gevraagde dossier: financiën.",
        ),
        (
            Criterion.DOSSIERS,
            {"matched": [], "missing": ["water", "wonen"]},
            "Nog geen van de gevraagde dossiers: water en wonen.",
            "Nog geen van de gevraagde dossiers: water en wonen.",
        ),
        (
            Criterion.SECTOR,
            {"direction": "breadth", "organisation_type": "gemeente", "entries": 2, "latest": "zorg"},
            "Je zoekt variatie. Bij een gemeente werkte je al 2 keer, maar niet bij je laatste opdracht.",
            "Zoekt variatie. Werkte al 2 keer bij een gemeente, maar niet bij de laatste opdracht.",
        ),
        (
            Criterion.SECTOR,
            {"direction": "breadth", "organisation_type": "zorg", "entries": 0, "latest": None},
            "Je zoekt variatie. Een zorgorganisatie is nieuw in je portfolio.",
            "Zoekt variatie. Een zorgorganisatie is nieuw in het portfolio.",
        ),
        (
            Criterion.SECTOR,
            {"direction": "breadth", "organisation_type": "zorg", "entries": 1, "latest": "zorg"},
            "Je zoekt variatie, maar je laatste opdracht was ook bij een zorgorganisatie.",
            "Zoekt variatie, maar de laatste opdracht was ook bij een zorgorganisatie.",
        ),
        (
            Criterion.SECTOR,
            {"direction": "depth", "organisation_type": "zorg", "entries": 1, "latest": "zorg"},
            "Je zoekt diepgang; 1 eerdere opdracht sluit hierop aan.",
            "Zoekt diepgang; 1 eerdere opdracht sluit hierop aan.",
        ),
        (
            Criterion.AMBITION,
            {
                "growth": True,
                "profile_level": "junior",
                "assignment_level": "medior",
                "step_up": True,
                "wishes": ["redactie", "campagnes"],
                "matched": [],
            },
            "Een stap omhoog: van junior naar medior."
            " Je wens om te groeien in redactie of campagnes komt hier niet terug.",
            "Een stap omhoog: van junior naar medior."
            " De wens om te groeien in redactie of campagnes komt hier niet terug.",
        ),
        (
            Criterion.AVAILABILITY,
            {"available_from": "2027-01-19", "starts_on": "2027-02-15", "days_apart": 27},
            "Je bent 27 dagen voor de start vrij (dinsdag 19 januari 2027).",
            "27 dagen voor de start vrij (dinsdag 19 januari 2027).",
        ),
        (
            Criterion.AVAILABILITY,
            {"available_from": "2027-01-02", "starts_on": "2027-01-01", "days_apart": 1},
            "Je bent 1 dag na de start vrij (zaterdag 2 januari 2027); dat mag hier.",
            "1 dag na de start vrij (zaterdag 2 januari 2027); dat mag hier.",
        ),
        (
            Criterion.RATE,
            {"rate_min_cents": 8000, "rate_max_cents": None},
            "De opdracht noemt geen maximum. Jij vraagt minimaal € 80 per uur.",
            "De opdracht noemt geen maximum. Vraagt minimaal € 80 per uur.",
        ),
        (
            Criterion.RATE,
            {"rate_min_cents": 5500, "rate_max_cents": 9800},
            "De opdracht betaalt tot € 98 per uur. Jij vraagt minimaal € 55. Je kunt hier meer vragen.",
            "De opdracht betaalt tot € 98 per uur. Vraagt minimaal € 55.",
        ),
        (
            Criterion.RATE,
            {"rate_min_cents": 8000, "rate_max_cents": 10000},
            "De opdracht betaalt tot € 100 per uur. Jij vraagt minimaal € 80.",
            "De opdracht betaalt tot € 100 per uur. Vraagt minimaal € 80.",
        ),
        (
            Criterion.DISTANCE,
            {"km": 0.0, "max_km": 0.0, "onsite_days": 0},
            "De opdracht is helemaal op afstand te doen.",
            "De opdracht is helemaal op afstand te doen.",
        ),
        (
            Criterion.DISTANCE,
            {"km": 71.8, "max_km": 110.0, "onsite_days": 2},
            "72 km hemelsbreed; jij wilt tot 110 km.",
            "72 km hemelsbreed; de grens is 110 km.",
        ),
        (Criterion.RATE, {"something": "new"}, "", ""),
    ],
)
def test_a_criterion_in_words(
    criterion: Criterion, facts: dict[str, Any], to_professional: str, to_recruiter: str
) -> None:
    item = explained(criterion, facts)
    assert criteria.because(item, to_you=True) == to_professional
    assert criteria.because(item) == to_recruiter


def test_what_fits_and_what_to_mind_part_at_half_of_a_criterions_points() -> None:
    fits = criteria.fits(EXPLANATION, to_you=True)
    minds = criteria.minds(EXPLANATION, to_you=True)
    assert [one.name for one in fits] == [
        "Specialismen",
        "Eerdere opdrachten",
        "Ambitie",
        "Beschikbaarheid",
        "Tarief",
    ]
    assert [(one.name, one.points) for one in minds] == [
        ("Dossiers", "0,0 van 10"),
        ("Reisafstand", "2,3 van 10"),
    ]


def test_what_was_not_asked_or_weighs_nothing_is_left_out() -> None:
    unasked = explained(Criterion.DOSSIERS, {"matched": [], "missing": []}, 10.0)
    weightless = explained(Criterion.RATE, {"rate_min_cents": 1, "rate_max_cents": None}).model_copy(
        update={"points": 0.0, "max_points": 0.0}
    )
    assert criteria.fits([unasked, weightless]) == criteria.minds([unasked, weightless]) == []


def test_one_can_learn_specialisms_and_dossiers_and_nothing_else() -> None:
    assert criteria.to_learn(EXPLANATION) == ["begrijpelijke taal", "energietransitie"]
    assert criteria.to_learn([explained(Criterion.SPECIALISMS, {"missing": "redactie"})]) == []


def test_every_kind_of_organisation_has_words() -> None:
    assert set(ORGANISATIONS) == set(OrganisationType)


@pytest.mark.parametrize(
    ("rule", "facts", "to_professional", "to_recruiter"),
    [
        (
            Rule.ACTIVE,
            {"status": "paused"},
            "Je profiel staat op pauze.",
            "Het profiel staat op pauze.",
        ),
        (
            Rule.LEVEL,
            {
                "profile_level": "medior",
                "assignment_level": "senior",
                "open_to_growth": False,
                "step_up": True,
            },
            "De opdracht is voor een senior communicatieadviseur; jouw niveau is"
            " communicatieadviseur (medior).",
            "De opdracht is voor een senior communicatieadviseur; het niveau is"
            " communicatieadviseur (medior).",
        ),
        (
            Rule.SPECIALISMS,
            {"required": ["redactie", "campagnes"], "missing": ["redactie", "campagnes"]},
            "De opdracht vraagt redactie en campagnes; die staan niet in je profiel.",
            "De opdracht vraagt redactie en campagnes; die staan niet in het profiel.",
        ),
        (
            Rule.CERTIFICATES,
            {"required": ["prince2"], "missing": ["prince2"]},
            "De opdracht vraagt het certificaat PRINCE2; dat staat niet in je profiel.",
            "De opdracht vraagt het certificaat PRINCE2; dat staat niet in het profiel.",
        ),
        (
            Rule.AVAILABILITY,
            {
                "available_from": "2027-02-01",
                "available_until": None,
                "starts_on": "2027-01-04",
                "ends_on": "2027-06-30",
                "slack_days": 14,
            },
            "De opdracht start op maandag 4 januari 2027; jij bent vrij vanaf maandag 1 februari 2027.",
            "De opdracht start op maandag 4 januari 2027; vrij vanaf maandag 1 februari 2027.",
        ),
        (
            Rule.AVAILABILITY,
            {
                "available_from": "2027-01-01",
                "available_until": "2027-05-01",
                "starts_on": "2027-01-04",
                "ends_on": "2027-06-30",
                "slack_days": 14,
            },
            "De opdracht loopt tot en met woensdag 30 juni 2027;"
            " jij bent vrij tot en met zaterdag 1 mei 2027.",
            "De opdracht loopt tot en met woensdag 30 juni 2027; vrij tot en met zaterdag 1 mei 2027.",
        ),
        (
            Rule.HOURS,
            {"profile_hours": [24, 36], "assignment_hours": [16, 16]},
            "De opdracht is 16 uur per week; jij wilt 24 tot 36 uur per week.",
            "De opdracht is 16 uur per week; de wens is 24 tot 36 uur per week.",
        ),
        (
            Rule.RATE,
            {"rate_min_cents": 9000, "rate_max_cents": 8900},
            "De opdracht betaalt tot € 89 per uur; jij vraagt minimaal € 90.",
            "De opdracht betaalt tot € 89 per uur; gevraagd is minimaal € 90.",
        ),
        (
            Rule.DISTANCE,
            {"onsite_days": 2, "km": 105.2, "max_km": 60.0},
            "De opdracht is 2 dagen per week op locatie, op 105 km hemelsbreed; jij wilt tot 60 km.",
            "De opdracht is 2 dagen per week op locatie, op 105 km hemelsbreed; de grens is 60 km.",
        ),
        (
            Rule.DISTANCE,
            {"onsite_days": 2, "km": 60.3, "max_km": 60.0},
            "De opdracht is net te ver weg: jij wilt tot 60 km hemelsbreed.",
            "De opdracht is net te ver weg: de grens is 60 km hemelsbreed.",
        ),
        (
            Rule.CONTRACT_FORM,
            {"profile_forms": ["zzp"], "assignment_forms": ["detachering", "loondienst"]},
            "De contractvorm is detachering of loondienst; jij koos zzp.",
            "De contractvorm is detachering of loondienst; de wens is zzp.",
        ),
        (
            Rule.ORGANISATION,
            {"organisation_type": "gemeente", "excluded": ["gemeente"]},
            "Het is een opdracht bij een gemeente, en die wil je niet.",
            "Het is een opdracht bij een gemeente, en die is niet gewenst.",
        ),
    ],
)
def test_a_rule_that_no_longer_holds_in_words(
    rule: Rule, facts: dict[str, Any], to_professional: str, to_recruiter: str
) -> None:
    broken = RuleBroken(rule=rule, facts=facts)
    assert rules.broken([broken], None, to_you=True) == [to_professional]
    assert rules.broken([broken], None) == [to_recruiter] == [rules.sentence(broken)]


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("facts", [{}, {"missing": []}, {"km": "far"}])
def test_a_rule_whose_facts_are_written_otherwise_has_words_all_the_same(
    rule: Rule, facts: dict[str, Any]
) -> None:
    assert rules.sentence(RuleBroken(rule=rule, facts=facts)).endswith(".")


def test_where_every_rule_holds_the_score_is_too_low() -> None:
    assert rules.broken([], 48.2, to_you=True) == [
        "Je score is nu 48 van de 100, en dat is te laag om nog te passen."
    ]
    assert rules.broken([], None) == []


def test_what_changed_is_said_to_each_side() -> None:
    assert rules.cause(WithdrawalReason.PROFILE_CHANGED, to_you=True) == "Je profiel is veranderd."
    assert rules.cause(WithdrawalReason.PROFILE_CHANGED) == "Het profiel is veranderd."
    for reason in WithdrawalReason:
        assert rules.cause(reason).endswith(".")
