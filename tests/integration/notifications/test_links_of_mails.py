"""Links of mails over HTTP: until when they hold, and what their pages take. With another address they end,
both are told, and whoever reads either can say that it was not them."""

import json
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, migrate, open_pool
from contracts.envelope import Event
from contracts.events import ContactUpdated, NoticeSettled
from contracts.topics import CONTACTS
from contracts.vocabulary import NoticeKind, NoticeOutcome
from itsdangerous import URLSafeTimedSerializer
from notifications.answers.links import Links, Purpose
from notifications.app import NotificationsResources, build
from notifications.domain.mail_id import MailIds
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome, Unknown
from notifications.notifying import Delays
from notifications.pruning import ADDRESSES
from notifications.settings import NotificationsSettings
from notifications.store.pruning import delete_of_addresses
from notifications.taking_back import take_back
from support.answer_pages import PRIVACY
from support.notifying import a_contact, add_assignment, an_event, hear, propose, read, take
from support.openapi import SETTINGS
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
LATE = (NOW + timedelta(days=30)).isoformat()
LINKS = Links(SETTINGS["public_url"], SETTINGS["link_secret"])
IDS = MailIds(SETTINGS["link_secret"])
LINK = re.compile(
    re.escape(SETTINGS["public_url"].rstrip("/")) + r"(/(m|preferences|unsubscribe|not-me)/[\w.-]+)"
)
FORMS: dict[str, dict[str, str]] = {
    "m": {"answer": "declined"},
    "preferences": {"frequency": "none", "min_score": "100"},
    "unsubscribe": {},
}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = build(NotificationsSettings(**SETTINGS))
    app.state.resources = NotificationsResources(
        pool=pool,
        links=LINKS,
        mail_ids=IDS,
        delays=Delays(),
        desk_url=SETTINGS["desk_url"],
        privacy=PRIVACY,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=SETTINGS["public_url"]
    ) as client:
        yield client


class Post:
    """Everybody's mail. `unknown`: addresses that the mail server does not know."""

    def __init__(self, pool: Pool) -> None:
        self.mails: list[tuple[str, str, str]] = []
        self.unknown: set[str] = set()
        self._sender = Sender(pool, Composer(LINKS, IDS, "x@example.org").write, self._take)

    async def _take(self, mail: Mail) -> Outcome:
        if mail.to in self.unknown:
            return Unknown("the mail server answered 550 5.1.1")
        body = read(mail).get_body(("plain",))
        assert body is not None
        self.mails.append((mail.to, str(read(mail)["Subject"]), body.get_content()))
        return Accepted("250 ok")

    async def goes_out(self, now: datetime = NOW) -> None:
        while await self._sender.send_due(now):
            pass

    def to(self, address: str) -> list[str]:
        return [subject for to, subject, _ in self.mails if to == address]

    def links(self, address: str, purpose: str) -> list[str]:
        """Return the pages of a purpose that mails to an address lead to."""
        texts = [text for to, _, text in self.mails if to == address]
        return [path for text in texts for path, found in LINK.findall(text) if found == purpose]


@pytest.fixture
def post(pool: Pool) -> Post:
    return Post(pool)


def contact(one: UUID, address: str, version: int, links_from: int | None = None) -> ContactUpdated:
    said = a_contact(one, address, version=version)
    return said.model_copy(update={"links_from": links_from})


async def told(pool: Pool, post: Post, one: UUID) -> UUID:
    """Tell somebody of an opdracht; return the match."""
    opdracht = await add_assignment(pool, random.Random(3), "normaal", respond_by=LATE)
    match = await propose(pool, opdracht, one, NOW)
    await post.goes_out()
    return match.match_id


async def published(pool: Pool, topic: str) -> list[Any]:
    rows = await pool.fetch("SELECT value FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [json.loads(row["value"]) for row in rows]


async def chosen(pool: Pool) -> list[Any]:
    """Return the choices that were published: from which version on links hold."""
    return [int(one["links_from"]) for one in await published(pool, "preferences")]


async def states(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch(
        "SELECT kind, state FROM notices WHERE kind IN ('moved', 'left') ORDER BY caused_at"
    )
    return {row["kind"]: row["state"] for row in rows}


async def suppressed(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch("SELECT mailbox, cause FROM suppressed_mailboxes")
    return {row["mailbox"]: row["cause"] for row in rows}


async def test_links_to_the_former_address_end_and_those_to_the_new_one_work(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    match = await told(pool, post, one)
    old = {purpose: post.links("anna@oud.example", purpose)[0] for purpose in FORMS}
    for path in old.values():
        assert (await http.get(path)).status_code == 200
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    before = await pool.fetchrow("SELECT preferences, links_from FROM contacts")
    for purpose, path in old.items():
        assert (await http.get(path)).status_code == 404
        answer = await http.post(path, data=FORMS[purpose])
        assert answer.status_code == 404
        assert "Je mailadres is veranderd" in answer.text
    assert await pool.fetchrow("SELECT preferences, links_from FROM contacts") == before
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) is None
    assert await pool.fetchval("SELECT count(*) FROM mailboxes") == 0
    await told(pool, post, one)
    for purpose, form in FORMS.items():
        path = post.links("anna@nieuw.example", purpose)[-1]
        assert (await http.post(path, data=form)).status_code == 200


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


async def test_another_way_to_write_an_address_or_another_name_ends_nothing(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await told(pool, post, one)
    await hear(pool, NOW, contact(one, "ANNA@Oud.example", 2, 1))
    await hear(pool, NOW, contact(one, "anna@oud.example", 3).model_copy(update={"name": "Anna B."}))
    for purpose in FORMS:
        assert (await http.get(post.links("anna@oud.example", purpose)[0])).status_code == 200
    assert await states(pool) == {}


@pytest.mark.parametrize("says", [True, False])
async def test_an_address_that_comes_back_brings_no_old_link_back(
    pool: Pool, http: httpx.AsyncClient, post: Post, says: bool
) -> None:
    """Also of events that do not say from which version on links hold."""
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1 if says else None))
    await told(pool, post, one)
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2 if says else None))
    await hear(pool, NOW, contact(one, "anna@oud.example", 3, 3 if says else None))
    await hear(pool, NOW, contact(one, "anna@oud.example", 4, 3 if says else None))
    for purpose in FORMS:
        assert (await http.get(post.links("anna@oud.example", purpose)[0])).status_code == 404
    assert await pool.fetchval("SELECT links_from FROM contacts") == 3


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


async def test_links_of_the_last_release_work_until_the_address_changes(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 7))
    match = await told(pool, post, one)

    def written(salt: str, subject: UUID) -> str:
        return URLSafeTimedSerializer([SETTINGS["link_secret"]], salt=salt).dumps(str(subject))

    paths = [
        f"/m/{written('match', match)}",
        f"/preferences/{written('preferences', one)}",
        f"/unsubscribe/{written('unsubscribe', one)}",
    ]
    assert [(await http.get(path)).status_code for path in paths] == [200] * 3
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 8))
    assert [(await http.get(path)).status_code for path in paths] == [404] * 3


async def test_a_database_made_anew_revives_no_link(pool: Pool, http: httpx.AsyncClient) -> None:
    """All that it reads of somebody is their latest contact."""
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 9, 5))
    ended, holds = (LINKS.write(Purpose.PREFERENCES, one, generation) for generation in (4, 5))
    assert (await http.get(ended)).status_code == 404
    assert (await http.get(holds)).status_code == 200
    assert await states(pool) == {}


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


async def moved(pool: Pool, post: Post) -> UUID:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    await post.goes_out()
    await told(pool, post, one)
    return one


@pytest.mark.parametrize("reader", ["anna@oud.example", "anna@nieuw.example"])
async def test_who_says_that_it_was_not_them_ends_links_and_mail_to_the_new_address(
    pool: Pool, http: httpx.AsyncClient, post: Post, reader: str
) -> None:
    one = await moved(pool, post)
    (path,) = post.links(reader, "not-me")
    working = {purpose: post.links("anna@nieuw.example", purpose)[-1] for purpose in FORMS}
    asked = await http.get(path)
    assert (asked.status_code, "Dit was ik niet" in asked.text) == (200, True)
    assert (await suppressed(pool), await chosen(pool)) == ({}, [])
    for _ in range(2):  # the second time nothing more happens
        answer = await http.post(path)
        assert (answer.status_code, "we kijken het na" in answer.text) == (200, True)
    assert "we kijken het na" in (await http.get(path)).text
    assert await suppressed(pool) == {"anna@nieuw.example": "complained"}
    assert await chosen(pool) == [3]
    kind = "left" if reader == "anna@oud.example" else "moved"
    assert (await states(pool))[kind] == "complained"
    outcomes = [one["outcome"] for one in await published(pool, "notices")]
    assert outcomes.count("complained") == 1
    for purpose, working_before in working.items():
        assert (await http.post(working_before, data=FORMS[purpose])).status_code == 404
    sent = len(post.mails)
    await told(pool, post, one)
    assert len(post.mails) == sent


async def test_who_has_their_address_again_is_not_kept_from_their_mail(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = await moved(pool, post)
    await hear(pool, NOW, contact(one, "anna@oud.example", 3, 3))
    await post.goes_out(NOW + timedelta(minutes=1))
    (at_first, *_), mistaken = (post.links(f"anna@{host}.example", "not-me") for host in ("oud", "nieuw"))
    assert len(mistaken) == 2  # that it is theirs, and that it is no more
    for path in (at_first, *mistaken):
        assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {}


async def test_a_mail_that_was_called_spam_still_takes_the_word_of_its_reader(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    await moved(pool, post)
    (path,) = post.links("anna@oud.example", "not-me")
    await pool.execute("UPDATE notices SET state = 'complained' WHERE kind = 'left'")
    assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {"anna@nieuw.example": "complained"}


async def test_a_second_change_does_not_take_the_word_from_the_first_address(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = await moved(pool, post)
    await hear(pool, NOW, contact(one, "weer@anders.example", 3, 3))
    await post.goes_out(NOW + timedelta(minutes=1))
    (path,) = post.links("anna@oud.example", "not-me")
    assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {"weer@anders.example": "complained"}


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


async def test_a_former_address_that_is_no_more_is_not_suppressed(pool: Pool, post: Post) -> None:
    one = uuid7()
    post.unknown.add("weg@oud.example")
    await hear(pool, NOW, contact(one, "weg@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "weg@nieuw.example", 2, 2))
    await post.goes_out()
    assert await states(pool) == {"left": "refused", "moved": "accepted"}
    assert await suppressed(pool) == {}


@pytest.mark.parametrize(
    ("purpose", "form"), [("m", {"answer": "not-me"}), ("preferences", {"not_me": "yes"})]
)
async def test_a_button_on_a_links_page_ends_all_links_so_far_and_changes_nothing_else(
    pool: Pool, http: httpx.AsyncClient, post: Post, purpose: str, form: dict[str, str]
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 4, 1))
    match = await told(pool, post, one)
    paths = {of: post.links("anna@oud.example", of)[0] for of in FORMS}
    assert (await http.post(paths["m"], data={"answer": "interested"})).status_code == 200
    wishes = "SELECT preferences::text FROM contacts"
    before = await pool.fetchval(wishes)
    assert "Dit was ik niet" in (await http.get(paths[purpose])).text
    answer = await http.post(paths[purpose], data=form)
    assert (answer.status_code, "Je oude links werken niet meer" in answer.text) == (200, True)
    assert [(await http.get(path)).status_code for path in paths.values()] == [404] * 3
    assert await chosen(pool) == [5]
    assert await pool.fetchval(wishes) == before
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) == "interested"
    assert await suppressed(pool) == {}
    await told(pool, post, one)
    assert (await http.get(post.links("anna@oud.example", purpose)[-1])).status_code == 200
    # What the profiles service makes of it changes nothing more.
    await hear(pool, NOW, contact(one, "anna@oud.example", 5, 5))
    assert (await http.get(post.links("anna@oud.example", purpose)[-1])).status_code == 200
    assert await states(pool) == {}


async def test_the_eleventh_answer_is_told_whom_to_call_and_nothing_is_published(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@vaak.example", 1, 1))
    match = await told(pool, post, one)
    path = post.links("anna@vaak.example", "m")[0]
    answers = ["interested", "declined"] * 5 + ["interested"]
    for number, given in enumerate(answers):
        answer = await http.post(path, data={"answer": given})
        assert answer.status_code == (200 if number < 10 else 409)
    assert "je hebt al heel vaak geantwoord. Bel of mail de recruiter." in answer.text
    assert 'href="mailto:' in answer.text
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'answers'") == 10
    assert await pool.fetchval("SELECT answers FROM matches WHERE match_id = $1", match) == 10


@pytest.mark.parametrize(
    ("method", "more", "form"),
    [("POST", "", {"answer": "declined", "reason": "x" * 2001}), ("GET", f"?answer={'x' * 300}", {})],
)
async def test_what_is_too_long_is_told_on_a_page_and_changes_nothing(
    pool: Pool, http: httpx.AsyncClient, post: Post, method: str, more: str, form: dict[str, str]
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@lang.example", 1, 1))
    match = await told(pool, post, one)
    path = post.links("anna@lang.example", "m")[0]
    answer = await http.request(method, path + more, data=form or None)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) is None
