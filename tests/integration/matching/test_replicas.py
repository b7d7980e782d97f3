"""Several replicas of matching on one database: the invariant holds whatever the order and repetition."""

import asyncio
import json
import random
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from chassis.database import UNAVAILABLE, Pool
from chassis.jobs import running
from chassis.retrying import retry
from contracts.envelope import Event
from contracts.vocabulary import Answer, Decision
from matching import handlers
from matching.domain import policy
from matching.domain.match import match_id
from matching.store.assignments import lock_assignments
from support import people as random_facts
from support import reference
from support.replicas import (
    Node,
    answered,
    assignment_event,
    declined,
    erasure,
    fitting,
    nodes,
    profile_event,
    undemanding,
)
from support.stacks import until


class World:
    """What was said of everyone, and the events that say it."""

    def __init__(self, rng: random.Random) -> None:
        self.people: dict[UUID, dict[str, Any]] = {}
        self.assignments: dict[UUID, dict[str, Any]] = {}
        self.closed: set[UUID] = set()
        self.ended: set[tuple[UUID, UUID]] = set()
        self.rejected: set[tuple[UUID, UUID]] = set()
        self.deciding = asyncio.Lock()
        self.events: list[Event] = []
        people = [UUID(int=rng.getrandbits(128)) for _ in range(45)]
        assignments = [UUID(int=rng.getrandbits(128)) for _ in range(4)]
        for version in (1, 2, 3):
            for one in people:
                if one in self.people or version == 1:
                    self.people[one] = random_facts.profile_facts(rng)
                    self.events.append(profile_event(one, version, self.people[one]))
            for one in assignments:
                self.assignments[one] = random_facts.assignment_facts(rng)
                self.events.append(assignment_event(one, version, self.assignments[one]))
            erased = rng.choice(sorted(self.people))
            del self.people[erased]
            self.events.append(erasure(erased))
        for one in assignments:
            for profile_id in rng.sample(people, 9):
                answers = [rng.choice(list(Answer)) for _ in range(rng.randint(1, 3))]
                for minutes, answer in enumerate(answers):
                    self.events.append(answered(one, profile_id, answer, minutes))
                if answers[-1] is Answer.DECLINED:
                    self.ended.add((one, profile_id))
        self.closed.add(assignments[0])
        self.events.append(assignment_event(assignments[0], 4, self.assignments[assignments[0]], closed=True))

    async def decide_on_somebody(self, node: Node, rng: random.Random) -> None:
        """Reject whoever is live somewhere, if anybody is; or take a rejection back."""
        async with self.deciding:
            await self._decide_on_somebody(node, rng)

    async def _decide_on_somebody(self, node: Node, rng: random.Random) -> None:
        if self.rejected and rng.random() < 0.4:
            one = rng.choice(sorted(self.rejected))
            if await node.decide(match_id(*one), Decision.REOPENED):
                self.rejected.discard(one)
            return
        assignment_id = rng.choice(sorted(self.assignments))
        live = sorted(await node.live(assignment_id))
        profile_id = rng.choice(live) if live else assignment_id
        if await node.decide(match_id(assignment_id, profile_id), Decision.REJECTED):
            self.rejected.add((assignment_id, profile_id))

    async def check(self, node: Node, numbers: reference.Numbers) -> None:
        """Compare what is live with the reference."""
        for assignment_id, facts in self.assignments.items():
            pairs = await node.pairs(assignment_id)
            live = {one: pair for one, pair in pairs.items() if pair.live}
            over = self.ended | self.rejected
            ended = frozenset(one for other, one in over if other == assignment_id)
            ranked = [] if assignment_id in self.closed else reference.ranked(self.people, facts, ended)
            assert reference.seats(ranked, numbers) <= set(live) <= {one for one, _, _ in ranked}
            scores = {one: score for one, score, _ in ranked}
            for one, pair in live.items():
                assert pair.score is not None
                assert abs(pair.score - scores[one]) <= 0.01


async def run(
    database: str, seed: int, replicas: int, numbers: reference.Numbers = reference.DEFAULT
) -> None:
    rng = random.Random(seed)
    world = World(rng)
    # out of order, repeated, and each replica has its share; one of them replays everything at the end
    stream = world.events + rng.sample(world.events, len(world.events) // 3)
    rng.shuffle(stream)
    async with nodes(database, replicas) as made:
        shares: list[list[Event]] = [[] for _ in made]
        for event in stream:
            rng.choice(shares).append(event)

        async def feed(node: Node, share: list[Event]) -> None:
            while share:
                size = rng.randint(1, 12)
                batch, share[:] = share[:size], share[size:]
                # Only here are events of one assignment at two replicas at once; where they deadlock, the
                # batch comes again, as after any outage.
                await retry(partial(node.digest, batch, rng), on=UNAVAILABLE, log_as="the batch comes again")
                if rng.random() < 0.2:
                    await world.decide_on_somebody(node, rng)

        async def nothing_is_requested() -> bool:
            return not await made[0].has_requests()

        async with running(*(node.reconciler.keep_fulfilling() for node in made)):
            await asyncio.gather(*(feed(node, share) for node, share in zip(made, shares, strict=True)))
            await until(nothing_is_requested)
        await world.check(made[0], numbers)
        before = await made[0].pool.fetchval("SELECT count(*) FROM outbox")
        await made[-1].digest(world.events, rng)
        await world.check(made[0], numbers)
        assert await made[0].pool.fetchval("SELECT count(*) FROM outbox") == before


FEW_SEATS = reference.Numbers(seats=4, growth_seats=2)


@pytest.mark.parametrize(("seed", "replicas"), [(1, 2), (2, 3), (3, 1)])
async def test_nobody_is_missed_whatever_the_order(database: str, seed: int, replicas: int) -> None:
    await run(database, seed, replicas)


@pytest.mark.parametrize(("seed", "replicas"), [(4, 1), (5, 2), (6, 3), (7, 3), (8, 2), (9, 3)])
async def test_a_seat_that_falls_free_is_taken_where_seats_are_few(
    database: str, monkeypatch: pytest.MonkeyPatch, seed: int, replicas: int
) -> None:
    monkeypatch.setattr(policy, "SEATS", FEW_SEATS.seats)
    monkeypatch.setattr(policy, "GROWTH_SEATS", FEW_SEATS.growth_seats)
    await run(database, seed, replicas, FEW_SEATS)


async def waiting_for_locks(pool: Pool, count: int) -> bool:
    waiting: int = await pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return waiting >= count


@pytest.mark.parametrize("how", ["paused", "declined"])
async def test_a_seat_freed_by_one_replica_goes_to_whoever_another_takes_in_meanwhile(
    database: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The replica that frees the seat has looked before the newcomer was committed, and settles after; the
    other one still knew the seat as taken."""
    monkeypatch.setattr(policy, "SEATS", 1)
    rng, facts = random.Random(3), undemanding()
    assignment_id, first, newcomer = UUID(int=1), UUID(int=2), UUID(int=3)
    async with nodes(database, 2) as (here, there):
        await there.digest(
            [assignment_event(assignment_id, 1, facts), profile_event(first, 1, fitting(facts, 1))], rng
        )
        freeing = declined(assignment_id, first)
        if how == "paused":
            freeing = profile_event(first, 2, {**fitting(facts, 1), "status": "paused"})
        async with here.pool.acquire() as connection, connection.transaction():
            await handlers.apply(connection, [freeing])
        async with there.pool.acquire() as holding:
            lock = holding.transaction()
            await lock.start()
            await lock_assignments(holding, [assignment_id])
            settling = asyncio.create_task(here.follow_up([freeing]))
            await until(partial(waiting_for_locks, here.pool, 1))
            taking_in = asyncio.create_task(
                there.digest([profile_event(newcomer, 1, fitting(facts, 9))], rng)
            )
            await until(partial(waiting_for_locks, here.pool, 2))
            await lock.rollback()
        await asyncio.gather(settling, taking_in)
        assert await here.live(assignment_id) == {newcomer}


async def test_a_batch_is_committed_before_the_copy_is_brought_level(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other half of the pair is digested, whole, just after this replica has looked for it. Had this
    one looked before it committed, neither would have seen the pair."""
    rng, facts = random.Random(8), undemanding()
    profile_id, assignment_id = UUID(int=1), UUID(int=2)
    profile, opened = (
        profile_event(profile_id, 1, fitting(facts, 1)),
        assignment_event(assignment_id, 1, facts),
    )
    async with nodes(database, 2) as (here, there):
        look = here.replica.catch_up

        async def look_and_be_overtaken() -> None:
            await look()
            monkeypatch.setattr(here.replica, "catch_up", look)
            await there.digest([opened], rng)

        monkeypatch.setattr(here.replica, "catch_up", look_and_be_overtaken)
        await here.digest([profile], rng)
        assert await here.live(assignment_id) == {profile_id}


async def test_both_halves_of_a_pair_at_the_same_moment_are_proposed(database: str) -> None:
    rng = random.Random(4)
    facts = {
        **random_facts.assignment_facts(rng),
        "required_specialisms": [],
        "desired_specialisms": [],
        "required_certificates": [],
        "dossiers": [],
        "level": "senior",
        "onsite_days": 0,
        "rate_max_cents": None,
        "hours_min": 8,
        "hours_max": 40,
        "contract_forms": ["zzp"],
        "ends_on": "2027-05-01",
        "weights": None,
    }
    fitting = {
        **random_facts.profile_facts(rng),
        "status": "active",
        "level": "senior",
        "contract_forms": ["zzp"],
        "available_from": "2027-01-01",
        "available_until": None,
        "excluded_organisation_types": [],
    }
    async with nodes(database, 2) as made:
        for _ in range(40):
            one, other = UUID(int=rng.getrandbits(128)), UUID(int=rng.getrandbits(128))
            await asyncio.gather(
                made[0].digest([profile_event(one, 1, fitting)], rng),
                made[1].digest([assignment_event(other, 1, facts)], rng),
            )
            assert await made[0].live(other) == {one}
            await made[0].digest([erasure(one), assignment_event(other, 2, facts, closed=True)], rng)


async def test_a_revision_only_where_points_move_and_a_new_one_after_a_withdrawal(database: str) -> None:
    rng = random.Random(9)
    facts = {**random_facts.assignment_facts(rng), "onsite_days": 0, "weights": {"availability": 100}}
    facts |= {"required_specialisms": [], "required_certificates": [], "hours_min": 8, "hours_max": 40}
    facts |= {"level": "senior", "contract_forms": ["zzp"], "rate_max_cents": None, "urgency": "normaal"}
    facts |= {"starts_on": "2027-03-10", "ends_on": "2027-09-09"}
    start = facts["starts_on"]
    fitting = {**random_facts.profile_facts(rng), "status": "active", "level": "senior"}
    fitting |= {"contract_forms": ["zzp"], "available_from": start, "available_until": None}
    fitting |= {"excluded_organisation_types": []}
    one, other = UUID(int=1), UUID(int=2)
    async with nodes(database, 1) as (node,):

        async def said() -> list[tuple[str, int]]:
            rows = await node.pool.fetch("SELECT value FROM outbox ORDER BY id")
            bodies = [json.loads(row["value"]) for row in rows]
            return [(body.get("reason", "proposed"), body["revision"]) for body in bodies]

        await node.digest([assignment_event(other, 1, facts), profile_event(one, 1, fitting)], rng)
        assert await said() == [("proposed", 1)]
        await node.digest([profile_event(one, 2, {**fitting, "dossiers": ["klimaat"]})], rng)
        assert await said() == [("proposed", 1)]
        await node.digest([profile_event(one, 3, {**fitting, "status": "paused"})], rng)
        assert (await said())[1:] == [("profile_changed", 1)]
        await node.digest([profile_event(one, 4, fitting)], rng)
        assert (await said())[2:] == [("proposed", 2)]
        moved = {**facts, "starts_on": "2027-03-05"}
        await node.digest([assignment_event(other, 2, moved)], rng)
        assert (await said())[3:] == [("proposed", 3)]
        await node.digest([assignment_event(other, 3, {**moved, "level": "junior"})], rng)
        assert (await said())[4:] == [("assignment_changed", 3)]
        await node.digest([assignment_event(other, 4, moved)], rng)
        await node.digest([assignment_event(other, 5, moved, closed=True)], rng)
        assert (await said())[5:] == [("proposed", 4), ("assignment_closed", 4)]
