"""Links by which a professional shows that another address is theirs: mailed whoever has it, redeemed once
and by them alone, and no links to sign in with."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from notifications.app import build
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome
from notifications.settings import NotificationsSettings
from notifications.signing_in import Mailer
from support.desks import an_erasure
from support.notifications_app import IDS, LINKS, resources
from support.notifying import a_contact, deliver_events, hear, read
from support.openapi import SETTINGS
from support.served import served
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)
LINK = re.compile(rf"{SETTINGS['desk_url']}/mijn/adres/(\S+)")
NEW = "vera@nieuwadres.example"


class Mailbox:
    """Everybody's mail, by address."""

    def __init__(self, pool: Pool) -> None:
        self.texts: dict[str, list[str]] = {}
        composer = Composer(LINKS, IDS, SETTINGS["mail_from"], desk_url=SETTINGS["desk_url"])
        self._mailer = Mailer(pool, composer.sign_in, self._take)

    async def _take(self, mail: Mail) -> Outcome:
        part = read(mail).get_body(("plain",))
        assert part is not None
        self.texts.setdefault(mail.to, []).append(f"{read(mail)['Subject']}\n{part.get_content()}")
        return Accepted("ok")

    async def fill(self) -> None:
        await self._mailer.mail_due(datetime.now(UTC))

    def token(self, address: str = NEW) -> str:
        found = LINK.search(self.texts[address][-1])
        assert found is not None
        return found[1]


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = build(NotificationsSettings(**SETTINGS))
    async with served(app, pool, f"{Role.DESK}:desk") as client:
        app.state.resources = resources(pool)
        yield client


@pytest.fixture
def mailbox(pool: Pool) -> Mailbox:
    return Mailbox(pool)


async def registered(pool: Pool, address: str) -> UUID:
    profile_id = uuid7()
    await hear(pool, NOW, a_contact(profile_id, address))
    return profile_id


async def ask(desk: httpx.AsyncClient, one: UUID, email: str = NEW) -> httpx.Response:
    return await desk.post("/address-links", json={"profile_id": str(one), "email": email})


async def redeem(desk: httpx.AsyncClient, one: UUID, token: str) -> httpx.Response:
    return await desk.post("/address-links/redeem", json={"profile_id": str(one), "token": token})


async def test_it_shows_once_and_for_whoever_asked_alone_that_the_address_is_theirs(
    pool: Pool, desk: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    vera, other = await registered(pool, "vera@oudadres.example"), uuid7()
    assert (await ask(desk, vera)).status_code == 202
    await mailbox.fill()
    (said,) = mailbox.texts[NEW]
    assert said.startswith("Bevestig je nieuwe mailadres")
    assert "Vera" not in said
    assert "Anna" not in said
    assert (await redeem(desk, other, mailbox.token())).status_code == 410
    answer = await redeem(desk, vera, mailbox.token())
    assert (answer.status_code, answer.json()) == (200, {"email": NEW})
    assert (await redeem(desk, vera, mailbox.token())).status_code == 410


async def test_an_address_that_is_taken_gets_the_same_answer_and_a_mail_that_says_so_without_a_link(
    pool: Pool, desk: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    vera = await registered(pool, "vera@oudadres.example")
    await registered(pool, "Ander@bezet.example")
    free, taken = await ask(desk, vera), await ask(desk, vera, "ander@bezet.example")
    assert (free.status_code, free.content) == (taken.status_code, taken.content)
    await mailbox.fill()
    (said,) = mailbox.texts["ander@bezet.example"]
    assert said.startswith("Dit mailadres is al in gebruik")
    assert "/mijn/adres/" not in said


async def test_neither_link_is_the_other(pool: Pool, desk: httpx.AsyncClient, mailbox: Mailbox) -> None:
    vera = await registered(pool, "vera@oudadres.example")
    await ask(desk, vera)
    await mailbox.fill()
    token = mailbox.token()
    link = await pool.fetchval("SELECT link_id FROM sign_in_links")
    for sent in (token, LINKS.sign_in("", link).rpartition("/")[2]):
        assert (await desk.post("/sign-in-links/redeem", json={"token": sent})).status_code == 410
    await desk.post("/sign-in-links", json={"email": "vera@oudadres.example"})
    other = await pool.fetchval("SELECT link_id FROM sign_in_links WHERE profile_id IS NULL")
    for sent in (LINKS.sign_in("", other), LINKS.address("", other), "vervalst"):
        assert (await redeem(desk, vera, sent.rpartition("/")[2])).status_code == 410
    assert (await redeem(desk, vera, token)).status_code == 200


async def test_it_ends_after_a_quarter_of_an_hour_and_with_whoever_asked(
    pool: Pool, desk: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    vera = await registered(pool, "vera@oudadres.example")
    await ask(desk, vera)
    await mailbox.fill()
    await pool.execute("UPDATE sign_in_links SET asked_at = asked_at - $1::interval", timedelta(minutes=15))
    assert (await redeem(desk, vera, mailbox.token())).status_code == 410
    await deliver_events(pool, an_erasure(vera, NOW)[1])
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links") == 0


async def test_nobody_sends_many_whatever_the_address(
    pool: Pool, desk: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    vera = await registered(pool, "vera@oudadres.example")
    for number in range(10):
        assert (await ask(desk, vera, f"adres-{number}@veel.example")).status_code == 202
    for _ in range(5):
        await ask(desk, uuid7(), "een@veel.example")
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links WHERE profile_id = $1", vera) == 6
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links WHERE mailbox = 'een@veel.example'") == 3


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.OPERATOR, Role.PROFESSIONAL])
async def test_nobody_but_the_desk_asks_or_redeems_it(desk: httpx.AsyncClient, role: Role) -> None:
    headers = {"Authorization": f"Bearer {role}"}
    one = str(uuid7())
    for path, sent in (("", {"email": NEW}), ("/redeem", {"token": "x"})):
        answer = await desk.post(f"/address-links{path}", json={"profile_id": one, **sent}, headers=headers)
        assert answer.status_code == 403


async def test_what_is_no_address_is_refused_and_nothing_kept(pool: Pool, desk: httpx.AsyncClient) -> None:
    answer = await ask(desk, uuid7(), "geen adres")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/email"]
    assert await pool.fetchval("SELECT count(*) FROM sign_in_links") == 0
