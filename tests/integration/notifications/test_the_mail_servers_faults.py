"""The mail server by force: it refuses, stalls, hangs up, changes its mind; and the sender is killed.

What a professional has received is what the server had said 250 to.
"""

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from chassis.database import Pool, open_pool
from notifications.mail import smtp
from notifications.mail.sending import MOST_UNWRITTEN, Sender
from notifications.mail.smtp import MailServer
from support.faulty_smtp import Server
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.ports import free_port
from support.stacks import until
from uuid_utils.compat import uuid7

FROM = "x@example.org"
COUNT = 30


@pytest.fixture
def server() -> Server:
    return Server(free_port())


@pytest.fixture
async def sender(pool: Pool, server: Server) -> AsyncIterator[Sender]:
    client, made = sender_to(pool, server.port)
    yield made
    await client.close()


def sender_to(pool: Pool, port: int) -> tuple[MailServer, Sender]:
    client = MailServer(f"smtp://127.0.0.1:{port}")
    return client, make_sender(pool, client.send)


async def add_notices(pool: Pool, now: datetime, name: str = "p") -> None:
    opdracht = await add_assignment(pool, random.Random(1), "normaal")
    for number in range(COUNT):
        profile_id = uuid7()
        await add_contact(pool, profile_id, f"{name}{number}@example.org")
        await propose(pool, opdracht, profile_id, now)


async def states(pool: Pool) -> Counter[str]:
    return Counter(row["state"] for row in await pool.fetch("SELECT state FROM notices"))


async def send_until_settled(sender: Sender, pool: Pool, now: datetime) -> None:
    """Let time pass, a minute each round, until everything has an outcome."""
    for minute in range(59):  # what is refused is tried again after an hour
        await sender.send_due(now + timedelta(minutes=minute))
        if not (await states(pool)).keys() & {"pending", "sending"}:
            return
    raise AssertionError(await states(pool))


def at_first(command: str, answer: str | None, times: int) -> Callable[[str], str | None]:
    """Answer a command in this way a few times, and as usual after that."""
    left = [times]

    def fault(said: str) -> str | None:
        if said == command and left[0] > 0:
            left[0] -= 1
            return answer
        return ""

    return fault


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("EHLO", None),
        ("EHLO", "554 no service for you"),
        ("MAIL", "421 closing, come back later"),
        ("MAIL", "550 sender not known here"),
        ("RCPT", "450 mailbox busy"),
        ("DATA", "451 not now"),
        ("DATA", None),
        ("CONTENT", "452 no room"),
    ],
)
async def test_a_fault_that_passes_costs_nobody_a_mail_and_doubles_none(
    pool: Pool, server: Server, sender: Sender, command: str, answer: str | None
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    server.fault = at_first(command, answer, 7)
    async with server.up():
        await send_until_settled(sender, pool, now)
    assert await states(pool) == {"accepted": COUNT}
    assert len(server.taken) == COUNT
    assert max(server.taken.values()) == 1


async def test_a_connection_that_is_lost_after_the_content_gives_a_second_mail_with_the_same_id(
    pool: Pool, server: Server, sender: Sender
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    server.fault = at_first("CONTENT", None, 5)
    async with server.up():
        await send_until_settled(sender, pool, now)
    assert await states(pool) == {"accepted": COUNT}
    assert len(server.seen) == COUNT
    assert sorted(server.seen.values())[-5:] == [2] * 5
    assert sum(server.seen.values()) == COUNT + 5


async def test_a_server_that_is_down_for_an_hour_gets_everything_after_it(
    pool: Pool, server: Server, sender: Sender
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    for minute in range(60):
        await sender.send_due(now + timedelta(minutes=minute))
    assert set(await states(pool)) == {"sending"}
    async with server.up():
        await send_until_settled(sender, pool, now + timedelta(hours=1))
    assert await states(pool) == {"accepted": COUNT}
    assert max(server.taken.values()) == 1


async def test_a_server_that_stalls_is_left_and_tried_again(
    pool: Pool, server: Server, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    stalled = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", server.port)
    async with stalled:
        with monkeypatch.context() as hasty:
            hasty.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
            await sender.send_due(now)
        details = {row["detail"] for row in await pool.fetch("SELECT detail FROM notices")}
        assert details  # ours and the client's run out at one moment, and either may be told
        assert all(detail.startswith("no connection to the mail server (") for detail in details)
        assert all(detail.endswith("TimeoutError)") for detail in details)
    async with server.up():
        await send_until_settled(sender, pool, now)
    assert await states(pool) == {"accepted": COUNT}
    assert max(server.taken.values()) == 1


@pytest.mark.parametrize(
    ("command", "answer", "suppressed"),
    [
        ("RCPT", "550 user unknown", 1),
        ("RCPT", "550 5.1.1 no such user", 1),
        ("RCPT", "550 5.2.1 switched off", 1),
        ("RCPT", "550 5.7.1 client host blocked", 0),
        ("RCPT", "550 5.1.8 bad sender", 0),
        ("RCPT", "552 5.2.2 mailbox full", 0),
        ("RCPT", "554 no", 0),
        ("CONTENT", "550 5.1.1 no such user", 1),
        ("CONTENT", "550 5.7.26 unauthenticated", 0),
        ("CONTENT", "554 5.7.1 looks like spam", 0),
    ],
)
async def test_only_a_recipient_who_is_unknown_is_mailed_no_more(
    pool: Pool, server: Server, sender: Sender, command: str, answer: str, suppressed: int
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    server.fault = at_first(command, answer, 1)
    async with server.up():
        await send_until_settled(sender, pool, now)
    assert await states(pool) == {"accepted": COUNT - 1, "refused": 1}
    assert await pool.fetchval("SELECT count(*) FROM suppressed_mailboxes") == suppressed
    detail = await pool.fetchval("SELECT detail FROM notices WHERE state = 'refused'")
    code, status = answer.split(" ")[:2]
    assert detail == f"the mail server answered {code}{f' {status}' if '.' in status else ''}"


@pytest.mark.parametrize("parting", [None, "421 idle for too long"])
async def test_a_kept_connection_that_the_server_closed_is_no_attempt(
    pool: Pool, server: Server, sender: Sender, parting: str | None
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    async with server.up():
        await send_until_settled(sender, pool, now)
        await add_notices(pool, now, "q")
        closed = 0

        def close_what_was_kept(command: str) -> str | None:
            nonlocal closed
            if command != "MAIL" or closed == smtp.CONNECTIONS:
                return ""
            closed += 1
            return parting

        server.fault = close_what_was_kept
        await send_until_settled(sender, pool, now)
    assert closed == smtp.CONNECTIONS
    assert await pool.fetchval("SELECT max(attempts) FROM notices") == 1
    assert await states(pool) == {"accepted": 2 * COUNT}
    assert max(server.taken.values()) == 1


async def test_nothing_is_begun_that_could_outlast_its_claim(
    pool: Pool, server: Server, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.mail.sending.MARGIN", timedelta(minutes=3))
    now = datetime.now(UTC)
    await add_notices(pool, now)
    async with server.up():
        await sender.send_due(now)
    assert server.seen == {}
    assert await states(pool) == {"pending": COUNT}


async def test_a_sender_that_is_closed_finishes_what_it_began_and_releases_the_rest(
    pool: Pool, server: Server, sender: Sender
) -> None:
    await add_notices(pool, datetime.now(UTC))
    began = asyncio.Event()

    def slow(command: str) -> str:
        if command == "CONTENT":
            began.set()
        return ""

    server.fault = slow
    async with server.up():
        running = asyncio.create_task(sender.run())
        await began.wait()
        await sender.close()
        await running
        taken = sum(server.taken.values())
        assert 0 < taken < COUNT
        assert await states(pool) == {"accepted": taken, "pending": COUNT - taken}
        _, other = sender_to(pool, server.port)
        await other.send_due(datetime.now(UTC))
    assert await states(pool) == {"accepted": COUNT}
    assert max(server.seen.values()) == 1


def _send_apart(database: str, port: int) -> None:
    async def send() -> None:
        async with open_pool(database) as pool:
            _, sender = sender_to(pool, port)
            await sender.send_due(datetime.now(UTC))

    asyncio.run(send())


@pytest.mark.parametrize("after", [1, 7, 20])
async def test_a_sender_that_is_killed_doubles_each_mail_once_at_most(
    database: str, pool: Pool, server: Server, sender: Sender, after: int
) -> None:
    now = datetime.now(UTC)
    await add_notices(pool, now)
    killed = multiprocessing.get_context("spawn").Process(target=_send_apart, args=(database, server.port))

    def kill_in_the_middle(command: str) -> str:
        if command == "CONTENT" and sum(server.seen.values()) == after:
            killed.kill()
        return ""

    server.fault = kill_in_the_middle
    async with server.up():
        killed.start()

        async def dead() -> bool:
            return not killed.is_alive()

        await until(dead)
        assert (await states(pool))["sending"] > 0
        assert await sender.send_due(now + timedelta(minutes=3)) == 0  # the claim of the dead still stands
        await pool.execute("UPDATE notices SET claimed_until = now()")  # two minutes pass at the database
        await send_until_settled(sender, pool, now + timedelta(minutes=3))
    assert await states(pool) == {"accepted": COUNT}
    assert len(server.seen) == COUNT
    assert max(server.seen.values()) <= 2
    assert sum(server.seen.values()) <= COUNT + MOST_UNWRITTEN
