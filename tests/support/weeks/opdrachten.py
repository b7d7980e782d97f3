"""The thirty opdrachten of a world: they open at all hours, change, enter selection, and end."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason

from support import people as random_facts
from support.mailboxes import facts
from support.weeks import World
from support.weeks import recruiters as recruiting
from support.weeks.recruiters import Recruiters

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WARN_BEFORE = DAY
SHORT = 4  # close within the hour
OVERNIGHT = 5  # open in the evening, close in the morning or the next day


class Opdrachten:
    """Plans thirty opdrachten. Everything in them may change, and `respond_by` both ways."""

    def __init__(self, world: World, recruiters: Recruiters) -> None:
        self.world, self.rng, self.recruiters = world, world.rng, recruiters
        for number in range(30):
            at = world.within(DAY, 32 * DAY)
            if number < SHORT:
                term = self.rng.randint(15, 55) * MINUTE
            elif number < SHORT + OVERNIGHT:
                at = at.replace(hour=self.rng.randint(17, 23))
                term = self.rng.randint(5, 20) * HOUR + self.rng.randrange(60) * MINUTE
            else:
                term = self.rng.choice([2, 4, 7, 9, 14, 18]) * DAY + self.rng.randrange(24 * 60) * MINUTE
            world.plan(at, partial(self._open, number, term))

    def _open(self, number: int, term: timedelta) -> None:
        assignment_id = UUID(int=self.rng.getrandbits(122))
        body = random_facts.assignment_facts(self.rng) | {
            "title": f"Opdracht {number}",
            "hours_min": 16,
            "hours_max": 36,
            "rate_max_cents": self.rng.choice([None, 9000, 10000, 12000]),
            "urgency": self.rng.choice(["normaal"] * 4 + ["spoed"]),
            "respond_by": _to_the_minute(self.world.now + term).isoformat(),
            "recruiter": {"name": "Recruiter", "email": recruiting.address(number % 5)},
        }
        asked = AssignmentFacts.model_validate(body, strict=False)
        self.world.happen(facts.AssignmentOpened(at=self.world.now, assignment_id=assignment_id, facts=asked))
        self._plan_by_respond_by(assignment_id, asked.respond_by)
        for _ in range(self.rng.choice([0, 1, 2, 3, 4])):
            most = min(term + 8 * DAY, 25 * DAY)
            self.world.plan(self.world.within(MINUTE, most), partial(self._change, assignment_id))
        if self.rng.random() < 0.6:
            most = 20 * MINUTE if number == 0 else term + 10 * DAY
            self.world.plan(self.world.within(10 * MINUTE, most), partial(self._close, assignment_id))
        others = partial(self.recruiters.think_of_others, assignment_id)
        self.world.plan(self.world.within(HOUR, term + 2 * HOUR), others)

    def _plan_by_respond_by(self, assignment_id: UUID, respond_by: datetime) -> None:
        """Matching warns a day before `respond_by`; and days after it, the opdracht closes by itself."""
        if respond_by - WARN_BEFORE > self.world.now:
            warn = partial(self._warn, assignment_id, respond_by)
            self.world.plan(respond_by - WARN_BEFORE, warn)
        expire = partial(self._expire, assignment_id, respond_by)
        self.world.plan(respond_by + self.world.delays.selection, expire)

    def _stands(self, assignment_id: UUID, respond_by: datetime) -> bool:
        assignment = self.world.state.assignments[assignment_id]
        return assignment.closed is None and assignment.facts.respond_by == respond_by

    def _warn(self, assignment_id: UUID, respond_by: datetime) -> None:
        pairs = self.world.state.of_assignment(assignment_id)
        interested = any(pair.live and pair.says_yes for pair in pairs)
        if self._stands(assignment_id, respond_by) and not interested:
            self.world.happen(facts.InterestLacking(at=self.world.now, assignment_id=assignment_id))

    def _expire(self, assignment_id: UUID, respond_by: datetime) -> None:
        if self._stands(assignment_id, respond_by):
            self._end(assignment_id, ClosedReason.EXPIRED)

    def _close(self, assignment_id: UUID) -> None:
        if self.world.state.assignments[assignment_id].closed is None:
            self._end(assignment_id, self.rng.choice([ClosedReason.FILLED, ClosedReason.WITHDRAWN]))

    def _end(self, assignment_id: UUID, reason: ClosedReason) -> None:
        self.world.happen(
            facts.AssignmentClosed(at=self.world.now, assignment_id=assignment_id, reason=reason)
        )

    def _change(self, assignment_id: UUID) -> None:
        """Change something, sometimes again within a few minutes, and sometimes back."""
        assignment = self.world.state.assignments[assignment_id]
        if assignment.closed is not None:
            return
        old = assignment.facts
        self._changed(assignment_id, self._some_change(old))
        follows = self.rng.random()
        if follows < 0.3:
            self.world.plan(self.world.within(MINUTE, 8 * MINUTE), partial(self._change, assignment_id))
        elif follows < 0.6:
            most = self.rng.choice([8 * MINUTE, 3 * DAY])
            back = partial(self._change_back, assignment_id, old)
            self.world.plan(self.world.within(MINUTE, most), back)

    def _change_back(self, assignment_id: UUID, old: AssignmentFacts) -> None:
        assignment = self.world.state.assignments[assignment_id]
        if assignment.closed is None:
            keep = assignment.facts.respond_by
            self._changed(assignment_id, old.model_copy(update={"respond_by": keep}))

    def _changed(self, assignment_id: UUID, new: AssignmentFacts) -> None:
        old = self.world.state.assignments[assignment_id].facts
        self.world.happen(facts.AssignmentChanged(at=self.world.now, assignment_id=assignment_id, facts=new))
        if new.respond_by != old.respond_by:
            self._plan_by_respond_by(assignment_id, new.respond_by)

    def _some_change(self, old: AssignmentFacts) -> AssignmentFacts:
        starts_on: date = old.starts_on + timedelta(days=7)
        ends_on: date = old.ends_on + timedelta(days=14)
        changes: list[dict[str, Any]] = [
            {"rate_max_cents": self.rng.choice([7500, 8500, 9500, 11000])},
            {"rate_max_cents": self.rng.choice([7500, 8500])},
            {"hours_min": 24, "hours_max": 40},
            {"hours_min": 36, "hours_max": 36},
            {"onsite_days": (old.onsite_days + 1) % 6},
            {"title": f"{old.title.partition(' (')[0]} ({self.rng.choice('abc')})"},
            {"starts_on": starts_on, "ends_on": ends_on},
            {"description": f"{old.description} En meer."},
            {"respond_by": self._another_moment(old.respond_by)},
            {"respond_by": self._another_moment(old.respond_by)},
        ]
        return old.model_copy(update=self.rng.choice(changes))

    def _another_moment(self, respond_by: datetime) -> datetime:
        """Earlier, later, in a few minutes; or, while selecting, a new term."""
        left = respond_by - self.world.now
        if left <= timedelta():
            return _to_the_minute(self.world.now + self.rng.randint(1, 5) * DAY)
        nearer = [left * 0.3, left * 0.6] if left > 2 * HOUR else []
        term = self.rng.choice([*nearer, left + self.rng.randint(1, 5) * DAY, 7 * MINUTE])
        return max(_to_the_minute(self.world.now + term), _to_the_minute(self.world.now) + 4 * MINUTE)


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
