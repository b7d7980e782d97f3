"""A match as its log tells it: an event that a later one has overtaken changes nothing. Pure.

Matching gives the events of one match rising moments, and publishes them in that order under one key. So the
moments are the log's order, and they go on where a count would begin again: in a matching that was restored
or rebuilt. An event out of that order was a dead letter, or comes from a topic that is read once more; by
then what came after it counts.

Whether a match lives is told by its last proposal or withdrawal, what was decided by its last decision. So
the two are ordered each by itself: a proposal that comes after a later decision still brings the match that
was decided on, and a decision on a match that is not known yet is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from contracts.events import MatchDecided, MatchProposed, MatchWithdrawn

MatchEvent: TypeAlias = MatchProposed | MatchWithdrawn | MatchDecided

IN_ORDER = (MatchProposed, MatchWithdrawn, MatchDecided)


@dataclass(frozen=True)
class AsOf:
    """The moments of the last events on a match that were taken: a proposal or a withdrawal, and a decision;
    None where there was none."""

    match: datetime | None = None
    decision: datetime | None = None


def moment(event: MatchEvent) -> datetime:
    """Return when it happened."""
    if isinstance(event, MatchProposed):
        return event.proposed_at
    return event.withdrawn_at if isinstance(event, MatchWithdrawn) else event.decided_at


def not_overtaken(
    events: Iterable[MatchEvent], known: Mapping[UUID, AsOf], *, again: bool = False
) -> list[MatchEvent]:
    """Return the events of a batch, in its order, without those that are overtaken by `known` or each other.

    `again`: they are published once more; the event that is known has the same moment then.
    """
    as_of = dict(known)
    taken = []
    for event in events:
        before, at = as_of.get(event.match_id, AsOf()), moment(event)
        last = before.decision if isinstance(event, MatchDecided) else before.match
        if last is not None and (at < last or (again and at == last)):
            continue
        after = replace(before, decision=at) if isinstance(event, MatchDecided) else replace(before, match=at)
        as_of[event.match_id] = after
        taken.append(event)
    return taken


def in_turns(events: Sequence[MatchEvent]) -> list[list[MatchEvent]]:
    """Split a batch, so that in each turn no match's proposal follows its withdrawal or decision, nor its
    withdrawal its decision: a turn is then taken in kind by kind, and a match's events still in order."""
    turns: list[list[MatchEvent]] = []
    ranks: dict[UUID, int] = {}
    for event in events:
        rank = IN_ORDER.index(type(event))
        if not turns or rank < ranks.get(event.match_id, 0):
            turns.append([])
            ranks = {}
        ranks[event.match_id] = rank
        turns[-1].append(event)
    return turns
