"""A page that keeps itself up to date records whom the audit does not say already: all of them, once."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis.audit import acts
from chassis.database import Pool
from contracts.vocabulary import NoticeOutcome, Role
from desk.live import alerts as live
from desk.live.stream import Stream
from desk.pages import mails, opdracht
from support.desks import Pair, an_assignment, an_event, somebody, tell
from support.owned import Answering, desk_of
from support.stacks import until
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
BY_ITSELF = {"Sec-Fetch-Mode": "cors", "HX-Request": "true"}
RECORDED = """
SELECT subject, people FROM audit_acts WHERE object_kind = $1 ORDER BY id
"""


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, opdracht.router, mails.router) as opened:
        yield opened


async def recorded(pool: Pool, kind: str = "people") -> list[set[UUID]]:
    return [set(row["people"]) for row in await pool.fetch(RECORDED, kind)]


async def an_opdracht(pool: Pool) -> UUID:
    assignment_id = uuid7()
    opened = an_assignment(assignment_id, random.Random(7))
    await tell(pool, [an_event(opened.model_copy(update={"respond_by": NOW + timedelta(days=9)}), NOW)])
    return assignment_id


async def a_candidate(pool: Pool, assignment_id: UUID) -> UUID:
    profile_id = await somebody(pool, "Kandidaat")
    await tell(pool, [an_event(Pair(assignment_id, profile_id).proposed(NOW), NOW)])
    return profile_id


async def test_an_open_page_records_each_person_once_an_hour_and_whoever_comes_looking_anew(
    pool: Pool, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment_id = await an_opdracht(pool)
    first = await a_candidate(pool, assignment_id)
    address = f"/opdrachten/{assignment_id}"

    async def refreshes(headers: dict[str, str] | None = None) -> None:
        for _ in range(3):
            page = await browser.get(address, headers=BY_ITSELF | (headers or {}))
            assert page.text.count("Kandidaat") > 0

    await browser.get(address)
    await refreshes()
    assert await recorded(pool) == [{first}]
    second = await a_candidate(pool, assignment_id)
    await refreshes()
    assert await recorded(pool) == [{first}, {second}]
    await browser.get(address)
    assert (await recorded(pool))[2:] == [{first, second}], "a person who looks is recorded each time"
    await refreshes({"Authorization": f"Bearer {Role.RECRUITER}:another"})
    await refreshes({"Authorization": f"Bearer {Role.OPERATOR}"})
    assert (await recorded(pool))[3:] == [{first, second}] * 2
    other = await an_opdracht(pool)
    third = await a_candidate(pool, other)
    for _ in range(2):
        await browser.get(f"/opdrachten/{other}", headers=BY_ITSELF)
    assert (await recorded(pool))[5:] == [{third}]
    monkeypatch.setattr(acts, "SAID_FOR", timedelta(0))  # an hour later
    await browser.get(address, headers=BY_ITSELF)
    assert (await recorded(pool))[6:] == [{first, second}]


async def test_what_it_asks_of_others_says_that_a_page_asks_by_itself(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    await browser.get("/mails")
    await browser.get("/mails", headers=BY_ITSELF)
    modes = [request.headers.get("sec-fetch-mode") for request in owners.asked]
    assert modes == [None, "cors"]


async def test_the_stream_records_whom_its_alerts_are_about_once_an_hour(pool: Pool) -> None:
    pairs = [Pair(await an_opdracht(pool), uuid7()) for _ in range(2)]
    async with desk_of(pool, Answering(), live.router) as http:
        app = http._transport.app  # type: ignore[attr-defined]
        stream = app.state.resources.stream = Stream("", pool)
        reading = asyncio.create_task(http.get("/alerts?after=0"))
        for seen, pair in ((1, pairs[0]), (1, pairs[0]), (2, pairs[1]), (2, pairs[0])):
            await tell(pool, [an_event(pair.settled(NOW, NoticeOutcome.BOUNCED), NOW)])
            stream._wake()

            async def all_recorded(seen: int = seen) -> bool:
                return sum(map(len, await recorded(pool, "alerts"))) == seen

            await until(all_recorded)
        stream.close()
        text = (await reading).text
    people = [pair.ids["profile_id"] for pair in pairs]
    assert text.count(str(people[0])) == 3
    rows = await recorded(pool, "alerts")
    assert sorted(one for row in rows for one in row) == sorted(people)
