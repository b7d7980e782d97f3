"""Who does which opdracht: the list of placements, and how each stands. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.facts import PlacementTerms
from contracts.vocabulary import CheckIn, EndedReason

ENDS_SOON = timedelta(weeks=8)
PAGE_SIZE = 50


class Tab(StrEnum):
    """A part of the list."""

    RUNNING = "lopend"
    ENDING = "eindigt"
    ENDED = "afgelopen"


@dataclass(frozen=True)
class Sought:
    """What is looked for. `words`: in the name, the title or the client; `recruiter`: an e-mail address, in
    lower case; `wants_to_talk`: who said so last."""

    words: str = ""
    recruiter: str | None = None
    wants_to_talk: bool = False


@dataclass(frozen=True)
class CheckedIn:
    """How somebody said that it goes. `sentence`: in their own words, None without any."""

    answer: CheckIn
    sentence: str | None
    answered_at: datetime


@dataclass(frozen=True)
class Placed:
    """A placement. `name`, `email`, `phone`: null of who is not known or erased; `title`, `organisation`:
    null of an opdracht that is not known; `ended_on`, `ended_reason`: null until it was ended; `latest`:
    how it goes, None as long as nobody said it."""

    placement_id: UUID
    version: int
    assignment_id: UUID
    profile_id: UUID | None
    terms: PlacementTerms
    ended_on: date | None
    ended_reason: EndedReason | None
    agreed_at: datetime
    changed_at: datetime
    name: str | None
    email: str | None
    phone: str | None
    title: str | None
    organisation: str | None
    latest: CheckedIn | None = None

    @property
    def has_ended(self) -> bool:
        """Whether somebody ended it."""
        return self.ended_reason is not None

    @property
    def counts(self) -> bool:
        """Whether it did not turn out to be nothing."""
        return self.ended_reason is not EndedReason.CANCELLED

    def lasts(self, today: date) -> bool:
        """Tell whether the work is agreed, and not over."""
        return not self.has_ended and self.terms.ends_on >= today

    def ends_soon(self, today: date) -> bool:
        """Tell whether it is time to ask what is next."""
        return not self.has_ended and self.terms.ends_on <= today + ENDS_SOON
