"""The list of opdrachten: which of them, in what order, and how each stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

PAGE_SIZE = 50


class Tab(StrEnum):
    """A part of the list. `concept` is the assignments service's own: drafts are on no topic."""

    CONCEPT = "concept"
    OPEN = "open"
    SELECTING = "selectie"
    CLOSED = "gesloten"


class Order(StrEnum):
    """By what the list is sorted."""

    CLOSES = "sluit"
    OPENED = "nieuwste"
    TITLE = "titel"
    INTEREST = "interesse"


@dataclass(frozen=True)
class Filter:
    """What is looked for. `words`: in title or client; `recruiter`: an e-mail address, in lower case."""

    words: str = ""
    recruiter: str | None = None
    level: str | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Standing:
    """How an opdracht stands, in people: who fit now; of these who were mailed, are interested and not
    decided on yet, or were invited or nominated; who do it, or did."""

    fitting: int
    mailed: int
    interested: int
    chosen: int
    placed: int = 0


@dataclass(frozen=True)
class Line:
    """An opdracht in the list. `closed_at`, `closed_reason`: null while it is open."""

    assignment_id: UUID
    title: str
    organisation: str
    level: str
    urgent: bool
    respond_by: datetime
    recruiter: str
    closed_at: datetime | None
    closed_reason: str | None
    standing: Standing
