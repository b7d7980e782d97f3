"""The list of people: who is looked for, and what a line of it says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from unicodedata import normalize
from uuid import UUID

from contracts.values import UNSTORABLE

PAGE_SIZE = 50
WITHOUT_MATCH = timedelta(days=30)
OLD_PROFILE = timedelta(days=183)

MOST_WORDS = 8
_BETWEEN = re.compile(r"[\s-]+")
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class Around:
    """Within so many kilometres of a place, in degrees."""

    latitude: float
    longitude: float
    kilometres: int


@dataclass(frozen=True)
class Wanted:
    """Who is looked for; what is None or false does not count. `words`: of a name or an address."""

    words: str = ""
    level: str | None = None
    specialisms: Sequence[str] = field(default=())
    free_on: date | None = None
    around: Around | None = None
    without_match: bool = False
    old_profile: bool = False


@dataclass(frozen=True)
class Line:
    """Somebody in the list. What is None is not known (yet)."""

    profile_id: UUID
    name: str | None
    email: str | None
    paused: bool
    level: str | None
    place: str | None
    available_from: date | None
    facts_at: datetime | None
    matched_at: datetime | None


def comparable(words: str) -> list[str]:
    """Return words as names are compared: in lower case and without accents."""
    bare = _ACCENTS.sub("", normalize("NFD", UNSTORABLE.sub("", words).lower()))
    return [word for word in _BETWEEN.split(bare) if word][:MOST_WORDS]
