"""What notifications' own topics say beyond its database is taken back, and mails nobody a second time."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.events import Data, MatchAnswered, MatchDecided, MatchProposed, MatchWithdrawn, NoticeSettled
from contracts.vocabulary import Answer, Decision, NoticeKind, NoticeOutcome, WithdrawalReason
from notifications.store import matches
from notifications.taking_back import take_back
from support.notifying import add_assignment, add_contact, an_event, deliver
from uuid_utils.compat import uuid7

START = datetime.now(UTC) - timedelta(hours=1)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


class Restored:
    """A database that holds an opdracht and a professional, and lost all that came of them."""

    def __init__(self, pool: Pool, assignment_id: UUID) -> None:
        self.pool = pool
        self.ids: dict[str, Any] = {
            "match_id": uuid7(),
            "assignment_id": assignment_id,
            "profile_id": uuid7(),
        }

    def proposed(self, minute: int, revision: int = 1) -> MatchProposed:
        facts: dict[str, Any] = {
            "assignment_version": 1,
            "profile_version": 1,
            "score": 70.0,
            "growth": False,
        }
        words: dict[str, Any] = {"explanation": [], "policy": "2026.2"}
        return MatchProposed(**self.ids, revision=revision, **facts, **words, proposed_at=at(minute))

    def withdrawn(self, minute: int) -> MatchWithdrawn:
        reason = WithdrawalReason.PROFILE_CHANGED
        return MatchWithdrawn(**self.ids, revision=1, reason=reason, withdrawn_at=at(minute))

    def answered(self, minute: int, answer: Answer) -> MatchAnswered:
        return MatchAnswered(**self.ids, answer=answer, answered_at=at(minute))

    def decided(self, minute: int, decision: Decision) -> MatchDecided:
        words: dict[str, Any] = {"reason": "na een gesprek", "decided_by": "Rosa"}
        return MatchDecided(**self.ids, decision=decision, decided_at=at(minute), tell=True, **words)

    def settled(
        self, minute: int, kind: NoticeKind, outcome: NoticeOutcome = NoticeOutcome.ACCEPTED, **ids: Any
    ) -> NoticeSettled:
        about = {"notice_id": uuid7(), **self.ids, **ids}
        return NoticeSettled(**about, kind=kind, outcome=outcome, due_at=at(minute), at=at(minute))

    async def take_back(self, *happened: Data) -> bool:
        events = [an_event(data, at(0)) for data in happened]
        async with self.pool.acquire() as connection, connection.transaction():
            return await take_back(connection, events)

    async def read_again(self, *happened: Data) -> None:
        await deliver(self.pool, *happened)

    async def to_be_told(self) -> list[str]:
        query = "SELECT kind FROM notices WHERE state = 'pending' ORDER BY kind"
        return [row["kind"] for row in await self.pool.fetch(query)]


@pytest.fixture
async def restored(database: str) -> AsyncIterator[Restored]:
    async with open_pool(database) as pool:
        made = Restored(pool, await add_assignment(pool, random.Random(6), "normaal"))
        await add_contact(pool, made.ids["profile_id"], "terug@example.org")
        yield made


async def test_who_was_told_of_a_match_is_not_told_again(restored: Restored) -> None:
    assert await restored.take_back(restored.settled(2, NoticeKind.MATCH))
    await restored.read_again(restored.proposed(1))
    assert "match" not in await restored.to_be_told()
    assert not await restored.take_back()


async def test_who_was_not_told_yet_is_told(restored: Restored) -> None:
    await restored.take_back(restored.settled(2, NoticeKind.MATCH, NoticeOutcome.UNWANTED))
    await restored.read_again(restored.proposed(1))
    assert "match" in await restored.to_be_told()


async def test_what_is_taken_back_twice_is_taken_back_once(restored: Restored) -> None:
    told = restored.settled(2, NoticeKind.MATCH)
    assert await restored.take_back(told)
    assert not await restored.take_back(told)


async def test_a_match_that_fell_off_and_came_back_is_told_neither_time_again(restored: Restored) -> None:
    await restored.take_back(
        restored.settled(2, NoticeKind.MATCH),
        restored.settled(5, NoticeKind.DROPPED),
        restored.settled(8, NoticeKind.MATCH),
    )
    yes = restored.answered(3, Answer.INTERESTED)
    await restored.take_back(
        restored.settled(3, NoticeKind.ANSWERED), restored.settled(3, NoticeKind.INTEREST, profile_id=None)
    )
    await restored.take_back(restored.settled(5, NoticeKind.RETREAT, profile_id=None), yes)
    await restored.read_again(restored.proposed(1), restored.withdrawn(4), restored.proposed(7, revision=2))
    assert [kind for kind in await restored.to_be_told() if kind != "summary"] == []


async def test_a_decision_that_was_told_is_not_told_again_and_a_later_one_is(restored: Restored) -> None:
    await restored.take_back(restored.settled(4, NoticeKind.INVITED), restored.settled(2, NoticeKind.MATCH))
    await restored.read_again(restored.proposed(1), restored.decided(3, Decision.INVITED))
    assert "invited" not in await restored.to_be_told()
    await restored.read_again(restored.decided(6, Decision.NOMINATED))
    assert "nominated" in await restored.to_be_told()


async def test_an_answer_comes_back_before_its_match_and_its_mails_are_made_up_for(
    restored: Restored,
) -> None:
    assert await restored.take_back(restored.answered(3, Answer.INTERESTED))
    await restored.read_again(restored.proposed(1))
    async with restored.pool.acquire() as connection:
        match = await matches.get(connection, restored.ids["match_id"])
    assert match is not None
    assert (match.interested, match.live) == (True, True)
    assert {"answered", "interest"} <= set(await restored.to_be_told())


async def test_a_summary_that_went_out_is_not_sent_again(restored: Restored) -> None:
    ids: dict[str, Any] = {"match_id": None, "assignment_id": None, "profile_id": None}
    await restored.take_back(restored.settled(2, NoticeKind.SUMMARY, **ids))
    await restored.read_again(restored.proposed(1))
    assert "summary" not in await restored.to_be_told()
