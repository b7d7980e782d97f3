"""What the recruiter's board says of an opdracht in which nobody is (any longer), or which just closed."""

import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, migrate, open_pool
from chassis.http.auth import Caller
from chassis.http.resources import Resources
from contracts.events import AssignmentClosed, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.vocabulary import Answer, Decision, Role, WithdrawalReason
from fastapi import FastAPI
from notifications.answers import answering
from notifications.board import pages
from notifications.board.session import visitor
from notifications.domain.standing import Taken
from support.notifying import add_assignment, add_contact, deliver, propose
from support.people import assignment_facts
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def browser(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """A recruiter's."""
    app = FastAPI()
    app.state.resources = Resources(pool=pool)
    app.include_router(pages.router)
    app.dependency_overrides[visitor] = lambda: Caller("r", "Rosa", frozenset({Role.RECRUITER}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def a_match(pool: Pool, assignment_id: UUID) -> MatchProposed:
    profile_id = uuid7()
    await add_contact(pool, profile_id, f"{profile_id}@example.org")
    return await propose(pool, assignment_id, profile_id, NOW)


def withdrawn(match: MatchProposed) -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=match.match_id,
        revision=match.revision,
        assignment_id=match.assignment_id,
        profile_id=match.profile_id,
        reason=WithdrawalReason.PROFILE_CHANGED,
        withdrawn_at=NOW,
    )


def rejected(match: MatchProposed) -> MatchDecided:
    return MatchDecided(
        match_id=match.match_id,
        assignment_id=match.assignment_id,
        profile_id=match.profile_id,
        decision=Decision.REJECTED,
        reason="te weinig ervaring",
        decided_by="Rosa",
        decided_at=NOW,
    )


async def text(browser: httpx.AsyncClient, path: str) -> str:
    """Return what a page says, without its marks."""
    answer = await browser.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


async def test_an_open_opdracht_whose_matches_all_ended_stays_and_says_how(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    opdracht = await add_assignment(pool, random.Random(1), "normaal", title="Wie blijft er over?")
    says_no, is_rejected, *fall_off = [await a_match(pool, opdracht) for _ in range(4)]
    outcome = await answering.answer(pool, says_no.match_id, Answer.DECLINED, "te ver", NOW)
    assert isinstance(outcome, Taken)
    await deliver(pool, rejected(is_rejected), *map(withdrawn, fall_off))
    for path in ("/", f"/?assignment={opdracht}"):
        said = await text(browser, path)
        assert "Wie blijft er over? Gemeente Voorbeeld 0 matches" in said
        assert "Er pasten 4 professionals: 1 zei nee, 1 is afgewezen en 2 vielen af omdat" in said


async def test_of_one_person_it_says_what_happened(pool: Pool, browser: httpx.AsyncClient) -> None:
    opdracht = await add_assignment(pool, random.Random(1), "normaal")
    await deliver(pool, withdrawn(await a_match(pool, opdracht)))
    assert "Er paste één professional bij deze opdracht, maar die viel af" in await text(browser, "/")


async def test_one_that_nobody_fitted_yet_and_one_that_is_closed_say_what_they_said(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    new = await add_assignment(pool, random.Random(1), "normaal")
    assert "Nog niemand past bij deze opdracht." in await text(browser, f"/?assignment={new}")
    match = await a_match(pool, new)
    closed = {
        **assignment_facts(random.Random(1)),
        "assignment_id": new,
        "version": 2,
        "closed_reason": "filled",
    }
    await deliver(pool, AssignmentClosed.model_validate(closed, strict=False))
    # the match lives until matching says otherwise, and its timeline ends with a step that has no moment
    assert "Opdracht ingevuld" in await text(browser, f"/?assignment={new}")
    await deliver(pool, withdrawn(match))
    assert "Deze opdracht is gesloten." in await text(browser, f"/?assignment={new}")
