"""Dutch: the fields of an opdracht's form, what is wrong in one and what would be right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from words import criteria, nl
from words.nl import AMSTERDAM

from desk.domain.form import BY_NAME, WEIGHTS, Field, Kind, Typed, field_at, typed, weight_sum
from desk.owners.api import Fault
from desk.owners.assignments import MISSING

LABELS = {
    "title": "Titel",
    "description": "Omschrijving",
    "reason": "Reden van de inhuur",
    "organisation_name": "Opdrachtgever",
    "organisation_type": "Soort organisatie",
    "place": "Plaats",
    "onsite_days": "Dagen per week op locatie",
    "level": "Niveau",
    "open_to_growth": "Open voor groei: ook voor wie dit een stap omhoog is",
    "required_specialisms": "Verplichte specialismen",
    "required_certificates": "Verplichte certificaten",
    "starts_on": "Start op",
    "ends_on": "Loopt tot en met",
    "hours_min": "Uren per week, minimaal",
    "hours_max": "Uren per week, maximaal",
    "rate_max_cents": "Tarief per uur, maximaal",
    "contract_forms": "Contractvorm",
    "desired_specialisms": "Gewenste specialismen",
    "dossiers": "Dossiers",
    "respond_by": "Reageren kan tot",
    "urgency": "Spoed",
    "positions": "Aantal plekken",
    "recruiter_name": "Naam",
    "recruiter_email": "E-mailadres",
    "recruiter_phone": "Telefoonnummer",
    **{f"weight_{criterion}": criteria.NAMES[criterion] for criterion in Criterion},
}
HINTS = {
    "reason": "Bijvoorbeeld: vervanging, of drukte door de verkiezingen.",
    "place": "Typ de eerste letters en kies de plaats.",
    "onsite_days": "0 als het werk helemaal op afstand kan, hoogstens 5.",
    "rate_max_cents": "In euro's, zonder btw. Laat leeg als er geen maximum is.",
    "respond_by": "Daarna komt er niemand meer bij.",
}
REMEDIES = {
    "title": "Vul een titel in van hoogstens 200 tekens.",
    "description": "Vul een omschrijving in van hoogstens 10.000 tekens.",
    "reason": "Vul in waarom er iemand nodig is, in hoogstens 10.000 tekens.",
    "organisation_name": "Vul de naam van de opdrachtgever in, in hoogstens 100 tekens en zonder webadres.",
    "organisation_type": "Kies wat voor organisatie het is.",
    "place": "Kies een plaats uit de lijst: deze kennen we niet.",
    "onsite_days": "Vul in hoeveel dagen iemand op locatie werkt: 0 tot en met 5.",
    "level": "Kies een niveau.",
    "open_to_growth": "Zet het vinkje aan of uit.",
    "required_specialisms": "Kies uit de lijst.",
    "required_certificates": "Kies uit de lijst.",
    "starts_on": "Vul een datum in, zoals 31-01-2027.",
    "ends_on": "Vul een datum in, zoals 30-06-2027.",
    "hours_min": "Vul hele uren in: 1 tot en met 40.",
    "hours_max": "Vul hele uren in: 1 tot en met 40.",
    "rate_max_cents": "Vul een bedrag in euro's in, zoals 95 of 97,50. Geen maximum? Laat het leeg.",
    "contract_forms": "Kies minstens één contractvorm.",
    "desired_specialisms": "Kies uit de lijst.",
    "dossiers": "Kies uit de lijst.",
    "respond_by": "Vul een datum en een tijd in, zoals 31-01-2027 en 12:00.",
    "urgency": "Kies of het spoed is.",
    "positions": "Vul een heel getal in: 1 tot en met 1000.",
    "recruiter_name": "Vul de naam van de recruiter in, in hoogstens 100 tekens.",
    "recruiter_email": "Vul een e-mailadres in, zoals naam@example.org.",
    "recruiter_phone": "Vul een telefoonnummer in van hoogstens 50 tekens, of laat het leeg.",
    **{field.name: "Vul een heel getal in: 0 tot en met 100." for field in WEIGHTS},
}
PARTICULAR = (  # what an owner says of a field, and what that means here
    ("before starts_on", "De opdracht kan niet eindigen voor de start. Kies een latere einddatum."),
    ("less than hours_min", "Het maximum kan niet lager zijn dan het minimum aantal uren."),
    ("in the future", "Dit moment is al voorbij. Kies een later moment."),
    ("sum to 100", "De punten moeten samen 100 zijn. Pas ze aan, of laat ze allemaal leeg."),
    ("U+20", "Er staan onzichtbare stuurtekens in deze tekst. Typ hem opnieuw, zonder te plakken."),
    ("directional", "Er staan onzichtbare stuurtekens in deze tekst. Typ hem opnieuw, zonder te plakken."),
)
EMPTY = {
    "place": "Vul een plaats in.",
    "starts_on": "Vul de startdatum in.",
    "ends_on": "Vul de einddatum in.",
}
CHOICES: Mapping[str, Sequence[tuple[str, str]]] = {
    "organisation_type": [(one, nl.term(one)) for one in OrganisationType],
    "level": [(one, nl.level(one)) for one in Level],
    "required_specialisms": [(one, nl.term(one)) for one in Specialism],
    "required_certificates": [(one, nl.term(one)) for one in Certificate],
    "desired_specialisms": [(one, nl.term(one)) for one in Specialism],
    "dossiers": [(one, nl.term(one)) for one in Dossier],
    "contract_forms": [(one, nl.term(one)) for one in ContractForm],
    "urgency": [(Urgency.NORMAAL, "gewoon"), (Urgency.SPOED, "spoed")],
}
AUTOCOMPLETE = {"recruiter_name": "name", "recruiter_email": "email", "recruiter_phone": "tel"}


@dataclass(frozen=True)
class Group:
    """Fields that stand together, under a heading."""

    name: str
    heading: str
    fields: tuple[Field, ...]
    hint: str = ""


def _group(name: str, heading: str, *fields: str, hint: str = "") -> Group:
    return Group(name, heading, tuple(BY_NAME[field] for field in fields), hint)


GROUPS = (
    _group(
        "opdracht",
        "De opdracht",
        *("title", "organisation_name", "organisation_type", "place", "onsite_days", "description", "reason"),
    ),
    _group(
        "eisen",
        "Eisen",
        *("level", "open_to_growth", "hours_min", "hours_max", "rate_max_cents", "starts_on", "ends_on"),
        *("contract_forms", "required_specialisms", "required_certificates"),
        hint="Wie een eis niet haalt, wordt niet voorgesteld.",
    ),
    _group(
        "wensen",
        "Wensen",
        *("desired_specialisms", "dossiers"),
        hint="Wie hieraan voldoet, komt hoger in de lijst. Niemand valt erop af.",
    ),
    Group(
        "punten",
        "Gunningspunten",
        WEIGHTS,
        "Hoe zwaar elk onderdeel telt; samen 100. Laat alles leeg voor de gewone verdeling: 30 voor"
        " specialismen, 20 voor ambitie en 10 voor elk ander onderdeel.",
    ),
    _group("reageren", "Reageren", "respond_by", "urgency", "positions"),
    _group("recruiter", "Recruiter", "recruiter_name", "recruiter_email", "recruiter_phone"),
)


def faults_of(found: Iterable[Fault]) -> dict[str, str]:
    """Return what is wrong by field: a sentence that says what would be right."""
    told: dict[str, str] = {}
    for fault in found:
        field = field_at(fault.pointer)
        if field is not None:
            told.setdefault(field.name, _remedy(field, fault))
    return told


def _remedy(field: Field, fault: Fault) -> str:
    if fault.detail == MISSING and fault.pointer == f"/{'/'.join(field.path)}":
        return EMPTY.get(field.name, REMEDIES[field.name])
    return next((words for said, words in PARTICULAR if said in fault.detail), REMEDIES[field.name])


def label(field: Field) -> str:
    """Return what a field is called where it stands alone."""
    if field in WEIGHTS:
        return f"Punten voor {LABELS[field.name].lower()}"
    return f"Recruiter: {LABELS[field.name].lower()}" if field.path[0] == "recruiter" else LABELS[field.name]


def told(field: Field, fields: Mapping[str, Any]) -> str:
    """Write the value of a field as people read it; what cannot be read stands as it was typed."""
    form = typed(fields)
    values = [text for name in field.controls for text in form[name]]
    if field.kind is Kind.YES:
        return "ja" if values else "nee"
    if not values or not any(values):
        return "geen maximum" if field.name == "rate_max_cents" else "niets"
    known = dict(CHOICES.get(field.name, ()))
    if known:
        return nl.joined([known.get(value, value) for value in values])
    return _said(field, values, fields)


def _said(field: Field, values: Sequence[str], fields: Mapping[str, Any]) -> str:
    value = fields.get(field.path[0])
    try:
        if field.kind is Kind.EUROS and isinstance(value, int):
            return f"{nl.euros(value)} per uur"
        if field.kind is Kind.DAY:
            return nl.day(values[0])
        if field.kind is Kind.MOMENT:
            return nl.moment(datetime.fromisoformat("T".join(values)).replace(tzinfo=AMSTERDAM))
    except ValueError:
        pass
    return " ".join(values)


def points(form: Typed) -> str:
    """Say what the award points add up to."""
    total = weight_sum(form)
    if total is None:
        return "Niets ingevuld: de gewone verdeling geldt."
    if total == 100:
        return "Samen 100 punten. Dat klopt."
    left = f"nog {100 - total} te verdelen" if total < 100 else f"{total - 100} te veel"
    return f"Samen {total} punten: {left}."
