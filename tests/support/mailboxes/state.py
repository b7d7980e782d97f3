"""What notifications knows at a moment: people, opdrachten, pairs, and who wants what mail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Answer, ClosedReason, Decision, Frequency

from support.mailboxes.addresses import normalised
from support.mailboxes.facts import Proposed, RecruiterPreferencesChosen

MOST_ANSWERS = 10


@dataclass
class Person:
    """A professional. `preferences` are those that they chose last, wherever they did."""

    profile_id: UUID
    name: str
    email: str
    preferences: Preferences
    erased: bool = False

    @property
    def address(self) -> str:
        return normalised(self.email)


@dataclass
class Assignment:
    assignment_id: UUID
    facts: AssignmentFacts
    closed: ClosedReason | None = None

    @property
    def recruiter(self) -> str:
        return normalised(self.facts.recruiter.email)

    def is_reacting(self, now: datetime) -> bool:
        """Open, and before `respond_by`: new people are told of it and answer. After it, it is selecting."""
        return self.closed is None and now < self.facts.respond_by


@dataclass
class Pair:
    """A professional and an opdracht that matching brought together.

    `live`: it is proposed, and neither withdrawn nor declined nor rejected since; `returning`: who had said
    no said yes, and matching did not propose them again yet; `withdrawn`: by matching, and not proposed
    since; `decisions`: those that stand, the latest last.
    `told_at`: the addresses at which a mail about the new match arrived and stayed; `told_facts`: the
    opdracht as a mail told it last; `fell_off`: they were told that it no longer fits, and nothing since.
    `interest_told`: its recruiter was told of the interest; `shown_at`: and of the match among new ones.
    """

    match_id: UUID
    assignment_id: UUID
    profile_id: UUID
    revision: int = 0
    score: float = 0.0
    live: bool = False
    returning: bool = False
    withdrawn: bool = False
    answer: Answer | None = None
    answer_reason: str | None = None
    answers: int = 0
    decisions: list[Decision] = field(default_factory=list)
    told_at: set[str] = field(default_factory=set)
    told_facts: AssignmentFacts | None = None
    fell_off: bool = False
    interest_told: bool = False
    shown_at: datetime | None = None

    @property
    def says_yes(self) -> bool:
        """The latest answer is yes."""
        return self.answer is Answer.INTERESTED

    @property
    def decision(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None

    @property
    def is_chosen(self) -> bool:
        """The recruiter invited or nominated them, and that stands."""
        return self.decision in {Decision.INVITED, Decision.NOMINATED}


class Page(StrEnum):
    """What the page of a mail's link says to who presses a button."""

    TAKEN = "taken"
    REPEATED = "the same answer stands already"
    TOO_LATE = "too late"
    TOO_MANY = "answered too often"
    LATER = "asked later"
    STANDS = "it already stands as interested"


@dataclass
class State:
    """`suppressed`, `unsubscribed`, `no_news`: normalised addresses: what goes for a mailbox goes for
    everybody who is reached by it."""

    people: dict[UUID, Person] = field(default_factory=dict)
    assignments: dict[UUID, Assignment] = field(default_factory=dict)
    pairs: dict[UUID, Pair] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    unsubscribed: set[str] = field(default_factory=set)
    no_news: set[str] = field(default_factory=set)
    recruiters: dict[str, RecruiterPreferencesChosen] = field(default_factory=dict)

    def person(self, pair: Pair) -> Person:
        return self.people[pair.profile_id]

    def assignment(self, pair: Pair) -> Assignment:
        return self.assignments[pair.assignment_id]

    def of_assignment(self, assignment_id: UUID) -> Iterator[Pair]:
        return (pair for pair in self.pairs.values() if pair.assignment_id == assignment_id)

    def frequency(self, person: Person) -> Frequency:
        """An address that was unsubscribed gets no mail on new opdrachten, whoever it belongs to."""
        if person.address in self.unsubscribed:
            return Frequency.NONE
        return person.preferences.frequency

    def learn_contact(self, profile_id: UUID, name: str, email: str, preferences: Preferences) -> None:
        """Who wants mail again after having wanted none takes the unsubscribing of the address back; a
        change of anything else does not."""
        old = self.people.get(profile_id)
        new = Person(profile_id, name, email, preferences)
        if old is not None and old.erased:
            return
        self.people[profile_id] = new
        was_none = old is not None and old.preferences.frequency is Frequency.NONE
        if was_none and preferences.frequency is not Frequency.NONE:
            self.unsubscribed.discard(new.address)

    def choose(self, profile_id: UUID, preferences: Preferences, *, news: bool) -> None:
        """The page counts for the address: to want none there is to unsubscribe, and to want some ends it."""
        person = self.people[profile_id]
        if person.erased:
            return
        person.preferences = preferences
        _set(self.unsubscribed, person.address, preferences.frequency is Frequency.NONE)
        _set(self.no_news, person.address, not news)

    def unsubscribe(self, profile_id: UUID) -> None:
        person = self.people[profile_id]
        if person.erased:
            return
        person.preferences = person.preferences.model_copy(update={"frequency": Frequency.NONE})
        self.unsubscribed.add(person.address)

    def propose(self, fact: Proposed) -> tuple[Pair, bool]:
        """Return the pair, and whether it lives now and did not before. Who said no, or was rejected, does
        not live again by a proposal that crossed the answer."""
        pair = self.pairs.setdefault(fact.match_id, Pair(fact.match_id, fact.assignment_id, fact.profile_id))
        if fact.revision <= pair.revision:
            return pair, False
        is_new = not pair.live or pair.returning
        pair.revision, pair.score, pair.returning = fact.revision, fact.score, False
        pair.withdrawn = False
        pair.live = pair.answer is not Answer.DECLINED and pair.decision is not Decision.REJECTED
        return pair, pair.live and is_new

    def answered(self, pair: Pair, answer: Answer, reason: str | None, now: datetime) -> Page:
        """Take an answer, or say why not. Ten a match are taken."""
        if self.person(pair).erased:
            return Page.TOO_LATE
        if (pair.answer, pair.answer_reason) == (answer, reason):
            return Page.REPEATED
        if not (self.may_say_yes if answer is Answer.INTERESTED else self.may_say_no)(pair, now):
            return Page.TOO_LATE
        if pair.answers >= MOST_ANSWERS:
            return Page.TOO_MANY
        pair.returning = pair.answer is Answer.DECLINED
        pair.live = answer is Answer.INTERESTED
        pair.answer, pair.answer_reason, pair.answers = answer, reason, pair.answers + 1
        # To who was never mailed, it is the page that told them.
        pair.told_facts = pair.told_facts or self.assignment(pair).facts
        return Page.TAKEN

    def may_say_yes(self, pair: Pair, now: datetime) -> bool:
        """Before `respond_by` and before a decision, in any order; of what fell off, no more."""
        here = pair.live or (pair.answer is Answer.DECLINED and not pair.withdrawn)
        return here and pair.decision is None and self.assignment(pair).is_reacting(now)

    def may_say_no(self, pair: Pair, now: datetime) -> bool:
        """Like yes; and whoever said yes, is invited or nominated may step back until it closes."""
        if pair.decision is Decision.REJECTED:
            return False
        if pair.is_chosen or pair.says_yes:
            return pair.answer is not Answer.DECLINED and self.assignment(pair).closed is None
        return pair.live and self.assignment(pair).is_reacting(now)


def _set(addresses: set[str], address: str, wanted: bool) -> None:
    (addresses.add if wanted else addresses.discard)(address)
