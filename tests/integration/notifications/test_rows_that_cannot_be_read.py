"""What a newer version left behind is set apart: all others are told, and so is this, once it can be read."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool
from chassis.unreadable import UnreadableRow
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome
from notifications.republishing import publish_answers, publish_endings
from notifications.store import contacts, deliveries, matches
from prometheus_client import REGISTRY
from support.notifying import a_contact, add_assignment, add_contact, hear, make_sender, propose
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
OTHERS = {"weten@example.org", "horen@example.org"}
UNKNOWN_VALUES = {
    "assignments": """UPDATE assignments SET facts = jsonb_set(facts, '{level}', '"opper"')
        WHERE assignment_id = $1""",
    "matches": """UPDATE matches SET explanation = '[{"criterion": "geur"}]' WHERE assignment_id = $1""",
    "contacts": """UPDATE contacts SET preferences = jsonb_set(preferences, '{frequency}', '"hourly"')
        WHERE profile_id = (SELECT profile_id FROM matches WHERE assignment_id = $1)""",
    "notices": "UPDATE notices SET corrects = 'praised' WHERE assignment_id = $1 AND kind = 'match'",
}
KNOWN_VALUES = {
    "assignments": """UPDATE assignments SET facts = jsonb_set(facts, '{level}', '"senior"')
        WHERE assignment_id = $1""",
    "matches": "UPDATE matches SET explanation = '[]' WHERE assignment_id = $1",
    "contacts": """UPDATE contacts SET preferences = jsonb_set(preferences, '{frequency}', '"direct"')
        WHERE profile_id = (SELECT profile_id FROM matches WHERE assignment_id = $1)""",
    "notices": "UPDATE notices SET corrects = NULL WHERE assignment_id = $1",
}


class Server:
    """Takes every mail."""

    def __init__(self) -> None:
        self.to: Counter[str] = Counter()

    async def send(self, mail: Mail) -> Outcome:
        self.to[mail.to] += 1
        return Accepted("250 ok")


async def a_match(pool: Pool, address: str, frequency: str = "direct") -> tuple[UUID, UUID]:
    """Propose somebody new for an opdracht of its own; return its id, and the match's."""
    opdracht, one = await add_assignment(pool, random.Random(7), "normaal"), uuid7()
    await add_contact(pool, one, address, frequency)
    return opdracht, (await propose(pool, opdracht, one, NOW)).match_id


def unreadable(table: str) -> float:
    return REGISTRY.get_sample_value("unreadable_rows", {"table": table}) or 0


@pytest.mark.parametrize("table", list(UNKNOWN_VALUES))
async def test_a_row_of_a_newer_version_is_left_alone_and_all_others_are_told(pool: Pool, table: str) -> None:
    server, before = Server(), unreadable(table)
    opdracht, match_id = await a_match(pool, "vreemd@example.org")
    for address in OTHERS:
        await a_match(pool, address)
    await pool.execute(UNKNOWN_VALUES[table], opdracht)
    sender = make_sender(pool, server.send)
    assert await sender.send_due(NOW) == 3
    assert server.to == dict.fromkeys(OTHERS, 1)
    assert unreadable(table) == before + 1
    async with pool.acquire() as connection:
        assert len(await deliveries.list_before(connection, None, 10)) == 3
        if table in {"assignments", "matches"}:
            with pytest.raises(UnreadableRow):
                await matches.get(connection, match_id)
        if table == "contacts":
            with pytest.raises(UnreadableRow):
                await contacts.get(connection, await _profile_of(pool, match_id))
    await pool.execute(KNOWN_VALUES[table], opdracht)
    await sender.send_due(NOW + timedelta(minutes=6))
    assert server.to == dict.fromkeys({*OTHERS, "vreemd@example.org"}, 1)
    assert unreadable(table) == before


async def _profile_of(pool: Pool, match_id: UUID) -> UUID:
    found: UUID = await pool.fetchval("SELECT profile_id FROM matches WHERE match_id = $1", match_id)
    return found


async def test_a_notice_of_a_kind_that_only_a_newer_version_knows_is_left_to_that(pool: Pool) -> None:
    server = Server()
    opdracht, _ = await a_match(pool, "soort@example.org")
    await a_match(pool, "weten@example.org")
    await pool.execute("ALTER TABLE notices DROP CONSTRAINT notices_kind_check")
    await pool.execute("UPDATE notices SET kind = 'sung' WHERE assignment_id = $1", opdracht)
    assert await make_sender(pool, server.send).send_due(NOW) == 1
    assert server.to == {"weten@example.org": 1}
    due = await pool.fetchval("SELECT due_at FROM notices WHERE kind = 'sung'")
    assert due == NOW
    async with pool.acquire() as connection:
        assert len(await deliveries.list_before(connection, None, 10)) == 1


async def test_a_digest_goes_without_what_cannot_be_read_and_that_is_told_in_one_of_later(pool: Pool) -> None:
    server, one = Server(), uuid7()
    await add_contact(pool, one, "gebundeld@example.org", "daily")
    opdrachten = [await add_assignment(pool, random.Random(8), "normaal") for _ in range(3)]
    for opdracht in opdrachten:
        await propose(pool, opdracht, one, NOW)
    sender = make_sender(pool, server.send)
    await sender.send_due(NOW)
    morning = await pool.fetchval("SELECT max(due_at) FROM notices")
    await sender.send_due(morning)  # gathers
    await pool.execute(UNKNOWN_VALUES["assignments"], opdrachten[0])
    await sender.send_due(morning)
    assert server.to == {"gebundeld@example.org": 1}
    await pool.execute(KNOWN_VALUES["assignments"], opdrachten[0])
    while await sender.send_due(morning + timedelta(minutes=6)):
        pass
    assert server.to == {"gebundeld@example.org": 2}
    states = Counter(
        row["state"] for row in await pool.fetch("SELECT state FROM notices WHERE kind = 'match'")
    )
    assert states == {"digested": 3}


async def test_a_notice_that_cannot_be_written_stops_no_other(pool: Pool) -> None:
    server = Server()
    opdracht, _ = await a_match(pool, "klem@example.org")
    await a_match(pool, "weten@example.org")
    await pool.execute(
        f"ALTER TABLE notices ADD CHECK (assignment_id <> '{opdracht}' OR state <> 'sending') NOT VALID"
    )
    sender = make_sender(pool, server.send)
    assert await sender.send_due(NOW) == 2
    assert server.to == {"weten@example.org": 1}
    assert await sender.send_due(NOW) == 0


async def test_who_cannot_be_read_is_replaced_by_the_next_version_of_theirs(pool: Pool) -> None:
    opdracht, match_id = await a_match(pool, "hersteld@example.org")
    await pool.execute(UNKNOWN_VALUES["contacts"], opdracht)
    profile_id = await _profile_of(pool, match_id)
    await hear(pool, NOW, a_contact(profile_id, "hersteld@example.org", version=2))
    server = Server()
    await make_sender(pool, server.send).send_due(NOW)
    assert server.to == {"hersteld@example.org": 1}


async def test_what_cannot_be_read_holds_up_nothing_else_that_is_published_again(pool: Pool) -> None:
    (opdracht, strange), *others = [
        await a_match(pool, one) for one in ("vreemd@example.org", *sorted(OTHERS))
    ]
    while await make_sender(pool, Server().send).send_due(NOW):
        pass
    await pool.execute("UPDATE matches SET answer = 'interested', answered_at = $1", NOW)
    await pool.execute(
        "ALTER TABLE notices DROP CONSTRAINT notices_kind_check;"
        "ALTER TABLE matches DROP CONSTRAINT matches_answer_check"
    )
    await pool.execute("UPDATE notices SET kind = 'sung' WHERE assignment_id = $1", opdracht)
    await pool.execute("UPDATE matches SET answer = 'sung' WHERE match_id = $1", strange)
    await pool.execute("DELETE FROM outbox")
    async with pool.acquire() as connection, connection.transaction():
        answers = await publish_answers(connection, None, NOW)
        endings = await publish_endings(connection, None, NOW)
        for published, publish_some in ((answers, publish_answers), (endings, publish_endings)):
            assert published.count == 2
            assert (await publish_some(connection, published.last, NOW)).last is None
    rows = await pool.fetch("SELECT value FROM outbox")
    told = {json.loads(row["value"])["match_id"] for row in rows}
    assert told == {str(match_id) for _, match_id in others}
