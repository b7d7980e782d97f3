"""A match is ordered by the moments of its events, whatever its revisions are and whatever comes late."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.events import Data, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.vocabulary import Decision, WithdrawalReason
from notifications.domain.match import Match
from notifications.store import matches
from support.notifying import add_assignment, add_contact, deliver
from uuid_utils.compat import uuid7

START = datetime.now(UTC) - timedelta(minutes=10)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


class OneMatch:
    """What matching may say of one match, at a minute."""

    def __init__(self, pool: Pool, assignment_id: UUID) -> None:
        self.pool = pool
        self.ids: dict[str, Any] = {
            "match_id": uuid7(),
            "assignment_id": assignment_id,
            "profile_id": uuid7(),
        }
        self.match_id: UUID = self.ids["match_id"]

    def proposed(self, minute: int, revision: int = 1, score: float = 70.0) -> MatchProposed:
        return MatchProposed(
            **self.ids,
            revision=revision,
            assignment_version=1,
            profile_version=1,
            score=score,
            growth=False,
            explanation=[],
            policy="2026.1",
            proposed_at=at(minute),
        )

    def withdrawn(self, minute: int, revision: int = 1) -> MatchWithdrawn:
        reason = WithdrawalReason.PROFILE_CHANGED
        return MatchWithdrawn(**self.ids, revision=revision, reason=reason, withdrawn_at=at(minute))

    def decided(self, minute: int, decision: Decision) -> MatchDecided:
        words: dict[str, Any] = {"reason": "na een gesprek", "decided_by": "Rosa"}
        return MatchDecided(**self.ids, decision=decision, decided_at=at(minute), **words)

    async def hear(self, *happened: Data) -> None:
        await deliver(self.pool, *happened)

    async def known(self) -> Match | None:
        async with self.pool.acquire() as connection:
            return await matches.get(connection, self.match_id)

    async def is_live(self) -> bool:
        match = await self.known()
        return match is not None and match.live

    async def to_be_told(self) -> list[str]:
        """The kinds of the notices on it that are to be sent."""
        rows = await self.pool.fetch(
            "SELECT kind FROM notices WHERE match_id = $1 AND state = 'pending' ORDER BY kind", self.match_id
        )
        return [row["kind"] for row in rows]


@pytest.fixture
async def one(database: str) -> AsyncIterator[OneMatch]:
    async with open_pool(database) as pool:
        match = OneMatch(pool, await add_assignment(pool, random.Random(6), "normaal"))
        await add_contact(pool, match.ids["profile_id"], "volgorde@example.org")
        yield match


async def test_a_withdrawal_by_a_matching_whose_revisions_began_again_is_taken(one: OneMatch) -> None:
    await one.hear(one.proposed(0), one.proposed(1, revision=2), one.proposed(2, revision=3))
    await one.hear(one.withdrawn(5, revision=1))
    assert not await one.is_live()


async def test_a_pair_that_fits_again_is_told_though_its_revisions_began_again(one: OneMatch) -> None:
    await one.hear(one.proposed(0), one.proposed(1, revision=2))
    await one.hear(one.withdrawn(2, revision=2))
    assert await one.to_be_told() == []
    await one.hear(one.proposed(3, revision=1, score=81.0))
    assert await one.is_live()
    assert await one.to_be_told() == ["match"]


async def test_a_dead_proposal_that_is_replayed_after_its_withdrawal_changes_nothing(one: OneMatch) -> None:
    dead = one.proposed(0)
    await one.hear(one.withdrawn(1))
    assert await one.known() is None
    await one.hear(dead)
    assert await one.known() is None
    assert await one.to_be_told() == []
    await one.hear(one.proposed(2, revision=2))
    assert await one.is_live()
    assert await one.to_be_told() == ["match"]


async def test_a_dead_proposal_that_is_replayed_after_its_rejection_mails_nobody(one: OneMatch) -> None:
    dead = one.proposed(0)
    await one.hear(one.decided(1, Decision.REJECTED))
    await one.hear(dead)
    match = await one.known()
    assert match is not None
    assert (match.live, match.decided and match.decided.decision) == (False, Decision.REJECTED)
    assert await one.to_be_told() == []


async def test_a_dead_proposal_that_is_replayed_after_an_invitation_brings_its_match(one: OneMatch) -> None:
    dead = one.proposed(0)
    await one.hear(one.decided(1, Decision.INVITED))
    await one.hear(dead)
    match = await one.known()
    assert match is not None
    assert (match.live, match.decided and match.decided.decision) == (True, Decision.INVITED)


async def test_a_dead_decision_that_is_replayed_after_a_later_one_changes_nothing(one: OneMatch) -> None:
    await one.hear(one.proposed(0), one.decided(2, Decision.NOMINATED))
    await one.hear(one.decided(1, Decision.REJECTED))
    match = await one.known()
    assert match is not None
    assert (match.live, match.decided and match.decided.decision) == (True, Decision.NOMINATED)


async def test_in_one_batch_a_late_revision_does_not_hide_the_newest(one: OneMatch) -> None:
    await one.hear(one.proposed(3, revision=2, score=80.0), one.proposed(1, score=60.0))
    match = await one.known()
    assert match is not None
    assert match.score == 80.0
