"""Replicas of matching on one database, fed by hand instead of by Kafka; their API; people who surely fit."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from chassis.database import Pool, migrate, open_pool
from chassis.delivery.intake import Intake
from chassis.delivery.records import ReceivedRecord
from chassis.http.auth import Caller
from contracts.envelope import Event, encode
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    AssignmentUpdated,
    MatchAnswered,
    ProfileUpdated,
)
from contracts.topics import TOPICS
from contracts.vocabulary import Answer, Decision, Role
from matching import SERVICE, handlers
from matching.api import MatchingResources
from matching.app import build
from matching.deciding import decide_on
from matching.domain.decision import Decided, Verdict
from matching.domain.match import Pair, match_id
from matching.places import read_places
from matching.reconciling import Reconciler
from matching.replica import Replica
from matching.settings import MatchingSettings
from matching.store.assignments import requests
from matching.store.matches import pairs_of

from support import people as random_facts
from support.openapi import SETTINGS
from support.stacks import until

NOW = datetime.now(UTC)  # of events: the market is what opened in the year up to today


class Node:
    """One replica, whose intake is fed by hand instead of by Kafka."""

    def __init__(self, pool: Pool, replica: Replica) -> None:
        self.pool = pool
        self.replica = replica
        self.reconciler = Reconciler(pool, replica)
        self.intake = Intake(pool, SERVICE, TOPICS, handlers.apply, self._follow_up_later)
        self.pause = 0.0

    async def digest(self, batch: list[Event], rng: random.Random) -> None:
        """Digest a batch, with a pause after its commit where a race may come in."""
        self.pause = rng.random() * 0.003
        await self.intake.process([record(event) for event in batch])

    async def follow_up(self, events: Sequence[Event]) -> None:
        """Reconcile what a committed batch concerns."""
        await handlers.follow_up(self.reconciler, events)

    async def pairs(self, assignment_id: UUID) -> dict[UUID, Pair]:
        """Return what is known of an assignment's pairs, by profile id."""
        async with self.pool.acquire() as connection:
            return (await pairs_of(connection, [assignment_id]))[assignment_id]

    async def said(self) -> list[dict[str, Any]]:
        """Return the events in the outbox, and empty it."""
        rows = await self.pool.fetch(
            "WITH gone AS (DELETE FROM outbox RETURNING id, value) SELECT value FROM gone ORDER BY id"
        )
        return [json.loads(row["value"]) for row in rows]

    async def live(self, assignment_id: UUID) -> set[UUID]:
        """Return who is live for an assignment."""
        return {profile_id for profile_id, pair in (await self.pairs(assignment_id)).items() if pair.live}

    async def decide(self, match: UUID, decision: Decision, reason: str = "-") -> bool:
        """Decide on a match, as its route does; tell whether it could be decided on."""
        async with self.pool.acquire() as connection, connection.transaction():
            verdict = Verdict(decision, reason)
            outcome = await decide_on(connection, match, verdict, "Rosa", datetime.now(UTC))
        self.reconciler.wake()
        return isinstance(outcome, Decided)

    @asynccontextmanager
    async def deciding(self, match: UUID, decision: Decision, reason: str) -> AsyncIterator[bool]:
        """Decide on a match in a transaction that is committed at the end of the body."""
        async with self.pool.acquire() as connection, connection.transaction():
            verdict = Verdict(decision, reason)
            outcome = await decide_on(connection, match, verdict, "Rosa", datetime.now(UTC))
            yield isinstance(outcome, Decided)

    async def until_somebody_waits(self) -> None:
        """Wait until a transaction in this database waits for another's lock."""

        async def waits() -> bool:
            return bool(await self.pool.fetchval(_WAITING))

        await until(waits)

    async def has_requests(self) -> bool:
        """Tell whether an assignment waits to be reconciled."""
        async with self.pool.acquire() as connection:
            return bool(await requests(connection, 1))

    def client(
        self, name: str = "Rosa Recruiter", role: Role = Role.RECRUITER, subject: str = "tester"
    ) -> httpx.AsyncClient:
        """Return a client of this replica's API, for somebody of that name and role."""
        app = build(MatchingSettings(**SETTINGS))
        app.state.authenticator = _Anybody(
            Caller(subject, name, frozenset({role}), issuer="https://issuer.example")
        )
        app.state.resources = MatchingResources(
            pool=self.pool, replica=self.replica, reconciler=self.reconciler, places=read_places()
        )
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://matching",
            headers={"Authorization": "Bearer any"},
        )

    async def _follow_up_later(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(self.pause)
        await self.follow_up(events)


_WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
"""


class _Anybody:
    """Takes every token for one caller's."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def verify(self, _token: str) -> Caller:
        return self._caller


def record(event: Event) -> ReceivedRecord:
    """Make the record that Kafka would bring."""
    (topic,) = (one for one in TOPICS if event.type in (*one.types, one.tombstone))
    key, value, headers = encode(event)
    moment = int(event.time.timestamp() * 1000)
    return ReceivedRecord(topic.name, 0, 0, key, value, headers, moment)


@asynccontextmanager
async def nodes(database: str, count: int) -> AsyncIterator[list[Node]]:
    await migrate(database, "chassis", "matching")
    async with AsyncExitStack() as opened:
        made = []
        for _ in range(count):
            pool = await opened.enter_async_context(open_pool(database, size=4))
            replica = Replica(await opened.enter_async_context(open_pool(database, size=1)))
            await replica.catch_up()
            while await replica.load_closed(NOW - timedelta(days=365)):
                pass
            made.append(Node(pool, replica))
        yield made


def profile_event(profile_id: UUID, version: int, facts: dict[str, Any]) -> Event:
    data = ProfileUpdated.model_validate_json(
        json.dumps({"profile_id": str(profile_id), "version": version, **facts})
    )
    return Event(f"{profile_id}{version}", "/test", "ProfileUpdated.v1", profile_id, NOW, data)


def erasure(profile_id: UUID) -> Event:
    return Event(str(profile_id), "/test", "ProfileErased.v1", profile_id, NOW, None)


def assignment_event(assignment_id: UUID, version: int, facts: dict[str, Any], closed: bool = False) -> Event:
    kind = AssignmentClosed if closed else AssignmentUpdated if version > 1 else AssignmentOpened
    content = {"assignment_id": str(assignment_id), "version": version, **facts}
    data = kind.model_validate_json(
        json.dumps({**content, **({"closed_reason": "filled"} if closed else {})})
    )
    return Event(f"{assignment_id}{version}", "/test", f"{kind.__name__}.v1", assignment_id, NOW, data)


def answered(assignment_id: UUID, profile_id: UUID, answer: Answer, minutes: float = 0) -> Event:
    """Return an answer that was given some minutes after NOW."""
    data = MatchAnswered(
        match_id=match_id(assignment_id, profile_id),
        assignment_id=assignment_id,
        profile_id=profile_id,
        answer=answer,
        answered_at=NOW + timedelta(minutes=minutes),
    )
    event_id = f"{assignment_id}{profile_id}{answer}{minutes}"
    return Event(event_id, "/test", "MatchAnswered.v1", assignment_id, NOW, data)


def declined(assignment_id: UUID, profile_id: UUID) -> Event:
    return answered(assignment_id, profile_id, Answer.DECLINED)


def fitting(assignment: dict[str, Any], days_after: int) -> dict[str, Any]:
    """Return somebody who fits; the later after the start they are free (14 days at most), the lower the
    score."""
    available = date.fromisoformat(assignment["starts_on"]) + timedelta(days=days_after)
    return {
        **random_facts.profile_facts(random.Random(1)),
        "status": "active",
        "level": assignment["level"],
        "contract_forms": ["zzp"],
        "available_from": available.isoformat(),
        "available_until": None,
        "excluded_organisation_types": [],
        "hours_min": 8,
        "hours_max": 40,
    }


def undemanding() -> dict[str, Any]:
    """Return an assignment that asks for nothing but the days."""
    return {
        **random_facts.assignment_facts(random.Random(2)),
        "level": "senior",
        "required_specialisms": [],
        "required_certificates": [],
        "onsite_days": 0,
        "rate_max_cents": None,
        "contract_forms": ["zzp"],
        "urgency": "normaal",
        "weights": {"availability": 100},
    }
