"""Links to sign in: mailed to whoever has the address or not, redeemed once, and nothing is told of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, open_pool
from contracts.events import ContactUpdated
from contracts.vocabulary import Role
from notifications.answers.links import Purpose
from notifications.app import build
from notifications.domain.notice import Ending, NoticeState
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome, TryLater
from notifications.settings import NotificationsSettings
from notifications.signing_in import Mailer
from notifications.store import suppressions
from support.notifications_app import IDS, LINKS, resources
from support.notifying import a_contact, hear, read
from support.openapi import SETTINGS
from support.served import served
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
LINK = re.compile(rf"{SETTINGS['desk_url']}/mijn/inloggen/(\S+)")
QUARTER = timedelta(minutes=15)


@dataclass
class Post:
    """The mail server, and what it took."""

    answers: list[Outcome] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)

    async def __call__(self, mail: Mail) -> Outcome:
        self.mails.append(mail)
        return self.answers.pop(0) if self.answers else Accepted("ok")

    def token(self, number: int = -1) -> str:
        found = LINK.search(self.text(number))
        assert found is not None
        return found[1]

    def text(self, number: int = -1) -> str:
        part = read(self.mails[number]).get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = build(NotificationsSettings(**SETTINGS))
    async with served(app, pool, f"{Role.DESK}:desk") as client:
        app.state.resources = resources(pool)
        yield client


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def mailer(pool: Pool, post: Post) -> Mailer:
    composer = Composer(LINKS, IDS, SETTINGS["mail_from"], desk_url=SETTINGS["desk_url"])
    return Mailer(pool, composer.sign_in, post)


async def registered(pool: Pool, address: str) -> UUID:
    profile_id = uuid7()
    await hear(pool, NOW, ContactUpdated(**a_contact(profile_id, address).model_dump()))
    return profile_id


async def ask(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/sign-in-links", json={"email": email})


async def redeem(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/sign-in-links/redeem", json={"token": token})


async def test_a_link_in_other_letter_case_proves_whose_address_it_is_once(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    anna = await registered(pool, "Anna.Inlog@example.org")
    assert (await ask(http, "anna.INLOG@Example.org")).status_code == 202
    assert await mailer.mail_due(datetime.now(UTC)) == 1
    assert "log je in" in post.text()
    answer = await redeem(http, post.token())
    assert answer.status_code == 200
    assert answer.json()["profile_id"] == str(anna)
    assert (await redeem(http, post.token())).status_code == 410


async def test_an_unknown_address_gets_the_same_answer_and_a_mail_to_register(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    await registered(pool, "bekend.inlog@example.org")
    told = [await ask(http, one) for one in ("bekend.inlog@example.org", "onbekend.inlog@example.org")]
    assert told[0].status_code == told[1].status_code == 202
    assert told[0].content == told[1].content
    await mailer.mail_due(datetime.now(UTC))
    number = next(n for n, mail in enumerate(post.mails) if mail.to == "onbekend.inlog@example.org")
    assert "schrijf je je in" in post.text(number)
    answer = await redeem(http, post.token(number))
    assert answer.json() == {"email": "onbekend.inlog@example.org", "profile_id": None}


async def test_signing_in_confirms_that_one_stays(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    anna = await registered(pool, "blijft.inlog@example.org")
    await ask(http, "blijft.inlog@example.org")
    await mailer.mail_due(datetime.now(UTC))
    assert (await redeem(http, post.token())).status_code == 200
    told = await pool.fetch("SELECT key FROM outbox WHERE topic = 'preferences'")
    assert [row["key"] for row in told] == [str(anna).encode()]


async def test_a_link_ends_after_a_quarter_of_an_hour(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    await ask(http, "laat.inlog@example.org")
    await mailer.mail_due(datetime.now(UTC))
    await pool.execute("UPDATE sign_in_links SET asked_at = asked_at - $1::interval", QUARTER)
    assert (await redeem(http, post.token())).status_code == 410


async def test_a_link_of_another_purpose_or_of_nobody_proves_nothing(http: httpx.AsyncClient) -> None:
    other = LINKS.write(Purpose.CONFIRM, uuid7()).rpartition("/")[2]
    nobodys = LINKS.sign_in("", uuid7()).rpartition("/")[2]
    answers = [await redeem(http, token) for token in ("forged", "", other, nobodys)]
    assert {answer.status_code for answer in answers} == {410}
    assert len({answer.content for answer in answers}) == 1


async def test_few_links_of_one_address_live_at_once_whatever_its_letter_case(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    for email in ("veel.inlog@example.org", "VEEL.inlog@example.org", "Veel.Inlog@Example.org") * 2:
        assert (await ask(http, email)).status_code == 202
    await mailer.mail_due(datetime.now(UTC))
    assert len(post.mails) == 3
    await pool.execute("UPDATE sign_in_links SET asked_at = asked_at - $1::interval", QUARTER)
    await ask(http, "veel.inlog@example.org")
    await mailer.mail_due(datetime.now(UTC))
    assert len(post.mails) == 4


async def test_a_mail_server_that_cannot_now_is_tried_again_and_not_after_the_link_ended(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    post.answers = [TryLater("busy")]
    await ask(http, "wacht.inlog@example.org")
    now = datetime.now(UTC)
    assert await mailer.mail_due(now) == 1
    assert await mailer.mail_due(now) == 0
    assert await mailer.mail_due(now + timedelta(seconds=30)) == 1
    assert await mailer.mail_due(now + timedelta(minutes=5)) == 0
    # the link itself, but for when it was written
    assert post.token(0).partition(".")[0] == post.token(1).partition(".")[0]
    post.answers = [TryLater("busy")]
    await ask(http, "wacht.inlog@example.org")
    await mailer.mail_due(datetime.now(UTC))
    assert await mailer.mail_due(now + QUARTER + timedelta(minutes=1)) == 0


async def test_of_one_address_ten_links_a_day_are_mailed_and_none_to_who_complained(
    pool: Pool, http: httpx.AsyncClient, post: Post, mailer: Mailer
) -> None:
    for _ in range(14):
        assert (await ask(http, "plaag.inlog@example.org")).status_code == 202
        await mailer.mail_due(datetime.now(UTC))
        await pool.execute("UPDATE sign_in_links SET asked_at = asked_at - $1::interval", QUARTER)
    assert len(post.mails) == 10
    async with pool.acquire() as connection:
        complaint = Ending(NoticeState.COMPLAINED, "spam")
        await suppressions.add(connection, "klacht.inlog@example.org", uuid7(), complaint, datetime.now(UTC))
    assert (await ask(http, "klacht.inlog@example.org")).status_code == 202
    await mailer.mail_due(datetime.now(UTC))
    assert len(post.mails) == 10


async def test_what_was_asked_is_forgotten_after_a_day(
    pool: Pool, http: httpx.AsyncClient, mailer: Mailer
) -> None:
    await ask(http, "vergeten.inlog@example.org")
    await mailer.mail_due(datetime.now(UTC) + timedelta(hours=25))
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links") == 0


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.OPERATOR, Role.PROFESSIONAL])
async def test_nobody_but_the_desk_asks_or_redeems(http: httpx.AsyncClient, role: Role) -> None:
    headers = {"Authorization": f"Bearer {role}"}
    for path, sent in (("", {"email": "x@example.org"}), ("/redeem", {"token": "x"})):
        answer = await http.post(f"/sign-in-links{path}", json=sent, headers=headers)
        assert answer.status_code == 403


async def test_what_is_no_address_is_refused(pool: Pool, http: httpx.AsyncClient) -> None:
    answer = await ask(http, "geen adres")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/email"
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links") == 0
