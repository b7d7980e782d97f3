"""A profile as a form has it. Each field's name is the JSON pointer of what it fills, so that what the owner
refuses stands at its field; what cannot be read is sent as it was typed, and the owner says what is wrong.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from math import isfinite
from typing import Any

from contracts.vocabulary import (
    Certificate,
    ContractForm,
    Direction,
    Dossier,
    Frequency,
    Level,
    OrganisationType,
    ProfileStatus,
    Specialism,
)
from words import nl

Typed = Mapping[str, Sequence[str]]
PORTFOLIO = "/facts/portfolio"
PLACE = "/facts/place"
TEXTS = ("/contact/name", "/contact/email", "/facts/available_from")
OPTIONAL = ("/contact/phone", "/facts/available_until")
CHOICES = {
    "/contact/preferences/frequency": tuple(Frequency),
    "/facts/status": tuple(ProfileStatus),
    "/facts/level": tuple(Level),
    "/facts/ambition/direction": tuple(Direction),
}
LISTS = {
    "/facts/specialisms": tuple(Specialism),
    "/facts/dossiers": tuple(Dossier),
    "/facts/certificates": tuple(Certificate),
    "/facts/ambition/specialisms": tuple(Specialism),
    "/facts/contract_forms": tuple(ContractForm),
    "/facts/excluded_organisation_types": tuple(OrganisationType),
}
SWITCHES = ("/contact/preferences/quiet_hours", "/facts/ambition/step_up")
LONGEST_NUMBER = 30  # in letters
WHOLE = ("/facts/hours_min", "/facts/hours_max")
NUMBERS = ("/contact/preferences/min_score", "/facts/max_distance_km")
MONEY = "/facts/rate_min_cents"
CARRIED = ("placement_id", "organisation_name", "title", "result")  # as they are, through a form without them
AGREED = ("organisation_type", "level", "started_on", "ended_on")  # of a placement, which has its own
ROW = (*AGREED, "specialisms", "dossiers", *CARRIED)
TERMS = {nl.term(value): str(value) for value in (*Specialism, *Dossier)}

_AMOUNT = re.compile(r"(?:€\s*)?(\d{1,3}(?:\.\d{3}){1,2}|\d{1,9})(?:,(\d{1,2}))?", re.ASCII)
_ROW = re.compile(rf"{PORTFOLIO}/(\d{{1,4}})/(\w+)", re.ASCII)


def first(typed: Typed, name: str) -> str:
    """Return what one field holds, without spaces around it."""
    return next(iter(typed.get(name, ())), "").strip()


def body(typed: Typed) -> dict[str, Any]:
    """Return the body of `POST /profiles` and of `PATCH`. A required field that is empty is left out."""
    found: dict[str, Any] = {"contact": {"preferences": {}}, "facts": {"ambition": {}}}
    for name in (*TEXTS, *CHOICES):
        if text := first(typed, name):
            _put(found, name, text)
    for name in OPTIONAL:
        _put(found, name, first(typed, name) or None)
    for name in LISTS:
        _put(found, name, list(typed.get(name, ())))
    for name in SWITCHES:
        _put(found, name, first(typed, name) == "1")
    for name in (*WHOLE, *NUMBERS):
        if text := first(typed, name):
            _put(found, name, _number(text, whole=name in WHOLE))
    if text := first(typed, MONEY):
        _put(found, MONEY, cents(text))
    if first(typed, f"{PLACE}/name"):
        _put(found, PLACE, _place(typed))
    _put(found, PORTFOLIO, [_entry(row) for row in rows(typed)])
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.strip("/").split("/")
    for parent in parents:
        found = found[parent]
    found[last] = value


def _number(text: str, *, whole: bool) -> int | float | str:
    plain = text.replace(",", ".")
    if len(plain) > LONGEST_NUMBER:
        return text
    with suppress(ValueError):
        return int(plain)
    with suppress(ValueError):
        if not whole and isfinite(value := float(plain)):
            return value
    return text


def number(text: str) -> int | float | str:
    """Read a number as people write it; what is none stays a text."""
    return _number(text.strip(), whole=False)


def cents(text: str) -> int | str:
    """Read an amount in euros as people write it, such as 95 or € 1.072,50; what is none stays a text."""
    amount = _AMOUNT.fullmatch(text.strip())
    if amount is None:
        return text
    euros, rest = amount.groups()
    return int(euros.replace(".", "")) * 100 + int((rest or "0").ljust(2, "0"))


def _place(typed: Typed) -> dict[str, Any]:
    """Return the place, with the coordinates that belong to its name (`known`)."""
    name = first(typed, f"{PLACE}/name")
    found: dict[str, Any] = {"name": name}
    if name == first(typed, f"{PLACE}/known"):
        for part in ("latitude", "longitude"):
            found[part] = _number(first(typed, f"{PLACE}/{part}"), whole=False)
    return found


def place_to_find(typed: Typed) -> str | None:
    """Return the name of a place whose coordinates are not known yet."""
    name = first(typed, f"{PLACE}/name")
    return name if name and name != first(typed, f"{PLACE}/known") else None


def with_place(typed: Typed, place: Mapping[str, Any]) -> Typed:
    """Return the form with a place that was found, as its owner writes it."""
    return {**typed, **_of_place(place)}


def _of_place(place: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        f"{PLACE}/name": [place["name"]],
        f"{PLACE}/known": [place["name"]],
        f"{PLACE}/latitude": [str(place["latitude"])],
        f"{PLACE}/longitude": [str(place["longitude"])],
    }


def rows(typed: Typed) -> list[dict[str, str]]:
    """Return the portfolio's rows, without those that are empty or to be dropped."""
    found: dict[int, dict[str, str]] = {}
    for name in typed:
        if place := _ROW.fullmatch(name):
            found.setdefault(int(place[1]), {})[place[2]] = first(typed, name)
    ordered = [row for _, row in sorted(found.items())]
    return [row for row in ordered if not row.get("drop") and any(row.get(part) for part in ROW)]


def compact(typed: Typed) -> Typed:
    """Return the form with its portfolio's rows numbered as they are sent."""
    rest = {name: values for name, values in typed.items() if not _ROW.fullmatch(name)}
    return rest | {
        f"{PORTFOLIO}/{number}/{part}": [value]
        for number, row in enumerate(rows(typed))
        for part, value in row.items()
    }


def _entry(row: Mapping[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        part: row[part] for part in ("organisation_type", "level", "started_on") if row.get(part)
    }
    for part in ("ended_on", "placement_id"):
        entry[part] = row.get(part) or None
    for part in ("organisation_name", "title", "result"):
        if row.get(part):
            entry[part] = row[part].replace("\r\n", "\n")  # as a browser sends what it was given
    for part in ("specialisms", "dossiers"):
        entry[part] = [TERMS.get(term.lower(), term) for term in _split(row.get(part, ""))]
    return entry


def _split(text: str) -> Iterator[str]:
    return filter(None, (term.strip() for term in text.split(",")))


def typed_of(profile: Mapping[str, Any]) -> Typed:
    """Return the form that a profile fills, as its owner shows it (`contact` and `facts`, JSON)."""
    found: dict[str, list[str]] = {}
    for name in (*TEXTS, *OPTIONAL, *CHOICES, *WHOLE, *NUMBERS):
        value = _get(profile, name)
        found[name] = [] if value is None else [_plain(value)]
    for name in LISTS:
        found[name] = list(_get(profile, name))
    for name in SWITCHES:
        found[name] = ["1"] if _get(profile, name) else []
    euros, rest = divmod(_get(profile, MONEY), 100)
    found[MONEY] = [f"{euros},{rest:02d}" if rest else str(euros)]
    found |= _of_place(_get(profile, PLACE))
    for number, entry in enumerate(_get(profile, PORTFOLIO)):
        for part in ROW:
            value = entry.get(part)
            text = ", ".join(map(nl.term, value)) if isinstance(value, list) else value or ""
            found[f"{PORTFOLIO}/{number}/{part}"] = [text]
    return found


def _get(profile: Mapping[str, Any], name: str) -> Any:
    value: Any = profile
    for part in name.strip("/").split("/"):
        value = value.get(part) if value else None
    return value


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


EMPTY: Typed = {
    "/contact/preferences/frequency": [Frequency.DIRECT],
    "/contact/preferences/min_score": ["60"],
    "/contact/preferences/quiet_hours": ["1"],
    "/facts/status": [ProfileStatus.ACTIVE],
    "/facts/ambition/direction": [Direction.DEPTH],
}
"""A form for somebody new: what is mostly chosen."""

SHORT = {
    "/contact/name": "Je naam",
    "/contact/phone": "Je telefoonnummer",
    "/facts/level": "Je niveau",
    "/facts/specialisms": "Je vakgebieden",
    "/facts/available_from": "Je bent vrij vanaf",
    "/facts/hours_min": "Minste uren per week",
    "/facts/hours_max": "Meeste uren per week",
    f"{PLACE}/name": "Je woonplaats",
    "/facts/max_distance_km": "Zo ver wil je reizen",
    MONEY: "Je laagste tarief per uur",
    "/facts/contract_forms": "Zo wil je werken",
}
"""What somebody says who registers, by name: its label. The rest is as in `EMPTY`, until they say so."""


def short(typed: Typed, email: str) -> Typed:
    """Return a whole form of what somebody said who registers with this address."""
    carried = (f"{PLACE}/known", f"{PLACE}/latitude", f"{PLACE}/longitude", "key")
    said = {name: typed.get(name, ()) for name in (*SHORT, *carried)}
    return {**EMPTY, **said, "/contact/email": [email]}


# What is right for a field: `*` stands for a row's number.
_REMEDIES = {
    "/contact/name": "Vul een naam in, van hoogstens 100 tekens.",
    "/contact/email": "Vul een e-mailadres in, zoals naam@example.org.",
    "/contact/phone": "Vul een telefoonnummer in van hoogstens 50 tekens, of laat het leeg.",
    "/contact/confirmed_at": "Vul een datum in van vandaag of eerder, of laat het leeg.",
    "/contact/preferences/frequency": "Kies hoe vaak.",
    "/contact/preferences/min_score": "Vul een getal in van 0 tot en met 100.",
    "/facts/status": "Kies of iemand opdrachten wil.",
    "/facts/level": "Kies een niveau.",
    "/facts/contract_forms": "Kies minstens één contractvorm.",
    "/facts/ambition/direction": "Kies een richting.",
    "/facts/available_from": "Vul een datum in, zoals 31-01-2027.",
    "/facts/available_until": "Vul een datum in, of laat het leeg.",
    "/facts/hours_min": "Vul een heel getal in van 1 tot en met 40.",
    "/facts/hours_max": "Vul een heel getal in van 1 tot en met 40.",
    "/facts/max_distance_km": "Vul in hoeveel kilometer, zoals 40.",
    "/facts/rate_min_cents": "Vul een bedrag in euro's in, zoals 95 of 72,50.",
    f"{PLACE}/name": "Vul een plaats in Nederland in, zoals Utrecht.",
    f"{PORTFOLIO}/*/organisation_type": "Kies het soort organisatie.",
    f"{PORTFOLIO}/*/level": "Kies een niveau.",
    f"{PORTFOLIO}/*/started_on": "Vul in wanneer het begon.",
    f"{PORTFOLIO}/*/ended_on": "Vul een datum in, of laat het leeg als het nog loopt.",
    f"{PORTFOLIO}/*/specialisms": "Dit vakgebied kennen we niet. Kies een naam uit de lijst bij Vak.",
    f"{PORTFOLIO}/*/dossiers": "Dit dossier kennen we niet. Kies een naam uit de lijst bij Vak.",
}
_ORDERS = {
    "/facts/available_until": "Deze dag ligt voor de eerste dag. Vul een latere datum in.",
    "/facts/hours_max": "Dit is minder dan het minste aantal uren. Vul meer in.",
    f"{PORTFOLIO}/*/ended_on": "Deze dag ligt voor het begin. Vul een latere datum in.",
}
ANY_REMEDY = "Dit klopt niet. Kijk het na."
TAKEN = "Dit adres is al van een ander profiel."


def field_of(pointer: str) -> str:
    """Return the field at which what is wrong stands."""
    if pointer.startswith(PLACE):
        return f"{PLACE}/name"
    for name in LISTS:
        if pointer.startswith(name):
            return name
    row = re.match(rf"{PORTFOLIO}/\d+/\w+", pointer, re.ASCII)
    return row[0] if row else pointer


def remedy(pointer: str, detail: str) -> str:
    """Say in Dutch what to do about what an owner refuses. `detail`: what it says, in English."""
    name = re.sub(rf"^{PORTFOLIO}/\d+/", f"{PORTFOLIO}/*/", field_of(pointer))
    if "must not be" in detail and name in _ORDERS:
        return _ORDERS[name]
    return _REMEDIES.get(name, ANY_REMEDY)


LABELS = {
    "/contact/name": "Naam",
    "/contact/email": "E-mailadres",
    "/contact/phone": "Telefoon",
    "/contact/confirmed_at": "Toestemming gegeven op",
    "/contact/preferences/frequency": "Hoe vaak mail",
    "/contact/preferences/min_score": "Geen mail onder deze score",
    "/contact/preferences/quiet_hours": "Geen mail tussen 21:00 en 07:00 uur",
    "/facts/status": "Wil opdrachten",
    "/facts/level": "Niveau",
    "/facts/specialisms": "Vakgebieden",
    "/facts/dossiers": "Dossiers",
    "/facts/certificates": "Certificaten",
    "/facts/ambition/direction": "Richting",
    "/facts/ambition/step_up": "Wil een stap omhoog",
    "/facts/ambition/specialisms": "Wil groeien in",
    "/facts/available_from": "Vrij vanaf",
    "/facts/available_until": "Vrij tot en met",
    "/facts/hours_min": "Minste uren per week",
    "/facts/hours_max": "Meeste uren per week",
    f"{PLACE}/name": "Woonplaats",
    "/facts/max_distance_km": "Reist hoogstens (km)",
    "/facts/rate_min_cents": "Laagste tarief per uur",
    "/facts/contract_forms": "Contractvormen",
    "/facts/excluded_organisation_types": "Wil niet werken voor",
}
_ROW_LABELS = {
    "organisation_type": "soort organisatie",
    "level": "niveau",
    "started_on": "van",
    "ended_on": "tot en met",
    "specialisms": "vakgebieden",
    "dossiers": "dossiers",
}


def label(name: str) -> str:
    """Name a field."""
    if row := _ROW.fullmatch(name):
        return f"Eerder werk {int(row[1]) + 1}: {_ROW_LABELS.get(row[2], row[2])}"
    return LABELS.get(name, name)


def agreed(typed: Typed, number: int) -> str:
    """Say what was agreed of the placement that a row of the portfolio came from."""
    kind, level, first_day, last_day = (first(typed, f"{PORTFOLIO}/{number}/{part}") for part in AGREED)
    lasts = f"tot en met {_day(last_day)}" if last_day else "loopt nog"
    return (
        f"Via ons geplaatst: {nl.term(kind)}, {CHOSEN.get(level, level)}, vanaf {_day(first_day)}, {lasts}."
    )


def _day(text: str) -> str:
    try:
        return nl.day(date.fromisoformat(text))
    except ValueError:  # of a form that was made by hand
        return text


def differences(typed: Typed, present: Typed) -> list[tuple[str, str, str]]:
    """Return the fields that a form and the present profile have otherwise: field, form's, other's."""
    names = [*LABELS, *sorted(name for name in {*typed, *present} if _ROW.fullmatch(name))]
    return [
        (name, shown(name, typed), shown(name, present))
        for name in names
        if not name.endswith((*CARRIED, "/drop")) and shown(name, typed) != shown(name, present)
    ]


def shown(name: str, typed: Typed) -> str:
    """Write what a field holds, for people."""
    values = [value.strip() for value in typed.get(name, ()) if value.strip()]
    if name in SWITCHES:
        return "ja" if values == ["1"] else "nee"
    if name in LISTS:
        return ", ".join(sorted(map(nl.term, values)))
    return ", ".join(CHOSEN.get(value, value) for value in values)


CHOSEN: Mapping[str, str] = {
    Frequency.DIRECT: "meteen",
    Frequency.DAILY: "één keer per dag",
    Frequency.WEEKLY: "één keer per week",
    Frequency.NONE: "nooit",
    ProfileStatus.ACTIVE: "ja",
    ProfileStatus.PAUSED: "nu even niet",
    Direction.DEPTH: "verdiepen: hetzelfde soort werk",
    Direction.BREADTH: "verbreden: verschillende organisaties",
    **{str(level): name for level, name in nl.LEVELS.items()},
}
