"""Which of a match's decisions stands: `reopened` takes the latest back. Pure.

Decisions are kept as their events' JSON, so that those of a newer version are kept as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from contracts.vocabulary import Decision

DecisionJson: TypeAlias = dict[str, Any]


def moment(decision: DecisionJson) -> datetime:
    """Return when it was decided."""
    return datetime.fromisoformat(decision["decided_at"])


def merged(known: Iterable[DecisionJson], new: Iterable[DecisionJson]) -> list[DecisionJson]:
    """Return all decisions on a match, the oldest first. One match has one decision at a moment."""
    by_moment = {moment(one): one for one in new} | {moment(one): one for one in known}
    return [by_moment[at] for at in sorted(by_moment)]


def standing(decisions: Sequence[DecisionJson]) -> tuple[str | None, datetime | None]:
    """Return the decision that stands, and when it was made; None where none does, or that is not known.

    Matching's own account of what stands counts where decisions of before did not come here.
    """
    stack: list[tuple[str, datetime | None]] = []
    for one in decisions:
        latest = (one["decision"], moment(one))
        before = stack
        stack = before[:-1] if one["decision"] == Decision.REOPENED else [*before, latest]
        said = one.get("standing")
        if said is not None and said != [decision for decision, _ in stack]:
            made = {(place, decision): at for place, (decision, at) in enumerate(before)}
            stack = [(decision, made.get((place, decision))) for place, decision in enumerate(said)]
            if said and said[-1] == one["decision"]:
                stack[-1] = latest
    return stack[-1] if stack else (None, None)


def last_rejection(decisions: Iterable[DecisionJson]) -> datetime | None:
    """Return when the professional was rejected last, taken back or not; None if never."""
    moments = (moment(one) for one in decisions if one["decision"] == Decision.REJECTED)
    return max(moments, default=None)
