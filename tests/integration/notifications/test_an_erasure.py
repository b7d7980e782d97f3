"""An erasure deletes what is held on a person and cancels what is pending; no replay brings it back."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.database import Pool, migrate, open_pool
from contracts.envelope import Event, type_of
from contracts.events import AssignmentOpened, ContactUpdated, Data, MatchDecided, MatchProposed
from contracts.facts import Preferences
from contracts.vocabulary import Answer, Decision, Frequency
from matching.domain.settlement import match_id
from notifications.answers import answering, preferring
from notifications.domain.notice import Ending, State
from notifications.domain.standing import Taken, TooLate
from notifications.store import suppressions
from support import people as random_facts
from support.notifying import deliver_events
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
SECRETS = ("Geheime Naam", "geheim@example.org", "+31612345678", "mijn geheime reden", "7654321", "beslist")


def event(subject: UUID, data: Data | None) -> Event:
    kind = "ContactErased.v1" if data is None else type_of(data)
    return Event(str(uuid7()), "/test", kind, subject, NOW, data)


def history(profile_id: UUID, assignment_id: UUID) -> list[Event]:
    """Return all that the topics tell of somebody who is matched, rejected and known by name."""
    contact = ContactUpdated.model_validate(
        {
            "profile_id": profile_id,
            "version": 4,
            "name": SECRETS[0],
            "email": SECRETS[1],
            "phone": SECRETS[2],
            "preferences": {"frequency": "weekly", "min_score": 0, "quiet_hours": True},
        },
        strict=False,
    )
    opened = AssignmentOpened.model_validate(
        {
            **random_facts.assignment_facts(random.Random(1)),
            "assignment_id": assignment_id,
            "version": 1,
            "respond_by": (NOW + timedelta(days=30)).isoformat(),
        },
        strict=False,
    )
    ids = {
        "match_id": match_id(assignment_id, profile_id),
        "assignment_id": assignment_id,
        "profile_id": profile_id,
    }
    rate = {"criterion": "rate", "points": 3.5, "max_points": 10, "facts": {"rate_min_cents": 7654321}}
    proposal = MatchProposed.model_validate(
        {
            **ids,
            "revision": 1,
            "assignment_version": 1,
            "profile_version": 4,
            "score": 71.5,
            "growth": False,
            "explanation": [rate],
            "policy": "2026.1",
            "proposed_at": NOW,
        },
        strict=False,
    )
    decision = MatchDecided(
        **ids, decision=Decision.NOMINATED, reason=SECRETS[5], decided_by="Rosa", decided_at=NOW
    )
    return [
        event(profile_id, contact),
        event(assignment_id, opened),
        event(assignment_id, proposal),
        event(assignment_id, decision),
    ]


async def everything(pool: Pool) -> str:
    """Return every row of every table as text."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [
        row["text"]
        for table in tables
        for row in await pool.fetch(f'SELECT row_to_json(t)::text AS text FROM "{table["tablename"]}" t')
    ]
    return "\n".join(rows)


async def test_an_erasure_leaves_counts_and_a_replay_of_every_topic_restores_nothing(database: str) -> None:
    await migrate(database, "chassis", "notifications")
    profile_id, assignment_id = uuid7(), uuid7()
    told = history(profile_id, assignment_id)
    match = match_id(assignment_id, profile_id)
    async with open_pool(database) as pool:

        async def digest(events: list[Event]) -> None:
            await deliver_events(pool, *events)

        await digest(told)
        wishes = Preferences(frequency=Frequency.WEEKLY, min_score=0, quiet_hours=True)
        assert await preferring.choose(pool, profile_id, wishes, None, NOW)
        outcome = await answering.answer(pool, match, Answer.INTERESTED, SECRETS[3], NOW)
        assert isinstance(outcome, Taken)
        await pool.execute("UPDATE notices SET address = $1 WHERE profile_id IS NOT NULL", SECRETS[1])
        async with pool.acquire() as connection:
            ending = Ending(State.BOUNCED, "the mail came back")
            await suppressions.add(connection, profile_id, SECRETS[1], ending)
        await pool.execute("DELETE FROM outbox")  # published
        before = await everything(pool)
        assert [secret for secret in SECRETS if secret not in before] == ["+31612345678"]  # never taken in
        assert await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'pending'") > 0

        await digest([event(profile_id, None)])
        await pool.execute("DELETE FROM inbox")  # as after the days for which it is kept
        for replay in (told, told[::-1], [event(profile_id, None), *told], [told[2]], [told[0]]):
            await digest(replay)
            await pool.execute("DELETE FROM inbox")
            after = await everything(pool)
            assert [secret for secret in SECRETS if secret in after] == []
        pending = "SELECT count(*) FROM notices WHERE profile_id = $1 AND state IN ('pending', 'sending')"
        assert await pool.fetchval(pending, profile_id) == 0
        assert await pool.fetchval("SELECT count(*) FROM matches WHERE live") == 0
        assert await pool.fetchval("SELECT count(*) FROM notices WHERE match_id = $1", match) > 0
        assert await answering.answer(pool, match, Answer.DECLINED, SECRETS[3], NOW) == TooLate()
        assert await answering.look_up(pool, match) is None
        assert not await preferring.choose(pool, profile_id, wishes, None, NOW)
