"""A recruiter's decisions on a match, of which `reopened` takes the latest back. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.events import MatchDecided
from contracts.vocabulary import Decision

from notifications.domain.match import Decided


@dataclass(frozen=True)
class Outcome:
    """What a batch of decisions on one match comes to. `standing`: those that stand, the latest last;
    `taken_back`: the latest of before, where it no longer stands; `new`: the latest, where it is new."""

    standing: tuple[Decided, ...]
    taken_back: Decided | None
    new: Decided | None


def decide(before: tuple[Decided, ...], events: Iterable[MatchDecided], *, interested: bool) -> Outcome:
    """Apply decisions in their order. `interested`: the professional's latest answer is yes, which is whom
    a decision is told, unless the recruiter says otherwise."""
    standing = list(before)
    lasting = len(before)  # how many of those of before stand still
    for event in events:
        known = list(standing)
        if event.decision is not Decision.REOPENED:
            told = interested if event.tell is None else event.tell
            standing.append(
                Decided(
                    decision=event.decision,
                    reason=event.reason,
                    at=event.decided_at,
                    message=event.message,
                    reason_code=event.reason_code,
                    appointment=event.appointment,
                    told=told,
                )
            )
        elif standing:
            standing.pop()
        if event.standing is not None:
            standing = _as_matching_says(known, standing, event.standing)
        lasting = min(lasting, _alike(before, standing))
    return Outcome(
        standing=tuple(standing),
        taken_back=before[-1] if lasting < len(before) else None,
        new=standing[-1] if len(standing) > lasting else None,
    )


def _as_matching_says(
    known: Sequence[Decided], standing: list[Decided], said: Sequence[Decision]
) -> list[Decided]:
    """Return what stands by matching's own account: `standing`, unless decisions of before did not come here.
    Those that are `known` stay, of the others the words are not."""
    if [one.decision for one in standing] == said:
        return standing
    last = standing[-1:] if standing and said and standing[-1].decision is said[-1] else []
    before = said[: len(said) - len(last)]
    kept = known[: _same_decisions(known, before)]
    return [*kept, *(Decided(decision=one, reason=None, at=None) for one in before[len(kept) :]), *last]


def _same_decisions(known: Sequence[Decided], said: Sequence[Decision]) -> int:
    pairs = enumerate(zip(known, said, strict=False))
    return next(
        (place for place, (one, what) in pairs if one.decision is not what), min(len(known), len(said))
    )


def _alike(before: Sequence[Decided], standing: Sequence[Decided]) -> int:
    """Return how many of the first decisions are the same."""
    pairs = enumerate(zip(before, standing, strict=False))
    return next((place for place, (old, new) in pairs if old != new), min(len(before), len(standing)))
