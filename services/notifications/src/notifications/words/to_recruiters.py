"""Dutch: what recruiters read of their opdrachten (templates have it as `to_recruiters`)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, Decision, WithdrawalReason

from notifications.domain.match import Match
from notifications.domain.notice import NoticeState, ToldCounts
from notifications.words import nl
from notifications.words.legible import line

NAME_FOLLOWS = "Naam volgt"
WAYS = {
    NoticeState.UNWANTED: ("wil deze mail niet", "willen deze mail niet"),
    NoticeState.MISSED: ("kon niet meer op tijd mail krijgen", "konden niet meer op tijd mail krijgen"),
    NoticeState.EXPIRED: ("kon niet meer op tijd mail krijgen", "konden niet meer op tijd mail krijgen"),
}
STANDS: dict[Decision | None, str] = {
    Decision.INVITED: "uitgenodigd voor een gesprek",
    Decision.NOMINATED: "voorgedragen",
}
STOOD: dict[Decision | None, str] = {
    Decision.INVITED: " Er was al een gesprek afgesproken.",
    Decision.NOMINATED: " Er was al een voordracht bij de opdrachtgever.",
}
UNREACHED = ("heeft een adres dat geen mail krijgt", "hebben een adres dat geen mail krijgt")


def who(match: Match) -> str:
    """Name a professional among other words."""
    return line(match.name) if match.name else "Iemand"


def new_matches(count: int) -> str:
    """Count new matches: 2 nieuwe matches."""
    return "1 nieuwe match" if count == 1 else f"{count} nieuwe matches"


def told(counts: ToldCounts) -> str:
    """Say how many fit an opdracht, how many of them were mailed, and how many were not, with why."""
    fit = counts.told + counts.waiting + sum(counts.untold.values())
    if fit == 0:
        return "Er past nu niemand."
    ways = [
        *_ways(counts.told, ("is gemaild", "zijn gemaild")),
        *_ways(counts.waiting, ("krijgt nog mail", "krijgen nog mail")),
        *(way for words, count in _by_words(counts.untold).items() for way in _ways(count, words)),
    ]
    if fit == 1:
        return f"Er past nu 1 persoon: die {ways[0].removeprefix('1 ')}."
    if len(ways) == 1:
        return f"Er passen nu {fit} mensen: zij {ways[0].removeprefix(f'{fit} ')}."
    return f"Er passen nu {fit} mensen: {nl.joined(ways)}."


def _ways(count: int, words: tuple[str, str]) -> list[str]:
    return [f"{count} {words[count != 1]}"] if count else []


def _by_words(untold: Mapping[NoticeState, int]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for state, count in untold.items():
        words = WAYS.get(state, UNREACHED)
        found[words] = found.get(words, 0) + count
    return found


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


def waiting(matches: Iterable[Match]) -> list[str]:
    """Name those who wait for a decision, and how far they are."""
    return [f"{who(match)}: {STANDS.get(_decision(match), 'heeft interesse')}" for match in matches]


def stood(match: Match) -> str:
    """Say how far somebody was who is no longer there; nothing where they were only interested."""
    return STOOD.get(_decision(match), "")


def _decision(match: Match) -> Decision | None:
    return match.decided.decision if match.decided else None


def left(name: str, match: Match) -> str:
    """Say that somebody who was interested is no longer there."""
    if match.answered is not None and match.answered.answer is Answer.DECLINED:
        return f"{name} trekt zich terug"
    if match.withdrawn is not None and match.withdrawn.reason is WithdrawalReason.PROFILE_ERASED:
        return "iemand staat niet meer ingeschreven"
    return f"{name} past niet meer"
