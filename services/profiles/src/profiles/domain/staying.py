"""Whether a professional stays: when they are asked, and when they are erased who say nothing. Pure.

Somebody is asked `ASK_BEFORE` their day, or now where that is past: nobody is erased sooner after it. What
keeps somebody beyond their day stands in `goes`.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.events import ConfirmationLacking
from contracts.retention import ASK_BEFORE_DAYS

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ASK_BEFORE = timedelta(days=ASK_BEFORE_DAYS)
# So long it holds that somebody said nothing: they may have since. It is told again each night.
SILENCE_HOLDS = timedelta(hours=1)


def asked_if_confirmed_before(kept: timedelta, now: datetime) -> datetime:
    """Return the moment before which somebody must have confirmed last to be asked now."""
    return now - kept + ASK_BEFORE


def day_of_erasure(confirmed_at: datetime, kept: timedelta, now: datetime) -> date:
    """Return the day on which somebody is erased who is asked now and says nothing."""
    return max(_day(confirmed_at + kept), _day(now + ASK_BEFORE))


def asked_anew_if_before(now: datetime) -> date:
    """Return the day before which somebody's day of erasure must lie to be asked anew now."""
    return _day(now - ASK_BEFORE)


def goes(erased_on: date | None, silence: ConfirmationLacking, now: datetime) -> bool:
    """Tell whether somebody is erased: they were asked, for this day, it has come, and they said
    nothing until now.

    notifications says whether the mail reached them in time, and that no answer of theirs is open.
    """
    holds = now - silence.noticed_at < SILENCE_HOLDS
    return holds and erased_on is not None and erased_on == silence.erased_on and _day(now) >= erased_on


def _day(moment: datetime) -> date:
    return moment.astimezone(AMSTERDAM).date()
