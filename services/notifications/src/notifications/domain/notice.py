"""What a notice is: a mail that is to be sent, as a row before it is sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.events import Lever, PlacementAgreed
from contracts.facts import Coach, Recruiter
from contracts.vocabulary import CheckIn, Decision, NoticeKind

from notifications.domain.address import normalised
from notifications.domain.contact import Recipient
from notifications.domain.match import Assignment, Match, NoInterestYet
from notifications.domain.recruiter import RecruiterWishes
from notifications.domain.schedule import Way

Kind = NoticeKind

OF_A_MATCH = frozenset({Kind.MATCH, Kind.LATER})
TO_RECRUITERS = frozenset(
    {
        *(Kind.SUMMARY, Kind.INTEREST, Kind.WARNING, Kind.RETREAT, Kind.EXPIRING),
        *(Kind.PLACED, Kind.TALK),
    }
)
CHECK_INS = frozenset({Kind.STARTED, Kind.HALFWAY, Kind.ENDING})
OF_A_PLACEMENT = CHECK_INS | {Kind.AGREED, Kind.ENDED}  # to its professional
OF_AN_ADDRESS = frozenset({Kind.MOVED, Kind.LEFT})
GUIDANCE = OF_A_PLACEMENT | {Kind.PLACED, Kind.TALK, Kind.SILENCE}
NEWS = frozenset(
    set(Kind)
    - OF_A_MATCH
    - OF_AN_ADDRESS
    - GUIDANCE
    - TO_RECRUITERS
    - {Kind.DIGEST, Kind.CONSENT, Kind.STAY, Kind.QUESTION}
)

MOST_IN_A_DIGEST = 60  # matches that are named; a digest only counts those beyond


class NoticeState(StrEnum):
    """Where a notice is. All but the first three are final, save that an accepted one may come back or be
    complained of, and that one about a new match is wanted again when what kept it is gone."""

    PENDING = "pending"
    SENDING = "sending"
    DIGESTED = "digested"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    UNWANTED = "unwanted"
    EXPIRED = "expired"
    MISSED = "missed"


WAITING = frozenset({NoticeState.PENDING, NoticeState.SENDING})
# Of a notice about a new match: it is told once what kept it is gone, while one can still respond.
REVIVABLE = frozenset(
    {
        NoticeState.UNWANTED,
        NoticeState.SUPPRESSED,
        NoticeState.REFUSED,
        NoticeState.BOUNCED,
        NoticeState.MISSED,
    }
)
# What may be told of a decision of the recruiter.
OF_A_DECISION = {
    Decision.INVITED: Kind.INVITED,
    Decision.NOMINATED: Kind.NOMINATED,
    Decision.REJECTED: Kind.REJECTED,
}


@dataclass(frozen=True)
class Ending:
    """How a notice ends: its last state, and what the mail server said or why it is not sent."""

    state: NoticeState
    detail: str


@dataclass(frozen=True)
class Body:
    """What a mail says, as it may be shown to others: its links carry no token."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Asker:
    """Who asks a question: their name and address, which they agreed to show to whom they ask."""

    name: str
    email: str


@dataclass(frozen=True)
class Question:
    """What a colleague asks. `asker`: None until it is known who that is."""

    text: str
    asker: Asker | None


@dataclass(frozen=True)
class FactChange:
    """A fact of an opdracht that was told and is no longer so: `field`, by its name in AssignmentFacts, and
    its values there."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ToldCounts:
    """Of how many of an opdracht's live matches the professionals are told: mailed, still to be mailed, and
    not mailed, by the state in which the notice ended."""

    told: int
    waiting: int = 0
    untold: Mapping[NoticeState, int] = field(default_factory=dict)


@dataclass(frozen=True)
class AtWork:
    """Of a notice on a placement: who does the opdracht on what terms, and whom they talk to about it
    (None: their recruiter). `changed`: whether the terms were told, and changed since; `answer` and
    `sentence`: how they say that it goes, of one that tells it."""

    terms: PlacementAgreed
    name: str
    email: str
    coach: Coach | None
    changed: bool = False
    answer: CheckIn | None = None
    sentence: str | None = None


@dataclass(frozen=True)
class Due:
    """A notice that is due, with what it might tell.

    `recipient` is None for a recruiter, and once its professional is erased. `assignment` is None for a
    digest or a summary, whose matches are of several. `attempts` were made before. `due_at`: since
    when it was to go out; `caused_at`: when what it tells happened; `traceparent`: in which trace.

    Of single kinds: `changes`, what differs from what the professional was told (changed); `corrects`, what
    they were told and is taken back (reopened; and `dropped` of a match that came back, also in a digest:
    `back`); `counts` by assignment (summary, warning); `interest_told`, of whom the recruiter knows already
    (summary); `expires_at`, when the opdracht closes by itself (expiring); `erased_on`, the day on which the
    professional is erased otherwise (stay): None once they are no longer asked of it; and `silent_since`,
    when they confirmed last; `at_work` (of a placement): None once it is no more, or its professional is
    erased; `placed`, whether its professional does the opdracht of its match; `levers`, what would bring them
    opdrachten, and `fits`, whether one does by now (silence); `question`, None once whoever asked it is
    erased (question).

    `tried_at`: when it was tried first; `tried_as`: the Message-ID of its last attempt, if that went to the
    same mailbox; `told_before`: how many notices of its kind on the same match, or opdracht, were tried
    before it. `former`: the address that its professional had, to which it goes (left). `wishes` and
    `suppressed` are the recruiter's: how they want their mail, and why none goes to their address; the latter
    is also that of the former address.
    """

    notice_id: UUID
    kind: Kind
    way: Way
    profile_id: UUID | None
    assignment: Assignment | None
    recipient: Recipient | None
    matches: tuple[Match, ...]
    no_interest: NoInterestYet | None
    attempts: int
    due_at: datetime
    caused_at: datetime
    traceparent: str | None
    changes: tuple[FactChange, ...] = ()
    corrects: Kind | None = None
    counts: Mapping[UUID, ToldCounts] = field(default_factory=dict)
    expires_at: datetime | None = None
    back: frozenset[UUID] = frozenset()
    interest_told: frozenset[UUID] = frozenset()
    tried_at: datetime | None = None
    tried_as: UUID | None = None
    told_before: int = 0
    wishes: RecruiterWishes = field(default_factory=RecruiterWishes)
    suppressed: str | None = None
    former: str | None = None
    erased_on: date | None = None
    silent_since: datetime | None = None
    at_work: AtWork | None = None
    placed: bool = False
    levers: tuple[Lever, ...] = ()
    fits: bool = False
    question: Question | None = None

    @property
    def recruiter(self) -> Recruiter | None:
        """Return the recruiter of its opdracht, or of the first of several."""
        assignment = self.assignment or next((match.assignment for match in self.matches), None)
        return None if assignment is None else assignment.facts.recruiter

    @property
    def address(self) -> str | None:
        """Return where it goes; None where nobody is left to tell."""
        if self.kind is Kind.TALK and self.at_work is not None and self.at_work.coach is not None:
            return self.at_work.coach.email
        if self.kind in TO_RECRUITERS:
            return None if self.recruiter is None else self.recruiter.email
        if self.kind is Kind.LEFT:
            return self.former
        return None if self.recipient is None else self.recipient.email

    @property
    def mailbox(self) -> str:
        """Return where it goes, normalised; empty where nobody is left to tell."""
        return normalised(self.address or "")
