"""What is agreed with a professional, as a form has it: each field's name is the JSON pointer of what it
fills, as in `profile_form.py`. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.facts import AssignmentFacts, PlacementTerms, ProfileFacts
from contracts.vocabulary import ContractForm, EndedReason
from pydantic import ValidationError
from words import nl

from desk.domain.profile_form import Typed, cents, first

DAYS = ("/starts_on", "/ends_on")
TERMS = (*DAYS, "/hours", "/rate_cents", "/contract_form")
ENDING = ("/ended_on", "/reason")
LABELS = {
    "/starts_on": "Eerste dag",
    "/ends_on": "Laatste dag",
    "/hours": "Uren per week",
    "/rate_cents": "Tarief per uur",
    "/contract_form": "Contractvorm",
    "/ended_on": "Laatste dag",
    "/reason": "Waarom eindigt de plaatsing?",
}
CHOICES = {"/contract_form": tuple(ContractForm), "/reason": tuple(EndedReason)}
CALLED: Mapping[str, str] = {
    EndedReason.COMPLETED: "afgerond: de opdracht is klaar",
    EndedReason.EARLY: "eerder gestopt dan was afgesproken",
    EndedReason.CANCELLED: "ging niet door: hij telt nergens meer mee",
}
LONGEST_NUMBER = 9  # in letters
_TOGETHER = re.compile(r"that is (\d+) hours a week", re.ASCII)
_REMEDIES = {
    "/starts_on": "Vul een datum in, zoals 31-01-2027.",
    "/ends_on": "Vul een datum in, zoals 30-06-2027.",
    "/hours": "Vul een heel getal in: 1 tot en met 40.",
    "/rate_cents": "Vul een bedrag in euro's in, zoals 95 of 97,50.",
    "/contract_form": "Kies een contractvorm.",
    "/ended_on": "Vul een datum in, zoals 30-06-2027.",
    "/reason": "Kies waarom de plaatsing eindigt.",
    "/profile_id": "Deze persoon is bij de opdrachten niet bekend, of is verwijderd. Net ingevoerd?"
    " Probeer het over een minuut nog eens.",
}
OUTSIDE = "Deze dag ligt niet in de afgesproken periode. Kies een dag daarin, of verleng eerst."
ANY_REMEDY = "Dit klopt niet. Kijk het na."


def body(typed: Typed, names: tuple[str, ...] = TERMS) -> dict[str, Any]:
    """Return the JSON of what is filled in; what cannot be read stays a text, and the owner says what is
    wrong."""
    found: dict[str, Any] = {}
    for name in names:
        if text := first(typed, name):
            found[name.removeprefix("/")] = _read(name, text)
    return found


def _read(name: str, text: str) -> Any:
    if name == "/rate_cents":
        return cents(text)
    whole = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if name == "/hours" and whole else text


def faults(typed: Typed) -> dict[str, str]:
    """Return what is wrong with the terms by field, before their owner is asked."""
    try:
        PlacementTerms.model_validate_json(json.dumps(body(typed)))
    except ValidationError as error:
        found = [(f"/{one['loc'][0]}", one["msg"]) for one in error.errors(include_url=False) if one["loc"]]
        return {name: remedy(name, says) for name, says in found}
    return {}


def ending_faults(typed: Typed, agreed: PlacementTerms) -> dict[str, str]:
    """Return what is wrong with an ending by field, before its owner is asked."""
    found = {}
    if first(typed, "/reason") not in set(EndedReason):
        found["/reason"] = _REMEDIES["/reason"]
    try:
        day = date.fromisoformat(first(typed, "/ended_on"))
    except ValueError:
        return {**found, "/ended_on": _REMEDIES["/ended_on"]}
    is_outside = not agreed.starts_on <= day <= agreed.ends_on
    if is_outside and first(typed, "/reason") != EndedReason.CANCELLED:
        found["/ended_on"] = OUTSIDE
    return found


def typed_of(terms: PlacementTerms) -> Typed:
    """Return the form that terms fill."""
    return {
        "/starts_on": [terms.starts_on.isoformat()],
        "/ends_on": [terms.ends_on.isoformat()],
        "/hours": [str(terms.hours)],
        "/rate_cents": [amount(terms.rate_cents)],
        "/contract_form": [terms.contract_form],
    }


def proposed(asked: AssignmentFacts, offered: ProfileFacts | None) -> Typed:
    """Return the form with what the opdracht and the person have in common, as far as they do."""
    starts, hours, rate, forms = asked.starts_on, asked.hours_max, asked.rate_max_cents, asked.contract_forms
    if offered is not None:
        starts = min(max(starts, offered.available_from), asked.ends_on)
        hours = max(min(hours, offered.hours_max), asked.hours_min)
        rate = offered.rate_min_cents if rate is None else rate
        forms = [form for form in forms if form in offered.contract_forms]
    return {
        "/starts_on": [starts.isoformat()],
        "/ends_on": [asked.ends_on.isoformat()],
        "/hours": [str(hours)],
        "/rate_cents": [] if rate is None else [amount(rate)],
        "/contract_form": [forms[0]] if len(forms) == 1 else [],
    }


def amount(money: int) -> str:
    """Write cents as a field for euros has them."""
    euros, rest = divmod(money, 100)
    return f"{euros},{rest:02d}" if rest else str(euros)


def remedy(pointer: str, detail: str) -> str:
    """Say in Dutch what to do about what the owner refuses. `detail`: what it says, in English."""
    if together := _TOGETHER.search(detail):
        return (
            f"Met de andere plaatsingen samen is dat {together[1]} uur per week. Het mag hoogstens 40 zijn:"
            " vul minder uren in, of kies een andere periode."
        )
    if "before starts_on" in detail:
        return "Deze dag ligt voor de eerste dag. Vul een latere datum in."
    if "between starts_on and ends_on" in detail:
        return OUTSIDE
    return _REMEDIES.get(pointer, ANY_REMEDY)


def shown(name: str, typed: Typed) -> str:
    """Write what a field holds, for people; what cannot be read stands as it was typed."""
    text = first(typed, name)
    if name in {*DAYS, "/ended_on"}:
        try:
            return nl.day(date.fromisoformat(text))
        except ValueError:
            return text
    if name == "/rate_cents":
        money = cents(text) if text else text
        return f"{nl.euros(money)} per uur, zonder btw" if isinstance(money, int) else text
    if name == "/hours":
        return f"{text} uur per week" if text else ""
    return CALLED.get(text) or (nl.term(text) if text in set(ContractForm) else text)


def differences(typed: Typed, present: Typed) -> list[tuple[str, str, str]]:
    """Return the terms that a form and the present placement have otherwise: field, form's, other's."""
    pairs = ((name, shown(name, typed), shown(name, present)) for name in TERMS)
    return [(name, mine, theirs) for name, mine, theirs in pairs if mine != theirs]
