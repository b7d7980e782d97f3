"""How a recruiter wants their mail. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.vocabulary import Frequency

from notifications.domain import schedule

REMIND_BEFORE = timedelta(days=7)


class SummaryRhythm(StrEnum):
    """When summaries of new matches come."""

    DIRECT = "direct"
    HOURLY = "hourly"
    DAILY = "daily"
    NONE = "none"


class InterestRhythm(StrEnum):
    """When mails about somebody's interest come."""

    DIRECT = "direct"
    DAILY = "daily"


@dataclass(frozen=True)
class RecruiterWishes:
    """What a recruiter prefers; without a choice, mail at once and at any hour."""

    summary: SummaryRhythm = SummaryRhythm.DIRECT
    interest: InterestRhythm = InterestRhythm.DIRECT
    quiet_hours: bool = False

    def summary_due(self, window: timedelta, now: datetime) -> datetime | None:
        """Return when a summary that begins now goes out; None where none is wanted. `window`: how long new
        matches are gathered at least."""
        match self.summary:
            case SummaryRhythm.DIRECT:
                return now + window
            case SummaryRhythm.HOURLY:
                return schedule.next_hour(now)
            case SummaryRhythm.DAILY:
                return schedule.next_digest(Frequency.DAILY, now)
            case SummaryRhythm.NONE:
                return None

    def interest_due(self, now: datetime) -> datetime:
        """Return when a mail about interest that is shown now goes out."""
        if self.interest is InterestRhythm.DAILY:
            return schedule.next_digest(Frequency.DAILY, now)
        return now


def reminder_due(respond_by: datetime, selection: timedelta) -> datetime:
    """Return when a recruiter is reminded that an opdracht closes by itself, `selection` after
    `respond_by`."""
    return respond_by + selection - REMIND_BEFORE
