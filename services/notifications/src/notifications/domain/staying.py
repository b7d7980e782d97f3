"""When somebody is erased who is asked whether they stay, and says nothing. Pure.

They have 30 whole days after the mail, whenever it goes out: the day that it tells is the later of the one
that profiles told and the first after these.
"""

from datetime import date, datetime, timedelta

from contracts.retention import ASK_BEFORE_DAYS

from notifications.domain import clock

WAIT = timedelta(days=ASK_BEFORE_DAYS)


def day_told(erased_on: date, now: datetime) -> date:
    """Return the day of erasure that a mail tells which goes out now."""
    return max(erased_on, clock.today(now) + WAIT + timedelta(days=1))


def asked_until(now: datetime) -> datetime:
    """Return the moment before which a mail must have been accepted of which 30 whole days are over."""
    return clock.midnight(now - WAIT)
