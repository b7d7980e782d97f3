"""Amsterdam's clock: all times of day in this service are its own. Pure: the moment is an argument."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def today(now: datetime) -> date:
    """Return the date in Amsterdam."""
    return now.astimezone(AMSTERDAM).date()


def time_of_day(now: datetime) -> time:
    """Return the time of day in Amsterdam."""
    return now.astimezone(AMSTERDAM).time()


def midnight(now: datetime) -> datetime:
    """Return when this day began in Amsterdam; in UTC."""
    return moment(today(now), time())


def next_time(at: time, now: datetime) -> datetime:
    """Return the first moment after `now` at this time of day in Amsterdam; in UTC.

    `at` must not lie between 02:00 and 03:00, the hour that a clock change skips or repeats: every other
    time of day exists once on every day.
    """
    found = moment(today(now), at)
    return found if found > now else moment(today(now) + timedelta(days=1), at)


def moment(day: date, at: time) -> datetime:
    """Return the moment of a day at a time of day in Amsterdam, as `next_time` takes it; in UTC."""
    return datetime.combine(day, at, AMSTERDAM).astimezone(UTC)
