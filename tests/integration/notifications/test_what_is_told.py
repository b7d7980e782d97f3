"""Who is told what, and what is known of it afterwards: by mailbox, by event, and over HTTP."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from chassis.http.auth import Caller
from chassis.http.problems import install
from contracts.events import AssignmentOpened, MatchDecided, MatchProposed, MatchWithdrawn, RuleBroken
from contracts.facts import Preferences
from contracts.vocabulary import Answer, Decision, Frequency, Role, Rule, WithdrawalReason
from fastapi import FastAPI, Request
from notifications import api
from notifications.answers import answering, preferring
from notifications.domain.notice import Ending, NoticeState
from notifications.domain.standing import Taken
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome
from notifications.notifying import Delays
from notifications.store import suppressions
from support import people
from support.notifying import a_contact, hear, make_sender, read
from uuid_utils.compat import uuid7

NOON = datetime(2027, 2, 2, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RECRUITER = "Rosa@Example.org"


class Server:
    """Takes every mail."""

    def __init__(self) -> None:
        self.to: list[str] = []
        self.subjects: list[str] = []

    async def send(self, mail: Mail) -> Outcome:
        self.to.append(mail.to)
        self.subjects.append(str(read(mail)["Subject"]))
        return Accepted("250 ok")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def sender(pool: Pool, server: Server) -> Sender:
    return make_sender(pool, server.send)


def opened(assignment_id: UUID, version: int = 1, **facts: Any) -> AssignmentOpened:
    body = {
        **people.assignment_facts(random.Random(7)),
        "respond_by": (NOON + 20 * DAY).isoformat(),
        "recruiter": {"name": "Rosa", "email": RECRUITER},
        **facts,
    }
    return AssignmentOpened.model_validate(
        {"assignment_id": assignment_id, "version": version, **body}, strict=False
    )


def proposed(assignment_id: UUID, profile_id: UUID, revision: int = 1, **changes: Any) -> MatchProposed:
    fresh = MatchProposed(
        match_id=uuid7(),
        revision=revision,
        assignment_id=assignment_id,
        assignment_version=1,
        profile_id=profile_id,
        profile_version=1,
        score=70.0,
        growth=False,
        explanation=[],
        policy="2026.2",
        proposed_at=NOON,
        first_proposed_at=NOON,
    )
    return fresh.model_copy(update=changes)


def withdrawn(match: MatchProposed, reason: WithdrawalReason) -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=match.match_id,
        revision=match.revision,
        assignment_id=match.assignment_id,
        profile_id=match.profile_id,
        reason=reason,
        withdrawn_at=NOON,
        rules=[RuleBroken(rule=Rule.RATE, facts={"rate_min_cents": 9000, "rate_max_cents": 8900})],
    )


def decided(match: MatchProposed, decision: Decision, **more: Any) -> MatchDecided:
    return MatchDecided(
        match_id=match.match_id,
        assignment_id=match.assignment_id,
        profile_id=match.profile_id,
        decision=decision,
        reason="intern",
        decided_by="Rosa",
        decided_at=NOON,
        **more,
    )


async def send_all(sender: Sender, now: datetime) -> None:
    while await sender.send_due(now):
        pass


async def a_match(pool: Pool, *, address: str = "anna@example.org", **facts: Any) -> MatchProposed:
    """Let somebody new fit an opdracht of their own."""
    profile_id, assignment_id = uuid7(), uuid7()
    match = proposed(assignment_id, profile_id)
    await hear(pool, NOON, a_contact(profile_id, address), opened(assignment_id, **facts), match)
    return match


async def say_yes(pool: Pool, match: MatchProposed, at: datetime = NOON) -> None:
    assert isinstance(await answering.answer(pool, match.match_id, Answer.INTERESTED, None, at), Taken)


async def kinds(pool: Pool, match: MatchProposed) -> dict[str, str]:
    rows = await pool.fetch("SELECT kind, state FROM notices WHERE match_id = $1", match.match_id)
    return {row["kind"]: row["state"] for row in rows}


async def settled(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT value FROM outbox WHERE topic = 'notices' ORDER BY id")
    told = [json.loads(row["value"]) for row in rows]
    return [(one["kind"], one["outcome"]) for one in told]


async def test_unsubscribing_goes_for_everybody_whose_mailbox_it_is_and_choosing_mail_again_too(
    pool: Pool, sender: Sender, server: Server
) -> None:
    one = await a_match(pool)
    assert await preferring.unsubscribe(pool, one.profile_id, NOON)
    other = await a_match(pool, address="ANNA@example.org")
    await send_all(sender, NOON)
    assert server.to == []
    assert await kinds(pool, one) == await kinds(pool, other) == {"match": "unwanted"}
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=False)
    assert await preferring.choose(pool, other.profile_id, wishes, None, NOON, news=True)
    await send_all(sender, NOON)
    assert await kinds(pool, other) == {"match": "accepted"}


async def test_who_wants_no_news_either_gets_none(pool: Pool, sender: Sender, server: Server) -> None:
    match = await a_match(pool)
    await send_all(sender, NOON)
    assert await preferring.unsubscribe(pool, match.profile_id, NOON)
    await say_yes(pool, match)
    await send_all(sender, NOON)
    assert (await kinds(pool, match))["answered"] == "accepted"
    assert await preferring.unsubscribe(pool, match.profile_id, NOON, news=False)
    await hear(pool, NOON, decided(match, Decision.NOMINATED))
    await send_all(sender, NOON + MINUTE)
    assert (await kinds(pool, match))["nominated"] == "unwanted"


async def test_how_each_notice_ended_is_published_those_in_a_digest_too(pool: Pool, sender: Sender) -> None:
    profile_id, assignment_id, late = uuid7(), uuid7(), uuid7()
    weekly = a_contact(profile_id, "weekly@example.org", "weekly")
    soon = opened(late, respond_by=NOON.isoformat())
    matches = [proposed(assignment_id, profile_id), proposed(late, profile_id)]
    await hear(pool, NOON, weekly, opened(assignment_id), soon, *matches)
    await send_all(sender, NOON)
    assert await settled(pool) == [("match", "missed")]
    await send_all(sender, datetime(2027, 2, 8, 6, 30, tzinfo=UTC))
    told = await settled(pool)
    assert sorted(told[1:]) == [("digest", "accepted"), ("match", "accepted"), ("summary", "accepted")]


async def test_a_change_is_told_to_who_said_yes_ten_minutes_later_with_all_that_changed_since_they_were_told(
    pool: Pool, sender: Sender, server: Server
) -> None:
    match = await a_match(pool, rate_max_cents=9500, onsite_days=1)
    await send_all(sender, NOON)
    await say_yes(pool, match)
    await send_all(sender, NOON)
    server.subjects.clear()
    await hear(pool, NOON, opened(match.assignment_id, 2, rate_max_cents=9000, onsite_days=1))
    await hear(pool, NOON + 9 * MINUTE, opened(match.assignment_id, 3, rate_max_cents=9000, onsite_days=4))
    await send_all(sender, NOON + 9 * MINUTE)
    assert "changed" not in await kinds(pool, match)
    await send_all(sender, NOON + 10 * MINUTE)
    assert (await kinds(pool, match))["changed"] == "accepted"
    await hear(pool, NOON + DAY, opened(match.assignment_id, 4, rate_max_cents=8000, onsite_days=4))
    await hear(pool, NOON + DAY, opened(match.assignment_id, 5, rate_max_cents=9000, onsite_days=4))
    await send_all(sender, NOON + DAY + 10 * MINUTE)
    assert (await kinds(pool, match))["changed"] == "cancelled"  # it is as it was told
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE past_match_id = $1", match.match_id) == 1


async def test_who_said_yes_and_falls_off_is_told_and_told_anew_when_it_comes_back(
    pool: Pool, sender: Sender, server: Server
) -> None:
    match = await a_match(pool)
    await send_all(sender, NOON)
    await say_yes(pool, match)
    await hear(pool, NOON, withdrawn(match, WithdrawalReason.ASSIGNMENT_CHANGED))
    await send_all(sender, NOON)
    found = await kinds(pool, match)
    assert (found["dropped"], found["retreat"]) == ("accepted", "accepted")
    server.to.clear()
    await hear(pool, NOON + DAY, match.model_copy(update={"revision": 2}))
    await send_all(sender, NOON + DAY)
    assert server.to.count("anna@example.org") == 1
    assert (await kinds(pool, match))["match"] == "accepted"


async def test_a_decision_waits_half_a_minute_and_one_that_was_told_is_corrected(
    pool: Pool, sender: Sender, server: Server
) -> None:
    match = await a_match(pool)
    await send_all(sender, NOON)
    await say_yes(pool, match)
    await hear(pool, NOON, decided(match, Decision.REJECTED))
    await hear(pool, NOON + timedelta(seconds=29), decided(match, Decision.REOPENED))
    await send_all(sender, NOON + MINUTE)
    assert (await kinds(pool, match))["rejected"] == "cancelled"
    await hear(pool, NOON + DAY, decided(match, Decision.INVITED))
    await send_all(sender, NOON + DAY + MINUTE)
    await hear(pool, NOON + DAY + MINUTE, decided(match, Decision.REOPENED))
    await send_all(sender, NOON + DAY + MINUTE)
    found = await kinds(pool, match)
    assert (found["invited"], found["reopened"]) == ("accepted", "accepted")


async def test_who_never_answered_is_not_told_of_a_rejection_unless_the_recruiter_wants_it(
    pool: Pool, sender: Sender
) -> None:
    silent, told = await a_match(pool), await a_match(pool, address="bea@example.org")
    await send_all(sender, NOON)
    await hear(pool, NOON, decided(silent, Decision.REJECTED), decided(told, Decision.REJECTED, tell=True))
    await send_all(sender, NOON + MINUTE)
    assert "rejected" not in await kinds(pool, silent)
    assert (await kinds(pool, told))["rejected"] == "accepted"


async def test_a_recruiter_gets_one_summary_over_all_opdrachten_and_hears_of_nobody_twice_in_an_hour(
    pool: Pool, sender: Sender, server: Server
) -> None:
    profile_id = uuid7()
    await hear(pool, NOON, a_contact(profile_id, "nieuw@example.org", "none"))
    matches = []
    for _ in range(5):
        assignment_id = uuid7()
        matches.append(proposed(assignment_id, profile_id))
        await hear(pool, NOON, opened(assignment_id), matches[-1])
    await send_all(sender, NOON + MINUTE)
    assert server.to == [RECRUITER]
    again = matches[0].model_copy(update={"revision": 2})
    await hear(pool, NOON + 2 * MINUTE, withdrawn(matches[0], WithdrawalReason.PROFILE_CHANGED), again)
    await send_all(sender, NOON + 30 * MINUTE)
    assert server.to == [RECRUITER]


ROSA = Caller("r", "Rosa", frozenset({Role.RECRUITER}), RECRUITER.lower(), issuer="i")
NOBODY = Caller("r", "Rosa", frozenset({Role.RECRUITER}), issuer="i")


@pytest.fixture
async def callers() -> list[Caller]:
    """Who calls: the last."""
    return [ROSA]


@pytest.fixture
async def client(pool: Pool, callers: list[Caller]) -> AsyncIterator[httpx.AsyncClient]:
    """A recruiter's program."""
    app = FastAPI()
    app.state.resources = SimpleNamespace(pool=pool, delays=Delays())
    install(app)
    app.include_router(api.router)

    async def last(request: Request) -> Caller:
        request.state.caller = callers[-1]
        return callers[-1]

    for role in (api.Recruiter, api.Reader):
        app.dependency_overrides[get_args(role)[1].dependency] = last
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened:
        yield opened


async def test_a_recruiter_chooses_how_their_own_mail_comes(
    pool: Pool, sender: Sender, server: Server, client: httpx.AsyncClient, callers: list[Caller]
) -> None:
    at_once = {"summary": "direct", "interest": "direct", "quiet_hours": False}
    assert (await client.get("/recruiter-preferences")).json() == at_once
    never = {"summary": "none", "interest": "daily", "quiet_hours": True}
    answer = await client.put("/recruiter-preferences", json=never)
    assert (answer.status_code, answer.json()) == (200, never)
    assert (await client.get("/recruiter-preferences")).json() == never
    match = await a_match(pool)
    await say_yes(pool, match)
    await send_all(sender, NOON + MINUTE)
    assert RECRUITER not in server.to
    await send_all(sender, datetime(2027, 2, 3, 6, 30, tzinfo=UTC))
    assert server.to.count(RECRUITER) == 1
    assert (await client.put("/recruiter-preferences", json={"summary": "soms"})).status_code == 422
    callers.append(NOBODY)
    assert (await client.get("/recruiter-preferences")).status_code == 403


async def test_a_recruiters_address_that_does_not_exist_rests_until_it_is_released(
    pool: Pool, sender: Sender, server: Server, client: httpx.AsyncClient
) -> None:
    async with pool.acquire() as connection:
        ending = Ending(NoticeState.REFUSED, "the mail server answered 550 5.1.1")
        await suppressions.add(connection, RECRUITER.lower(), None, ending, NOON)
    await a_match(pool)
    await send_all(sender, NOON + MINUTE)
    assert RECRUITER not in server.to
    (item,) = (await client.get("/suppressions")).json()["items"]
    assert (item["profile_id"], item["email"], item["cause"]) == (None, RECRUITER.lower(), "refused")
    for status in (204, 404):
        assert (await client.delete(f"/suppressions/{item['suppression_id']}")).status_code == status


async def test_deliveries_are_found_by_opdracht_person_kind_and_outcome(
    pool: Pool, sender: Sender, client: httpx.AsyncClient
) -> None:
    match, other = await a_match(pool), await a_match(pool, address="bea@example.org")
    await send_all(sender, NOON + MINUTE)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"assignment_id": match.assignment_id}, ["expiring", "match", "summary"]),
        ({"profile_id": other.profile_id}, ["match"]),
        ({"kind": "summary"}, ["summary"]),
        ({"outcome": "accepted", "kind": "match"}, ["match", "match"]),
        ({"outcome": "missed"}, []),
    ]
    for query, expected in cases:
        answer = await client.get("/deliveries", params={key: str(value) for key, value in query.items()})
        assert sorted(item["kind"] for item in answer.json()["items"]) == expected
    assert (await client.get("/deliveries", params={"kind": "onzin"})).status_code == 422
