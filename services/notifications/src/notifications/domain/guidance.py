"""When what is told of somebody's work is due, from its agreement to the day after its end. Pure.

Each is told once, whatever events come, in whatever order and however often: its notice has an id that
follows from the placement and the kind, so a second one is the same row, also where a database that went back
learned from its own topic that it was sent. What is told of the end is told once of each end: the last day is
in the id, and a day that only corrects an end that was told is no other end. What was agreed is told anew
each time that it changes: when it did is in the id. That it is off is told as its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from contracts.events import PlacementAgreed
from contracts.facts import Coach
from contracts.vocabulary import CheckIn, EndedReason, PlacementState

from notifications.domain import clock
from notifications.domain.changes import GATHERED_FOR
from notifications.domain.notice import Kind

NAMESPACE = UUID("4d3c7f62-2f0b-4a57-8c1f-0a9b7f5f6f3e")
OF_THE_END = (Kind.ENDING, Kind.ENDED)
TOLD_AGAIN = (Kind.AGREED, *OF_THE_END)
KINDS = (Kind.AGREED, Kind.PLACED, Kind.STARTED, Kind.HALFWAY, Kind.ENDING, Kind.ENDED)
AT = time(9)
AFTER_THE_START = timedelta(weeks=2)
LONG = timedelta(weeks=12)  # what is longer has a check-in halfway
BEFORE_THE_END = timedelta(weeks=8)
MOST_ANSWERS = 10  # to one check-in
LATE = timedelta(days=7)  # what should have been told so long ago is not told any more


@dataclass(frozen=True)
class Person:
    """Who is at work. `coach`: whom they talk to; None: their recruiter."""

    name: str
    email: str
    coach: Coach | None


@dataclass(frozen=True)
class Asked:
    """A mail that asked how work goes, the latest answer to it, and how many came. `links_from`: the
    generation of links to its professional that holds."""

    notice_id: UUID
    kind: Kind
    placement: PlacementAgreed
    profile_id: UUID
    links_from: int
    answer: CheckIn | None
    sentence: str | None
    answers: int


@dataclass(frozen=True)
class TooMany:
    """It was answered too often; nothing changes."""


def notice_id(placement: PlacementAgreed, kind: Kind, changed_at: datetime | None = None) -> UUID:
    """Return the id of the one notice of a placement that tells this: of this end where it is of the end, and
    of these terms where it is of what was agreed. `changed_at`: when these last changed."""
    what = f"{placement.placement_id} {kind}"
    if kind is Kind.ENDED and is_cancelled(placement):
        what = f"{what} cancelled"
    elif kind in OF_THE_END:
        what = f"{what} {last_day(placement)}"
    elif kind is Kind.AGREED and changed_at is not None:
        what = f"{what} {changed_at.isoformat()}"
    return uuid5(NAMESPACE, what)


def last_day(placement: PlacementAgreed) -> date:
    """Return the last day of a placement, as far as it is known."""
    return placement.ended_on or placement.ends_on


def is_cancelled(placement: PlacementAgreed) -> bool:
    """Tell whether a placement does not count, as if it had never been."""
    return placement.ended_reason is EndedReason.CANCELLED


def due(
    placement: PlacementAgreed,
    agreed_at: datetime,
    changed_at: datetime | None,
    said_at: datetime,
    told: Mapping[Kind, datetime],
    now: datetime,
) -> dict[Kind, datetime]:
    """Return what is told of a placement, and when.

    `agreed_at`, `changed_at`, `said_at`: when it was agreed, when its terms last changed (None: never), and
    when what it is now was said; `told`: when what was agreed, and what is told of its end, was told last.
    """
    if is_cancelled(placement):
        return {Kind.ENDED: said_at} if _is_expected(told) and said_at > now - LATE else {}
    moments: dict[Kind, datetime] = {Kind.PLACED: agreed_at}
    last = last_day(placement)
    if placement.state is PlacementState.AGREED or last > clock.today(said_at):
        moments[Kind.AGREED] = agreed_at if changed_at is None else changed_at + GATHERED_FOR
    if placement.state is PlacementState.AGREED:
        moments |= {
            kind: clock.moment(day, AT) for kind, day in _check_ins(placement.starts_on, last).items()
        }
    if (after := _shifted(last, timedelta(days=1))) is not None:
        moments[Kind.ENDED] = clock.moment(after, AT)
    ends = {kind: told[kind] for kind in OF_THE_END if kind in told}
    moments = {kind: at for kind, at in moments.items() if kind not in ends or at > ends[kind]}
    if Kind.ENDED in moments and placement.state is PlacementState.ENDED:
        moments[Kind.ENDED] = max(moments[Kind.ENDED], said_at)
    return {kind: at for kind, at in moments.items() if at > now - LATE}


def _is_expected(told: Mapping[Kind, datetime]) -> bool:
    """Tell whether the last that somebody heard of their work is that it is agreed: then they must hear that
    it is off."""
    return Kind.AGREED in told and (Kind.ENDED not in told or told[Kind.ENDED] < told[Kind.AGREED])


def _check_ins(first: date, last: date) -> Mapping[Kind, date]:
    """Return on which days of a period one is asked how it goes: none after its end or before its start."""
    days = {Kind.STARTED: _shifted(first, AFTER_THE_START), Kind.ENDING: _shifted(last, -BEFORE_THE_END)}
    if last - first >= LONG:
        days[Kind.HALFWAY] = first + (last - first) / 2
    return {kind: day for kind, day in days.items() if day is not None and first < day <= last}


def _shifted(day: date, by: timedelta) -> date | None:
    """Return another day; None where there is none."""
    try:
        return day + by
    except OverflowError:
        return None
