"""Dutch: what recruiters read of their opdrachten (templates have it as `to_recruiters`)."""

from collections.abc import Iterable, Mapping

from contracts.vocabulary import Answer, Decision, WithdrawalReason
from words import nl
from words.legible import line

from notifications.domain.match import Match
from notifications.domain.notice import NoticeState, ToldCounts

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
