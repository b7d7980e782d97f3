"""The probe's opdrachten are in no list, close by themselves, and are soon deleted, on the topic too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from assignments import probes
from assignments.expiry import close_expired
from assignments.taking_back import take_back
from chassis.database import Pool
from contracts.envelope import Event
from contracts.topics import ASSIGNMENTS
from support.calls import TOKEN

from contracts import examples

SELECTION = timedelta(days=30)


async def opened(http: httpx.AsyncClient, **facts: Any) -> UUID:
    body = {**examples.ASSIGNMENT, "open": True, **facts}
    answer = await http.post("/assignments", json=body, headers=TOKEN)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["assignment_id"])


async def tombstones(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT key FROM outbox WHERE topic = 'assignments' AND value IS NULL")
    return [bytes(row["key"]).decode() for row in rows]


async def test_no_list_has_them_and_their_id_leads_to_them(pool: Pool, http: httpx.AsyncClient) -> None:
    ordinary, probe = await opened(http), await opened(http, probe=True)
    for path in ("/assignments", "/assignments?state=open"):
        items = (await http.get(path, headers=TOKEN)).json()["items"]
        assert [UUID(one["assignment_id"]) for one in items] == [ordinary]
        assert "probe" not in items[0]
    assert (await http.get(f"/assignments/{probe}", headers=TOKEN)).json()["probe"] is True


async def test_one_that_is_left_open_closes_when_its_time_to_respond_is_over(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    ordinary, probe = await opened(http), await opened(http, probe=True)
    respond_by = await pool.fetchval("SELECT max(respond_by) FROM assignments")
    await close_expired(pool, SELECTION, respond_by + timedelta(seconds=1))
    states = {row["assignment_id"]: row["state"] for row in await pool.fetch("SELECT * FROM assignments")}
    assert states == {ordinary: "open", probe: "closed"}


async def test_closed_ones_are_deleted_a_day_after_with_a_tombstone_and_stay_away(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    ids = [await opened(http), await opened(http, probe=True)]
    for one in ids:
        body = {"reason": "withdrawn"}
        (await http.post(f"/assignments/{one}/close", json=body, headers=TOKEN)).raise_for_status()
    (duty,) = probes.duties_of(timedelta(days=1))
    now = datetime.now(UTC)
    for moment, left in ((now, set(ids)), (now + timedelta(days=2), {ids[0]})):
        async with pool.acquire() as connection:
            assert not await duty.take(connection, moment)
        rows = await pool.fetch("SELECT assignment_id FROM assignments")
        assert {row["assignment_id"] for row in rows} == left
    assert await tombstones(pool) == [str(ids[1])]
    # a database that went back hears of it from the topic, and of nothing else
    await pool.execute("UPDATE assignments SET probe = true WHERE assignment_id = $1", ids[0])
    gone = Event("1", "/services/assignments", str(ASSIGNMENTS.tombstone), ids[0], now, None)
    async with pool.acquire() as connection:
        await take_back(connection, [gone])
    assert await pool.fetchval("SELECT count(*) FROM assignments") == 0
