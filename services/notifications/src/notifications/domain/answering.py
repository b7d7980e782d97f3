"""What a professional may answer, and when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.vocabulary import Answer, ClosedReason, Decision


class Standing(StrEnum):
    """How a match stands for the professional who opens its page."""

    OPEN = "open"
    INTERESTED = "interested"
    NOMINATED = "nominated"
    DECLINED = "declined"
    REJECTED = "rejected"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    GONE = "gone"

    @property
    def answerable(self) -> bool:
        """Tell whether an answer changes anything."""
        return self in {Standing.OPEN, Standing.INTERESTED, Standing.NOMINATED}


@dataclass(frozen=True)
class Situation:
    """What is known of a match when its page is opened."""

    live: bool
    answer: Answer | None
    decision: Decision | None
    closed_reason: ClosedReason | None
    respond_by: datetime

    def standing(self, now: datetime) -> Standing:
        """Return how the match stands now."""
        if self.answer is Answer.DECLINED:
            return Standing.DECLINED
        if self.decision is Decision.REJECTED:
            return Standing.REJECTED
        if self.closed_reason is not None:
            return Standing(self.closed_reason.value)
        if not self.live:
            return Standing.GONE
        if self.decision is Decision.NOMINATED:
            return Standing.NOMINATED
        if now >= self.respond_by:
            return Standing.EXPIRED
        return Standing.INTERESTED if self.answer is Answer.INTERESTED else Standing.OPEN
