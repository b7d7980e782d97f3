"""What the mail server says decides what happens next: later, never, or never again to this address."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import Message

import pytest
from chassis.database import Pool, migrate, open_pool
from notifications.links import Links
from notifications.mails import Mails, environment
from notifications.sending import Sender
from notifications.smtp import Accepted, Outcome, Refused, TryLater
from notifications.store import known
from notifying import add_assignment, add_contact, propose
from uuid_utils.compat import uuid7


class Server:
    """Answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.sent: list[Message] = []

    async def send(self, mail: Message) -> Outcome:
        self.sent.append(mail)
        return self.answers.pop(0) if self.answers else Accepted("250 ok")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as opened:
        yield opened


def sender(pool: Pool, server: Server) -> Sender:
    mails = Mails(environment(), Links("http://localhost", "a-secret-of-the-tests"), "x@example.org")
    return Sender(pool, server, mails)  # type: ignore[arg-type]


async def states(pool: Pool) -> list[str]:
    return [row["state"] for row in await pool.fetch("SELECT state FROM notices ORDER BY notice_id")]


async def test_a_refused_address_gets_nothing_more_until_it_is_released_or_another_one(pool: Pool) -> None:
    server, one, now = Server(), uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal")
    await add_contact(pool, one, "weg@example.org")
    server.answers = [Refused("the mail server answered 550")]
    for _ in range(2):
        await propose(pool, opdracht, one, now)
        await sender(pool, server).send_due(now)
    assert await states(pool) == ["refused", "suppressed"]
    assert len(server.sent) == 1
    async with pool.acquire() as connection:
        (row,) = await known.suppressions(connection, None, 10)
        assert (row["profile_id"], row["email"]) == (one, "weg@example.org")
        assert await known.release(connection, one)
        assert not await known.release(connection, one)
    await propose(pool, opdracht, one, now)
    server.answers = [Refused("the mail server answered 550")]
    await sender(pool, server).send_due(now)
    await add_contact(pool, one, "weer-thuis@example.org", version=2)
    await propose(pool, opdracht, one, now)
    await sender(pool, server).send_due(now)
    assert await states(pool) == ["refused", "suppressed", "refused", "accepted"]
    assert server.sent[-1]["To"] == "weer-thuis@example.org"


async def test_a_temporary_failure_is_tried_again_with_the_same_id_and_given_up_after_two_days(
    pool: Pool,
) -> None:
    server, one, now = Server(), uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(2), "normaal")
    await add_contact(pool, one, "druk@example.org")
    server.answers = [TryLater("the mail server answered 451")] * 2
    await propose(pool, opdracht, one, now)
    for minutes in (0, 10, 20):
        await sender(pool, server).send_due(now + timedelta(minutes=minutes))
    assert await states(pool) == ["accepted"]
    assert len({mail["Message-ID"] for mail in server.sent}) == 1
    assert len(server.sent) == 3
    server.answers = [TryLater("the mail server answered 451")]
    await propose(pool, opdracht, one, now)
    await sender(pool, server).send_due(now)
    await sender(pool, server).send_due(now + timedelta(hours=49))
    assert await states(pool) == ["accepted", "expired"]
