"""Amsterdam's clock on the wall, by which people are told: mornings, Mondays, quiet hours, midnights."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MORNING = time(7, 30)  # when digests go out
QUIET_FROM = time(21)
QUIET_UNTIL = time(7)


def read(text: str) -> datetime:
    """Read a moment as a person writes it, such as `2027-10-31 09:15` or `2027-10-31 09:15:30`.

    An hour that comes twice is meant the first time, unless `again` stands behind it.
    """
    twice = text.endswith(" again")
    naive = datetime.fromisoformat(text.removesuffix(" again"))
    return naive.replace(tzinfo=AMSTERDAM, fold=int(twice)).astimezone(UTC)


def written(moment: datetime) -> str:
    """Write a moment as `read` reads it, seconds only where there are any."""
    local = moment.astimezone(AMSTERDAM)
    form = "%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M"
    return local.strftime(form) + (" again" if local.fold else "")


def day_of(moment: datetime) -> date:
    return moment.astimezone(AMSTERDAM).date()


def is_quiet(moment: datetime) -> bool:
    """From 21:00 until 07:00."""
    at = moment.astimezone(AMSTERDAM).time()
    return at >= QUIET_FROM or at < QUIET_UNTIL


def next_time(at: time, after: datetime) -> datetime:
    """Return the first moment after this one at which the clock on the wall says `at`."""
    day = day_of(after)
    while (moment := datetime.combine(day, at, AMSTERDAM).astimezone(UTC)) <= after:
        day += timedelta(days=1)
    return moment


def next_morning(after: datetime) -> datetime:
    return next_time(MORNING, after)


def next_monday_morning(after: datetime) -> datetime:
    moment = next_morning(after)
    while day_of(moment).weekday() != 0:
        moment = next_morning(moment)
    return moment


def end_of_quiet(after: datetime) -> datetime:
    return next_time(QUIET_UNTIL, after)


def next_hour(after: datetime) -> datetime:
    """Return the next full hour."""
    return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
