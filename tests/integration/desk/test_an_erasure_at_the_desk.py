"""An erasure empties what the desk holds on somebody; nothing of them comes back, whatever comes later."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from chassis.database import Pool
from chassis.erasure import CHASSIS
from contracts.envelope import Event
from contracts.events import Data
from contracts.vocabulary import Answer, CheckIn, Decision, NoticeOutcome
from desk.store import notes
from desk.store.erasure import ERASURE
from desk.store.notes import Note
from support.desks import (
    SECRET,
    START,
    Pair,
    a_checkin,
    a_contact,
    a_placement,
    a_profile,
    an_assignment,
    an_erasure,
    an_event,
    tell,
)
from uuid_utils.compat import uuid7

EVERYWHERE = {"people", "people_search", "matches", "alerts", "notes", "checkins"}


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def history(pair: Pair) -> list[Event]:
    rng, profile_id = random.Random(3), pair.ids["profile_id"]
    happened: list[Data] = [
        an_assignment(pair.ids["assignment_id"], rng),
        a_contact(profile_id),
        a_profile(profile_id, rng),
        pair.proposed(at(0)),
        pair.settled(at(1), NoticeOutcome.BOUNCED),
        pair.answered(at(2), Answer.INTERESTED),
        pair.decided(at(3), Decision.REJECTED),
        pair.decided(at(4), Decision.REOPENED),
        pair.withdrawn(at(5)),
        a_placement(pair, uuid5(pair.match_id, "placement")),
        a_checkin(pair, uuid5(pair.match_id, "placement"), at(6), CheckIn.GOED),
    ]
    return [an_event(data, at(minute)) for minute, data in enumerate(happened)]


async def held(pool: Pool, words: str) -> list[str]:
    """Return the tables in which words stand."""
    tables = [
        row[0] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    return [
        table
        for table in tables
        if await pool.fetchval(f'SELECT count(*) FROM "{table}" t WHERE row_to_json(t)::text LIKE $1', words)
    ]


async def write_note(pool: Pool, profile_id: UUID) -> None:
    async with pool.acquire() as connection:
        note = Note(uuid7(), None, f"een {SECRET}", "Rosa", "rosa", at(0))
        await notes.write(connection, profile_id, note)


async def test_an_erasure_leaves_ids_alone_and_no_replay_brings_anything_back(pool: Pool) -> None:
    pair = Pair(uuid7(), uuid7())
    told = history(pair)
    await tell(pool, told)
    await write_note(pool, pair.ids["profile_id"])
    assert set(await held(pool, f"%{SECRET}%")) == EVERYWHERE
    erasure = an_erasure(pair.ids["profile_id"])
    await tell(pool, erasure[:1])  # one of the two topics is faster
    assert await held(pool, f"%{SECRET}%") == []
    for replay in (told, told[::-1], [*told, *erasure], [erasure[1], *told], *([one] for one in told)):
        await tell(pool, replay)
        await write_note(pool, pair.ids["profile_id"])
        assert await held(pool, f"%{SECRET}%") == []
    assert not await pool.fetchval("SELECT bool_or(live) FROM matches")
    assert await pool.fetchval("SELECT array_agg(profile_id) FROM placements") == [None]
    assert await pool.fetchval("SELECT erased FROM people")
    row = await pool.fetchrow("SELECT * FROM matches")
    assert row is not None
    assert (row["answer"], [one["decision"] for one in row["decisions"]]) == (
        "interested",
        ["rejected", "reopened"],
    )


async def test_who_is_erased_before_anything_else_is_known_stays_so(pool: Pool) -> None:
    pair = Pair(uuid7(), uuid7())
    await tell(pool, an_erasure(pair.ids["profile_id"]))
    await tell(pool, history(pair))
    assert await held(pool, f"%{SECRET}%") == []


async def test_who_was_live_is_withdrawn_for_that_before_matching_says_so(pool: Pool) -> None:
    pair = Pair(uuid7(), uuid7())
    await tell(pool, history(pair)[:4])
    await tell(pool, an_erasure(pair.ids["profile_id"]))
    row = await pool.fetchrow("SELECT live, withdrawn FROM matches")
    assert row is not None
    assert (row["live"], row["withdrawn"]["reason"]) == (False, "profile_erased")


async def test_an_erasure_leaves_everybody_else_as_they_were(pool: Pool) -> None:
    pair, other = Pair(uuid7(), uuid7()), Pair(uuid7(), uuid7())
    await tell(pool, [*history(pair), *history(other)])
    await write_note(pool, other.ids["profile_id"])
    of_the_other = "SELECT to_jsonb(m)::text FROM matches m WHERE match_id = $1"
    before = await pool.fetchval(of_the_other, other.match_id)
    await tell(pool, an_erasure(pair.ids["profile_id"]))
    assert await pool.fetchval(of_the_other, other.match_id) == before
    assert set(await held(pool, f"%{SECRET}%")) == EVERYWHERE


async def test_every_column_of_the_desk_has_a_rule_for_erasures(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    listed = [(rule.table, column) for rule in (*ERASURE, *CHASSIS) for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)
