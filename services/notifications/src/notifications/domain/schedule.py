"""When a professional is told: at once, after the quiet hours, or in a digest. Pure: the moment is given.

All times of day are those of Amsterdam.
"""

from dataclasses import dataclass
from datetime import datetime, time
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
    """How a notice goes out."""

    DIRECT = "direct"
    DIGEST = "digest"


@dataclass(frozen=True)
class Plan:
    """How a notice goes out, and from when on."""

    way: Way
    due_at: datetime


def plan(wishes: Preferences, *, urgent: bool, sent_today: int, now: datetime) -> Plan:
    """Plan a new match. `sent_today`: direct mails that this professional got since midnight.

    At most three are direct; one that is urgent may pass that limit, but not the quiet hours.
    """
    if wishes.frequency in {Frequency.DAILY, Frequency.WEEKLY}:
        return Plan(Way.DIGEST, next_digest(wishes.frequency, now))
    if wishes.quiet_hours and is_quiet(now):
        return Plan(Way.DIRECT, end_of_quiet(now))
    if sent_today >= DIRECT_A_DAY and not urgent:
        return Plan(Way.DIGEST, next_digest(Frequency.DAILY, now))
    return Plan(Way.DIRECT, now)


def plan_news(wishes: Preferences, now: datetime) -> Plan:
    """Plan what follows an answer: whoever answered wants to know, but may be asleep."""
    quiet = wishes.quiet_hours and is_quiet(now)
    return Plan(Way.DIRECT, end_of_quiet(now) if quiet else now)


def plan_again(wishes: Preferences, respond_by: datetime, now: datetime) -> datetime | None:
    """Return when somebody who wants to be asked later is: in their next digest, or the next day's where
    that would be too late; None where that is too late as well, or no mail is wanted."""
    if wishes.frequency is Frequency.NONE:
        return None
    frequency = Frequency.WEEKLY if wishes.frequency is Frequency.WEEKLY else Frequency.DAILY
    moments = (next_digest(frequency, now), next_digest(Frequency.DAILY, now))
    return next((at for at in moments if at < respond_by), None)


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
