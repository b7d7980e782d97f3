"""Where the matches of a world come from: here by a script with a few of the rules, quick and without a
database. Whatever takes a fact and says what matching makes of it fits in its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid5

from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.vocabulary import ProfileStatus, Rule, WithdrawalReason

from support.mailboxes import facts
from support.mailboxes.facts import Fact, MatchFact
from support.mailboxes.state import Pair, State

LEAST_SCORE = 50.0
ONE_IN = 2  # of pairs has what an opdracht asks for in craft, which the script throws dice for


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Fact):
    """A professional's matching facts, in full; notifications does not hear of them."""

    profile_id: UUID
    facts: ProfileFacts


class Matching(Protocol):
    """What matching makes of a fact, at the same moment. `state` knows the fact already."""

    def __call__(self, fact: Fact, state: State) -> list[MatchFact]: ...


@dataclass
class ScriptedMatching:
    """Proposes, revises and withdraws as the rules on status, rate, hours and contract forms have it."""

    profiles: dict[UUID, ProfileFacts] = field(default_factory=dict)

    def __call__(self, fact: Fact, state: State) -> list[MatchFact]:
        match fact:
            case ProfileChanged():
                self.profiles[fact.profile_id] = fact.facts
                found = [
                    self._settle(one, fact.profile_id, WithdrawalReason.PROFILE_CHANGED, fact, state)
                    for one in state.assignments
                ]
            case facts.AssignmentOpened() | facts.AssignmentChanged():
                found = [
                    self._settle(fact.assignment_id, one, WithdrawalReason.ASSIGNMENT_CHANGED, fact, state)
                    for one in self.profiles
                ]
            case facts.AssignmentClosed():
                pairs = list(state.of_assignment(fact.assignment_id))
                return list(_withdraw_all(pairs, WithdrawalReason.ASSIGNMENT_CLOSED, fact))
            case facts.ContactErased():
                self.profiles.pop(fact.profile_id, None)
                pairs = [pair for pair in state.pairs.values() if pair.profile_id == fact.profile_id]
                return list(_withdraw_all(pairs, WithdrawalReason.PROFILE_ERASED, fact))
            case facts.Answered() | facts.Decided():
                found = [self._bring_back(state.pairs[fact.match_id], fact, state)]
            case _:
                return []
        return [one for one in found if one is not None]

    def _settle(
        self, assignment_id: UUID, profile_id: UUID, cause: WithdrawalReason, fact: Fact, state: State
    ) -> MatchFact | None:
        """Propose, revise or withdraw one pair, if need be."""
        assignment, pair = state.assignments[assignment_id], _pair(assignment_id, profile_id, state)
        if assignment.closed is not None:
            return None
        rules, score = self._judged(pair.match_id, profile_id, assignment.facts)
        is_candidate = not rules and score >= LEAST_SCORE
        if pair.live and not is_candidate:
            return facts.Withdrawn(
                at=fact.at, match_id=pair.match_id, revision=pair.revision, reason=cause, rules=rules
            )
        is_new = not pair.live and assignment.is_reacting(fact.at) and not _has_ended(pair)
        if is_candidate and (is_new or (pair.live and score != pair.score)):
            return _propose(pair, score, fact)
        return None

    def _bring_back(self, pair: Pair, fact: Fact, state: State) -> MatchFact | None:
        """Propose anew who said yes after a no, or whose rejection was taken back."""
        assignment = state.assignment(pair)
        if assignment.closed is not None or pair.profile_id not in self.profiles:
            return None
        reopened = isinstance(fact, facts.Decided) and not pair.live and not _has_ended(pair)
        rules, score = self._judged(pair.match_id, pair.profile_id, assignment.facts)
        if (pair.returning or reopened) and not rules and score >= LEAST_SCORE:
            return _propose(pair, score, fact)
        return None

    def _judged(
        self, match_id: UUID, profile_id: UUID, asked: AssignmentFacts
    ) -> tuple[tuple[Rule, ...], float]:
        """Return the rules that do not hold, and the score."""
        profile = self.profiles[profile_id]
        most = asked.rate_max_cents
        holds = {
            Rule.ACTIVE: profile.status is ProfileStatus.ACTIVE,
            Rule.SPECIALISMS: match_id.int % ONE_IN == 0,
            Rule.HOURS: profile.hours_max >= asked.hours_min and profile.hours_min <= asked.hours_max,
            Rule.RATE: most is None or profile.rate_min_cents <= most,
            Rule.CONTRACT_FORM: bool(set(profile.contract_forms) & set(asked.contract_forms)),
        }
        room = 10.0 if most is None else min(10.0, max(0.0, (most - profile.rate_min_cents) / 200))
        score = round(50 + match_id.int // ONE_IN % 4000 / 100 + room, 2)
        return tuple(rule for rule, is_kept in holds.items() if not is_kept), score


def _pair(assignment_id: UUID, profile_id: UUID, state: State) -> Pair:
    match_id = uuid5(assignment_id, str(profile_id))
    return state.pairs.get(match_id) or Pair(match_id, assignment_id, profile_id)


def _has_ended(pair: Pair) -> bool:
    return pair.answer == "declined" or pair.decision == "rejected"


def _propose(pair: Pair, score: float, fact: Fact) -> facts.Proposed:
    return facts.Proposed(
        at=fact.at,
        match_id=pair.match_id,
        assignment_id=pair.assignment_id,
        profile_id=pair.profile_id,
        revision=pair.revision + 1,
        score=score,
    )


def _withdraw_all(pairs: list[Pair], reason: WithdrawalReason, fact: Fact) -> Iterator[facts.Withdrawn]:
    for pair in pairs:
        if pair.live:
            yield facts.Withdrawn(at=fact.at, match_id=pair.match_id, revision=pair.revision, reason=reason)
