"""What is on the stream of alerts: what is new, once, and nothing that cannot be looked up by then."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool
from contracts.vocabulary import Answer, CheckIn, ClosedReason, Decision, EndedReason, NoticeOutcome
from desk.store import alerts
from support.desks import (
    LONG_AGO,
    START,
    Pair,
    a_checkin,
    a_contact,
    a_past,
    a_placement,
    a_profile,
    an_assignment,
    an_erasure,
    an_event,
    tell,
    tell_in_batches,
)
from uuid_utils.compat import uuid7


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@pytest.fixture
def pair() -> Pair:
    return Pair(uuid7(), uuid7())


async def shown(pool: Pool) -> list[str]:
    return [row["type"] for row in await pool.fetch("SELECT type FROM alerts ORDER BY id")]


async def test_each_kind_is_shown_and_of_mails_only_those_that_came_back(pool: Pool, pair: Pair) -> None:
    rng, opdracht, placement_id = random.Random(1), pair.ids["assignment_id"], uuid7()
    happened: list[Any] = [
        a_contact(pair.ids["profile_id"]),
        a_profile(pair.ids["profile_id"], rng),
        an_assignment(opdracht, rng),
        an_assignment(opdracht, rng, version=2),
        pair.proposed(at(0)),
        *(pair.settled(at(1), outcome) for outcome in NoticeOutcome),
        pair.answered(at(1), Answer.INTERESTED),
        pair.decided(at(2), Decision.INVITED),
        pair.withdrawn(at(3)),
        an_assignment(opdracht, rng, version=3, closed=ClosedReason.FILLED),
        a_placement(pair, placement_id),
        a_placement(pair, placement_id, 2, hours=12),
        a_checkin(pair, placement_id, at(4), CheckIn.GOED),
        a_placement(pair, placement_id, 3, EndedReason.COMPLETED),
    ]
    for data in happened:
        await tell(pool, [an_event(data, at(0))])
    assert await shown(pool) == [
        "AssignmentOpened.v1",
        "AssignmentUpdated.v1",
        "MatchProposed.v1",
        *["NoticeSettled.v1"] * 3,
        "MatchAnswered.v1",
        "MatchDecided.v1",
        "MatchWithdrawn.v1",
        "AssignmentClosed.v1",
        "PlacementAgreed.v1",
        "PlacementChanged.v1",
        "CheckInAnswered.v1",
        "PlacementEnded.v1",
    ]
    rows = await pool.fetch("SELECT data, assignment_id FROM alerts WHERE type = 'NoticeSettled.v1'")
    assert {row["data"]["outcome"] for row in rows} == {"bounced", "complained", "refused"}
    assert {row["assignment_id"] for row in rows} == {opdracht}


@pytest.mark.parametrize("seed", range(3))
async def test_what_comes_a_second_time_or_is_published_once_more_is_not_shown(pool: Pool, seed: int) -> None:
    rng = random.Random(seed)
    past = a_past(rng)
    again = [an_event(event.data, event.time, republished=True) for event in past if event.data is not None]
    await tell_in_batches(pool, past, rng)
    first = await shown(pool)
    for order in (past, again, rng.sample(past, len(past))):
        await tell_in_batches(pool, order, rng)
    assert await shown(pool) == first


async def test_what_is_published_once_more_is_taken_in_and_shown_to_nobody(pool: Pool, pair: Pair) -> None:
    await tell(pool, [an_event(pair.proposed(at(0)), at(0), republished=True)])
    assert await pool.fetchval("SELECT live FROM matches")
    assert await shown(pool) == []


async def test_what_was_overtaken_before_it_came_is_not_shown(pool: Pool, pair: Pair) -> None:
    dead = pair.proposed(at(0))
    await tell(pool, [an_event(pair.withdrawn(at(1)), at(1))])
    await tell(pool, [an_event(dead, at(0))])
    assert await shown(pool) == ["MatchWithdrawn.v1"]


async def test_a_new_database_shows_nothing_of_before_alerts_are_kept(pool: Pool, pair: Pair) -> None:
    await tell(pool, [an_event(pair.proposed(at(0)), at(0))], since=at(1))
    await tell(pool, [an_event(pair.withdrawn(at(2)), at(2))], since=at(1))
    assert await shown(pool) == ["MatchWithdrawn.v1"]


async def test_of_somebody_who_is_erased_only_a_withdrawal_is_shown_and_only_its_ids(
    pool: Pool, pair: Pair
) -> None:
    events = [an_event(pair.proposed(at(0)), at(0)), an_event(pair.answered(at(1), Answer.INTERESTED), at(1))]
    await tell(pool, events)
    await tell(pool, an_erasure(pair.ids["profile_id"]))
    assert await shown(pool) == []
    withdrawn, late = pair.withdrawn(at(3)), pair.answered(at(2), Answer.DECLINED)
    await tell(pool, [an_event(withdrawn, at(3)), an_event(late, at(2))])
    (row,) = await pool.fetch("SELECT type, data FROM alerts")
    assert row["type"] == "MatchWithdrawn.v1"
    assert row["data"].keys() == {
        *("match_id", "revision", "assignment_id", "profile_id", "reason", "withdrawn_at")
    }


async def test_who_looks_after_an_alert_finds_it_and_misses_none(pool: Pool) -> None:
    """Three replicas write at once; the reader looks up what each alert tells as soon as it is there."""
    pasts = [a_past(random.Random(seed), 120) for seed in range(3)]
    expected = Counter(
        event.type
        for past in pasts
        for event in past
        if event.type in {"MatchProposed.v1", "MatchDecided.v1"}
    )

    async def write(past: list[Any]) -> None:
        for number in range(0, len(past), 3):
            await tell(pool, past[number : number + 3])

    writing = asyncio.gather(*(write(past) for past in pasts))
    seen: Counter[str] = Counter()
    last, ids = 0, []
    while True:
        done = writing.done()
        async with pool.acquire() as connection:
            found = await alerts.after(connection, last, 50)
            for alert in found:
                last = alert.id
                ids.append(alert.id)
                seen[alert.type] += 1
                if alert.type == "MatchProposed.v1":
                    revision = await connection.fetchval(
                        "SELECT revision FROM matches WHERE match_id = $1", UUID(alert.data["match_id"])
                    )
                    assert revision >= alert.data["revision"]
        if done and not found:
            break
        await asyncio.sleep(0)
    await writing
    assert ids == sorted(set(ids))
    assert {kind: seen[kind] for kind in expected} == expected


async def test_ids_go_on_above_all_that_were_ever_handed_out(pool: Pool, pair: Pair) -> None:
    async with pool.acquire() as connection:
        await alerts.lift(connection)
        first = await alerts.last_id(connection)
    assert first == 0
    await tell(pool, [an_event(pair.proposed(at(0)), at(0))])
    id_of_first = await pool.fetchval("SELECT id FROM alerts")
    assert id_of_first > (datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1000
    async with pool.acquire() as connection:
        await alerts.lift(connection)
    await tell(pool, [an_event(pair.withdrawn(at(1)), at(1))], since=LONG_AGO)
    assert await pool.fetchval("SELECT max(id) FROM alerts") > id_of_first
