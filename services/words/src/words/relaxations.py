"""Dutch: what would bring an opdracht more people (templates have it as `relaxations`)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.events import Relaxation
from contracts.facts import AssignmentFacts

from words import nl


def advice(relaxation: Relaxation, facts: AssignmentFacts) -> str:
    """Put what would bring most people into words: a question, and what a yes brings."""
    people = (
        "Dan past er 1 persoon meer."
        if relaxation.adds == 1
        else f"Dan passen er {relaxation.adds} mensen meer."
    )
    return f"{_question(relaxation.change, facts)} {people}"


def _question(change: Mapping[str, Any], facts: AssignmentFacts) -> str:
    try:
        first, *others = [_QUESTIONS[field](value, facts) for field, value in change.items()]
    except (KeyError, TypeError, ValueError, IndexError):
        return "Maak je een eis soepeler?"
    return f"{', en '.join([first, *(other[0].lower() + other[1:] for other in others)])}?"


def _dropped(asked: Iterable[str], value: Iterable[str]) -> str:
    return nl.terms([one for one in asked if one not in value])


def _added(offered: Iterable[str], value: Iterable[str]) -> str:
    return nl.terms([one for one in value if one not in offered])


def _onsite(days: int) -> str:
    if days == 0:
        return "Kan het werk helemaal op afstand"
    return f"Hoeft iemand maar {days} {'dag' if days == 1 else 'dagen'} per week te komen"


_QUESTIONS: dict[str, Callable[[Any, AssignmentFacts], str]] = {
    "rate_max_cents": lambda value, _: f"Verhoog je het maximum naar {nl.euros(value)} per uur",
    "open_to_growth": lambda _, __: "Mag het ook iemand zijn voor wie dit een stap omhoog is",
    "starts_on": lambda value, _: f"Kan de opdracht starten op {nl.day(value)}",
    "onsite_days": lambda value, _: _onsite(value),
    "hours_min": lambda value, _: f"Mag het ook vanaf {value} uur per week",
    "contract_forms": lambda value, facts: f"Mag het ook via {_added(facts.contract_forms, value)}",
    "required_specialisms": lambda value, facts: (
        f"Is {_dropped(facts.required_specialisms, value)} niet meer verplicht"
    ),
    "required_certificates": lambda value, facts: (
        f"Is het certificaat {_dropped(facts.required_certificates, value)} niet meer verplicht"
    ),
}
