"""Who is asked whether mails may come: asked once for an address, mailed on opdrachten after their yes alone,
and nothing of it is lost or told twice in whatever order it is heard."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import ContactUpdated, NoticeSettled
from contracts.topics import CONTACTS
from contracts.vocabulary import Frequency, NoticeKind, NoticeOutcome
from notifications import staying
from notifications.taking_back import take_back
from support.mailed_links import LATE, NOW, Post, contact, published
from support.notifying import add_assignment, an_event, hear, propose, take
from uuid_utils.compat import uuid7

ANNA, NEW = "anna@vraag.example", "anna@nieuwvraag.example"
ASKED = "Mogen we je opdrachten mailen?"
HOUR = timedelta(hours=1)
OUTCOMES = "SELECT state FROM notices WHERE kind = 'match' ORDER BY notice_id"


def soon() -> datetime:
    """Return a moment after what a page, which goes by the clock, let go out now."""
    return datetime.now(UTC) + timedelta(minutes=10)


def asked(one: UUID, version: int = 1, address: str = ANNA, confirmed_at: Any = None) -> ContactUpdated:
    said = contact(one, address, version, 1 if address == ANNA else version)
    return said.model_copy(update={"confirmed_at": confirmed_at})


async def opdracht_of(pool: Pool, one: UUID, respond_by: str = LATE) -> UUID:
    opdracht = await add_assignment(pool, random.Random(3), "normaal", respond_by=respond_by)
    await propose(pool, opdracht, one, NOW)
    return opdracht


async def confirm(http: httpx.AsyncClient, post: Post, address: str = ANNA) -> httpx.Response:
    return await http.post(post.links(address, "confirm")[-1])


async def test_they_are_asked_once_and_an_opdracht_follows_the_yes(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    for hours in (0, 1, 30):
        await post.goes_out(NOW + hours * HOUR)
    await hear(pool, NOW, asked(one, version=2))
    await post.goes_out(NOW + 31 * HOUR)
    assert post.to(ANNA) == [ASKED]
    shown = await http.get(post.links(ANNA, "confirm")[0])
    assert "Ja, mail me opdrachten" in shown.text
    await post.goes_out(NOW + 32 * HOUR)
    assert (post.to(ANNA), await published(pool, "preferences")) == ([ASKED], [])
    assert "Fijn, we mailen je" in (await confirm(http, post)).text
    await post.goes_out(soon())
    assert len(post.to(ANNA)) == 2
    (event,) = await published(pool, "preferences")
    assert (event["profile_id"], event["email"]) == (str(one), ANNA)


async def test_who_is_not_asked_is_mailed_as_ever(pool: Pool, post: Post) -> None:
    for said in ({}, {"confirmed_at": NOW}):
        one, address = uuid7(), f"niet-gevraagd-{len(said)}@example.org"
        await hear(pool, NOW, contact(one, address, 1, 1).model_copy(update=said))
        await opdracht_of(pool, one)
        await post.goes_out()
        assert len(post.to(address)) == 1
        assert ASKED not in post.to(address)


async def test_without_a_yes_it_is_missed_once_nobody_can_respond(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one, respond_by=(NOW + HOUR).isoformat())
    await post.goes_out()
    await post.goes_out(NOW + HOUR)
    assert await pool.fetchval(OUTCOMES) == "missed"
    (told,) = [event for event in await published(pool, "notices") if event["kind"] == "match"]
    assert told["outcome"] == "missed"
    await confirm(http, post)
    await post.goes_out(NOW + HOUR)
    assert post.to(ANNA) == [ASKED]


async def test_what_fell_off_meanwhile_is_not_told(pool: Pool, http: httpx.AsyncClient, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    await post.goes_out()
    await pool.execute("UPDATE matches SET live = false")
    await confirm(http, post)
    await post.goes_out(soon())
    assert post.to(ANNA) == [ASKED]
    assert await pool.fetchval(OUTCOMES) == "cancelled"


async def test_a_yes_that_profiles_tells_lets_go_what_waited_too(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    await post.goes_out()
    await hear(pool, NOW, asked(one, version=2, confirmed_at=NOW))
    await post.goes_out()
    assert len(post.to(ANNA)) == 2


async def test_what_profiles_told_before_it_heard_of_the_yes_takes_it_not_back(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await post.goes_out()
    await confirm(http, post)
    await hear(pool, NOW, asked(one, version=2))
    await opdracht_of(pool, one)
    await post.goes_out()
    assert len(post.to(ANNA)) == 2


async def test_another_address_is_asked_and_the_former_link_confirms_nothing(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    await post.goes_out()
    await hear(pool, NOW, asked(one, 2, NEW))
    await post.goes_out()
    assert (await confirm(http, post)).status_code == 404
    assert sorted(post.to(NEW)) == [ASKED, "Vanaf nu mailen we je op dit adres"]
    await confirm(http, post, NEW)
    await post.goes_out(soon())
    assert len(post.to(NEW)) == 3


async def test_an_address_that_changes_before_it_was_asked_is_asked_once(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await hear(pool, NOW, asked(one, 2, NEW))
    await post.goes_out()
    assert (post.to(NEW).count(ASKED), post.to(ANNA).count(ASKED)) == (1, 0)


async def test_who_was_mailed_and_is_to_be_asked_now_is_asked_once_more(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await post.goes_out()
    await hear(pool, NOW, asked(one, 2, confirmed_at=NOW))
    await hear(pool, NOW, asked(one, 3))
    await post.goes_out()
    assert post.to(ANNA) == [ASKED, ASKED]


async def test_who_wanted_no_mail_at_all_and_wants_some_again_is_asked_then(pool: Pool, post: Post) -> None:
    one = uuid7()
    said = asked(one)
    none = said.preferences.model_copy(update={"frequency": Frequency.NONE})
    await pool.execute("INSERT INTO mailboxes (mailbox, unsubscribed, no_news) VALUES ($1, true, true)", ANNA)
    await hear(pool, NOW, said.model_copy(update={"preferences": none}))
    await post.goes_out()
    assert post.mails == []
    await hear(pool, NOW, asked(one, version=2))
    await post.goes_out()
    assert post.to(ANNA) == [ASKED]


async def test_signing_in_with_the_address_is_a_yes(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    await post.goes_out()
    async with pool.acquire() as connection, connection.transaction():
        assert await staying.take_in(connection, one, NOW)
    await post.goes_out()
    assert len(post.to(ANNA)) == 2


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
async def test_who_wants_digests_gets_theirs_after_the_yes(
    pool: Pool, http: httpx.AsyncClient, post: Post, frequency: Frequency
) -> None:
    one = uuid7()
    said = asked(one)
    wishes = said.preferences.model_copy(update={"frequency": frequency})
    await hear(pool, NOW, said.model_copy(update={"preferences": wishes}))
    await opdracht_of(pool, one)
    await post.goes_out()
    await confirm(http, post)
    await post.goes_out(soon())
    assert post.to(ANNA) == [ASKED]
    await post.goes_out(NOW + timedelta(days=8))
    assert len(post.to(ANNA)) == 2


async def test_a_database_that_went_back_asks_nobody_again(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await post.goes_out()
    asking = await pool.fetchval("SELECT notice_id FROM notices WHERE kind = 'consent'")
    await pool.execute("DELETE FROM notices")
    await pool.execute("DELETE FROM contacts")
    settled = NoticeSettled(
        notice_id=asking,
        kind=NoticeKind.CONSENT,
        match_id=None,
        assignment_id=None,
        profile_id=one,
        outcome=NoticeOutcome.ACCEPTED,
        due_at=NOW,
        at=NOW,
    )
    async with pool.acquire() as connection, connection.transaction():
        await take_back(connection, [an_event(settled, NOW)])
    await take(pool, NOW, replace(an_event(asked(one), NOW), republished=True))
    await hear(pool, NOW, asked(one, version=2))
    await post.goes_out()
    assert post.to(ANNA) == [ASKED]


async def test_an_erasure_takes_the_question_and_what_waits(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, asked(one))
    await opdracht_of(pool, one)
    await post.goes_out()
    gone = Event(
        id=str(uuid7()), source="/test", type=CONTACTS.tombstone or "", subject=one, time=NOW, data=None
    )
    await take(pool, NOW, gone)
    assert (await confirm(http, post)).status_code == 404
    await post.goes_out(NOW + timedelta(days=40))
    assert post.to(ANNA) == [ASKED]
