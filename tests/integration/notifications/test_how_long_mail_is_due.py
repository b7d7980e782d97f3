"""How long mail has been due is measured, whatever keeps it: a sender that hangs, a server that throttles."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis import timers
from chassis.database import UNAVAILABLE, Pool, open_pool
from contracts.vocabulary import NoticeKind
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome, TryLater
from notifications.mail.waiting import measure_due
from notifications.store import sign_in_links
from prometheus_client import REGISTRY
from support.cut import way_to
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.stacks import until
from uuid_utils.compat import uuid7

MINUTE = timedelta(minutes=1)


class Server:
    """Takes every mail, save while it is `busy`; waits with its answer while it is not `awake`."""

    def __init__(self) -> None:
        self.busy = False
        self.awake, self.reached = asyncio.Event(), asyncio.Event()
        self.awake.set()

    async def send(self, _mail: Mail) -> Outcome:
        self.reached.set()
        await self.awake.wait()
        return TryLater("the mail server answered 451") if self.busy else Accepted("250 ok")


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


async def due(pool: Pool, now: datetime, frequency: str = "direct") -> UUID:
    """Let a mail on a new match be due, or planned."""
    late = (now + timedelta(days=30)).isoformat()
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=late)
    profile_id = uuid7()
    await add_contact(pool, profile_id, f"{profile_id}@example.org", frequency)
    return (await propose(pool, opdracht, profile_id, now)).match_id


async def oldest(pool: Pool, now: datetime) -> float | None:
    await measure_due(pool, now)
    return REGISTRY.get_sample_value("notices_oldest_due_seconds")


def accepted(within: str) -> float:
    """Return how many mails were accepted at most so many seconds after they were due."""
    return REGISTRY.get_sample_value("notice_due_seconds_bucket", {"le": within}) or 0


async def test_what_nobody_sends_has_been_due_for_ever_longer(pool: Pool, now: datetime) -> None:
    assert await oldest(pool, now) == 0
    await due(pool, now)
    await due(pool, now + MINUTE)
    assert await oldest(pool, now + 5 * MINUTE) == 300
    await make_sender(pool, Server().send).send_due(now + 5 * MINUTE)
    assert await oldest(pool, now + 6 * MINUTE) == 0


async def test_what_waits_for_its_digest_or_for_whom_it_is_to_is_not_due(pool: Pool, now: datetime) -> None:
    match_id = await due(pool, now, "daily")
    opdracht = await add_assignment(pool, random.Random(2), "normaal")
    await propose(pool, opdracht, uuid7(), now)  # nobody knows that professional yet
    sender = make_sender(pool, Server().send)
    await sender.send_due(now)
    assert await oldest(pool, now + MINUTE) == 0

    morning = await pool.fetchval("SELECT due_at FROM notices WHERE match_id = $1", match_id)
    assert await oldest(pool, morning + 60 * MINUTE) == 3600
    within, all_of_them = accepted("60.0"), accepted("+Inf")
    for _ in range(2):  # it is gathered, and sent: as due as what is in it
        assert await oldest(pool, morning + 60 * MINUTE) == 3600
        await sender.send_due(morning + 60 * MINUTE)
    assert await oldest(pool, morning + 60 * MINUTE) == 0
    assert (accepted("60.0") - within, accepted("+Inf") - all_of_them) == (1, 1)  # by the sender's own clock


async def test_what_the_server_turned_down_is_as_due_as_before(pool: Pool, now: datetime) -> None:
    began = now - 10 * MINUTE
    await due(pool, began)
    server = Server()
    server.busy = True
    sender = make_sender(pool, server.send)
    await sender.send_due(now)
    again_at = await pool.fetchval("SELECT due_at FROM notices WHERE kind = $1", NoticeKind.MATCH)
    assert again_at > now
    assert await oldest(pool, now + MINUTE) == 660
    within, all_of_them = accepted("300.0"), accepted("+Inf")
    server.busy = False
    await sender.send_due(again_at)
    assert await oldest(pool, again_at) == 0
    assert (accepted("300.0") - within, accepted("+Inf") - all_of_them) == (0, 1)


async def test_what_was_turned_down_and_is_planned_anew_is_due_then(pool: Pool) -> None:
    evening = datetime(2027, 1, 4, 19, 50, tzinfo=UTC)  # ten minutes before the quiet hours
    opdracht = await add_assignment(
        pool, random.Random(1), "normaal", respond_by=(evening + timedelta(days=30)).isoformat()
    )
    profile_id = uuid7()
    await add_contact(pool, profile_id, "stil@example.org", quiet_hours=True)
    match_id = (await propose(pool, opdracht, profile_id, evening)).match_id
    server = Server()
    server.busy = True
    sender = make_sender(pool, server.send)
    await sender.send_due(evening)
    night = evening + 20 * MINUTE
    await pool.execute("UPDATE notices SET due_at = $2 WHERE match_id = $1", match_id, night)
    await sender.send_due(night)
    planned = await pool.fetchval("SELECT due_at FROM notices WHERE match_id = $1", match_id)
    assert planned == datetime(2027, 1, 5, 6, tzinfo=UTC)
    assert await oldest(pool, planned - MINUTE) == 0
    assert await oldest(pool, planned + MINUTE) == 60


async def test_links_to_sign_in_have_their_own(pool: Pool, now: datetime) -> None:
    link_id = uuid7()
    async with pool.acquire() as connection:
        await sign_in_links.add(connection, link_id, "anna@example.org", now)
        await measure_due(pool, now + MINUTE)
        assert REGISTRY.get_sample_value("sign_in_links_oldest_due_seconds") == 60
        await sign_in_links.settle(connection, [link_id], None)
    await measure_due(pool, now + MINUTE)
    assert REGISTRY.get_sample_value("sign_in_links_oldest_due_seconds") == 0


async def test_while_the_database_is_away_nobody_knows(database: str, pool: Pool, now: datetime) -> None:
    await due(pool, now)
    async with way_to(database) as way, open_pool(way.url) as through:
        assert await oldest(through, now + MINUTE) == 60
        way.cut()
        with pytest.raises(UNAVAILABLE):
            await measure_due(through, now + MINUTE)
        assert REGISTRY.get_sample_value("notices_oldest_due_seconds") is None
        assert REGISTRY.get_sample_value("sign_in_links_oldest_due_seconds") is None


async def test_what_is_put_aside_for_a_fault_of_ours_counts(
    pool: Pool, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a fault of ours")

    await due(pool, now)
    before = REGISTRY.get_sample_value("notices_put_aside_total") or 0
    monkeypatch.setattr("notifications.mail.sending.decide", broken)
    await make_sender(pool, Server().send).send_due(now)
    assert REGISTRY.get_sample_value("notices_put_aside_total") == before + 1


async def test_a_sender_that_hangs_shows(pool: Pool, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 1000.0

        def time(self) -> float:
            return self.now

    clock, server = Clock(), Server()
    monkeypatch.setattr(timers, "time", clock)

    def last_success(timer: str) -> float | None:
        return REGISTRY.get_sample_value("timer_last_success_timestamp_seconds", {"timer": timer})

    await due(pool, now)
    server.awake.clear()
    sender = make_sender(pool, server.send)
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(60):
        await server.reached.wait()
    clock.now = 2000.0
    assert (last_success("sender"), last_success("digest")) == (1000, 1000)
    server.awake.set()

    async def has_succeeded() -> bool:
        return (last_success("sender"), last_success("digest")) == (2000, 2000)

    await until(has_succeeded)
    await sender.close()
    await running
    assert last_success("sender") is None


async def test_every_ending_of_every_kind_can_be_seen_to_rise(pool: Pool) -> None:
    make_sender(pool, Server().send)
    for kind in NoticeKind:
        for outcome in ("accepted", "expired", "refused", "bounced", "retried"):
            labels = {"kind": kind.value, "outcome": outcome}
            assert REGISTRY.get_sample_value("notices_total", labels) is not None
