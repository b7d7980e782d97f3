"""What was told long ago is deleted: alerts, and closed opdrachten with all that was said of them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from chassis.retention import turn
from notifications.pruning import Kept, duties_of
from notifications.store import pruning as store
from support.notifying import sample
from uuid_utils.compat import uuid7

NOW = datetime(2027, 11, 26, tzinfo=UTC)
DAY = timedelta(days=1)
DUTIES = duties_of(Kept(alerts=90 * DAY, closed=365 * DAY, profiles=365 * DAY, probes=7 * DAY))
TABLES = ("assignments", "assignment_versions", "matches", "notices", "summary_matches", "advice")


class Notifications:
    """The service's database, with rows as they stand after a long time."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def opdracht(self, closed_at: datetime | None, *, noted: bool = True, **facts: str) -> UUID:
        """Write an opdracht with a match, its mail, and what else is written of one."""
        assignment_id, match_id = uuid7(), uuid7()
        stored = sample("AssignmentOpened.v1.1.json") | facts
        await self.pool.execute(
            "INSERT INTO assignments (assignment_id, version, open, closed_reason, facts, closed_at)"
            " VALUES ($1, 2, $2, $3, $4, $5)",
            assignment_id,
            closed_at is None,
            closed_at and "filled",
            stored,
            closed_at if noted else None,
        )
        await self.pool.execute("INSERT INTO assignment_versions VALUES ($1, 1, $2)", assignment_id, stored)
        await self.pool.execute("INSERT INTO advice VALUES ($1, now(), 0, NULL)", assignment_id)
        await self.pool.execute(
            "INSERT INTO matches (match_id, assignment_id, profile_id, revision, live, score, growth,"
            " explanation, proposed_at) VALUES ($1, $2, $3, 1, false, 70, false, '[]', now())",
            match_id,
            assignment_id,
            uuid7(),
        )
        await self.notice("match", "accepted", assignment_id=assignment_id, match_id=match_id)
        return match_id

    async def notice(
        self,
        kind: str,
        state: str,
        *,
        settled_at: datetime | None = NOW,
        assignment_id: UUID | None = None,
        match_id: UUID | None = None,
        tells: tuple[UUID, ...] = (),
    ) -> UUID:
        notice_id: UUID = uuid7()
        await self.pool.execute(
            "INSERT INTO notices (notice_id, kind, state, assignment_id, match_id, profile_id, due_at,"
            " caused_at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, now(), now(), $7)",
            notice_id,
            kind,
            state,
            assignment_id,
            match_id,
            uuid7(),
            settled_at,
        )
        await self.pool.executemany(
            "INSERT INTO summary_matches (notice_id, match_id) VALUES ($1, $2)",
            [(notice_id, told) for told in tells],
        )
        return notice_id

    async def alert(self, at: datetime) -> None:
        data = json.dumps({"profile_id": str(uuid7())})
        await self.pool.execute(
            "INSERT INTO alerts (type, data, at) VALUES ('T.v1', $1::text::jsonb, $2)", data, at
        )

    async def prune(self, now: datetime = NOW) -> None:
        for duty in DUTIES:
            assert await turn(self.pool, duty, now)

    async def counts(self) -> list[int]:
        return [await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]

    async def ids(self, table: str, column: str) -> set[Any]:
        return {row[0] for row in await self.pool.fetch(f"SELECT {column} FROM {table}")}


@pytest.fixture
async def notifications(database: str) -> AsyncIterator[Notifications]:
    async with open_pool(database) as pool:
        yield Notifications(pool)


async def test_an_opdracht_goes_a_year_after_it_closed_and_all_that_was_said_of_it(
    notifications: Notifications,
) -> None:
    gone = await notifications.opdracht(NOW - 366 * DAY)
    kept = {await notifications.opdracht(NOW - 364 * DAY), await notifications.opdracht(None)}
    await notifications.notice("digest", "accepted", tells=(gone,), settled_at=NOW - 380 * DAY)
    await notifications.prune()
    assert await notifications.ids("matches", "match_id") == kept
    assert await notifications.counts() == [2, 2, 2, 2, 0, 2]


async def test_one_that_closed_before_that_was_noted_goes_a_year_after_its_work_ended(
    notifications: Notifications,
) -> None:
    ended = (NOW - 366 * DAY).date().isoformat()
    await notifications.opdracht(NOW, noted=False, ends_on=ended)
    kept = {await notifications.opdracht(NOW, noted=False, ends_on=(NOW - 364 * DAY).date().isoformat())}
    await notifications.prune()
    assert await notifications.ids("matches", "match_id") == kept


async def test_an_opdracht_stays_while_a_mail_of_it_waits(notifications: Notifications) -> None:
    match_id = await notifications.opdracht(NOW - 366 * DAY)
    assignment_id = await notifications.pool.fetchval("SELECT assignment_id FROM matches")
    waiting = await notifications.notice(
        "closed", "pending", settled_at=None, assignment_id=assignment_id, match_id=match_id
    )
    await notifications.prune()
    assert await notifications.ids("matches", "match_id") == {match_id}
    await notifications.pool.execute("UPDATE notices SET state = 'expired' WHERE notice_id = $1", waiting)
    await notifications.prune()
    assert await notifications.counts() == [0, 0, 0, 0, 0, 0]


async def test_a_digest_stays_as_long_as_one_of_its_matches(notifications: Notifications) -> None:
    gone, kept = await notifications.opdracht(NOW - 366 * DAY), await notifications.opdracht(None)
    digest = await notifications.notice("digest", "accepted", tells=(gone, kept), settled_at=NOW - 500 * DAY)
    young = await notifications.notice("digest", "accepted", tells=(gone,), settled_at=NOW - 10 * DAY)
    waiting = await notifications.notice("digest", "pending", settled_at=None)
    await notifications.notice("digest", "accepted", tells=(gone,), settled_at=NOW - 500 * DAY)
    await notifications.prune()
    of_several = "SELECT notice_id FROM notices WHERE kind = 'digest'"
    assert {row[0] for row in await notifications.pool.fetch(of_several)} == {digest, young, waiting}
    assert await notifications.ids("summary_matches", "match_id") == {kept}


async def test_alerts_of_before_the_desk_go_after_ninety_days(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SET", 10)
    for days in range(100, 75, -1):
        await notifications.alert(NOW - days * DAY)
    await notifications.prune()
    left = await notifications.pool.fetch("SELECT at FROM alerts ORDER BY id")
    assert [row["at"] for row in left] == [NOW - days * DAY for days in range(90, 75, -1)]


async def test_what_is_more_than_a_set_is_deleted_in_several_transactions(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "OPDRACHTEN", 2)
    for _ in range(5):
        await notifications.opdracht(NOW - 366 * DAY)
    async with notifications.pool.acquire() as connection:
        assert await store.delete_closed(connection, NOW - 365 * DAY)
    assert (await notifications.counts())[0] == 3
    await notifications.prune()
    assert await notifications.counts() == [0, 0, 0, 0, 0, 0]
