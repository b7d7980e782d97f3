"""The probe's match is mailed to its profile, and nobody else is told or shown anything of it."""

import random
from datetime import UTC, datetime, timedelta

from chassis.database import Pool
from contracts.events import AssignmentClosed, AssignmentOpened, MatchProposed
from contracts.probe import PROFILE_ID
from contracts.retention import PROBE
from contracts.vocabulary import ClosedReason
from notifications.domain.notice import Kind
from notifications.pruning import Kept, duties_of
from notifications.store import deliveries
from notifications.store.deliveries import Filters
from support import people as random_facts
from support.notifying import a_contact, hear
from uuid_utils.compat import uuid7

ADDRESS = "proef@example.org"
NOW = datetime.now(UTC)


def opened(*, probe: bool) -> AssignmentOpened:
    facts = random_facts.assignment_facts(random.Random(3))
    body = {**facts, "assignment_id": uuid7(), "version": 1, "probe": probe, "urgency": "spoed"}
    return AssignmentOpened.model_validate(body, strict=False)


def proposed(one: AssignmentOpened) -> MatchProposed:
    return MatchProposed(
        match_id=uuid7(),
        revision=1,
        assignment_id=one.assignment_id,
        assignment_version=1,
        profile_id=PROFILE_ID if one.probe else uuid7(),
        profile_version=1,
        score=85.0,
        growth=False,
        explanation=[],
        policy="2026.2",
        proposed_at=NOW,
    )


async def notices(pool: Pool) -> set[tuple[str, bool]]:
    rows = await pool.fetch("SELECT kind, profile_id FROM notices")
    return {(row["kind"], row["profile_id"] == PROFILE_ID) for row in rows}


async def test_its_profile_is_told_and_no_recruiter(pool: Pool) -> None:
    of_the_probe = opened(probe=True)
    await hear(pool, NOW, a_contact(PROFILE_ID, ADDRESS), of_the_probe, proposed(of_the_probe))
    assert await notices(pool) == {(Kind.MATCH, True)}
    ordinary = opened(probe=False)
    await hear(pool, NOW, ordinary, proposed(ordinary))
    assert {kind for kind, probe in await notices(pool) if not probe} > {Kind.MATCH}  # and their recruiter


async def test_its_mails_are_listed_only_for_who_asks_for_them(pool: Pool) -> None:
    both = [opened(probe=True), opened(probe=False)]
    match, other = map(proposed, both)
    await hear(pool, NOW, a_contact(PROFILE_ID, ADDRESS), *both, match, other)
    async with pool.acquire() as connection:
        listed = await deliveries.list_before(connection, None, 200)
        asked_for = await deliveries.list_before(connection, None, 200, Filters(profile_id=PROFILE_ID))
    assert {one.profile_id for one in listed} == {other.profile_id, None}
    assert [one.match_id for one in asked_for] == [match.match_id]


async def test_what_it_leaves_is_deleted_a_day_after_it_closed(pool: Pool) -> None:
    for one in (opened(probe=True), opened(probe=False)):
        await hear(pool, NOW, a_contact(PROFILE_ID, ADDRESS), one, proposed(one))
        closed = AssignmentClosed(**{**dict(one), "version": 2}, closed_reason=ClosedReason.WITHDRAWN)
        await hear(pool, NOW, closed)
    await pool.execute("UPDATE notices SET state = 'cancelled', settled_at = now()")
    kept = Kept(*(timedelta(days=365) for _ in range(3)))
    (duty,) = [one for one in duties_of(kept) if one.kind is PROBE]
    left = []
    for moment in (NOW, NOW + timedelta(days=2)):
        async with pool.acquire() as connection:
            assert not await duty.take(connection, moment)
        tables = ("assignments", "matches", "notices WHERE kind = 'match'")
        left.append([await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables])
    assert left == [[2, 2, 2], [1, 1, 1]]
