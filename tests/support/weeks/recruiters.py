"""The five recruiters of a world, and how they decide."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from contracts.vocabulary import Decision, ReasonCode

from support.mailboxes import facts
from support.mailboxes.state import Pair
from support.weeks import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WISHES: list[dict[str, Any]] = [
    {},
    {"summary": "hourly"},
    {"summary": "daily", "interest": "daily"},
    {"summary": "none"},
    {"quiet_hours": True},
]


def address(number: int) -> str:
    return f"recruiter{number}@example.org"


class Recruiters:
    """Chooses how each is told, and decides on people."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng
        for number, wishes in enumerate(WISHES):
            if wishes:
                world.plan(world.start, partial(self._prefer, number, wishes))
        # who had no summaries wants them after all
        world.plan(world.start + 20 * DAY + 9 * HOUR, partial(self._prefer, 3, {"summary": "direct"}))

    def _prefer(self, number: int, wishes: dict[str, Any]) -> None:
        self.world.happen(
            facts.RecruiterPreferencesChosen(at=self.world.now, email=address(number), **wishes)
        )

    def hear_of_interest(self, match_id: UUID) -> None:
        if self.rng.random() < 0.6:
            most = self.rng.choice([HOUR, DAY, 6 * DAY])
            self.world.plan(self.world.within(MINUTE, most), partial(self._decide, match_id))

    def think_of_others(self, assignment_id: UUID) -> None:
        """Decide on a few who did not answer."""
        silent = [
            pair for pair in self.world.state.of_assignment(assignment_id) if pair.live and not pair.answer
        ]
        for pair in self.rng.sample(silent, min(2, len(silent))):
            self._decide(pair.match_id)

    def _decide(self, match_id: UUID) -> None:
        pair = self.world.state.pairs[match_id]
        if not pair.live or self.world.state.assignment(pair).closed is not None:
            return
        decisions = [Decision.INVITED, Decision.NOMINATED, Decision.REJECTED]
        decision = self.rng.choice([one for one in decisions if one is not pair.decision])
        codes = [None, *ReasonCode] if decision is Decision.REJECTED else [None]
        self._decided(
            pair,
            decision,
            tell=self.rng.choice([None, None, None, None, True, False]),
            message=self.rng.choice([None, "Dank voor je reactie."]),
            reason_code=self.rng.choice(codes),
        )
        follows = self.rng.random()
        if follows < 0.15:
            self.world.plan(self.world.within(MINUTE / 12, MINUTE / 3), partial(self._reopen, match_id))
        elif follows < 0.3:
            self.world.plan(self.world.within(MINUTE, DAY), partial(self._reopen, match_id))
        elif follows < 0.4:
            self.world.plan(self.world.within(MINUTE / 12, MINUTE / 3), partial(self._decide, match_id))
        elif follows < 0.6:
            self.world.plan(self.world.within(HOUR, 5 * DAY), partial(self._decide, match_id))

    def _reopen(self, match_id: UUID) -> None:
        pair = self.world.state.pairs[match_id]
        if pair.decisions and self.world.state.assignment(pair).closed is None:
            self._decided(pair, Decision.REOPENED)

    def _decided(self, pair: Pair, decision: Decision, **words: Any) -> None:
        self.world.happen(
            facts.Decided(at=self.world.now, match_id=pair.match_id, decision=decision, **words)
        )
