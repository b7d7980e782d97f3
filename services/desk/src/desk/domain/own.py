"""What a professional may answer on an opdracht that they were proposed for. The notifications service, which
takes the answer, has the last word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.vocabulary import Answer, Decision

from desk.domain.people import Candidate, Group


class Choice(StrEnum):
    """What a professional may answer, or ask."""

    INTERESTED = "interested"
    DECLINED = "declined"
    LATER = "later"


@dataclass(frozen=True)
class Until:
    """Whether an opdracht is open, and until when one can respond."""

    open: bool
    respond_by: datetime

    def answerable(self, now: datetime) -> bool:
        """Tell whether one can still respond."""
        return self.open and now < self.respond_by


def choices(one: Candidate, until: Until, now: datetime) -> frozenset[Choice]:
    """Return what somebody may do who stands so: a yes before a decision and while one can respond; a no also
    after a yes, until the opdracht closes."""
    decided = one.decision not in {None, Decision.REOPENED}
    declined = one.answer is Answer.DECLINED
    found = set()
    if until.answerable(now) and not decided and (one.live or declined):
        if one.answer is not Answer.INTERESTED:
            found.add(Choice.INTERESTED)
        if not declined:
            found.add(Choice.DECLINED)
        if one.answer is None:
            found.add(Choice.LATER)
    if one.group in {Group.INTERESTED, Group.INVITED, Group.NOMINATED} and until.open:
        found.add(Choice.DECLINED)
    return frozenset(found)


def waits(one: Candidate, until: Until, now: datetime) -> bool:
    """Tell whether an opdracht waits for somebody's answer."""
    return Choice.LATER in choices(one, until, now)
