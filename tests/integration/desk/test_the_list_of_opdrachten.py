"""The list of opdrachten says how each stands as its matches and mails are, and asks its owner for little."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.vocabulary import NoticeOutcome, Rule
from desk.domain.overview import Filter, Order, Standing, Tab
from desk.pages import overview as page
from desk.pages import today
from desk.store import overview
from support.desks import Pair, a_past, an_assignment, an_erasure, an_event, tell, tell_in_batches
from support.owned import Answering, desk_of
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
TOLD_BY = {"match", "later"}


async def how_all_stand(pool: Pool, order: Order = Order.CLOSES) -> dict[UUID, Standing]:
    """Return how the opdrachten of all tabs stand, as the list says it."""
    async with pool.acquire() as connection:
        lines = [
            line
            for tab in (Tab.OPEN, Tab.SELECTING, Tab.CLOSED)
            for line in await overview.lines(connection, tab, Filter(), order, 1, NOW)
        ]
    assert len({line.assignment_id for line in lines}) == len(lines)
    return {line.assignment_id: line.standing for line in lines}


async def counted_plainly(pool: Pool) -> dict[UUID, Standing]:
    """Return the same, counted one by one."""
    assignments = await pool.fetch("SELECT assignment_id FROM assignments")
    matches = await pool.fetch("SELECT * FROM matches")
    placed = {
        (one["assignment_id"], one["profile_id"])
        for one in await pool.fetch("SELECT * FROM placements")
        if one["ended_reason"] != "cancelled"
    }
    notices = await pool.fetch("SELECT match_id, kind, outcome FROM notices")
    told = {one["match_id"] for one in notices if one["outcome"] == "accepted" and one["kind"] in TOLD_BY}

    def standing(assignment_id: UUID, live: list[Any]) -> Standing:
        free = [one for one in live if (assignment_id, one["profile_id"]) not in placed]
        return Standing(
            fitting=len(live),
            mailed=sum(one["match_id"] in told for one in live),
            interested=sum(one["answer"] == "interested" and one["decision"] is None for one in free),
            chosen=sum(one["decision"] in {"invited", "nominated"} for one in free),
            placed=sum(at == assignment_id for at, _ in placed),
        )

    return {
        row["assignment_id"]: standing(
            row["assignment_id"],
            [one for one in matches if one["live"] and one["assignment_id"] == row["assignment_id"]],
        )
        for row in assignments
    }


async def proposed_anew(pool: Pool, rng: random.Random) -> list[Event]:
    """Return that all matches were proposed once more, and most of them mailed, some twice."""
    pairs = [Pair(*row) for row in await pool.fetch("SELECT assignment_id, profile_id FROM matches")]
    mailed = rng.choices(pairs, k=len(pairs))
    return [
        *(an_event(pair.proposed(NOW), NOW) for pair in pairs),
        *(an_event(pair.settled(NOW, NoticeOutcome.ACCEPTED), NOW) for pair in mailed),
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_each_opdracht_stands_as_its_matches_and_mails_do(pool: Pool, seed: int) -> None:
    rng = random.Random(seed)
    await tell_in_batches(pool, a_past(rng, 250), rng)
    await tell_in_batches(pool, await proposed_anew(pool, rng), rng)
    expected = await counted_plainly(pool)
    assert any(one.mailed for one in expected.values())
    for order in Order:
        assert await how_all_stand(pool, order) == expected
    someone = await pool.fetchval("SELECT profile_id FROM matches WHERE live LIMIT 1")
    await tell(pool, an_erasure(someone))
    left = await counted_plainly(pool)
    assert sum(one.fitting for one in left.values()) < sum(one.fitting for one in expected.values())
    assert await how_all_stand(pool) == left


async def test_beside_concepts_their_number_alone_is_asked_for(pool: Pool) -> None:
    owners = Answering()
    owners.tell("GET", "/draft-count", {"count": 213})
    async with desk_of(pool, owners, page.router) as browser:
        shown = await browser.get("/opdrachten")
    assert [request.url.path for request in owners.asked] == ["/draft-count"]
    assert 'Concept <span class="count">213</span>' in shown.text


async def test_concepts_are_listed_whether_their_number_is_told_or_not(pool: Pool) -> None:
    owners = Answering()
    draft = {"draft_id": str(uuid7()), "fields": {"title": "Half"}, "missing": ["/level"], "errors": []}
    owners.tell("GET", "/drafts", {"items": [draft | {"updated_at": NOW.isoformat()}], "next": None})
    async with desk_of(pool, owners, page.router) as browser:
        listed = (await browser.get("/opdrachten?tab=concept")).text
        assert 'Concept <span class="count"></span>' in listed
        assert "Half" in listed
        owners.tell("GET", "/draft-count", {"count": 120})
        listed = (await browser.get("/opdrachten?tab=concept")).text
    assert 'Concept <span class="count">120</span>' in listed
    assert "Pagina 1" not in listed


async def test_how_many_almost_fit_is_asked_for_without_relaxations(pool: Pool) -> None:
    owners = Answering()
    assignment_id = uuid7()
    opened = an_assignment(assignment_id, random.Random(7)).model_copy(
        update={"respond_by": datetime(2099, 1, 1, tzinfo=UTC)}
    )
    await tell(pool, [an_event(opened, NOW)])
    rules = [{"rule": rule, "rejected": 9, "only": 5} for rule in (Rule.RATE, Rule.ACTIVE)]
    reach = {"population": 9, "candidates": 0, "rules": rules, "relaxations": []}
    owners.tell("GET", f"/assignments/{assignment_id}/reach", reach)
    async with desk_of(pool, owners, today.router) as browser:
        shown = await browser.get("/?wie=iedereen")
    assert "5 mensen missen maar één eis" in shown.text
    asked = [request.url for request in owners.asked if request.url.path.endswith("/reach")]
    assert [url.params for url in asked] == [httpx.QueryParams({"relaxations": "false"})]
