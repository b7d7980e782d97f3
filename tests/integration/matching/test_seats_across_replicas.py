"""A seat that is taken through one replica and falls free through another: nobody passed over is missed."""

import asyncio
import random
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from chassis.database import UNAVAILABLE
from chassis.retrying import retry
from contracts.envelope import Event
from contracts.vocabulary import Answer
from matching.domain import policy
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

FEW_SEATS = reference.Numbers(seats=4, growth_seats=2)
PARTITIONS = 6


async def test_whoever_was_passed_over_for_a_seat_taken_elsewhere_gets_it_when_it_falls_free(
    database: str,
) -> None:
    rng, facts = random.Random(1), undemanding()
    assignment_id = UUID(int=1)
    worse, better = [[UUID(int=number) for number in range(start, start + 25)] for start in (100, 200)]
    next_in_rank = UUID(int=300)
    async with nodes(database, 2) as (here, there):
        await here.digest([assignment_event(assignment_id, 1, facts)], rng)
        await here.digest([profile_event(one, 1, fitting(facts, 9)) for one in worse], rng)
        await there.digest([profile_event(one, 1, fitting(facts, 1)) for one in better], rng)
        await there.digest([profile_event(next_in_rank, 1, fitting(facts, 5))], rng)
        assert await here.live(assignment_id) == {*worse, *better}
        paused = {**fitting(facts, 1), "status": "paused"}
        await here.digest([profile_event(better[0], 2, paused)], rng)
        assert await here.live(assignment_id) == {*worse, *better[1:], next_in_rank}


class Traffic:
    """A few people who fight for few seats: they come, move in rank, leave, answer and are erased."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.people: dict[UUID, dict[str, Any]] = {}
        self.versions: dict[UUID, int] = {}
        self.ended: dict[UUID, set[UUID]] = {}
        self.answers = 0
        opened = {**undemanding(), "open_to_growth": True}
        self.assignments = {UUID(int=1): opened, UUID(int=2): {**opened, "weights": None}}

    def opening(self) -> list[Event]:
        """Return the events that open the assignments."""
        return [assignment_event(one, 1, facts) for one, facts in self.assignments.items()]

    def next(self) -> Event:
        """Let something happen to somebody; return what tells of it. More leave than is natural."""
        rng = self.rng
        known = sorted(self.people)
        if len(known) < 12 or rng.random() < 0.25:
            return self._set(UUID(int=rng.getrandbits(128)), self._facts("active"))
        one = rng.choice(known)
        match rng.randrange(8):
            case 0:
                del self.people[one]
                return erasure(one)
            case 1 | 2:
                assignment_id = rng.choice(sorted(self.assignments))
                self.answers += 1
                answer = rng.choice([Answer.DECLINED, Answer.DECLINED, Answer.INTERESTED])
                over = self.ended.setdefault(assignment_id, set())
                (over.add if answer is Answer.DECLINED else over.discard)(one)
                return answered(assignment_id, one, answer, self.answers)
            case 3 | 4 | 5:
                return self._set(one, {**self.people[one], "status": "paused"})
            case _:
                return self._set(one, self._facts("active"))

    def _set(self, one: UUID, facts: dict[str, Any]) -> Event:
        self.people[one] = facts
        self.versions[one] = self.versions.get(one, 0) + 1
        return profile_event(one, self.versions[one], facts)

    def _facts(self, status: str) -> dict[str, Any]:
        grows = self.rng.random() < 0.3
        facts = fitting(self.assignments[UUID(int=1)], self.rng.randint(0, 14))
        facts["ambition"] = {**facts["ambition"], "step_up": True}
        return {**facts, "level": "medior" if grows else "senior", "status": status}

    def ranked(self, assignment_id: UUID) -> list[tuple[UUID, float, bool]]:
        """Return an assignment's candidates by the reference, the best first."""
        over = frozenset(self.ended.get(assignment_id, ()))
        return reference.ranked(self.people, self.assignments[assignment_id], over, FEW_SEATS)

    async def check(self, node: Node) -> None:
        """Compare what is live with the reference."""
        for assignment_id in self.assignments:
            ranked = self.ranked(assignment_id)
            live = await node.live(assignment_id)
            assert reference.seats(ranked, FEW_SEATS) <= live <= {one for one, _, _ in ranked}


class Partitions:
    """Which replica reads whom: as partitions do, that stays for a while and then moves."""

    def __init__(self, rng: random.Random, replicas: list[Node]) -> None:
        self._rng = rng
        self._replicas = replicas
        self._readers = [rng.choice(replicas) for _ in range(PARTITIONS)]

    def move(self) -> None:
        """Give a partition to another replica."""
        self._readers[self._rng.randrange(PARTITIONS)] = self._rng.choice(self._replicas)

    def shares(self, events: list[Event]) -> Mapping[Node, list[Event]]:
        """Return which replica reads which events."""
        shares: dict[Node, list[Event]] = {}
        for event in events:
            shares.setdefault(self._readers[event.subject.int % PARTITIONS], []).append(event)
        return shares


@pytest.fixture(autouse=True)
def _few_seats(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "seed" in request.fixturenames:
        monkeypatch.setattr(policy, "SEATS", FEW_SEATS.seats)
        monkeypatch.setattr(policy, "GROWTH_SEATS", FEW_SEATS.growth_seats)


@pytest.mark.parametrize(("seed", "replicas"), [(1, 2), (2, 2), (3, 3), (4, 1)])
async def test_one_after_the_other_nobody_is_missed_and_nobody_is_proposed_without_a_seat(
    database: str, seed: int, replicas: int
) -> None:
    rng = random.Random(seed)
    traffic = Traffic(rng)
    first = 0
    async with nodes(database, replicas) as made:
        await made[0].digest(traffic.opening(), rng)
        partitions = Partitions(rng, made)
        for _ in range(150):
            for node, share in partitions.shares([traffic.next()]).items():
                await node.digest(share, rng)
            if rng.random() < 0.1:
                partitions.move()
            await traffic.check(made[0])
            seated = {one: reference.seats(traffic.ranked(one), FEW_SEATS) for one in traffic.assignments}
            for event in await made[0].said():
                if event["revision"] == 1 and "proposed_at" in event:
                    assert UUID(event["profile_id"]) in seated[UUID(event["assignment_id"])]
                    first += 1
    assert first > 30


@pytest.mark.parametrize(("seed", "replicas"), [(5, 2), (6, 3)])
async def test_at_the_same_time_nobody_is_missed(database: str, seed: int, replicas: int) -> None:
    rng = random.Random(seed)
    traffic = Traffic(rng)
    async with nodes(database, replicas) as made:
        await made[0].digest(traffic.opening(), rng)
        partitions = Partitions(rng, made)
        for _ in range(40):
            shares = partitions.shares([traffic.next() for _ in range(rng.randint(2, 8))])
            await asyncio.gather(
                *(
                    retry(partial(node.digest, share, rng), on=UNAVAILABLE, log_as="the batch comes again")
                    for node, share in shares.items()
                )
            )
            partitions.move()
            await traffic.check(made[0])


async def test_a_cut_of_a_transaction_that_failed_hides_nobody(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seats were never written: whoever frees one elsewhere finds nobody live, and looks for nobody."""
    monkeypatch.setattr(policy, "SEATS", 1)
    rng, facts = random.Random(1), undemanding()
    assignment_id, first, passed_over = (UUID(int=number) for number in (1, 2, 3))
    async with nodes(database, 2) as (here, there):
        await here.digest([assignment_event(assignment_id, 1, facts)], rng)
        opened = profile_event(first, 1, fitting(facts, 1))
        with monkeypatch.context() as patch:

            async def fail(*_: object) -> None:
                raise ConnectionError

            patch.setattr("matching.reconciling.matches.save", fail)
            with pytest.raises(ConnectionError):
                await here.digest([opened], rng)
        await here.digest([profile_event(passed_over, 1, fitting(facts, 9))], rng)
        # The partition moved: another replica takes the batch again, with what came since.
        paused = {**fitting(facts, 1), "status": "paused"}
        await there.digest([opened, profile_event(first, 2, paused)], rng)
        assert await here.live(assignment_id) == {passed_over}


async def test_a_freed_seat_is_found_also_where_an_answer_frees_it(database: str) -> None:
    rng, facts = random.Random(1), undemanding()
    assignment_id = UUID(int=1)
    people = [UUID(int=number) for number in range(100, 126)]
    async with nodes(database, 2) as (here, there):
        await here.digest([assignment_event(assignment_id, 1, facts)], rng)
        await here.digest([profile_event(one, 1, fitting(facts, 5)) for one in people], rng)
        await there.digest([declined(assignment_id, people[0])], rng)
        assert await here.live(assignment_id) == set(people[1:])
