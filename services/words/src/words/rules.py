"""Dutch: why somebody does not fit an opdracht, rule by rule (templates have it as `rules`)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.events import RuleBroken
from contracts.vocabulary import OrganisationType, Rule, WithdrawalReason

from words import nl
from words.criteria import ORGANISATIONS

CHANGED = {
    WithdrawalReason.ASSIGNMENT_CHANGED: "De opdracht is veranderd.",
    WithdrawalReason.POLICY_CHANGED: "We kijken nu op een andere manier wie bij een opdracht past.",
}
NAMES = {
    Rule.PROBE: "Proef",
    Rule.ACTIVE: "Beschikbaar",
    Rule.LEVEL: "Niveau",
    Rule.SPECIALISMS: "Verplichte specialismen",
    Rule.CERTIFICATES: "Verplichte certificaten",
    Rule.AVAILABILITY: "Periode",
    Rule.HOURS: "Uren",
    Rule.RATE: "Tarief",
    Rule.DISTANCE: "Reisafstand",
    Rule.CONTRACT_FORM: "Contractvorm",
    Rule.ORGANISATION: "Soort organisatie",
    Rule.UNANSWERED: "Geen nee gezegd",
}
OTHERWISE = {
    Rule.PROBE: "Het is een proef van het platform.",
    Rule.ACTIVE: "Het profiel staat op pauze.",
    Rule.LEVEL: "Het niveau past niet meer.",
    Rule.SPECIALISMS: "Er wordt een specialisme gevraagd dat niet in het profiel staat.",
    Rule.CERTIFICATES: "Er wordt een certificaat gevraagd dat niet in het profiel staat.",
    Rule.AVAILABILITY: "De periode past niet meer.",
    Rule.HOURS: "De uren passen niet meer.",
    Rule.RATE: "Het tarief past niet meer.",
    Rule.DISTANCE: "De afstand is te groot.",
    Rule.CONTRACT_FORM: "De contractvorm past niet meer.",
    Rule.ORGANISATION: "Dit soort organisatie past niet meer bij de wensen.",
    Rule.UNANSWERED: "Er is al nee gezegd.",
}


def cause(reason: WithdrawalReason, *, to_you: bool = False) -> str:
    """Say what changed. `to_you` speaks to the professional; otherwise the recruiter reads about one."""
    return CHANGED.get(reason, f"{'Je' if to_you else 'Het'} profiel is veranderd.")


def broken(rules: Iterable[RuleBroken], score: float | None, *, to_you: bool = False) -> list[str]:
    """Put the rules that no longer hold into words; where all do, the score is too low. `to_you` as above."""
    told = [sentence(rule, to_you=to_you) for rule in rules]
    if told:
        return told
    if score is None:
        return []
    whose = "Je" if to_you else "De"
    return [f"{whose} score is nu {nl.score(score)} van de 100, en dat is te laag om nog te passen."]


def sentence(rule: RuleBroken, *, to_you: bool = False) -> str:
    """Put a rule that does not hold into words. `to_you` as above.

    Facts that an older or another producer wrote differently get a sentence without them.
    """
    try:
        return _WORDS[rule.rule](rule.facts, to_you)
    except (KeyError, TypeError, ValueError):
        return OTHERWISE[rule.rule]


def _active(_facts: Mapping[str, Any], to_you: bool) -> str:
    return f"{'Je' if to_you else 'Het'} profiel staat op pauze."


def _level(facts: Mapping[str, Any], to_you: bool) -> str:
    asked, held = nl.level(facts["assignment_level"]), nl.level(facts["profile_level"])
    return f"De opdracht is voor een {asked}; {'jouw' if to_you else 'het'} niveau is {held}."


def _specialisms(facts: Mapping[str, Any], to_you: bool) -> str:
    return f"De opdracht vraagt {_missing(facts, '', '', to_you)}"


def _certificates(facts: Mapping[str, Any], to_you: bool) -> str:
    return f"De opdracht vraagt {_missing(facts, 'het certificaat ', 'de certificaten ', to_you)}"


def _missing(facts: Mapping[str, Any], one: str, several: str, to_you: bool) -> str:
    missing, profile = nl.terms(facts["missing"]), f"{'je' if to_you else 'het'} profiel"
    if len(facts["missing"]) == 1:
        return f"{one}{missing}; dat staat niet in {profile}."
    return f"{several}{missing}; die staan niet in {profile}."


def _availability(facts: Mapping[str, Any], to_you: bool) -> str:
    free = "jij bent vrij" if to_you else "vrij"
    until = facts["available_until"]
    if until is not None and until < facts["ends_on"]:
        return f"De opdracht loopt tot en met {nl.day(facts['ends_on'])}; {free} tot en met {nl.day(until)}."
    return (
        f"De opdracht start op {nl.day(facts['starts_on'])}; {free} vanaf {nl.day(facts['available_from'])}."
    )


def _hours(facts: Mapping[str, Any], to_you: bool) -> str:
    asked, wanted = nl.hours(*facts["assignment_hours"]), nl.hours(*facts["profile_hours"])
    return f"De opdracht is {asked}; {'jij wilt' if to_you else 'de wens is'} {wanted}."


def _rate(facts: Mapping[str, Any], to_you: bool) -> str:
    most, least = nl.euros(facts["rate_max_cents"]), nl.euros(facts["rate_min_cents"])
    asks = "jij vraagt" if to_you else "gevraagd is"
    return f"De opdracht betaalt tot {most} per uur; {asks} minimaal {least}."


def _distance(facts: Mapping[str, Any], to_you: bool) -> str:
    km, most = facts["km"], facts["max_km"]
    limit = "jij wilt tot" if to_you else "de grens is"
    if round(km) == round(most):
        return f"De opdracht is net te ver weg: {limit} {most:.0f} km hemelsbreed."
    onsite = nl.onsite(facts["onsite_days"])
    return f"De opdracht is {onsite}, op {nl.kilometres(km)}; {limit} {most:.0f} km."


def _contract_form(facts: Mapping[str, Any], to_you: bool) -> str:
    asked, offered = nl.choices(facts["assignment_forms"]), nl.choices(facts["profile_forms"])
    return f"De contractvorm is {asked}; {'jij koos' if to_you else 'de wens is'} {offered}."


def _organisation(facts: Mapping[str, Any], to_you: bool) -> str:
    kind = ORGANISATIONS[OrganisationType(facts["organisation_type"])]
    return f"Het is een opdracht bij {kind}, en {'die wil je niet' if to_you else 'die is niet gewenst'}."


_WORDS: dict[Rule, Callable[[Mapping[str, Any], bool], str]] = {
    Rule.PROBE: lambda _facts, _to_you: OTHERWISE[Rule.PROBE],
    Rule.ACTIVE: _active,
    Rule.LEVEL: _level,
    Rule.SPECIALISMS: _specialisms,
    Rule.CERTIFICATES: _certificates,
    Rule.AVAILABILITY: _availability,
    Rule.HOURS: _hours,
    Rule.RATE: _rate,
    Rule.DISTANCE: _distance,
    Rule.CONTRACT_FORM: _contract_form,
    Rule.ORGANISATION: _organisation,
    Rule.UNANSWERED: lambda _facts, _to_you: OTHERWISE[Rule.UNANSWERED],
}
