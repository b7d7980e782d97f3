"""The record of a selection, as it may be handed to the client: who was proposed, and what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events import MatchDecided
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, Criterion, Decision, Rule

from desk.domain.people import Candidate, Group


@dataclass(frozen=True)
class Entry:
    """Somebody in the record. `who`: initials, and the name from the nomination on; `fell_off`: the rules
    that they do not meet any more, null where they still fit."""

    who: str
    score: float
    policy: str
    proposed_at: datetime
    answer: Answer | None
    answered_at: datetime | None
    decisions: tuple[MatchDecided, ...]
    group: Group
    fell_off: tuple[Rule, ...] | None


@dataclass(frozen=True)
class Record:
    """The record: the weights of the criteria in points (`own`: the client's; none: nobody was scored yet),
    the versions of the policy, and the people."""

    weights: dict[Criterion, float]
    own: bool
    policies: tuple[str, ...]
    entries: tuple[Entry, ...]

    def count(self, *groups: str) -> int:
        """Return how many stand in one of these groups."""
        return sum(entry.group in groups for entry in self.entries)


def record(facts: AssignmentFacts, candidates: Sequence[Candidate]) -> Record:
    """Return the record of a selection."""
    entries = tuple(_entry(one) for one in candidates)
    weights = facts.weights or next((_weights(one) for one in candidates if one.explanation), {})
    policies = tuple(sorted({entry.policy for entry in entries}))
    return Record(dict(weights), facts.weights is not None, policies, entries)


def _weights(one: Candidate) -> dict[Criterion, float]:
    """Return the most points of each criterion, as a score was made of them."""
    return {item.criterion: item.max_points for item in one.explanation}


def _entry(one: Candidate) -> Entry:
    name = one.name or ""
    return Entry(
        who=name if _is_known(one) else initials(name.split()),
        score=one.score,
        policy=one.policy,
        proposed_at=one.first_proposed_at,
        answer=one.answer,
        answered_at=one.answered_at,
        decisions=one.decisions,
        group=one.group,
        fell_off=_fell_off(one),
    )


def _fell_off(one: Candidate) -> tuple[Rule, ...] | None:
    if one.group is not Group.FELL_OFF or one.withdrawn is None:
        return None
    return tuple(broken.rule for broken in one.withdrawn.rules)


def _is_known(one: Candidate) -> bool:
    """Tell whether the client knows somebody by name: from the nomination on, whatever came after."""
    return bool(one.name) and (
        one.placed or any(event.decision is Decision.NOMINATED for event in _standing(one.decisions))
    )


def _standing(decisions: Sequence[MatchDecided]) -> list[MatchDecided]:
    """Return the decisions that were not taken back: each `reopened` takes back the one before it."""
    stands: list[MatchDecided] = []
    for event in decisions:
        if event.decision is not Decision.REOPENED:
            stands.append(event)
        elif stands:
            stands.pop()
    return stands


def initials(words: Iterable[str]) -> str:
    """Return the initials of a name: "Anja van der Linden" is "A. v. d. L."; a dash without a name."""
    return " ".join(f"{word[0]}." for word in words) or "–"
