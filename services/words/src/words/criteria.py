"""Dutch: why somebody fits an opdracht, criterion by criterion (templates have it as `criteria`)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.events import CriterionExplained
from contracts.vocabulary import Criterion, OrganisationType

from words import nl

NAMES = {
    Criterion.SPECIALISMS: "Specialismen",
    Criterion.DOSSIERS: "Dossiers",
    Criterion.SECTOR: "Eerdere opdrachten",
    Criterion.AMBITION: "Ambitie",
    Criterion.AVAILABILITY: "Beschikbaarheid",
    Criterion.RATE: "Tarief",
    Criterion.DISTANCE: "Reisafstand",
}
ORGANISATIONS = {
    OrganisationType.GEMEENTE: "een gemeente",
    OrganisationType.PROVINCIE: "een provincie",
    OrganisationType.MINISTERIE: "een ministerie",
    OrganisationType.WATERSCHAP: "een waterschap",
    OrganisationType.UITVOERINGSORGANISATIE: "een uitvoeringsorganisatie",
    OrganisationType.SEMIPUBLIEK: "een semipublieke organisatie",
    OrganisationType.ZORG: "een zorgorganisatie",
    OrganisationType.ONDERWIJS: "een onderwijsinstelling",
    OrganisationType.GEMEENSCHAPPELIJKE_REGELING: "een gemeenschappelijke regeling",
    OrganisationType.KOEPEL: "een koepelorganisatie",
}
ONE_OF = {"specialismen": "Het gevraagde specialisme", "dossiers": "Het gevraagde dossier"}
ASK_MORE_BELOW = 0.8  # of the maximum


@dataclass(frozen=True)
class Verdict:
    """A criterion as somebody reads it: what it is, why it has its points, and these of how many."""

    name: str
    why: str
    points: str


def fits(explanation: Iterable[CriterionExplained], *, to_you: bool = False) -> list[Verdict]:
    """Return the criteria that speak for a match: with half of their points or more.

    `to_you` speaks to the professional; otherwise the recruiter reads about one.
    """
    return [_verdict(item, to_you) for item in _asked(explanation) if 2 * item.points >= item.max_points]


def minds(explanation: Iterable[CriterionExplained], *, to_you: bool = False) -> list[Verdict]:
    """Return the criteria to mind: with less than half of their points. `to_you` as in `fits`."""
    return [_verdict(item, to_you) for item in _asked(explanation) if 2 * item.points < item.max_points]


def to_learn(explanation: Iterable[CriterionExplained]) -> list[str]:
    """Return what was asked, is missing, and can be learnt: specialisms and dossiers.

    A rate, a distance, a kind of organisation or an ambition is nobody's fault and never here.
    """
    found = [
        nl.term(value)
        for item in explanation
        if item.criterion in {Criterion.SPECIALISMS, Criterion.DOSSIERS}
        for value in _strings(item.facts.get("missing"))
    ]
    return list(dict.fromkeys(found))


def because(item: CriterionExplained, *, to_you: bool = False) -> str:
    """Put one criterion of an explanation into words. `to_you` as in `fits`.

    Facts that an older or another producer wrote differently are left without words.
    """
    try:
        return _WORDS[item.criterion](item.facts, to_you)
    except (KeyError, TypeError, ValueError):
        return ""


def points(item: CriterionExplained) -> str:
    """Write a criterion's points: 7,3 van 10."""
    return f"{nl.points(item.points)} van {item.max_points:g}"


def _verdict(item: CriterionExplained, to_you: bool) -> Verdict:
    return Verdict(NAMES[item.criterion], because(item, to_you=to_you), points(item))


def _asked(explanation: Iterable[CriterionExplained]) -> list[CriterionExplained]:
    """Leave out what the opdracht did not ask: without weight, or without a value that could be missing."""
    return [item for item in explanation if item.max_points > 0 and not _asks_nothing(item)]


def _asks_nothing(item: CriterionExplained) -> bool:
    if item.criterion not in {Criterion.SPECIALISMS, Criterion.DOSSIERS}:
        return False
    return item.facts.get("matched") == item.facts.get("missing") == []


def _strings(value: object) -> Sequence[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _part(facts: dict[str, Any], what: str, to_you: bool) -> str:
    matched, missing = facts.get("matched", []), facts.get("missing", [])
    total = len(matched) + len(missing)
    if not total:
        return f"Geen {what} gevraagd."
    if total == 1 and missing:
        return f"{ONE_OF[what]}, {nl.terms(missing)}, {'heb je nog niet' if to_you else 'ontbreekt nog'}."
    if total == 1:
        return f"{ONE_OF[what]}: {nl.terms(matched)}."
    if not missing:
        return f"Alle gevraagde {what}: {nl.terms(matched)}."
    if not matched:
        return f"Nog geen van de gevraagde {what}: {nl.terms(missing)}."
    told = f"{len(matched)} van de {total} gevraagde {what}: {nl.terms(matched)}."
    return f"{told} Nog niet: {nl.terms(missing)}."


def _sector(facts: dict[str, Any], to_you: bool) -> str:
    kind, entries = ORGANISATIONS[OrganisationType(facts["organisation_type"])], facts["entries"]
    seeks, yours = ("Je zoekt", "je") if to_you else ("Zoekt", "de")
    if facts["direction"] == "depth":
        entries = facts.get("entries_that_count", entries)  # under policy 2026.1 all of this kind counted
        if not entries:
            return f"{seeks} diepgang, maar dit soort werk is nieuw."
        fit = "1 eerdere opdracht sluit" if entries == 1 else f"{entries} eerdere opdrachten sluiten"
        return f"{seeks} diepgang; {fit} hierop aan."
    if not entries:
        return f"{seeks} variatie. {_begin(kind)} is nieuw in {'je' if to_you else 'het'} portfolio."
    if facts["latest"] == facts["organisation_type"]:
        return f"{seeks} variatie, maar {yours} laatste opdracht was ook bij {kind}."
    times = "al eens" if entries == 1 else f"al {entries} keer"
    worked = f"Bij {kind} werkte je {times}" if to_you else f"Werkte {times} bij {kind}"
    return f"{seeks} variatie. {worked}, maar niet bij {yours} laatste opdracht."


def _ambition(facts: dict[str, Any], to_you: bool) -> str:
    own, wish = ("je eigen", "je wens") if to_you else ("het eigen", "de wens")
    if facts["growth"]:
        old, new = nl.term(facts["profile_level"]), nl.term(facts["assignment_level"])
        step = f"Een stap omhoog: van {old} naar {new}."
    elif facts["profile_level"] != facts["assignment_level"]:
        step = f"Eén niveau onder {own} niveau ({nl.term(facts['profile_level'])})."
    elif facts.get("step_up"):  # a fact under policy 2026.1 alone, where it cost points
        step = f"Precies {own} niveau; {'je wilt' if to_you else 'wil'} ook een stap omhoog."
    else:
        step = f"Precies {own} niveau."
    if not facts["wishes"]:
        return step
    if facts["matched"]:
        return f"{step} Sluit aan bij {wish} om te groeien in {nl.terms(facts['matched'])}."
    return f"{step} {_begin(wish)} om te groeien in {nl.choices(facts['wishes'])} komt hier niet terug."


def _availability(facts: dict[str, Any], to_you: bool) -> str:
    free, start = date.fromisoformat(facts["available_from"]), date.fromisoformat(facts["starts_on"])
    apart = abs((start - free).days)
    days = "1 dag" if apart == 1 else f"{apart} dagen"
    if free == start:
        when = "precies op de startdatum vrij"
    else:
        when = f"{days} {'voor' if free < start else 'na'} de start vrij"
    told = f"Je bent {when}" if to_you else _begin(when)
    return f"{told} ({nl.day(free)}){'; dat mag hier' if free > start else ''}."


def _rate(facts: dict[str, Any], to_you: bool) -> str:
    least, most = facts["rate_min_cents"], facts["rate_max_cents"]
    asks = f"{'Jij vraagt' if to_you else 'Vraagt'} minimaal {nl.euros(least)}"
    if most is None:
        return f"De opdracht noemt geen maximum. {asks} per uur."
    told = f"De opdracht betaalt tot {nl.euros(most)} per uur. {asks}."
    return f"{told} Je kunt hier meer vragen." if to_you and least < ASK_MORE_BELOW * most else told


def _distance(facts: dict[str, Any], to_you: bool) -> str:
    if facts.get("onsite_days") == 0:
        return "De opdracht is helemaal op afstand te doen."
    limit = "jij wilt tot" if to_you else "de grens is"
    return f"{_begin(nl.kilometres(facts['km']))}; {limit} {facts['max_km']:.0f} km."


def _begin(words: str) -> str:
    return words[0].upper() + words[1:]


_WORDS: dict[Criterion, Callable[[dict[str, Any], bool], str]] = {
    Criterion.SPECIALISMS: lambda facts, to_you: _part(facts, "specialismen", to_you),
    Criterion.DOSSIERS: lambda facts, to_you: _part(facts, "dossiers", to_you),
    Criterion.SECTOR: _sector,
    Criterion.AMBITION: _ambition,
    Criterion.AVAILABILITY: _availability,
    Criterion.RATE: _rate,
    Criterion.DISTANCE: _distance,
}
