"""A professional asks to be asked later, and a recruiter hears in time that nobody is interested."""

import json
import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import InterestLacking, Relaxation
from contracts.vocabulary import Answer
from notifications.answers import answering
from notifications.domain.standing import Taken
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome
from support.notifying import add_assignment, add_contact, deliver_events, make_sender, propose, read
from uuid_utils.compat import uuid7

NOON = datetime(2027, 2, 2, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
DAY = timedelta(days=1)


class Server:
    """Takes every mail."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    async def send(self, mail: Mail) -> Outcome:
        self.sent.append(read(mail))
        return Accepted("250 ok")

    @property
    def texts(self) -> list[str]:
        bodies = [mail.get_body(("plain",)) for mail in self.sent]
        return [body.get_content() for body in bodies if body is not None]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def sender(pool: Pool, server: Server) -> Sender:
    return make_sender(pool, server.send)


async def an_opdracht(pool: Pool, respond_by: datetime) -> UUID:
    return await add_assignment(pool, random.Random(7), "normaal", respond_by=respond_by.isoformat())


async def told_of(pool: Pool, sender: Sender, respond_by: datetime, frequency: str) -> UUID:
    """Tell somebody of an opdracht on Tuesday at noon; return the match."""
    opdracht, profile_id = await an_opdracht(pool, respond_by), uuid7()
    await add_contact(pool, profile_id, "later@example.org", frequency)
    proposal = await propose(pool, opdracht, profile_id, NOON)
    await sender.send_due(NOON)
    return proposal.match_id


async def send_all(sender: Sender, now: datetime) -> None:
    while await sender.send_due(now):
        pass


async def test_who_asks_later_is_asked_in_the_next_digest_once(
    pool: Pool, sender: Sender, server: Server
) -> None:
    match = await told_of(pool, sender, NOON + 5 * DAY, "direct")
    morning = datetime(2027, 2, 3, 6, 30, tzinfo=UTC)
    for _ in range(2):
        assert await answering.ask_later(pool, match, NOON) == morning
    await send_all(sender, morning - timedelta(minutes=1))
    assert len(server.sent) == 1
    await send_all(sender, morning)
    await send_all(sender, morning + DAY)
    assert len(server.sent) == 2
    assert " zoekt een " in str(server.sent[1]["Subject"])
    assert "Je wilde hier later op terugkomen." in server.texts[1]
    assert await answering.ask_later(pool, match, morning) == morning + DAY
    await send_all(sender, morning + DAY)
    assert len(server.sent) == 3


async def test_later_of_a_weekly_digest_is_sooner_where_that_would_be_too_late(
    pool: Pool, sender: Sender
) -> None:
    monday = datetime(2027, 2, 8, 6, 30, tzinfo=UTC)
    match = await told_of(pool, sender, NOON + 10 * DAY, "weekly")
    assert await answering.ask_later(pool, match, NOON) == monday
    match = await told_of(pool, sender, NOON + 3 * DAY, "weekly")
    assert await answering.ask_later(pool, match, NOON) == datetime(2027, 2, 3, 6, 30, tzinfo=UTC)
    match = await told_of(pool, sender, NOON + timedelta(hours=6), "direct")
    assert await answering.ask_later(pool, match, NOON) is None


async def test_an_answer_ends_the_wish_to_be_asked_later(pool: Pool, sender: Sender, server: Server) -> None:
    match = await told_of(pool, sender, NOON + 5 * DAY, "direct")
    assert await answering.ask_later(pool, match, NOON) is not None
    assert isinstance(await answering.answer(pool, match, Answer.INTERESTED, None, NOON), Taken)
    assert await answering.ask_later(pool, match, NOON) is None
    server.sent.clear()
    await send_all(sender, NOON + 2 * DAY)
    subjects = [str(mail["Subject"]) for mail in server.sent if mail["To"] == "later@example.org"]
    assert len(subjects) == 1
    assert "je antwoord is binnen" in subjects[0]


def lacking(assignment_id: UUID, respond_by: datetime) -> Event:
    data = InterestLacking(
        assignment_id=assignment_id,
        assignment_version=1,
        respond_by=respond_by,
        live=2,
        candidates=2,
        relaxation=Relaxation(change={"rate_max_cents": 9500}, adds=7),
        noticed_at=NOON,
    )
    return Event(str(uuid7()), "/services/matching", "InterestLacking.v1", assignment_id, NOON, data)


async def warn(pool: Pool, event: Event) -> None:
    for _ in range(2):  # and again, as Kafka may
        await deliver_events(pool, event)


async def test_the_recruiter_is_warned_once_and_advised(pool: Pool, sender: Sender, server: Server) -> None:
    respond_by = datetime.now(UTC) + DAY
    opdracht = await an_opdracht(pool, respond_by)
    await warn(pool, lacking(opdracht, respond_by))
    await send_all(sender, datetime.now(UTC))
    (mail,), (text,) = server.sent, server.texts
    facts = json.loads(await pool.fetchval("SELECT facts::text FROM assignments"))
    assert mail["To"] == facts["recruiter"]["email"]
    assert "Verhoog je het maximum naar € 95 per uur? Dan passen er 7 mensen meer." in text


async def test_a_warning_that_came_too_late_is_not_sent(pool: Pool, sender: Sender, server: Server) -> None:
    respond_by = datetime.now(UTC) + DAY
    opdracht, profile_id = await an_opdracht(pool, respond_by), uuid7()
    await add_contact(pool, profile_id, "snel@example.org")
    match = (await propose(pool, opdracht, profile_id, datetime.now(UTC))).match_id
    await warn(pool, lacking(opdracht, respond_by))
    outcome = await answering.answer(pool, match, Answer.INTERESTED, None, datetime.now(UTC))
    assert isinstance(outcome, Taken)
    await send_all(sender, datetime.now(UTC))
    assert not [mail for mail in server.sent if "nog geen interesse" in str(mail["Subject"])]
    state = await pool.fetchval("SELECT state FROM notices WHERE kind = 'warning'")
    assert state == "cancelled"
