"""What the mail server says decides what happens next: later, never, or never again to this address."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from chassis.database import Pool
from notifications.domain.mail_id import MailId
from notifications.domain.report import Bounced, Complained
from notifications.mail.mime import Mail
from notifications.mail.returned import take
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome, Refused, TryLater, Unknown
from notifications.store import suppressions
from support.notifying import a_contact, add_assignment, add_contact, hear, make_sender, propose, read
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
LATE = (NOW + timedelta(days=30)).isoformat()


class Server:
    """Answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = []
        self.sent: list[EmailMessage] = []

    async def send(self, mail: Mail) -> Outcome:
        self.sent.append(read(mail))
        return self.answers.pop(0) if self.answers else Accepted("250 ok")


def sender(pool: Pool, server: Server) -> Sender:
    return make_sender(pool, server.send)


async def states(pool: Pool) -> list[str]:
    return [row["state"] for row in await pool.fetch("SELECT state FROM notices ORDER BY notice_id")]


UNKNOWN = Unknown("the mail server answered 550 5.1.1")


async def test_an_unknown_address_gets_nothing_more_until_it_is_released_and_then_what_it_missed(
    pool: Pool,
) -> None:
    server, one, now = Server(), uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    await add_contact(pool, one, "weg@example.org")
    server.answers = [UNKNOWN]
    for _ in range(2):
        await propose(pool, opdracht, one, now)
        await sender(pool, server).send_due(now)
    assert await states(pool) == ["refused", "suppressed"]
    assert len(server.sent) == 1
    async with pool.acquire() as connection:
        (suppression,) = await suppressions.list_after(connection, None, 10)
        assert (suppression.profile_id, suppression.email) == (one, "weg@example.org")
        assert await suppressions.release(connection, one, now)
        assert not await suppressions.release(connection, one, now)
    await sender(pool, server).send_due(now)
    assert await states(pool) == ["accepted", "accepted"]


async def test_who_has_another_address_is_told_there_of_what_the_old_one_did_not_take(pool: Pool) -> None:
    server, one, now = Server(), uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    await add_contact(pool, one, "weg@example.org")
    await propose(pool, opdracht, one, now)
    server.answers = [UNKNOWN]
    await sender(pool, server).send_due(now)
    await hear(pool, now, a_contact(one, "WEG@Example.org", version=2))
    await sender(pool, server).send_due(now)
    assert len(server.sent) == 1  # the same mailbox
    await hear(pool, now, a_contact(one, "weer-thuis@example.org", version=3))
    await sender(pool, server).send_due(now)
    to = {mail["To"] for mail in server.sent[1:]}
    assert to == {"weer-thuis@example.org"}  # the old one is not told that it is no longer theirs
    match = "SELECT state FROM notices WHERE kind = 'match'"
    assert await pool.fetchval(match) == "accepted"


async def test_what_is_refused_for_a_fault_of_ours_is_tried_again_after_an_hour_and_suppresses_nobody(
    pool: Pool,
) -> None:
    server, one, now = Server(), uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    await add_contact(pool, one, "goed@example.org")
    await propose(pool, opdracht, one, now)
    server.answers = [Refused("the mail server answered 550 5.7.26")]
    await sender(pool, server).send_due(now)
    assert await states(pool) == ["refused"]
    assert await suppressed(pool) == []
    await sender(pool, server).send_due(now + timedelta(minutes=59))
    assert len(server.sent) == 1
    await sender(pool, server).send_due(now + timedelta(minutes=61))
    assert await states(pool) == ["accepted"]


async def test_three_refusals_in_a_row_pause_the_sending_and_a_mail_now_and_again_tries_whether_to_go_on(
    pool: Pool,
) -> None:
    server, now = Server(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    for number in range(20):
        one = uuid7()
        await add_contact(pool, one, f"p{number}@example.org")
        await propose(pool, opdracht, one, now)
    server.answers = [Refused("the mail server answered 554 5.7.1")] * 12
    paused = sender(pool, server)
    while await paused.send_due(now):
        pass
    assert 3 <= len(server.sent) <= 11  # those that were under way beside the third
    assert Counter(await states(pool)) == {"refused": len(server.sent), "pending": 20 - len(server.sent)}
    tried = len(server.sent)
    for minute in range(1, 60):
        while await paused.send_due(now + timedelta(minutes=minute, seconds=1)):
            pass
        assert len(server.sent) <= max(tried + minute, 20)
    assert Counter(await states(pool)) == {"accepted": 8, "refused": 12}


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


async def told(pool: Pool, address: str) -> UUID:
    """Tell somebody new of a match; return the notice."""
    opdracht, one, now = await add_assignment(pool, random.Random(3), "normaal"), uuid7(), datetime.now(UTC)
    await add_contact(pool, one, address)
    await propose(pool, opdracht, one, now)
    await sender(pool, Server()).send_due(now)
    notice: UUID = await pool.fetchval("SELECT max(notice_id::text)::uuid FROM notices WHERE kind = 'match'")
    return notice


async def suppressed(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT mailbox, cause FROM suppressed_mailboxes ORDER BY mailbox")
    return [(row["mailbox"], row["cause"]) for row in rows]


async def test_a_mail_that_comes_back_suppresses_its_address_once(pool: Pool) -> None:
    notice = await told(pool, "weg@example.org")
    report = Bounced(MailId(notice), "5.1.1", lasting=True)
    assert await take(pool, report, NOW)
    assert await states(pool) == ["bounced"]
    assert await suppressed(pool) == [("weg@example.org", "bounced")]
    await pool.execute("DELETE FROM suppressed_mailboxes")  # released
    assert not await take(pool, report, NOW)
    assert await suppressed(pool) == []
    stranger = Bounced(MailId(uuid7()), "5.1.1", lasting=True)
    assert not await take(pool, stranger, NOW)


async def test_one_that_came_back_for_a_time_leaves_its_address(pool: Pool) -> None:
    notice = await told(pool, "vol@example.org")
    report = Bounced(MailId(notice), "4.4.7", lasting=False)
    assert await take(pool, report, NOW)
    assert await states(pool) == ["bounced"]
    assert await suppressed(pool) == []


async def test_a_complaint_suppresses_its_mailbox_for_everybody_whose_it_is(pool: Pool) -> None:
    notice = await told(pool, "boos@example.org")
    assert await take(pool, Complained(MailId(notice)), NOW)
    assert await suppressed(pool) == [("boos@example.org", "complained")]
    await told(pool, "Boos@EXAMPLE.org")
    assert await states(pool) == ["complained", "suppressed"]


async def test_a_report_that_is_faster_than_the_writing_of_the_acceptance_stands(pool: Pool) -> None:
    class Quick(Server):
        async def send(self, mail: Mail) -> Outcome:
            notice = UUID(read(mail)["Message-ID"].strip("<>").partition("@")[0])
            assert await take(pool, Bounced(MailId(notice), "5.1.1", lasting=True), NOW)
            return await super().send(mail)

    opdracht, one, now = await add_assignment(pool, random.Random(4), "normaal"), uuid7(), datetime.now(UTC)
    await add_contact(pool, one, "snel@example.org")
    await propose(pool, opdracht, one, now)
    await sender(pool, Quick()).send_due(now)
    assert await states(pool) == ["bounced"]
    assert await suppressed(pool) == [("snel@example.org", "bounced")]
