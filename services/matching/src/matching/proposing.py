"""Settles an assignment: proposes, revises and withdraws until its proposals are what they should be.

Why no pair is missed. A change is committed first; then its handler brings its copy of the population
level, and then settles every assignment that the change concerns. Of two replicas that handle the two
halves of a pair at once, the one that commits last catches up after both commits, so it sees the pair.

Why nothing older overwrites newer. A settlement is written under a lock on its assignment's row. Before it
is written, every profile whose pair it changes is held, and its version compared with the one that was
judged; where they differ the copy is brought level and the assignment settled anew. Whoever changes one of
these profiles meanwhile waits for the hold, and then finds the proposal live and settles the assignment
again.
"""

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import structlog
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.delivery import outbox
from chassis.delivery.outbox import Caused
from chassis.telemetry import where
from contracts.events import MatchProposed, MatchWithdrawn

from matching import SERVICE
from matching.domain import policy, settlement
from matching.domain.question import ask
from matching.domain.settlement import Pair, Proposal, Settlement, Withdrawal, match_id
from matching.metrics import PAIRS_SCORED, PROPOSED
from matching.replica import Replica
from matching.store import halves, matches
from matching.store.halves import KeptAssignment

log = structlog.get_logger()

AT_ONCE = 16  # assignments in one transaction

# What to settle: an assignment, and the changed profiles that may have a seat in it; None where anybody may.
Concerned: TypeAlias = Mapping[UUID, Collection[UUID] | None]


class Proposer:
    """Keeps the matches right."""

    def __init__(self, pool: Pool, replica: Replica) -> None:
        self._pool = pool
        self._replica = replica

    async def settle_all(self, assignments: Collection[UUID], profiles: Collection[UUID]) -> None:
        """Settle these assignments, and then all that the changed profiles are or were matched with."""
        await self._replica.catch_up()
        async with self._pool.acquire() as connection:
            await self._settle_in_turn(connection, dict.fromkeys(assignments))
            if profiles:
                wanted = await self._replica.wanting(profiles)
                left = await matches.live_for(connection, profiles)
                concerned = {one: wanted.get(one, ()) for one in (wanted.keys() | left) - set(assignments)}
                await self._settle_in_turn(connection, concerned)

    async def settle_everything(self) -> None:
        """Settle every open assignment: what a crash between a commit and its settlement left undone."""
        while True:
            try:
                await self.settle_all(self._replica.open.questions.ids(), ())
            except UNAVAILABLE as error:
                log.warning("settlement waits", **where(error))
                await asyncio.sleep(1)
            else:
                return

    async def _settle_in_turn(self, connection: Connection, concerned: Concerned) -> None:
        """Settle assignments, a few in each transaction: a few round trips for many, and short locks."""
        ordered = sorted(concerned)
        for start in range(0, len(ordered), AT_ONCE):
            async with connection.transaction():
                some = {one: concerned[one] for one in ordered[start : start + AT_ONCE]}
                proposed = await self._settle(connection, some)
            for item in proposed:
                PROPOSED.labels(item.level, str(item.growth).lower(), policy.VERSION).inc()

    async def _settle(self, connection: Connection, concerned: Concerned) -> list[Proposal]:
        """Settle assignments in the caller's transaction, which holds them until its end.

        Returns what is proposed for the first time.
        """
        held = await halves.held_assignments(connection, concerned)
        pairs = await matches.pairs(connection, [kept.assignment_id for kept in held])
        now = datetime.now(UTC)
        while True:
            settled = []
            for kept in held:
                newcomers = concerned[kept.assignment_id]
                settled.append((kept, self._decide(kept, pairs[kept.assignment_id], newcomers, now)))
                await asyncio.sleep(0)  # a turn for others
            # What is withdrawn because an assignment closed rests on no profile's version.
            judged_on = {item for kept, decided in settled if kept.open for item in decided.judged_on()}
            latest = await halves.hold_profiles(connection, {profile_id for profile_id, _ in judged_on})
            if all(latest[profile_id][0] == version for profile_id, version in judged_on):
                break
            await self._replica.catch_up()
        await matches.write(connection, settled, now)
        events: list[MatchWithdrawn | Caused] = []
        for kept, decided in settled:
            events += [_withdrawn(kept, item, now) for item in decided.withdrawals]
            events += [
                Caused(_proposed(kept, item, now), max(kept.event_at, latest[item.profile_id][1]))
                for item in decided.proposals
                if item.announced
            ]
        await outbox.publish(connection, SERVICE, events, now)
        return [item for _, decided in settled for item in decided.proposals if item.first]

    def _decide(
        self,
        kept: KeptAssignment,
        pairs: dict[UUID, Pair],
        newcomers: Collection[UUID] | None,
        now: datetime,
    ) -> Settlement:
        if not kept.open:
            return settlement.close(pairs)
        population = self._replica.population
        ended = population.rows_of([profile_id for profile_id, pair in pairs.items() if pair.ended])
        among = None if newcomers is None else self._replica.seats_among(kept.assignment_id, newcomers)
        PAIRS_SCORED.inc(len(population) if among is None else len(among))
        may_propose = now < kept.facts.respond_by
        question = ask(kept.facts, ended)
        decided = settlement.settle(kept.version, question, population, pairs, may_propose, among)
        if decided.cut is not None:
            self._replica.keep_cut(kept.assignment_id, kept.version, decided.cut)
        return decided


def _proposed(kept: KeptAssignment, item: Proposal, now: datetime) -> MatchProposed:
    return MatchProposed(
        match_id=match_id(kept.assignment_id, item.profile_id),
        revision=item.revision,
        assignment_id=kept.assignment_id,
        assignment_version=kept.version,
        profile_id=item.profile_id,
        profile_version=item.profile_version,
        score=item.score,
        growth=item.growth,
        explanation=item.explanation,
        policy=policy.VERSION,
        proposed_at=now,
    )


def _withdrawn(kept: KeptAssignment, item: Withdrawal, now: datetime) -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=match_id(kept.assignment_id, item.profile_id),
        revision=item.revision,
        assignment_id=kept.assignment_id,
        profile_id=item.profile_id,
        reason=item.reason,
        withdrawn_at=now,
    )
