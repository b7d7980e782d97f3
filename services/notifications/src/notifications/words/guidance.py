"""Dutch: what was agreed, and what would bring somebody opdrachten."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts.events import Lever, PlacementAgreed
from words import nl


def rows(terms: PlacementAgreed) -> list[tuple[str, str]]:
    """Put what was agreed into rows: what it is, and how it is."""
    return [
        ("Eerste dag", nl.day(terms.starts_on)),
        ("Laatste dag", nl.day(terms.ended_on or terms.ends_on)),
        ("Uren", f"{terms.hours} uur per week"),
        ("Tarief", f"{nl.euros(terms.rate_cents)} per uur"),
        ("Contractvorm", nl.term(terms.contract_form)),
    ]


@dataclass(frozen=True)
class Said:
    """A lever: what would be otherwise, and what that brings."""

    change: str
    brings: str


def levers(found: Iterable[Lever]) -> list[Said]:
    """Say what would bring somebody opdrachten."""
    return [Said(f"Als je {_both(lever.change)}", _brings(lever)) for lever in found]


def _both(change: dict[str, Any]) -> str:
    return " en ".join(_would(field, value) for field, value in change.items())


def _would(field: str, value: Any) -> str:
    """Say what one would do whose fact is this: the end of a sentence that begins with "Als je"."""
    match field, value:
        case "hours_min", hours:
            return f"ook vanaf {hours} uur per week wilt werken"
        case "hours_max", hours:
            return f"ook tot {hours} uur per week wilt werken"
        case "max_distance_km", kilometres:
            return f"ook {kilometres:g} km wilt reizen"
        case "available_from", day:
            return f"al vanaf {nl.day(day)} kunt beginnen"
        case "contract_forms", [*_, form]:
            return f"ook in de vorm {nl.term(form)} wilt werken"
        case "ambition", _:
            return "ook een opdracht een niveau hoger wilt doen"
        case "excluded_organisation_types", _:
            return "een soort organisatie minder uitsluit"
        case "specialisms", [*_, specialism]:
            return f"ook {nl.term(specialism)} beheerst"
        case "certificates", [*_, certificate]:
            return f"ook het certificaat {nl.term(certificate)} hebt"
        case "rate_min_cents", cents:
            return f"ook voor {nl.euros(cents)} per uur wilt werken"
    return "je profiel op een punt verandert"


def _brings(lever: Lever) -> str:
    if not lever.adds:
        return "nu nog geen opdracht erbij"
    return f"{lever.adds} {'opdracht' if lever.adds == 1 else 'opdrachten'} erbij"
