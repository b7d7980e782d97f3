"""An erasure leaves nothing of a person in matching, whatever races with it; what was live is withdrawn."""

import asyncio
import json
import random
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.envelope import Event
from contracts.vocabulary import Decision
from matching import handlers
from matching.domain.match import match_id
from matching.store.erasure import ERASURE
from support.replicas import Node, assignment_event, erasure, fitting, nodes, profile_event, undemanding

ASSIGNMENT, PERSON, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
MATCH = match_id(ASSIGNMENT, PERSON)
REASON = "Mevrouw Geheim, 06-12345678, kwam niet opdagen"
MESSAGE = "Beste mevrouw Geheim, tot ziens"
WHERE = "Bij mevrouw Geheim thuis"
RATE = 7654321
SECRETS = (REASON, str(RATE))
WORDS = (REASON, MESSAGE, WHERE, "ervaring")


def person() -> dict[str, Any]:
    return {**fitting(undemanding(), 1), "rate_min_cents": RATE}


async def digest(node: Node, *events: Event) -> None:
    await node.digest(list(events), random.Random(1))


async def everything(pool: Pool) -> str:
    """Return every row of every table as text; what is published is gone from the outbox."""
    await pool.execute("DELETE FROM outbox")
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = []
    for table in tables:
        for row in await pool.fetch(f'SELECT t::text AS text FROM "{table["tablename"]}" AS t'):
            rows.append(row["text"])
    rows += [row["body"].decode() for row in await pool.fetch("SELECT body FROM idempotency")]
    return "\n".join(rows)


async def test_every_column_of_the_schema_has_a_rule_for_erasures(database: str) -> None:
    async with nodes(database, 1) as (node,):
        rows = await node.pool.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    listed = [(rule.table, column) for rule in ERASURE for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)


async def left_of_the_person(node: Node) -> list[str]:
    held = await everything(node.pool)
    return [secret for secret in SECRETS if secret in held]


async def said(node: Node) -> list[dict[str, Any]]:
    return [json.loads(row["value"]) for row in await node.pool.fetch("SELECT value FROM outbox ORDER BY id")]


async def test_an_erasure_leaves_no_reason_no_explanation_and_no_stored_answer(database: str) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        profile = profile_event(PERSON, 1, person())
        await digest(node, assignment_event(ASSIGNMENT, 1, undemanding()), profile)
        body, key = {"decision": "rejected", "reason": REASON}, {"Idempotency-Key": "once"}
        answer = await http.post(f"/matches/{MATCH}/decision", json=body, headers=key)
        assert answer.status_code == 200
        assert await left_of_the_person(node) == list(SECRETS)
        await digest(node, erasure(PERSON))
        assert await left_of_the_person(node) == []
        again = await http.post(f"/matches/{MATCH}/decision", json=body, headers=key)
        assert again.status_code == 404
        await digest(node, profile)
        await digest(node, erasure(PERSON), profile)
        assert await left_of_the_person(node) == []


async def test_an_erasure_leaves_none_of_the_recruiters_words(database: str) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await digest(node, assignment_event(ASSIGNMENT, 1, undemanding()), profile_event(PERSON, 1, person()))
        body = {
            **{"decision": "invited", "reason": REASON, "message": MESSAGE, "reason_code": "ervaring"},
            "appointment": {"at": "2027-01-05T10:00:00+01:00", "where": WHERE},
        }
        assert (await http.post(f"/matches/{MATCH}/decision", json=body)).status_code == 200
        held = await everything(node.pool)
        assert [word for word in WORDS if word not in held] == []
        await digest(node, erasure(PERSON))
        held = await everything(node.pool)
        assert [word for word in WORDS if word in held] == []


async def test_a_live_match_of_the_erased_is_withdrawn_and_not_shown_before(
    database: str,
) -> None:
    async with nodes(database, 1) as (node,), node.client() as http:
        await digest(node, assignment_event(ASSIGNMENT, 1, undemanding()), profile_event(PERSON, 1, person()))
        path = f"/assignments/{ASSIGNMENT}/matches"
        assert len((await http.get(path)).json()["items"]) == 1
        await node.pool.execute("DELETE FROM outbox")
        async with node.pool.acquire() as connection, connection.transaction():
            await handlers.apply(connection, [erasure(PERSON)])
        assert (await http.get(path)).json()["items"] == []
        await node.follow_up([erasure(PERSON)])
        (withdrawn,) = await said(node)
        assert (withdrawn["match_id"], withdrawn["reason"]) == (str(MATCH), "profile_erased")
        assert await node.live(ASSIGNMENT) == set()


async def test_a_decision_that_comes_before_an_erasure_is_erased_with_it(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await digest(node, assignment_event(ASSIGNMENT, 1, undemanding()), profile_event(PERSON, 1, person()))
        async with node.deciding(MATCH, Decision.REJECTED, REASON) as decided:
            erasing = asyncio.create_task(digest(node, erasure(PERSON)))
            await node.until_somebody_waits()
        assert decided
        await erasing
        assert await left_of_the_person(node) == []


async def test_a_decision_that_comes_during_an_erasure_is_refused(database: str) -> None:
    async with nodes(database, 1) as (node,):
        await digest(node, assignment_event(ASSIGNMENT, 1, undemanding()), profile_event(PERSON, 1, person()))
        async with node.pool.acquire() as connection, connection.transaction():
            await handlers.apply(connection, [erasure(PERSON)])
            deciding = asyncio.create_task(node.decide(MATCH, Decision.REJECTED, REASON))
            await node.until_somebody_waits()
        assert not await deciding
        assert await left_of_the_person(node) == []


async def test_a_proposal_that_comes_during_an_erasure_is_judged_anew(database: str) -> None:
    """`there` has judged the person, and waits for the profile to write its proposal."""
    async with nodes(database, 2) as (here, there):
        await digest(there, profile_event(PERSON, 1, person()), profile_event(OTHER, 1, person()))
        async with here.pool.acquire() as connection, connection.transaction():
            await handlers.apply(connection, [erasure(PERSON)])
            opening = asyncio.create_task(digest(there, assignment_event(ASSIGNMENT, 1, undemanding())))
            await here.until_somebody_waits()
        await opening
        assert await there.live(ASSIGNMENT) == {OTHER}
        await here.follow_up([erasure(PERSON)])
        await digest(here, erasure(OTHER))
        assert await left_of_the_person(here) == []


async def test_proposals_decisions_and_erasures_of_many_leave_nothing_and_nobody_waits_for_ever(
    database: str,
) -> None:
    rng = random.Random(4)
    people = [UUID(int=number) for number in range(100, 140)]
    assignments = [UUID(int=number) for number in range(1, 5)]
    async with nodes(database, 3) as made:
        for profile_id in people:
            await digest(made[0], profile_event(profile_id, 1, person()))
        await digest(made[0], *(assignment_event(one, 1, undemanding()) for one in assignments))

        decided: list[bool] = []

        async def erase() -> None:
            for start in range(0, len(people), 4):
                await digest(made[0], *(erasure(profile_id) for profile_id in people[start : start + 4]))

        async def reconcile() -> None:
            for version in range(2, 8):
                for assignment_id in assignments:
                    facts = {**undemanding(), "dossiers": [] if version % 2 else ["wonen"]}
                    await digest(made[1], assignment_event(assignment_id, version, facts))

        async def decide() -> None:
            for _ in range(60):
                match = match_id(rng.choice(assignments), rng.choice(people))
                decided.append(await made[2].decide(match, rng.choice(list(Decision)), REASON))

        async with asyncio.timeout(60):
            await asyncio.gather(erase(), reconcile(), decide())
        assert {True, False} == set(decided)
        assert await left_of_the_person(made[0]) == []
        assert [await made[0].live(assignment_id) for assignment_id in assignments] == [set()] * 4
