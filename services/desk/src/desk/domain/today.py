"""What needs a recruiter now. Each line names the place where it is solved."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

CLOSES_SOON = timedelta(hours=48)
LONG_IN_SELECTION = timedelta(days=14)
SILENT_AFTER_NOMINATION = timedelta(days=5)
OLD_DRAFT = timedelta(days=3)


class Need(StrEnum):
    """Why a line is there, the most urgent first."""

    INTEREST = "interesse"
    TALK = "wil-praten"
    CLOSING = "sluit"
    NOBODY = "niemand"
    NOT_TOLD = "niet-gemaild"
    ADDRESS = "adres"
    RETURNED = "retour"
    SELECTING = "selectie"
    SILENT = "stil"
    DRAFT = "concept"
    ENDING = "eindigt"


@dataclass(frozen=True)
class Task:
    """A line of today's list: about an opdracht, or a person alone. `count`: of people, where it is about
    several (nobody fits: who miss one requirement alone); `since`: of when it dates, or when the opdracht
    closes; `placement_id`, `ends_on`: of a placement, and its last day."""

    need: Need
    since: datetime
    assignment_id: UUID | None = None
    title: str = ""
    organisation: str = ""
    profile_id: UUID | None = None
    name: str | None = None
    count: int = 1
    placement_id: UUID | None = None
    ends_on: date | None = None

    @property
    def key(self) -> str:
        """What it is about, for whoever puts it off."""
        about = self.placement_id or self.profile_id or self.assignment_id
        return f"{self.need}:{about}:{self.assignment_id or ''}"


PLACES = {need: place for place, need in enumerate(Need)}


def in_order(tasks: list[Task]) -> list[Task]:
    """Return tasks as they are shown: by need, then by their last day or by time."""
    return sorted(tasks, key=lambda task: (PLACES[task.need], task.ends_on or date.min, task.since, task.key))
