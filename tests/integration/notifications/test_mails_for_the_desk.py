"""What the desk shows of mails, and does with them: filters, bodies as they were sent, sending again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.database import Pool
from notifications.domain.mail_id import MailId
from notifications.domain.notice import Kind, NoticeState
from notifications.domain.report import Bounced
from notifications.mail.mime import Mail
from notifications.mail.returned import take
from notifications.mail.smtp import Accepted, Outcome, Refused, Unknown
from notifications.sending_again import NoSuchNotice, NotPossible, Planned, send_again
from notifications.store import bodies, deliveries, erasure, recruiters, suppressions
from notifications.store.deliveries import Delivery, Filters
from support.notifying import add_assignment, add_contact, make_sender, propose, read
from uuid_utils.compat import uuid7

LATE = (datetime.now(UTC) + timedelta(days=30)).isoformat()
SELECTION = timedelta(days=30)


class Server:
    """Answers what it is told to."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> Outcome:
        self.sent.append(mail)
        return self.answers.pop(0) if self.answers else Accepted("250 ok")


async def listed(pool: Pool, **wanted: Any) -> list[Delivery]:
    async with pool.acquire() as connection:
        return await deliveries.list_before(connection, None, 50, Filters(**wanted))


async def told(pool: Pool, server: Server, address: str) -> tuple[UUID, UUID, Delivery]:
    """Propose somebody for an opdracht, and send what is due; return both ids, and the notice."""
    one, now = uuid7(), datetime.now(UTC)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    await add_contact(pool, one, address)
    await propose(pool, opdracht, one, now)
    await make_sender(pool, server.send).send_due(now)
    (notice,) = await listed(pool, profile_id=one)
    return opdracht, one, notice


async def sum_up(pool: Pool, opdracht: UUID, notice: Delivery) -> None:
    """Gather a match for its recruiter's summary, which is due in a minute."""
    assert notice.match_id is not None
    async with pool.acquire() as connection, connection.transaction():
        await recruiters.add_to_summaries(
            connection, {notice.match_id: opdracht}, timedelta(minutes=1), datetime.now(UTC)
        )


async def again(pool: Pool, notice_id: UUID) -> object:
    async with pool.acquire() as connection, connection.transaction():
        return await send_again(connection, notice_id, SELECTION, datetime.now(UTC))


async def bounce(pool: Pool, notice: Delivery, *, lasting: bool = True) -> None:
    assert notice.message_id is not None
    report = Bounced(MailId(notice.message_id), "5.1.1", lasting)
    assert await take(pool, report, datetime.now(UTC))


async def test_filters_combine_and_pages_follow_each_other(pool: Pool) -> None:
    server = Server(Refused("no"))
    opdracht, one, notice = await told(pool, server, "filter1@example.org")
    _, _, other = await told(pool, server, "filter2@example.org")
    assert notice.state is NoticeState.REFUSED
    for wanted in (
        {"outcome": NoticeState.REFUSED},
        {"kind": Kind.MATCH, "outcome": NoticeState.REFUSED},
        {"assignment_id": opdracht, "kind": Kind.MATCH},
        {"assignment_id": opdracht, "profile_id": one, "outcome": NoticeState.REFUSED},
    ):
        assert await listed(pool, **wanted) == [notice], wanted
    assert await listed(pool, assignment_id=opdracht, outcome=NoticeState.ACCEPTED) == []
    async with pool.acquire() as connection:
        everything = await deliveries.list_before(connection, None, 50)
        first = await deliveries.list_before(connection, None, 1)
        assert await deliveries.list_before(connection, first[-1].notice_id, 50) == everything[1:]
    assert {notice, other} <= set(everything)


async def test_what_waits_says_when_it_goes_out(pool: Pool) -> None:
    opdracht, _, notice = await told(pool, Server(), "wachtend@example.org")
    await sum_up(pool, opdracht, notice)
    (summary,) = await listed(pool, assignment_id=opdracht, kind=Kind.SUMMARY)
    assert summary.state is NoticeState.PENDING
    assert summary.due_at is not None


async def test_a_mail_is_shown_as_it_was_sent_and_its_links_carry_no_token(pool: Pool) -> None:
    server = Server()
    _, _, notice = await told(pool, server, "gelezen@example.org")
    async with pool.acquire() as connection:
        sent = await bodies.get(connection, notice.notice_id)
    assert sent is not None
    mail = read(server.sent[0])
    assert (sent.address, sent.body.subject) == ("gelezen@example.org", mail["Subject"])
    assert "http://localhost/m/persoonlijke-link?answer=interested" in sent.body.text
    assert 'href="http://localhost/preferences/persoonlijke-link"' in sent.body.html
    html = mail.get_body(("html",))
    assert html is not None
    content = html.get_content()
    token = content.split("http://localhost/m/")[1].split("?")[0]
    assert content.count(token) > 1
    assert token not in sent.body.html + sent.body.text


async def test_nothing_is_shown_of_a_mail_that_was_not_sent(pool: Pool) -> None:
    _, _, notice = await told(pool, Server(Unknown("no")), "onbekend@example.org")
    async with pool.acquire() as connection:
        assert await bodies.get(connection, notice.notice_id) is None
        assert await bodies.get(connection, uuid7()) is None


async def test_an_erasure_empties_mails_to_somebody_and_those_to_recruiters_about_them(pool: Pool) -> None:
    opdracht, one, notice = await told(pool, Server(), "gewist@example.org")
    await sum_up(pool, opdracht, notice)
    later = datetime.now(UTC) + timedelta(minutes=2)
    await make_sender(pool, Server().send).send_due(later)
    (summary,) = await listed(pool, kind=Kind.SUMMARY)
    async with pool.acquire() as connection, connection.transaction():
        assert await bodies.get(connection, notice.notice_id) is not None
        assert await bodies.get(connection, summary.notice_id) is not None
        await erasure.lock_for_erasure(connection)
        await erasure.erase(connection, [one])
    assert await pool.fetchval("SELECT count(body) FROM notices") == 0


async def test_what_bounced_is_sent_again_and_shown_as_it_was_sent_then(pool: Pool) -> None:
    server = Server()
    _, _, notice = await told(pool, server, "vol@example.org")
    await bounce(pool, notice, lasting=False)
    assert isinstance(await again(pool, notice.notice_id), Planned)
    assert await again(pool, notice.notice_id) == NotPossible("it is on its way already")
    await make_sender(pool, server.send).send_due(datetime.now(UTC))
    to_them = [mail for mail in server.sent if mail.to == "vol@example.org"]
    assert len(to_them) == 2
    assert await again(pool, notice.notice_id) == NotPossible("it was sent, and did not come back")


async def test_what_is_not_allowed_any_more_is_not_sent_again_and_stays_as_it_was(pool: Pool) -> None:
    opdracht, _, notice = await told(pool, Server(), "dicht@example.org")
    await bounce(pool, notice)

    async def refused(because: str) -> None:
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            answer = await send_again(connection, notice.notice_id, SELECTION, datetime.now(UTC))
            await transaction.rollback()
        assert answer == NotPossible(because)

    await refused("the address gets no mail: release it first")
    await pool.execute("DELETE FROM suppressed_mailboxes")
    await pool.execute(
        "UPDATE assignments SET open = false, closed_reason = 'filled' WHERE assignment_id = $1", opdracht
    )
    await refused("the assignment closed before it was told")
    assert await again(pool, uuid7()) == NoSuchNotice()


async def test_all_addresses_of_a_domain_are_released_at_once_and_told_what_they_missed(pool: Pool) -> None:
    unknown = Unknown("no")
    notices = [
        (await told(pool, Server(unknown), address))[2]
        for address in ("een@Provincie.example", "twee@provincie.example", "drie@sub.provincie.example")
    ]
    async with pool.acquire() as connection, connection.transaction():
        of_it = await suppressions.list_after(connection, None, 10, "provincie.example")
        assert [one.email.lower() for one in of_it] == ["een@provincie.example", "twee@provincie.example"]
        now = datetime.now(UTC)
        assert await suppressions.release_domain(connection, "provincie.example", now) == 2
        assert await suppressions.release_domain(connection, "provincie.example", now) == 0
    await make_sender(pool, Server().send).send_due(datetime.now(UTC))
    rows = await pool.fetch("SELECT notice_id, state FROM notices WHERE kind = 'match'")
    states = {row["notice_id"]: row["state"] for row in rows}
    assert [states[notice.notice_id] for notice in notices] == ["accepted", "accepted", "refused"]
