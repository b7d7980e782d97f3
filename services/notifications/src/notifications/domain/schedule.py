"""When a professional is told: at once, after the quiet hours, or in a digest; and when a recruiter is. Pure:
the moment is given.

All times of day are those of Amsterdam.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications.domain import clock

DIGEST_AT = time(7, 30)
DIGEST_WEEKDAY = 0  # Monday
QUIET_FROM = time(21)
QUIET_UNTIL = time(7)
DIRECT_A_DAY = 3


class Way(StrEnum):
    """How a notice goes out. `asked`: once its professional said that mails may come."""

    DIRECT = "direct"
    DIGEST = "digest"
    ASKED = "asked"


@dataclass(frozen=True)
class Plan:
    """How a notice goes out, and from when on."""

    way: Way
    due_at: datetime


def plan(
    wishes: Preferences, *, urgent: bool, sent_today: int, respond_by: datetime, now: datetime
) -> Plan | None:
    """Plan a new match: the first of these moments that lies before `respond_by`; None where none does.

    - Who wants digests: their next digest, or else the next morning's, or else the next moment outside their
      quiet hours, in a mail of its own.
    - Who wants mail at once: now, or at 07:00 where it is quiet.
    - The fourth such mail of a day to an address, unless it is urgent: in the next morning's digest, or else
      as the first three.

    `sent_today`: direct mails on new matches that this address got since midnight.
    """
    at_once = Plan(Way.DIRECT, outside_quiet(wishes.quiet_hours, now))
    digests: tuple[datetime, ...] = ()
    if wishes.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        digests = (next_digest(wishes.frequency, now), next_digest(Frequency.DAILY, now))
    elif at_once.due_at == now and sent_today >= DIRECT_A_DAY and not urgent:
        digests = (next_digest(Frequency.DAILY, now),)
    plans = (*(Plan(Way.DIGEST, at) for at in digests), at_once)
    return next((one for one in plans if one.due_at < respond_by), None)


def plan_later(wishes: Preferences, respond_by: datetime, now: datetime) -> Plan | None:
    """Plan a match that its professional wants to be asked of later, as `plan` does for a digest."""
    at = plan_again(wishes, respond_by, now)
    if at is not None:
        return Plan(Way.DIGEST, at)
    at_once = Plan(Way.DIRECT, outside_quiet(wishes.quiet_hours, now))
    return at_once if at_once.due_at < respond_by else None


def plan_again(wishes: Preferences, respond_by: datetime, now: datetime) -> datetime | None:
    """Return when somebody who wants to be asked later is: in their next digest, or the next day's where
    that would be too late; None where that is too late as well, or no mail is wanted."""
    if wishes.frequency is Frequency.NONE:
        return None
    frequency = Frequency.WEEKLY if wishes.frequency is Frequency.WEEKLY else Frequency.DAILY
    moments = (next_digest(frequency, now), next_digest(Frequency.DAILY, now))
    return next((at for at in moments if at < respond_by), None)


def outside_quiet(quiet_hours: bool, now: datetime) -> datetime:
    """Return the next moment at which somebody who wants quiet hours, or does not, may get mail."""
    return end_of_quiet(now) if quiet_hours and is_quiet(now) else now


def is_quiet(now: datetime) -> bool:
    """Tell whether people who want quiet hours are left alone."""
    at = clock.time_of_day(now)
    return at >= QUIET_FROM or at < QUIET_UNTIL


def end_of_quiet(now: datetime) -> datetime:
    """Return the next end of the quiet hours."""
    return clock.next_time(QUIET_UNTIL, now)


def next_digest(frequency: Frequency, now: datetime) -> datetime:
    """Return the next morning, or the next Monday morning, at which a digest goes out."""
    at = clock.next_time(DIGEST_AT, now)
    while frequency is Frequency.WEEKLY and clock.today(at).weekday() != DIGEST_WEEKDAY:
        at = clock.next_time(DIGEST_AT, at)
    return at


def next_hour(now: datetime) -> datetime:
    """Return the next full hour."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
