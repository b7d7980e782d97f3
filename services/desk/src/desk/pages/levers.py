"""Dutch: changes of a profile that would bring opdrachten, as matching tells them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contracts.facts import ProfileFacts
from words import nl

MOST = 3
CHANGEABLE = frozenset(
    {
        *("hours_min", "hours_max", "max_distance_km", "available_from", "contract_forms", "ambition"),
        *("excluded_organisation_types", "specialisms", "certificates", "rate_min_cents"),
    }
)


@dataclass(frozen=True)
class Lever:
    """A change in words, what it brings, and the addresses that show it and take it over."""

    says: str
    brings: str
    address: str
    takes_over: str


def best(told: Mapping[str, Any], facts: ProfileFacts) -> Sequence[Lever]:
    """Return the changes that bring most, and the best two together last."""
    pair = [told["pair"]] if told["pair"] else []
    return [_lever(one, facts) for one in (*told["items"][:MOST], *pair)]


def _lever(one: Mapping[str, Any], facts: ProfileFacts) -> Lever:
    change = written(one["change"])
    return Lever(
        says=sentence(one["change"], facts),
        brings=_brings(one),
        address=f"/mijn/loopbaan/wat-als?wijziging={change}",
        takes_over=f"/mijn/profiel/overnemen?wijziging={change}",
    )


def written(change: Mapping[str, Any]) -> str:
    """Write a change as an address has it (`read`)."""
    return quote(json.dumps(change, separators=(",", ":")), safe="")


def _brings(one: Mapping[str, Any]) -> str:
    told = [f"{opdrachten(one['adds'])} erbij"]
    if one["loses"]:
        told.append(f"{one['loses']} eraf")
    if one["adds_year"] > one["adds"]:
        told.append(f"{one['adds_year']} in het hele jaar")
    return ", ".join(told)


def opdrachten(count: int) -> str:
    """Count opdrachten."""
    return "1 opdracht" if count == 1 else f"{count} opdrachten"


def sentence(change: Mapping[str, Any], facts: ProfileFacts) -> str:
    """Say what a change is, beside how it is now."""
    try:
        said = nl.joined([_WORDS[name](value, facts) for name, value in change.items()])
    except (KeyError, TypeError, ValueError):  # of a matching that tries other changes
        said = "een andere keuze in je profiel"
    return said[0].upper() + said[1:]


def read(text: str) -> dict[str, Any]:
    """Return a change as an address or a form has it; raises ValueError where it is none that may be taken
    over. Its values are for the owner to check."""
    found = json.loads(text)
    if not isinstance(found, dict) or not found or not found.keys() <= CHANGEABLE:
        raise ValueError("not a change of a profile")
    return found


def merged(facts: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts with a change of them, which may name a part of the ambition."""
    return {
        **facts,
        **{
            name: {**facts[name], **value} if isinstance(value, dict) and name in facts else value
            for name, value in change.items()
        },
    }


def _new(values: Iterable[str], held: Iterable[str]) -> str:
    return nl.terms([one for one in values if one not in set(held)])


_WORDS: dict[str, Callable[[Any, ProfileFacts], str]] = {
    "hours_min": lambda value, facts: f"vanaf {value} uur in plaats van {facts.hours_min}",
    "hours_max": lambda value, facts: f"tot {value} uur in plaats van {facts.hours_max}",
    "max_distance_km": lambda value, facts: (
        f"reizen tot {value:g} km in plaats van {facts.max_distance_km:g}"
    ),
    "available_from": lambda value, _: f"vrij vanaf {nl.day(value)}",
    "contract_forms": lambda value, facts: f"ook via {_new(value, facts.contract_forms)}",
    "ambition": lambda _, __: "ook opdrachten die een stap omhoog zijn",
    "excluded_organisation_types": lambda value, facts: (
        f"ook bij {_new(facts.excluded_organisation_types, value)}"
    ),
    "specialisms": lambda value, facts: f"met {_new(value, facts.specialisms)}",
    "certificates": lambda value, facts: f"met {_new(value, facts.certificates)}",
    "rate_min_cents": lambda value, facts: (
        f"vanaf {nl.euros(value)} in plaats van {nl.euros(facts.rate_min_cents)}"
    ),
}
