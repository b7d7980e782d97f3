"""When a professional is told of a new match. Times of day are Amsterdam's."""

from datetime import datetime

from contracts.vocabulary import Frequency, NoticeOutcome

from support.mailboxes import wall_clock
from support.mailboxes.notices import Wait, Way

DIRECT_A_DAY = 3


def plan(
    frequency: Frequency,
    *,
    quiet_hours: bool,
    urgent: bool,
    direct_today: int,
    respond_by: datetime,
    now: datetime,
) -> Wait | NoticeOutcome:
    """Plan a new match: the first of these moments that lies before `respond_by`, or it is missed.

    - Who wants digests: their next digest; else the next morning's 07:30; else the next moment outside
      their quiet hours, in a mail of its own.
    - Who wants mail at once: now, or 07:00 where it is quiet.
    - The fourth such mail of a day to an address, unless it is urgent: the next 07:30 in a digest; else as
      the first three.

    A moment that equals `respond_by` is too late.
    """
    at_once = Wait(Way.DIRECT, outside_quiet(quiet_hours, now))
    morning = Wait(Way.DIGEST, wall_clock.next_morning(now))
    if frequency is not Frequency.DIRECT:
        wishes = [Wait(Way.DIGEST, next_digest(frequency, now)), morning, at_once]
    elif at_once.until == now and direct_today >= DIRECT_A_DAY and not urgent:
        wishes = [morning, at_once]
    else:
        wishes = [at_once]
    return _first(wishes, respond_by)


def plan_later(
    frequency: Frequency, *, quiet_hours: bool, respond_by: datetime, now: datetime
) -> Wait | NoticeOutcome:
    """Plan a match that its professional asked to be told of later, after `respond_by` moved or the like:
    their next digest, else the next 07:30, else the next moment outside their quiet hours."""
    at = asked_later(frequency, respond_by, now)
    if at is not None:
        return Wait(Way.DIGEST, at)
    return _first([Wait(Way.DIRECT, outside_quiet(quiet_hours, now))], respond_by)


def asked_later(frequency: Frequency, respond_by: datetime, now: datetime) -> datetime | None:
    """Return when somebody who asks for it is told later: in their next digest, else at the next 07:30; None
    where that is too late, or they want no mail."""
    if frequency is Frequency.NONE:
        return None
    moments = (next_digest(frequency, now), wall_clock.next_morning(now))
    return next((moment for moment in moments if moment < respond_by), None)


def next_digest(frequency: Frequency, now: datetime) -> datetime:
    """Return the next 07:30, for a weekly digest that of Monday."""
    weekly = frequency is Frequency.WEEKLY
    return wall_clock.next_monday_morning(now) if weekly else wall_clock.next_morning(now)


def outside_quiet(quiet_hours: bool, now: datetime) -> datetime:
    """Return the next moment outside the quiet hours: now, or 07:00."""
    return wall_clock.end_of_quiet(now) if quiet_hours and wall_clock.is_quiet(now) else now


def _first(wishes: list[Wait], respond_by: datetime) -> Wait | NoticeOutcome:
    return next((wish for wish in wishes if wish.until < respond_by), NoticeOutcome.MISSED)
