"""What follows from a professional's work for what they offer: the effective facts. Pure.

Days are those of Europe/Amsterdam. An hour that is taken is not offered: on a day, free are the hours that
the person wants at most, without those that their work takes on its busiest day from then on; so work that is
to come counts from now on. Where fewer are free than the person wants at least, they are available from the
day from which enough are, and until then not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import PlacementAgreed
from contracts.facts import MAX_PORTFOLIO, OwnAvailability, OwnFacts, PortfolioEntry, ProfileFacts
from contracts.vocabulary import EndedReason, Level, OrganisationType, ProfileStatus
from contracts.workload import Work, busiest

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Placement:
    """What somebody does, or did, from the first day to the last; nothing where it was cancelled."""

    placement_id: UUID
    version: int
    organisation_type: OrganisationType
    level: Level
    first: date
    last: date
    hours: int
    cancelled: bool

    @classmethod
    def published(cls, event: PlacementAgreed) -> "Placement":
        """Return a placement as its event has it."""
        return cls(
            placement_id=event.placement_id,
            version=event.version,
            organisation_type=event.organisation_type,
            level=event.level,
            first=event.starts_on,
            last=event.ended_on or event.ends_on,
            hours=event.hours,
            cancelled=event.ended_reason is EndedReason.CANCELLED,
        )


def day_of(moment: datetime) -> date:
    """Return the day that a moment is on."""
    return moment.astimezone(AMSTERDAM).date()


def effective(facts: OwnFacts, placements: Sequence[Placement], day: date) -> ProfileFacts:
    """Return the facts that hold on a day."""
    own = {name: getattr(facts, name) for name in ProfileFacts.model_fields}
    changes = {**_availability(facts, placements, day), "portfolio": _portfolio(facts, placements, day)}
    return ProfileFacts.model_construct(**{**own, **changes})


def own_availability(facts: OwnFacts, published: ProfileFacts) -> OwnAvailability | None:
    """Return what the person wrote, where what is published differs."""
    own = {name: getattr(facts, name) for name in OwnAvailability.model_fields}
    if all(getattr(published, name) == value for name, value in own.items()):
        return None
    return OwnAvailability.model_construct(**own)


def next_change(facts: OwnFacts, placements: Sequence[Placement], day: date) -> date | None:
    """Return the first day after `day` on which other facts hold: `date.max` where none is known, None of who
    has no work at all."""
    work = _work(facts, placements)
    turns = {one.first for one in work}
    turns |= {one.last + DAY for one in work if one.last is not None and one.last < date.max}
    turns |= {entry.started_on for entry in facts.portfolio if entry.placement_id is not None}
    if not turns and not placements:
        return None
    now = effective(facts, placements, day)
    later = (turn for turn in sorted(turns) if turn > day)
    return next((turn for turn in later if effective(facts, placements, turn) != now), date.max)


def _availability(facts: OwnFacts, placements: Sequence[Placement], day: date) -> dict[str, Any]:
    """Return which of the facts are others because of the work."""
    work = _work(facts, placements)
    free = facts.hours_max - busiest(work, day)
    if free >= facts.hours_min:
        return {"hours_max": free}
    enough_from = _first_day(work, facts.hours_max - facts.hours_min)
    if enough_from is None:
        return {"status": ProfileStatus.PAUSED}
    start = max(facts.available_from, enough_from)
    if facts.available_until is not None and start > facts.available_until:
        return {"status": ProfileStatus.PAUSED}
    return {"available_from": start, "hours_max": facts.hours_max - busiest(work, start)}


def _first_day(work: Sequence[Work], most: int) -> date | None:
    """Return the first day from which the work takes at most so many hours for good; None without one."""
    ends = sorted(one.last + DAY for one in work if one.last is not None and one.last < date.max)
    return next((day for day in ends if busiest(work, day) <= most), None)


def _work(facts: OwnFacts, placements: Iterable[Placement]) -> list[Work]:
    return [
        *(Work(one.hours, one.first_day, one.until) for one in facts.commitments),
        *(Work(one.hours, one.first, one.last) for one in placements if not one.cancelled),
    ]


def _portfolio(facts: OwnFacts, placements: Sequence[Placement], day: date) -> list[PortfolioEntry]:
    """Return the entries: those that the person wrote, and the placements that have started.

    What they wrote about a placement goes with it; of one that is not known here it stands by itself, once it
    has started.
    """
    known = {one.placement_id for one in placements}
    written = [
        PortfolioEntry.model_construct(**{name: getattr(entry, name) for name in PortfolioEntry.model_fields})
        for entry in facts.portfolio
        if entry.placement_id is None or (entry.placement_id not in known and entry.started_on <= day)
    ]
    about = {entry.placement_id: entry for entry in facts.portfolio}
    started = (one for one in placements if one.first <= min(day, one.last) and not one.cancelled)
    done = [
        PortfolioEntry(
            organisation_type=one.organisation_type,
            level=one.level,
            started_on=one.first,
            ended_on=one.last if one.last < day else None,
            specialisms=about[one.placement_id].specialisms if one.placement_id in about else [],
            dossiers=about[one.placement_id].dossiers if one.placement_id in about else [],
            placement_id=one.placement_id,
        )
        for one in sorted(started, key=lambda one: (one.first, one.placement_id))
    ]
    newest = done[-MAX_PORTFOLIO:]
    return written[: MAX_PORTFOLIO - len(newest)] + newest
