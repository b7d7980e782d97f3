"""When somebody's address changes, the former and the new one are told, once. After thirty days, or with an
erasure, the former is gone."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import NoticeSettled
from contracts.topics import CONTACTS
from contracts.vocabulary import NoticeKind, NoticeOutcome
from notifications.pruning import ADDRESSES
from notifications.store.pruning import delete_of_addresses
from notifications.taking_back import take_back
from support.mailed_links import FORMS, NOW, Post, contact, moved, states, suppressed, told
from support.notifying import a_contact, an_event, hear, take
from uuid_utils.compat import uuid7


async def test_both_addresses_are_told_and_neither_of_the_other(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "Anna@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    await post.goes_out()
    assert post.to("Anna@oud.example") == ["Je mailadres is veranderd"]
    assert post.to("anna@nieuw.example") == ["Vanaf nu mailen we je op dit adres"]
    assert [len(post.links("Anna@oud.example", purpose)) for purpose in (*FORMS, "not-me")] == [0, 0, 0, 1]
    for to, _, text in post.mails:
        assert not [other for other, _, _ in post.mails if other != to and other.lower() in text.lower()]
    await post.goes_out(NOW + timedelta(days=1))
    assert len(post.mails) == 2


@pytest.mark.parametrize("frequency", ["none", "weekly"])
async def test_whoever_wants_little_mail_is_told_at_once_too(pool: Pool, post: Post, frequency: str) -> None:
    one = uuid7()
    await hear(pool, NOW, a_contact(one, "stil@oud.example", frequency, quiet_hours=True))
    await hear(pool, NOW, a_contact(one, "stil@nieuw.example", frequency, quiet_hours=True, version=2))
    night = NOW.replace(hour=23) + timedelta(days=1)
    await post.goes_out(night)
    assert len(post.mails) == 2


async def test_an_address_that_changes_twice_before_it_is_told_is_told_once(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "ana@nieuw.example", 2, 2))
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 3, 3))
    await post.goes_out()
    assert post.to("anna@oud.example") == ["Je mailadres is veranderd"]
    assert post.to("ana@nieuw.example") == ["Je mailadres is veranderd"]
    assert post.to("anna@nieuw.example") == ["Vanaf nu mailen we je op dit adres"]


async def test_one_that_was_put_right_at_once_is_not_told_that_it_left(pool: Pool, post: Post) -> None:
    one = uuid7()
    for version, address in enumerate(("anna@oud.example", "ana@oud.example", "anna@oud.example"), start=1):
        await hear(pool, NOW, contact(one, address, version, version))
    await post.goes_out()
    assert post.to("anna@oud.example") == ["Vanaf nu mailen we je op dit adres"]
    assert post.to("ana@oud.example") == ["Je mailadres is veranderd"]


async def test_a_database_that_went_back_tells_nobody_again(pool: Pool, post: Post) -> None:
    one = uuid7()
    first, second = contact(one, "anna@oud.example", 1, 1), contact(one, "anna@nieuw.example", 2, 2)
    await hear(pool, NOW, first)
    await hear(pool, NOW, second)
    await post.goes_out()
    ended = await pool.fetch("SELECT * FROM notices WHERE kind IN ('moved', 'left')")
    await pool.execute("DELETE FROM notices")
    await pool.execute("UPDATE contacts SET version = 1, email = 'anna@oud.example', links_from = 1")
    settled = [
        NoticeSettled(
            notice_id=row["notice_id"],
            kind=NoticeKind(row["kind"]),
            match_id=None,
            assignment_id=None,
            profile_id=one,
            outcome=NoticeOutcome.ACCEPTED,
            due_at=NOW,
            at=NOW,
        )
        for row in ended
    ]
    async with pool.acquire() as connection, connection.transaction():
        assert await take_back(connection, [an_event(one_of, NOW) for one_of in settled])
    await hear(pool, NOW, second)
    await post.goes_out(NOW + timedelta(minutes=1))
    assert len(post.mails) == 2
    assert await pool.fetchval("SELECT links_from FROM contacts") == 2


async def test_what_is_published_again_tells_nobody(pool: Pool, post: Post) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    event = an_event(contact(one, "anna@nieuw.example", 2, 2), NOW)
    await take(pool, NOW, replace(event, republished=True))
    await post.goes_out()
    assert post.mails == []
    assert await pool.fetchval("SELECT links_from FROM contacts") == 2


async def test_a_former_address_that_is_no_more_is_not_suppressed(pool: Pool, post: Post) -> None:
    one = uuid7()
    post.unknown.add("weg@oud.example")
    await hear(pool, NOW, contact(one, "weg@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "weg@nieuw.example", 2, 2))
    await post.goes_out()
    assert await states(pool) == {"left": "refused", "moved": "accepted"}
    assert await suppressed(pool) == {}


async def test_after_thirty_days_the_former_address_and_the_link_are_gone(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    await moved(pool, post)
    (path,) = post.links("anna@oud.example", "not-me")
    settled_at: datetime = await pool.fetchval("SELECT max(settled_at) FROM notices WHERE kind = 'left'")
    async with pool.acquire() as connection:
        await delete_of_addresses(connection, settled_at + timedelta(days=29) - ADDRESSES)
    assert (await http.get(path)).status_code == 200
    async with pool.acquire() as connection:
        await delete_of_addresses(connection, settled_at + timedelta(days=31) - ADDRESSES)
    assert await states(pool) == {}
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE address = 'anna@oud.example'") == 0
    assert (await http.get(path)).status_code == 404
    assert (await http.post(path)).status_code == 404


@pytest.mark.parametrize("is_sent", [True, False])
async def test_an_erasure_takes_the_former_address_too(
    pool: Pool, http: httpx.AsyncClient, post: Post, is_sent: bool
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await told(pool, post, one)
    path = post.links("anna@oud.example", "unsubscribe")[0]
    assert (await http.post(path)).status_code == 200
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    if is_sent:
        await post.goes_out(NOW + timedelta(minutes=1))
    await take(pool, NOW, Event("", "", str(CONTACTS.tombstone), one, NOW, None))
    for table in ("notices", "contacts", "mailboxes", "suppressed_mailboxes"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%oud.example%'") == 0
    for not_me in post.links("anna@oud.example", "not-me"):
        assert (await http.get(not_me)).status_code == 404
