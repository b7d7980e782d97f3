"""Today's list of whoever has much to do: the most urgent, and more of one kind on a page of its own."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.events import NoticeSettled
from contracts.vocabulary import Answer, NoticeKind, NoticeOutcome
from desk.domain.today import Need
from desk.pages import today
from desk.store import today as store
from support.desks import Pair, an_assignment, an_event, somebody, tell
from support.owned import Answering, desk_of
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
RNG = random.Random(7)


@pytest.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, Answering(), today.router) as opened:
        yield opened


async def a_pair(pool: Pool) -> Pair:
    """Let somebody be proposed for an opdracht of their own."""
    pair = Pair(uuid7(), uuid7())
    opened = an_assignment(pair.ids["assignment_id"], RNG)
    opened = opened.model_copy(update={"respond_by": NOW + timedelta(days=9)})
    await tell(pool, [an_event(data, NOW) for data in (opened, pair.proposed(NOW))])
    return pair


async def not_told(pool: Pool) -> list[tuple[object, int]]:
    async with pool.acquire() as connection:
        found = await store.tasks(connection, None, NOW, [Need.NOT_TOLD], 10)
    return [(task.assignment_id, task.count) for task in found]


async def test_who_was_not_told_waits_until_a_later_mail_told_it(pool: Pool) -> None:
    pair = await a_pair(pool)
    await tell(pool, [an_event(pair.settled(NOW, NoticeOutcome.SUPPRESSED), NOW)])
    assert await not_told(pool) == [(pair.ids["assignment_id"], 1)]
    later = NOW + timedelta(minutes=1)
    await tell(pool, [an_event(pair.settled(later, NoticeOutcome.ACCEPTED), later)])
    assert await not_told(pool) == []


async def test_who_was_not_told_and_answers_all_the_same_does_not_wait(pool: Pool) -> None:
    pair = await a_pair(pool)
    await tell(pool, [an_event(pair.settled(NOW, NoticeOutcome.UNWANTED), NOW)])
    await tell(pool, [an_event(pair.answered(NOW, Answer.INTERESTED), NOW)])
    assert await not_told(pool) == []


async def test_an_address_that_is_not_theirs_or_not_there_waits_until_a_mail_arrives(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    told = [
        (NoticeKind.MOVED, NoticeOutcome.COMPLAINED),
        (NoticeKind.LEFT, NoticeOutcome.COMPLAINED),
        (NoticeKind.MOVED, NoticeOutcome.BOUNCED),
        (NoticeKind.STAY, NoticeOutcome.BOUNCED),
    ]
    people = [await somebody(pool, f"Betwist {number}", at=NOW) for number in range(len(told))]
    for profile_id, (kind, outcome) in zip(people, told, strict=True):
        await tell(pool, [an_event(of_a_person(profile_id, kind, outcome, NOW), NOW)])
    left = await somebody(pool, "Vertrokken", at=NOW)  # the former address, which may well be gone
    await tell(pool, [an_event(of_a_person(left, NoticeKind.LEFT, NoticeOutcome.BOUNCED, NOW), NOW)])
    for address in ("/?wie=iedereen", "/?wie=iedereen&soort=adres"):
        page = (await browser.get(address)).text
        lines = [one for one in people if f'href="/mensen/{one}">Het mailadres van Betwist' in page]
        assert lines == people
        assert "Vertrokken" not in page
    async with pool.acquire() as connection:
        of_one = await store.tasks(connection, "vera@example.org", NOW, [Need.ADDRESS], 10)
    assert {task.profile_id for task in of_one} == {*people}
    later = NOW + timedelta(minutes=1)
    for profile_id in people:
        arrived = of_a_person(profile_id, NoticeKind.MATCH, NoticeOutcome.ACCEPTED, later)
        await tell(pool, [an_event(arrived, later)])
    assert "Mailadres klopt niet" not in (await browser.get("/?wie=iedereen")).text


def of_a_person(profile_id: UUID, kind: NoticeKind, outcome: NoticeOutcome, at: datetime) -> NoticeSettled:
    """Return how a mail ended that was about no match."""
    return NoticeSettled(
        notice_id=uuid7(),
        kind=kind,
        match_id=None,
        assignment_id=None,
        profile_id=profile_id,
        outcome=outcome,
        due_at=at,
        at=at,
    )


async def test_of_many_the_most_urgent_are_shown_and_counted_and_the_rest_is_a_click_away(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    for _ in range(today.FEW + 2):
        pair = await a_pair(pool)
        await tell(pool, [an_event(pair.answered(NOW, Answer.INTERESTED), NOW)])
    page = (await browser.get("/?wie=iedereen")).text
    assert page.count("<li data-key=") == today.FEW
    assert "/?wie=iedereen&amp;soort=interesse" in page
    line = page.partition('<li data-key="')[2].partition('"')[0]
    put_off = await browser.post("/later", data={"line": line, "wie": "iedereen", "soort": "interesse"})
    assert put_off.headers["location"] == "/?wie=iedereen&soort=interesse"
    assert (await browser.get("/?wie=iedereen")).text.count("<li data-key=") == today.FEW
    alone = (await browser.get("/?wie=iedereen&soort=interesse")).text
    assert alone.count("<li data-key=") == today.FEW + 1
    for address in ("/", "/?wie=iedereen", "/?wie=iedereen&soort=interesse"):
        tabs = (await browser.get(address)).text.partition('<nav id="whose"')[2]
        everybodys = today.FEW + 1 if "soort" in address else f"{today.FEW}+"
        assert 'Van mij <span class="count">0</span>' in tabs
        assert f'Van iedereen <span class="count">{everybodys}</span>' in tabs
