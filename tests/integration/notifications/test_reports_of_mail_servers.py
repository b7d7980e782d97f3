"""What mail servers report over HTTP: it counts with the seal of the mail that it is on, and no other way."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from notifications.domain.mail_id import MailIds
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, MailServer, Outcome
from prometheus_client import REGISTRY
from support.faulty_smtp import Server
from support.mails import came_back
from support.notifications_app import IDS, notifications_app
from support.notifying import add_assignment, add_contact, make_sender, propose, read
from support.ports import free_port
from uuid_utils.compat import uuid7

TO = "anna@example.org"


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(notifications_app(pool)),
        base_url="http://notifications",
        headers={"Authorization": f"Bearer {Role.OPERATOR}:mta"},
    ) as client:
        yield client


async def mailed(pool: Pool) -> tuple[UUID, str]:
    """Mail somebody; return the mail's id, and its Message-ID as it was caught."""
    opdracht, one, now = await add_assignment(pool, random.Random(1), "normaal"), uuid7(), datetime.now(UTC)
    await add_contact(pool, one, TO)
    await propose(pool, opdracht, one, now)
    caught: list[str] = []

    async def catch(mail: Mail) -> Outcome:
        caught.append(str(read(mail)["Message-ID"]))
        return Accepted("250 ok")

    await make_sender(pool, catch).send_due(now)
    message_id: UUID = await pool.fetchval("SELECT message_id FROM notices WHERE kind = 'match'")
    return message_id, caught[0]


async def reported(http: httpx.AsyncClient, message_id: str) -> bool:
    answer = await http.post("/reports", content=came_back(message_id))
    assert answer.status_code == 202
    assert answer.json().keys() == {"taken"}
    return bool(answer.json()["taken"])


async def stands(pool: Pool) -> tuple[str, int]:
    state = await pool.fetchval("SELECT state FROM notices WHERE kind = 'match'")
    return state, await pool.fetchval("SELECT count(*) FROM suppressed_mailboxes")


async def test_a_report_quoting_the_mails_own_id_is_taken_once(pool: Pool, http: httpx.AsyncClient) -> None:
    _, caught = await mailed(pool)
    assert await reported(http, caught)
    assert await stands(pool) == ("bounced", 1)
    assert not await reported(http, caught)


async def test_one_without_our_seal_or_with_another_suppresses_nobody(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    mail, _ = await mailed(pool)
    for forged in (
        f"<{mail}@example.org>",
        MailIds("a-secret-of-somebody-else").message_id(mail, "example.org"),
        IDS.message_id(uuid7(), "example.org").replace("<", f"<{mail}@", 1),
        f"<{mail}@{'a' * 16}.example.org>",
    ):
        assert not await reported(http, forged)
    assert await stands(pool) == ("accepted", 0)


@pytest.mark.parametrize(("days", "taken"), [(1, True), (34, True), (36, False)])
async def test_a_mail_of_the_last_release_is_reported_without_for_five_weeks(
    pool: Pool, http: httpx.AsyncClient, days: int, taken: bool
) -> None:
    mail, _ = await mailed(pool)
    sent_at = datetime.now(UTC) - timedelta(days=days)
    await pool.execute("UPDATE notices SET sealed_id = false, sent_at = $1", sent_at)
    assert await reported(http, f"<{mail}@example.org>") is taken
    assert await stands(pool) == (("bounced", 1) if taken else ("accepted", 0))


async def test_a_delay_is_noted_and_suppresses_nobody(pool: Pool, http: httpx.AsyncClient) -> None:
    _, caught = await mailed(pool)
    delayed = came_back(caught).replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1", b"4.4.1")
    assert (await http.post("/reports", content=delayed)).json() == {"taken": False}
    assert await stands(pool) == ("accepted", 0)
    detail = "SELECT detail FROM notices WHERE kind = 'match'"
    assert await pool.fetchval(detail) == "the mail is delayed: 4.4.1"
    assert await reported(http, caught)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b"From: anna@example.org\nSubject: Afwezig\nAuto-Submitted: auto-replied\n\nTot maandag.",
            "automatic",
        ),
        (b"From: anna@example.org\nSubject: Re: Adviseur\n\nDank!", "reply"),
        (b"Subject: hallo\n\n", "foreign"),
        (b"Content-Type: message/rfc822\n\n" * 3_000, "toolarge"),
    ],
)
async def test_what_is_no_report_is_counted_and_changes_nothing(
    pool: Pool, http: httpx.AsyncClient, content: bytes, what: str
) -> None:
    await mailed(pool)
    before = REGISTRY.get_sample_value("returned_total", {"what": what}) or 0
    answer = await http.post("/reports", content=content)
    assert (answer.status_code, answer.json()) == (202, {"taken": False})
    assert REGISTRY.get_sample_value("returned_total", {"what": what}) == before + 1
    assert await stands(pool) == ("accepted", 0)


async def test_an_opdracht_whose_mails_are_refused_for_what_they_say_ends_nobodys_mail(pool: Pool) -> None:
    """The sink answers 554 to one opdracht's content; mended, it is told to everybody while it is open."""
    server, now, late = Server(free_port()), datetime.now(UTC), "2099-12-18T09:00:00+01:00"
    people = [uuid7() for _ in range(12)]
    bad, good = [await add_assignment(pool, random.Random(3), "normaal", respond_by=late) for _ in range(2)]
    for number, one in enumerate(people):
        await add_contact(pool, one, f"p{number}@example.org")
        await propose(pool, bad, one, now)
    client = MailServer(f"smtp://127.0.0.1:{server.port}")
    sender = make_sender(pool, client.send)

    async def outcomes(opdracht: UUID) -> dict[str, int]:
        of = "SELECT state, count(*) AS n FROM notices WHERE assignment_id = $1 AND kind = 'match' GROUP BY 1"
        return {row["state"]: row["n"] for row in await pool.fetch(of, opdracht)}

    server.fault = lambda command: "554 5.7.1 message content rejected" if command == "CONTENT" else ""
    async with server.up():
        while await sender.send_due(now):
            pass
        assert REGISTRY.get_sample_value("sending_paused") == 1
        assert (await outcomes(bad)).keys() == {"refused", "pending"}
        assert await pool.fetchval("SELECT count(*) FROM suppressed_mailboxes") == 0
        server.fault = lambda _command: ""
        for one in people:
            await propose(pool, good, one, now)
        for minutes in (2, 3, 65, 66, 130):
            while await sender.send_due(now + timedelta(minutes=minutes)):
                pass
    assert REGISTRY.get_sample_value("sending_paused") == 0
    assert await outcomes(good) == await outcomes(bad) == {"accepted": 12}
    assert await pool.fetchval("SELECT count(*) FROM suppressed_mailboxes") == 0
    await client.close()
