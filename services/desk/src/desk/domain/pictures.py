"""The pictures of a career: where each thing is drawn, in units of a picture that is WIDTH wide. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.facts import PortfolioEntry

WIDTH = 640
LOOKED_BACK = 730  # days of the time line, the same 24 months as the number beside it
LOOKED_AHEAD = 180


@dataclass(frozen=True)
class Part:
    """A stretch from `x` on, `width` wide, and what it is. `share`: of the whole, 0 to 1."""

    name: str
    x: float
    width: float
    share: float
    months: float


def bar(months: Mapping[str, float]) -> Sequence[Part]:
    """Return the parts of a bar, the longest first; none where there are no months."""
    total = sum(months.values())
    if not total:
        return ()
    found, x = [], 0.0
    for name, count in sorted(months.items(), key=lambda one: (-one[1], one[0])):
        width = WIDTH * count / total
        found.append(Part(name, round(x, 1), round(width, 1), count / total, count))
        x += width
    return found


@dataclass(frozen=True)
class Box:
    """Where the quartiles of a rate are drawn, and one's own; each in the same units."""

    p25: float
    p50: float
    p75: float
    own: float


def box(p25: int, p50: int, p75: int, own: int) -> Box:
    """Return where amounts in cents are drawn, all within the picture with some room beside them."""
    least, most = min(p25, own), max(p75, own)
    room = max(most - least, 100) * 0.2
    scale = WIDTH / (most - least + 2 * room)

    def place(cents: int) -> float:
        return round((cents - least + room) * scale, 1)

    return Box(place(p25), place(p50), place(p75), place(own))


@dataclass(frozen=True)
class Line:
    """A time line: work as stretches (x, width), today and days to come as places."""

    work: Sequence[tuple[float, float]]
    today: float
    placement_ends: float | None
    first_start: float | None


def time_line(
    entries: Iterable[PortfolioEntry], today: date, placement_ends: date | None, first_start: date | None
) -> Line:
    """Return the time line of the last 24 months and the next six."""
    begin = today - timedelta(days=LOOKED_BACK)
    end = today + timedelta(days=LOOKED_AHEAD)
    scale = WIDTH / (end - begin).days

    def place(day: date) -> float:
        return round((min(max(day, begin), end) - begin).days * scale, 1)

    last = {True: today, False: placement_ends or today}
    stretches = [
        (place(one.started_on), place(one.ended_on or last[one.placement_id is None])) for one in entries
    ]
    return Line(
        work=[(start, round(stop - start, 1)) for start, stop in stretches if stop > start],
        today=place(today),
        placement_ends=None if placement_ends is None else place(placement_ends),
        first_start=None if first_start is None else place(first_start),
    )
