"""Pages of professionals, and who is let in."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.events import ContactUpdated
from contracts.facts import Preferences
from contracts.vocabulary import Frequency, Role
from desk.sign_in.professionals import Person
from desk.sign_in.session import LinkHolder, Professional
from fastapi import FastAPI
from support.desks import an_event, tell
from support.owned import Answering
from support.signing_in import PAGE
from support.whole_desk import ORIGIN, whole_desk

ANNA = "0190a000-0000-7000-8000-00000000aa01"


def _with_pages(browser: httpx.AsyncClient) -> FastAPI:
    app: FastAPI = browser._transport.app  # type: ignore[attr-defined]

    @app.get("/mijn/proef")
    async def look(who: Professional) -> dict[str, str | None]:
        return {"id": who.caller.subject, "email": who.caller.email, "token": who.token}

    @app.get("/mijn/nieuw")
    async def look_as_newcomer(who: LinkHolder) -> dict[str, bool]:
        return {"is_new": who.is_new}

    return app


async def test_a_professional_with_a_session_is_let_in_with_a_token_of_the_desk(pool: Pool) -> None:
    async with whole_desk(pool, Answering(), Role.PROFESSIONAL, subject=ANNA) as browser:
        _with_pages(browser)
        told = (await browser.get("/mijn/proef")).json()
    assert told["id"] == ANNA
    assert told["email"] == f"{ANNA}@example.org"
    assert told["token"].count(".") == 2


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.OPERATOR])
async def test_staff_are_led_to_the_professionals_page_to_sign_in_and_back(pool: Pool, role: Role) -> None:
    async with whole_desk(pool, Answering(), role) as browser:
        _with_pages(browser)
        answer = await browser.get("/mijn/proef?van=hier")
    target = urlsplit(answer.headers["location"])
    assert answer.status_code == 303
    assert target.path == "/mijn/inloggen"
    assert parse_qs(target.query) == {"next": ["/mijn/proef?van=hier"]}


async def test_a_newcomer_is_led_to_the_registration(pool: Pool) -> None:
    async with whole_desk(pool, Answering()) as browser:
        app = _with_pages(browser)
        door = app.state.door
        newcomer = Person(UUID(ANNA), "nieuw@example.org", is_new=True)
        browser.cookies = httpx.Cookies({door.cookie: await door.sessions.begin(pool, ANNA, newcomer)})
        answer = await browser.get("/mijn/proef")
        assert (await browser.get("/mijn/nieuw")).json() == {"is_new": True}
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{ORIGIN}/mijn/registreren"


async def test_who_signed_in_by_an_address_that_is_theirs_no_more_is_signed_out(pool: Pool) -> None:
    now = datetime.now(UTC)
    person = UUID(ANNA)

    async def told(version: int, email: str) -> None:
        contact = ContactUpdated(
            profile_id=person,
            version=version,
            name="Anna Bakker",
            email=email,
            preferences=Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=True),
        )
        await tell(pool, [an_event(contact, now)])

    await told(1, f"{ANNA}@example.org")
    async with whole_desk(pool, Answering(), Role.PROFESSIONAL, subject=ANNA) as browser:
        _with_pages(browser)
        await told(2, f"{ANNA.upper()}@example.org")
        assert (await browser.get("/mijn/proef")).status_code == 200
        await told(3, "ander@example.org")
        assert (await browser.get("/mijn/proef")).status_code == 303


async def test_a_professional_gets_no_page_of_staff(pool: Pool) -> None:
    async with whole_desk(pool, Answering(), Role.PROFESSIONAL, subject=ANNA) as browser:
        answer = await browser.get("/opdrachten", headers=PAGE)
    assert answer.status_code == 403
    assert "/mijn" in answer.text
