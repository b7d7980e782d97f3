"""An erasure deletes what is held on a person and cancels what is pending; no replay brings it back."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
from chassis.database import Pool
from chassis.erasure import CHASSIS
from contracts.envelope import Event, type_of
from contracts.events import AssignmentOpened, ContactUpdated, Data, MatchDecided, MatchProposed
from contracts.facts import Preferences
from contracts.vocabulary import Answer, Decision, Frequency
from notifications.answers import answering, preferring
from notifications.answers.links import Link
from notifications.domain.notice import Ending, NoticeState
from notifications.domain.standing import Taken, TooLate
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome
from notifications.store import suppressions
from notifications.store.erasure import ERASURE
from support import people as random_facts
from support.notifying import deliver_events, make_sender
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
SECRETS = ("Geheime Naam", "geheim@example.org", "+31612345678", "mijn geheime reden", "7654321", "beslist")


def match_id(assignment_id: UUID, profile_id: UUID) -> UUID:
    return uuid5(assignment_id, str(profile_id))


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
    ids: dict[str, Any] = {
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


async def found(pool: Pool, *texts: str) -> list[str]:
    """Return which of these texts stand anywhere in the database, as text or in bytes."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [
        row["text"]
        for table in tables
        for row in await pool.fetch(f'SELECT row_to_json(t)::text AS text FROM "{table["tablename"]}" t')
    ]
    content = "\n".join(rows)
    return [text for text in texts if text in content or text.encode().hex() in content]


async def test_an_erasure_leaves_counts_and_a_replay_of_every_topic_restores_nothing(pool: Pool) -> None:
    profile_id, assignment_id = uuid7(), uuid7()
    told = history(profile_id, assignment_id)
    match = match_id(assignment_id, profile_id)
    await deliver_events(pool, *told)
    wishes = Preferences(frequency=Frequency.WEEKLY, min_score=0, quiet_hours=True)
    assert await preferring.choose(pool, profile_id, wishes, None, NOW)
    outcome = await answering.answer(pool, match, Answer.DECLINED, SECRETS[3], NOW)
    assert isinstance(outcome, Taken)
    await pool.execute("UPDATE notices SET address = $1 WHERE profile_id IS NOT NULL", SECRETS[1])
    async with pool.acquire() as connection:
        ending = Ending(NoticeState.BOUNCED, "the mail came back")
        assert SECRETS[1] in await pool.fetchval("SELECT string_agg(mailbox, ' ') FROM mailboxes")
        await suppressions.add(connection, SECRETS[1], profile_id, ending, NOW)
    await pool.execute("DELETE FROM outbox")  # published
    assert set(SECRETS) - set(await found(pool, *SECRETS)) == {"+31612345678"}  # never taken in
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'pending'") > 0

    erasure = event(profile_id, None)
    await deliver_events(pool, erasure)
    await pool.execute("DELETE FROM inbox")  # as after the days for which it is kept
    for replay in (told, told[::-1], [erasure, *told], [told[2]], [told[0]]):
        await deliver_events(pool, *replay)
        await pool.execute("DELETE FROM inbox")
        assert await found(pool, *SECRETS) == []
    pending = "SELECT count(*) FROM notices WHERE profile_id = $1 AND state IN ('pending', 'sending')"
    assert await pool.fetchval(pending, profile_id) == 0
    assert await pool.fetchval("SELECT count(*) FROM matches WHERE live") == 0
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE match_id = $1", match) > 0
    assert await answering.answer(pool, match, Answer.DECLINED, SECRETS[3], NOW) == TooLate()
    assert await answering.look_up(pool, Link(match), NOW) is None
    assert not await preferring.choose(pool, profile_id, wishes, None, NOW)


async def test_every_column_has_a_rule_for_erasures(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    listed = [(rule.table, column) for rule in (*ERASURE, *CHASSIS) for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)


BY_ADDRESS = {"mailboxes"}  # no id stands in it
WHOSE = {"alerts": "data->>'profile_id' = $2::text"}  # every other table has their id in a column
PLANTED = {
    "text": "$1",
    "jsonb": "CASE jsonb_typeof({0}) WHEN 'object' THEN {0} || jsonb_build_object('planted', $1::text)"
    " ELSE coalesce({0}, '[]') || to_jsonb($1::text) END",
}


async def test_whatever_is_planted_in_a_column_that_is_to_be_emptied_is_gone(pool: Pool) -> None:
    profile_id, assignment_id, other = uuid7(), uuid7(), uuid7()
    await deliver_events(pool, *history(profile_id, assignment_id), *history(other, assignment_id))
    async with pool.acquire() as connection:
        for someone in (profile_id, other):
            ending = Ending(NoticeState.BOUNCED, "it came back")
            await suppressions.add(connection, f"{someone}@example.org", someone, ending, NOW)
    of_before = (
        "INSERT INTO suppressions (profile_id, email, reason) VALUES ($1, 'weg@example.org', 'kwam terug')"
    )
    await pool.execute(of_before, profile_id)
    of_before = "INSERT INTO alerts (type, data) VALUES ($1, jsonb_build_object('profile_id', $2::uuid))"
    for kind in ("MatchProposed.v1", "MatchWithdrawn.v1"):
        await pool.execute(of_before, kind, profile_id)
    for planting in (
        "INSERT INTO placements (placement_id, version, assignment_id, profile_id, facts, agreed_at)"
        " VALUES (gen_random_uuid(), 1, gen_random_uuid(), $1, '{}', now())",
        "INSERT INTO check_ins (notice_id, placement_id, profile_id, answer, answered_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), $1, 'goed', now())",
        "INSERT INTO questions (question_id, profile_id, asker_id, question, asked_at)"
        " VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'hoe?', now())",
        "INSERT INTO sign_in_links (link_id, address, mailbox, asked_at, profile_id)"
        " VALUES (gen_random_uuid(), 'nieuw@example.org', 'nieuw@example.org', now(), $1)",
    ):
        await pool.execute(planting, profile_id)
    await pool.execute("UPDATE notices SET state = 'accepted' WHERE kind = 'match'")
    rows = await pool.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb')"
    )
    kinds = {(row["table_name"], row["column_name"]): row["data_type"] for row in rows}
    planted = []
    for rule in ERASURE:
        for column in rule.columns if rule.statement else ():
            if (rule.table, column) not in kinds or rule.table in BY_ADDRESS:
                continue
            value = PLANTED[kinds[rule.table, column]].format(column)
            whose = WHOSE.get(rule.table, "profile_id = $2::uuid")
            marker = f"planted in {rule.table}.{column}"
            with suppress(asyncpg.CheckViolationError):  # the column knows its words
                statement = f"UPDATE {rule.table} SET {column} = {value} WHERE {whose}"
                assert await pool.execute(statement, marker, str(profile_id)) != "UPDATE 0", marker
                planted.append(marker)
    assert len(planted) >= 10
    assert await found(pool, *planted) == planted
    await deliver_events(pool, event(profile_id, None))
    assert await found(pool, *planted) == []
    assert await pool.fetchval("SELECT name FROM contacts WHERE profile_id = $1", other) == SECRETS[0]


async def test_what_a_mail_server_says_of_somebody_who_was_erased_meanwhile_is_not_written(
    pool: Pool,
) -> None:
    profile_id, assignment_id = uuid7(), uuid7()
    contact, opened, proposal, _ = history(profile_id, assignment_id)
    assert isinstance(contact.data, ContactUpdated)
    direct = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=False)
    contact = replace(contact, data=contact.data.model_copy(update={"preferences": direct}))
    await deliver_events(pool, contact, opened, proposal)

    async def send(mail: Mail) -> Outcome:
        await deliver_events(pool, event(profile_id, None))
        return Accepted(f"250 queued for {mail.to}")

    await make_sender(pool, send).send_due(datetime.now(UTC))
    assert await pool.fetchval("SELECT state FROM notices WHERE kind = 'match'") == "accepted"
    assert await found(pool, *SECRETS) == []
