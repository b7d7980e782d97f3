"""Reconciles an assignment: proposes, revises and withdraws until its proposals are what they should be.

Why no pair is missed. A change is committed first; then its handler catches up with the database, and then
reconciles every assignment that the change concerns. Of two replicas that handle the two halves of a pair
at once, the one that commits last catches up after both commits, so it sees the pair.

Why nothing older overwrites newer. A reconciliation is written under a lock on its assignment's row. Before
it is written, every profile whose pair it changes is locked, and its version compared with the one that was
judged; where they differ all locks are given back, this replica catches up and the assignment is reconciled
anew: so locks are always taken in one order (`store`). Whoever changes one of these profiles meanwhile waits
for the lock, and then finds the proposal live and reconciles the assignment again.

Why a freed seat is given away. An answer comes from Kafka, and its batch comes again until it is followed up.
A rejection comes over HTTP, from a caller who is answered once it is committed; so in the same transaction
it leaves a request on its assignment's row. A job of every replica does what is requested: the replica that
decided is woken at once, the others look every second. A process that dies between the commit and the
reconciliation leaves its request to the others, or to itself once it is back; one that dies after the
reconciliation leaves a request that is done again, to no effect. A request is taken back only by whoever
read it, then caught up, then reconciled the whole assignment, and only where no later transaction has asked
again: a reconciliation that caught up before a rejection was committed does not know everybody who was
passed over while the seat was taken (`replica`), and so must not take that rejection's request back.

What this version cannot read (`chassis.unreadable`) is left as it is: such an assignment is not reconciled,
and a pair that cannot be read, or of such a profile, is neither proposed, revised nor withdrawn, except that
an assignment's closing ends all. A version that can read it reconciles everything when it starts.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import structlog
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.delivery import outbox
from chassis.delivery.outbox import Caused
from chassis.jobs import repeat
from chassis.retrying import retry
from chassis.telemetry import where
from contracts.events import MatchWithdrawn
from contracts.vocabulary import Level

from matching import SERVICE
from matching.domain import policy, reconciliation
from matching.domain.match import Pair
from matching.domain.reconciliation import Reconciliation
from matching.domain.seats import EVERYBODY, Everybody, Newcomers, Only
from matching.engine.assignments import Assignments
from matching.metrics import PAIRS_SCORED, PROPOSED, SEATS_FOUND
from matching.replica import Replica
from matching.store import matches
from matching.store.assignments import (
    Assignment,
    fulfil,
    get_assignment,
    get_assignments_for_update,
    requests,
)
from matching.store.policies import settle_policy
from matching.store.profiles import LockedProfile, get_profiles_for_share

log = structlog.get_logger()

BATCH_SIZE = 16  # assignments in one transaction
REQUESTS_BATCH_SIZE = 100
LOOK_EVERY_SECONDS = 1.0

# The assignments to reconcile, each with the changed profiles that may have a seat in it.
Concerned: TypeAlias = Mapping[UUID, Newcomers]
Reconciled: TypeAlias = list[tuple[Assignment, Reconciliation]]


@dataclass(frozen=True)
class Difference:
    """A pair that is not what it should be, by these versions of its two halves."""

    assignment_version: int
    profile_id: UUID
    profile_version: int | None


class Reconciler:
    """Keeps the matches right."""

    def __init__(self, pool: Pool, replica: Replica) -> None:
        self._pool = pool
        self._replica = replica
        self._woken = asyncio.Event()
        for level in Level:  # what was never counted cannot be seen not to rise
            for growth in ("false", "true"):
                PROPOSED.labels(level, growth, policy.VERSION)

    async def reconcile(self, assignments: Collection[UUID], profiles: Collection[UUID]) -> None:
        """Reconcile these assignments, then all that the changed profiles are or were matched with."""
        await self._replica.catch_up()
        async with self._pool.acquire() as connection:
            await self._in_batches(connection, dict.fromkeys(assignments, EVERYBODY))
            if profiles:
                wanted = await self._replica.wanting(profiles)
                left = await matches.assignments_with_live(connection, profiles)
                concerned = {
                    assignment_id: Only(wanted.get(assignment_id, ()))
                    for assignment_id in (wanted.keys() | left) - set(assignments)
                }
                await self._in_batches(connection, concerned)

    async def reconcile_everything(self) -> None:
        """Reconcile every open assignment, and those that closed with somebody live: what a crash after a
        commit, a recovery, or another policy left undone.

        Whoever is live by another policy is judged anew, so the first start with a policy settles it.
        """
        await retry(self._reconcile_everything, on=UNAVAILABLE, log_as="reconciliation waits")

    async def _reconcile_everything(self) -> None:
        await self._replica.catch_up()
        async with self._pool.acquire() as connection:
            closed = await matches.closed_with_live(connection)
        opened = (self._replica.open, self._replica.probe_open)
        everything = [*(one for store in opened for one in store.assignments.ids()), *closed]
        if not await self._reconcile_whatever_can_be(everything):
            return
        async with self._pool.acquire() as connection:
            if await settle_policy(connection, policy.VERSION):
                log.info("policy settled", policy=policy.VERSION)

    async def _reconcile_whatever_can_be(self, assignments: Sequence[UUID]) -> bool:
        """Reconcile these; tell whether all went well. One that fails by itself holds up no other."""
        well = True
        for start in range(0, len(assignments), BATCH_SIZE):
            batch = assignments[start : start + BATCH_SIZE]
            if not await self._goes_well(batch):
                for one in batch:
                    well &= await self._goes_well([one])
        return well

    async def _goes_well(self, assignments: Sequence[UUID]) -> bool:
        try:
            await self.reconcile(assignments, ())
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.error("reconciliation failed", assignments=len(assignments), **where(error))
            return False
        return True

    async def differences(self, assignment_id: UUID) -> frozenset[Difference]:
        """Return what a reconciliation would change now; nothing is locked or written.

        What another policy has judged is left out: that is no fault, and is judged anew in time.
        """
        await self._replica.catch_up()
        async with self._pool.acquire() as connection:
            assignment = await get_assignment(connection, assignment_id)
            pairs = (await matches.pairs_of(connection, [assignment_id]))[assignment_id]
        if assignment is None or not assignment.open:
            return frozenset()
        decided = self._decide(assignment, pairs, EVERYBODY, datetime.now(UTC))
        return frozenset(
            Difference(assignment.version, item.profile_id, item.profile_version)
            for item in decided.items
            if not (item.profile_id in pairs and pairs[item.profile_id].is_judged_by_another(policy.VERSION))
        )

    def wake(self) -> None:
        """Let the job look for requests now."""
        self._woken.set()

    async def keep_fulfilling(self) -> None:
        """Reconcile what is requested, until cancelled: when woken, and every second."""
        await repeat(self._fulfil_and_wait, name="requested reconciliations", rests=LOOK_EVERY_SECONDS)

    async def _fulfil_and_wait(self) -> None:
        self._woken.clear()
        while await self.fulfil_requests():
            pass
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._woken.wait()

    async def fulfil_requests(self) -> bool:
        """Reconcile the requests that wait; tell whether all that were read are done and there may be more.

        One that fails for a reason of its own waits on, and holds up no other.
        """
        async with self._pool.acquire() as connection:
            waiting = await requests(connection, REQUESTS_BATCH_SIZE)
        failed = False
        for request in waiting:
            try:
                await self.reconcile([request.assignment_id], ())
                async with self._pool.acquire() as connection:
                    await fulfil(connection, request)
            except UNAVAILABLE:
                raise
            except Exception as error:
                failed = True
                log.error("requested reconciliation failed", **where(error))
        return len(waiting) == REQUESTS_BATCH_SIZE and not failed

    async def _in_batches(self, connection: Connection, concerned: Concerned) -> None:
        """Reconcile a few assignments in each transaction: few round trips for many, and short locks."""
        ordered = sorted(concerned)
        for start in range(0, len(ordered), BATCH_SIZE):
            batch = {
                assignment_id: concerned[assignment_id]
                for assignment_id in ordered[start : start + BATCH_SIZE]
            }
            while (reconciled := await self._in_a_transaction(connection, batch)) is None:
                await self._replica.catch_up()
            for assignment, decided in reconciled:
                if decided.cut is not None:
                    self._replica.hold_cut(assignment.assignment_id, decided.cut)
                for item in decided.proposals:
                    if item.first and assignment.facts is not None and not assignment.facts.probe:
                        PROPOSED.labels(item.level, str(item.growth).lower(), policy.VERSION).inc()

    async def _in_a_transaction(self, connection: Connection, concerned: Concerned) -> Reconciled | None:
        """Reconcile assignments, which are locked meanwhile; return what was committed.

        None, and nothing is written, where a profile has changed that this replica has not read yet.
        """
        async with connection.transaction():
            locked = await get_assignments_for_update(connection, concerned)
            pairs = await matches.pairs_of(connection, [assignment.assignment_id for assignment in locked])
            now = datetime.now(UTC)
            reconciled: Reconciled = []
            for assignment in locked:
                assignment_id = assignment.assignment_id
                decided = self._decide(assignment, pairs[assignment_id], concerned[assignment_id], now)
                if decided.cut is not None:
                    self._replica.note_cut(assignment_id, assignment.version, decided.cut)
                reconciled.append((assignment, decided))
                await asyncio.sleep(0)  # a turn for others
            changed = {item.profile_id for _, decided in reconciled for item in decided.items}
            profiles = await get_profiles_for_share(connection, changed)
            # What is withdrawn because an assignment closed rests on no profile's version.
            judged_on = [
                item for assignment, decided in reconciled if assignment.open for item in decided.items
            ]
            if any(profiles[item.profile_id].version != item.profile_version for item in judged_on):
                return None
            await matches.save(connection, reconciled, now)
            await outbox.publish(connection, SERVICE, _events(reconciled, profiles, now), now)
        return reconciled

    def _decide(
        self, assignment: Assignment, pairs: dict[UUID, Pair], newcomers: Newcomers, now: datetime
    ) -> Reconciliation:
        if assignment.facts is None:
            return reconciliation.withdraw_all(pairs)
        probe, unreadable = assignment.facts.probe, self._replica.unreadable
        population = self._replica.peers(probe=probe)
        ended = population.rows_of([profile_id for profile_id, pair in pairs.items() if pair.ended])
        decided = reconciliation.reconcile(
            assignment.version,
            Assignments.single(assignment.facts, ended),
            population,
            {one: pair for one, pair in pairs.items() if pair.readable and one not in unreadable},
            may_propose=now < assignment.facts.respond_by,
            among=self._replica.contenders(assignment.assignment_id, newcomers),
            apart=self._replica.peers(probe=not probe),
        )
        SEATS_FOUND.inc(0 if decided.cut is None else len(decided.cut.rows))
        looked_at = decided.looked_at
        PAIRS_SCORED.inc(len(population) if isinstance(looked_at, Everybody) else len(looked_at.rows))
        return decided


def _events(
    reconciled: Reconciled, profiles: Mapping[UUID, LockedProfile], now: datetime
) -> list[MatchWithdrawn | Caused]:
    """Return what happened. A proposal was caused by the event of the later half."""
    events: list[MatchWithdrawn | Caused] = []
    for assignment, decided in reconciled:
        key, version = assignment.assignment_id, assignment.version
        events += [reconciliation.withdrawn(key, item, now) for item in decided.withdrawals]
        for item in decided.proposals:
            if item.announced:
                at = max(assignment.event_at, profiles[item.profile_id].event_at)
                event, json = reconciliation.proposed(key, version, item, now)
                events.append(Caused(event, at, json))
    return events
