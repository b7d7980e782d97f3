"""What a notice is: a mail that is to be sent, as a row before it is sent. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifications.domain.contact import Recipient
from notifications.domain.match import Assignment, Match, NoInterestYet
from notifications.domain.schedule import Way


class Kind(StrEnum):
    """What a notice tells: a professional of a match (anew, where they asked for it later) or of several;
    a recruiter of new matches, of somebody's interest, or of nobody's; or a professional what became of a
    match after the answer."""

    MATCH = "match"
    LATER = "later"
    DIGEST = "digest"
    SUMMARY = "summary"
    INTEREST = "interest"
    WARNING = "warning"
    ANSWERED = "answered"
    NOMINATED = "nominated"
    REJECTED = "rejected"
    CLOSED = "closed"


OF_A_MATCH = frozenset({Kind.MATCH, Kind.LATER})
TO_RECRUITERS = frozenset({Kind.SUMMARY, Kind.INTEREST, Kind.WARNING})
NEWS = frozenset({Kind.ANSWERED, Kind.NOMINATED, Kind.REJECTED, Kind.CLOSED})


class NoticeState(StrEnum):
    """Where a notice is. All but the first two are final, save that a cancelled one may be wanted again,
    and that an accepted one may come back or be complained of."""

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


WAITING = frozenset({NoticeState.PENDING, NoticeState.SENDING})


@dataclass(frozen=True)
class Ending:
    """How a notice ends: its last state, and what the mail server said or why it is not sent."""

    state: NoticeState
    detail: str


@dataclass(frozen=True)
class Due:
    """A notice that is due, with what it might tell.

    `recipient` is None for a recruiter, and once its professional is erased. `assignment` is None for a
    digest, whose matches are of several. `attempts` were made before. `caused_at`: when what it tells
    happened; `traceparent`: in which trace.
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
    caused_at: datetime
    traceparent: str | None

    @property
    def address(self) -> str | None:
        """Return where it goes; None where nobody is left to tell."""
        if self.kind in TO_RECRUITERS:
            return None if self.assignment is None else self.assignment.facts.recruiter.email
        return None if self.recipient is None else self.recipient.email
