"""A colleague's question, from the topic to the mail, and when somebody is erased."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event
from contracts.events import QuestionAsked
from contracts.topics import CONTACTS
from notifications.domain.notice import Ending, NoticeState
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome
from notifications.store import pruning, suppressions
from support.notifying import add_contact, deliver, deliver_events, make_sender, read
from uuid_utils.compat import uuid7

NOON = datetime(2027, 2, 2, 11, tzinfo=UTC)  # a Tuesday, 12:00 in Amsterdam
NIGHT = datetime(2027, 2, 2, 23, tzinfo=UTC)
QUESTION = "Hoe pak jij een inloopavond aan?"


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


class Server:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> Outcome:
        self.mails.append(mail)
        return Accepted("250 ok")


def asked(profile_id: UUID, asker_id: UUID) -> QuestionAsked:
    return QuestionAsked(
        question_id=uuid7(), profile_id=profile_id, asker_id=asker_id, question=QUESTION, asked_at=NOON
    )


async def two(pool: Pool, **of_the_asked: object) -> tuple[UUID, UUID]:
    """Return who is asked, and who asks."""
    ids = uuid7(), uuid7()
    await add_contact(pool, ids[0], "gevraagde@example.org", **of_the_asked)  # type: ignore[arg-type]
    await add_contact(pool, ids[1], "vraagster@example.org")
    return ids


async def ended(pool: Pool) -> str:
    return str(await pool.fetchval("SELECT state FROM notices WHERE kind = 'question'"))


def erasure_of(profile_id: UUID) -> Event:
    return Event(str(uuid7()), "/services/profiles", str(CONTACTS.tombstone), profile_id, NOON, None)


async def test_a_question_is_mailed_once_and_answered_to_who_asks_it(pool: Pool) -> None:
    profile_id, asker_id = await two(pool)
    server, question = Server(), asked(profile_id, asker_id)
    await deliver(pool, question)
    await deliver(pool, question)
    await make_sender(pool, server.send).send_due(NOON)
    (mail,) = server.mails
    sent = read(mail)
    assert mail.to == "gevraagde@example.org"
    assert [one.addr_spec for one in sent["Reply-To"].addresses] == ["vraagster@example.org"]
    for form in ("plain", "html"):
        part = sent.get_body((form,))
        assert part is not None
        assert QUESTION in part.get_content()
        assert "vraagster@example.org" in part.get_content()
    assert await ended(pool) == NoticeState.ACCEPTED
    assert await pool.fetchval("SELECT body FROM notices") is None, "staff would read it"


async def test_a_question_waits_until_it_is_known_who_asks_and_who_is_asked(pool: Pool) -> None:
    profile_id, asker_id = uuid7(), uuid7()
    server = Server()
    sender = make_sender(pool, server.send)
    await deliver(pool, asked(profile_id, asker_id))
    await pool.execute("UPDATE notices SET due_at = $1", NOON)
    await sender.send_due(NOON)
    await add_contact(pool, profile_id, "gevraagde@example.org")
    await sender.send_due(NOON + timedelta(minutes=1))
    assert (await ended(pool), server.mails) == (NoticeState.PENDING, [])
    await add_contact(pool, asker_id, "vraagster@example.org")
    await sender.send_due(NOON + timedelta(minutes=3))
    assert len(server.mails) == 1


async def test_a_question_waits_for_the_end_of_the_quiet_hours(pool: Pool) -> None:
    profile_id, asker_id = await two(pool, quiet_hours=True)
    server = Server()
    await deliver(pool, asked(profile_id, asker_id))
    await pool.execute("UPDATE notices SET due_at = $1", NIGHT)
    sender = make_sender(pool, server.send)
    await sender.send_due(NIGHT)
    assert (await ended(pool), server.mails) == (NoticeState.PENDING, [])
    await sender.send_due(NIGHT + timedelta(hours=10))
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("frequency", "is_suppressed", "state"),
    [("none", False, NoticeState.UNWANTED), ("direct", True, NoticeState.SUPPRESSED)],
)
async def test_a_question_reaches_nobody_who_wants_no_mail_or_whose_address_takes_none(
    pool: Pool, frequency: str, is_suppressed: bool, state: NoticeState
) -> None:
    profile_id, asker_id = await two(pool, frequency=frequency)
    if is_suppressed:
        async with pool.acquire() as connection:
            ending = Ending(NoticeState.BOUNCED, "5.1.1")
            await suppressions.add(connection, "gevraagde@example.org", profile_id, ending, NOON)
    server = Server()
    await deliver(pool, asked(profile_id, asker_id))
    await make_sender(pool, server.send).send_due(NOON)
    assert (await ended(pool), server.mails) == (state, [])


@pytest.mark.parametrize("is_asker", [True, False])
async def test_with_who_is_erased_their_questions_go_sent_or_not(pool: Pool, is_asker: bool) -> None:
    profile_id, asker_id = await two(pool)
    server = Server()
    await deliver(pool, asked(profile_id, asker_id))
    await deliver_events(pool, erasure_of(asker_id if is_asker else profile_id))
    await make_sender(pool, server.send).send_due(NOON)
    assert (await ended(pool), server.mails) == (NoticeState.CANCELLED, [])
    assert await pool.fetchval("SELECT count(*) FROM questions") == 0
    await deliver(pool, asked(profile_id, asker_id))
    assert await pool.fetchval("SELECT count(*) FROM questions") == 0
    assert await pool.fetchval("SELECT count(*) FROM notices") == 1


async def test_questions_go_after_a_month(pool: Pool) -> None:
    profile_id, asker_id = await two(pool)
    await deliver(pool, asked(profile_id, asker_id))
    async with pool.acquire() as connection:
        await pruning.delete_questions(connection, NOON)
        assert await connection.fetchval("SELECT count(*) FROM questions") == 1
        await pruning.delete_questions(connection, NOON + timedelta(seconds=1))
        assert await connection.fetchval("SELECT count(*) FROM questions") == 0
