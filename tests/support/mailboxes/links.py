"""Until when a mail's links work."""

from datetime import datetime, timedelta

ANSWERS = timedelta(days=30)
PREFERENCES = timedelta(days=180)


def answer_link_works(now: datetime, closed_at: datetime | None, *, erased: bool = False) -> bool:
    """A link to a match works until 30 days after the opdracht closed, however old it is."""
    return not erased and (closed_at is None or now < closed_at + ANSWERS)


def preferences_link_works(now: datetime, signed_at: datetime, *, erased: bool = False) -> bool:
    """A link to the preferences works for 180 days."""
    return not erased and now < signed_at + PREFERENCES


def unsubscribe_link_works(*, erased: bool = False) -> bool:
    """A link to unsubscribe never ends by time; only with the person's erasure."""
    return not erased
