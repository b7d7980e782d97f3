"""Whether a professional stays: when they are asked, and when they are erased who say nothing. Pure.

Somebody is asked `ASK_BEFORE` their day, or now where that is past: nobody is erased sooner after it. What
keeps somebody beyond their day stands in `goes`.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from contracts.events import ConfirmationLacking
from contracts.retention import ASK_BEFORE_DAYS

from profiles.domain.effective import Placement, day_of

ASK_BEFORE = timedelta(days=ASK_BEFORE_DAYS)
# So long it holds that somebody said nothing: they may have since. It is told again each night.
SILENCE_HOLDS = timedelta(hours=1)


def asked_if_confirmed_before(kept: timedelta, now: datetime) -> datetime:
    """Return the moment before which somebody must have confirmed last to be asked now."""
    return now - kept + ASK_BEFORE


def day_of_erasure(confirmed_at: datetime, kept: timedelta, now: datetime) -> date:
    """Return the day on which somebody is erased who is asked now and says nothing."""
    return max(day_of(confirmed_at + kept), day_of(now + ASK_BEFORE))


def asked_anew_if_before(now: datetime) -> date:
    """Return the day before which somebody's day of erasure must lie to be asked anew now."""
    return day_of(now - ASK_BEFORE)


def is_placed(placements: Iterable[Placement], day: date) -> bool:
    """Tell whether somebody does an opdracht on a day, or will: then they are neither asked nor erased."""
    return any(one.last >= day and not one.cancelled for one in placements)


def goes(
    erased_on: date | None, placements: Iterable[Placement], silence: ConfirmationLacking, now: datetime
) -> bool:
    """Tell whether somebody is erased: they were asked, for this day, it has come, they said nothing until
    now, and they are not placed.

    notifications says whether the mail reached them in time, and that no answer of theirs is open.
    """
    holds = now - silence.noticed_at < SILENCE_HOLDS
    is_their_day = erased_on is not None and erased_on == silence.erased_on and day_of(now) >= erased_on
    return holds and is_their_day and not is_placed(placements, day_of(now))
