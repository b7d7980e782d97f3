"""What the page on what is held about people says of this installation. Pure."""

from dataclasses import dataclass
from datetime import timedelta

IN_WORDS = {7: "een week", 30: "30 dagen", 365: "een jaar", 730: "twee jaar"}


@dataclass(frozen=True)
class Privacy:
    """Who answers for it, by name and address, and how long things are held: professionals who confirm
    nothing, opdrachten after they closed, and the stream of alerts."""

    name: str
    address: str
    profiles: timedelta
    closed: timedelta
    alerts: timedelta


def in_words(kept: timedelta) -> str:
    """Say a number of days as people do."""
    return IN_WORDS.get(kept.days) or f"{kept.days} dagen"
