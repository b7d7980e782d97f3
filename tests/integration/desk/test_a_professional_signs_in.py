"""A professional asks for a link, signs in with it, or registers; owners that answer what a test says."""

from typing import Any
from uuid import UUID

import httpx
from chassis.database import Pool
from chassis.http.issuers import read_keys
from contracts.vocabulary import Role
from desk.sign_in.professionals import Person
from desk.sign_in.session import Professional
from fastapi import FastAPI
from joserfc import jwt
from support.acts import last_id, recorded
from support.openapi import SETTINGS
from support.own_pages import LEVERS
from support.owned import Answering
from support.signing_in import PAGE
from support.whole_desk import ORIGIN, whole_desk

from contracts import examples

ANNA = "0190a000-0000-7000-8000-00000000aa02"
FORM = {
    "key": "k1",
    "/contact/name": "Nieuw Iemand",
    "/facts/level": "medior",
    "/facts/specialisms": "redactie",
    "/facts/available_from": "2027-01-01",
    "/facts/hours_min": "16",
    "/facts/hours_max": "32",
    "/facts/place/name": "Utrecht",
    "/facts/max_distance_km": "60",
    "/facts/rate_min_cents": "75",
    "/facts/contract_forms": "zzp",
}
UTRECHT = {"name": "Utrecht", "latitude": 52.09, "longitude": 5.12}


def desk_behind(browser: httpx.AsyncClient) -> FastAPI:
    app = browser._transport.app  # type: ignore[attr-defined]
    assert isinstance(app, FastAPI)
    return app


def redeemed(owners: Answering, profile_id: str | None, email: str = "anna@example.org") -> None:
    owners.tell("POST", "/sign-in-links/redeem", {"email": email, "profile_id": profile_id})


async def test_asking_says_the_same_of_every_address_and_sends_it_with_the_desks_own_token(
    pool: Pool,
) -> None:
    owners = Answering()
    owners.tell("POST", "/sign-in-links", {"seconds": 900}, 202)
    async with whole_desk(pool, owners) as browser:
        browser.cookies.clear()
        answer = await browser.post("/mijn/inloggen", data={"email": " anna@example.org ", "next": "/x"})
        keys = read_keys((await browser.get("/.well-known/jwks.json")).content)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/mijn/inloggen/verstuurd"
    (key,) = keys.values()
    said = jwt.decode(owners.asked[0].headers["authorization"].removeprefix("Bearer "), key)
    assert said.claims["roles"] == [Role.DESK.value]
    assert owners.asked[0].content == b'{"email": "anna@example.org"}'


async def test_one_place_asks_for_so_many_links_an_hour_whatever_the_addresses_are(pool: Pool) -> None:
    owners = Answering()
    owners.tell("POST", "/sign-in-links", {"seconds": 900}, 202)
    async with whole_desk(pool, owners, rate_limit_links=3) as browser:
        forms = [{"email": f"persoon-{number}@example.org", "next": "/mijn/profiel"} for number in range(5)]
        answers = [await browser.post("/mijn/inloggen", data=form) for form in forms]
        elsewhere = httpx.ASGITransport(desk_behind(browser), client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url=ORIGIN, headers=PAGE) as another:
            there = await another.post("/mijn/inloggen", data=forms[0])
    assert [answer.status_code for answer in answers] == [303] * 3 + [429] * 2
    assert len(owners.asked) == 4
    refused = answers[-1]
    assert refused.headers["retry-after"] == "1200"
    assert "vaak om een link gevraagd" in refused.text
    assert 'value="persoon-4@example.org"' in refused.text
    assert 'value="/mijn/profiel"' in refused.text
    assert there.status_code == 303


async def test_what_is_no_address_comes_back_with_what_was_typed(pool: Pool) -> None:
    owners = Answering()
    owners.tell("POST", "/sign-in-links", {"errors": [{"pointer": "/email", "detail": "no"}]}, 422)
    async with whole_desk(pool, owners) as browser:
        answer = await browser.post("/mijn/inloggen", data={"email": "anna"})
    assert answer.status_code == 422
    assert 'value="anna"' in answer.text
    assert "Vul je e-mailadres in" in answer.text


async def test_opening_a_link_changes_nothing_and_its_button_signs_in_and_leads_back(pool: Pool) -> None:
    owners = Answering()
    redeemed(owners, ANNA)
    owners.tell("POST", "/sign-in-links", {"seconds": 900}, 202)
    async with whole_desk(pool, owners) as browser:
        desk = desk_behind(browser)

        @desk.get("/mijn/proef")
        async def look(who: Professional) -> dict[str, Any]:
            return {"id": who.caller.subject}

        browser.cookies.clear()
        await browser.post("/mijn/inloggen", data={"email": "anna@example.org", "next": "/mijn/proef"})
        shown = await browser.get("/mijn/inloggen/abc")
        assert shown.status_code == 200
        assert len(owners.asked) == 1
        answer = await browser.post("/mijn/inloggen/abc")
        assert answer.headers["location"] == f"{ORIGIN}/mijn/proef"
        assert (await browser.get("/mijn/proef")).json() == {"id": ANNA}
        out = await browser.post("/sign-out")
        assert out.headers["location"] == f"{ORIGIN}/signed-out"
        assert (await browser.get("/mijn/proef")).status_code == 303


async def test_a_professionals_signing_out_is_recorded_as_their_signing_in_is(pool: Pool) -> None:
    owners = Answering()
    redeemed(owners, ANNA)
    async with whole_desk(pool, owners) as browser:
        browser.cookies.clear()
        before = await last_id(pool)
        await browser.post("/mijn/inloggen/abc")
        await browser.post("/sign-out")
    signed_in, signed_out = await recorded(pool, before)
    assert (signed_in.action, signed_out.action) == ("sign in", "sign out")
    assert (signed_out.issuer, signed_out.subject, signed_out.role) == (
        SETTINGS["professionals_issuer"],
        ANNA,
        "professional",
    )
    assert (signed_in.issuer, signed_in.subject, signed_in.role) == (
        signed_out.issuer,
        signed_out.subject,
        signed_out.role,
    )


async def test_a_link_never_leads_to_another_site(pool: Pool) -> None:
    owners = Answering()
    redeemed(owners, ANNA)
    owners.tell("POST", "/sign-in-links", {"seconds": 900}, 202)
    async with whole_desk(pool, owners) as browser:
        await browser.post("/mijn/inloggen", data={"email": "a@example.org", "next": "//evil.example"})
        answer = await browser.post("/mijn/inloggen/abc")
    assert answer.headers["location"] == f"{ORIGIN}/mijn"


async def test_a_link_that_works_no_more_is_one_page_whatever_it_was(pool: Pool) -> None:
    owners = Answering()
    owners.tell("POST", "/sign-in-links/redeem", {"title": "Gone"}, 410)
    async with whole_desk(pool, owners) as browser:
        answer = await browser.post("/mijn/inloggen/abc")
    assert answer.status_code == 410
    assert "Deze link werkt niet meer" in answer.text
    assert "Vraag een nieuwe link" in answer.text


async def test_while_mails_are_away_the_link_is_kept(pool: Pool) -> None:
    async with whole_desk(pool, Answering()) as browser:
        asked = await browser.post("/mijn/inloggen", data={"email": "a@example.org"})
        opened = await browser.post("/mijn/inloggen/abc")
    assert asked.status_code == opened.status_code == 503
    assert 'action="/mijn/inloggen/abc"' in opened.text


async def test_a_newcomer_registers_and_sees_how_many_opdrachten_fit(pool: Pool) -> None:
    owners = Answering()
    redeemed(owners, None, "nieuw@example.org")
    owners.tell("GET", "/places", {"items": [UTRECHT], "found": ["Utrecht"]})
    async with whole_desk(pool, owners) as browser:
        browser.cookies.clear()
        answer = await browser.post("/mijn/inloggen/abc")
        assert answer.headers["location"] == f"{ORIGIN}/mijn/registreren"
        assert "nieuw@example.org" in (await browser.get("/mijn/registreren")).text
        owners.tell("POST", "/profiles", {"profile_id": ANNA, "version": 1}, 201)
        made = await browser.post("/mijn/registreren", data={**FORM, "/contact/email": "ander@example.org"})
        assert made.headers["location"] == "/mijn/registreren/klaar"
        sent = owners.asked[-1]
        assert b'"email": "nieuw@example.org"' in sent.content
        subject = (await pool.fetchval("SELECT subject FROM sessions ORDER BY started_at DESC LIMIT 1")) or ""
        owners.tell("POST", f"/profiles/{subject}/what-if", {"now": 3, "then": 3})
        done = await browser.get("/mijn/registreren/klaar")
        again = await browser.get("/mijn/registreren")
    assert "Er passen nu 3 opdrachten bij je" in done.text
    assert again.headers["location"] == "/mijn"


async def test_a_newcomer_whom_nothing_fits_sees_at_once_what_would_help(pool: Pool) -> None:
    owners = Answering()
    path = f"/profiles/{ANNA}"
    owners.tell("POST", f"{path}/what-if", {"now": 0, "then": 0})
    async with whole_desk(pool, owners, Role.PROFESSIONAL, subject=ANNA) as browser:
        away = await browser.get("/mijn/registreren/klaar")
        owners.tell("GET", path, {"facts": examples.PROFILE["facts"]})
        owners.tell("GET", f"{path}/levers", LEVERS)
        done = await browser.get("/mijn/registreren/klaar")
    for page in (away, done):
        assert "Er past nu nog geen opdracht bij je" in page.text
        assert 'href="/mijn/profiel/wijzigen"' in page.text
    assert "Wat het meest zou schelen, komt zo" in away.text
    assert "Reizen tot 110 km in plaats van" in done.text
    assert "1 opdracht erbij, 4 in het hele jaar" in done.text
    assert "/mijn/profiel/overnemen?wijziging=" in done.text


async def test_what_is_refused_stands_at_its_field(pool: Pool) -> None:
    owners = Answering()
    owners.tell("GET", "/places", {"items": [UTRECHT], "found": ["Utrecht"]})
    errors = [{"pointer": "/facts/hours_min", "detail": "must be a whole number"}]
    owners.tell("POST", "/profiles", {"errors": errors}, 422)
    async with whole_desk(pool, owners) as browser:
        await as_newcomer(pool, browser)
        answer = await browser.post("/mijn/registreren", data={**FORM, "/facts/hours_min": "veel"})
    assert answer.status_code == 422
    assert 'href="#/facts/hours_min"' in answer.text
    assert 'value="veel"' in answer.text


async def test_whatever_is_sent_in_the_place_of_what_the_form_would_send_is_no_error_of_ours(
    pool: Pool,
) -> None:
    owners = Answering()
    owners.otherwise = 422
    async with whole_desk(pool, owners) as browser:
        await as_newcomer(pool, browser)
        for strange in ("", "\x00", "9" * 5000, "nan", "é\r\n", "<script>", "a" * 20_000, "-1"):
            for sent in (dict.fromkeys(FORM, strange), {strange[:50]: strange}):
                answer = await browser.post("/mijn/registreren", data=sent)
                assert answer.status_code in {409, 422}, strange[:10]
                assert "<script>" not in answer.text


async def test_a_second_registration_of_an_address_leads_to_signing_in(pool: Pool) -> None:
    owners = Answering()
    owners.tell("GET", "/places", {"items": [UTRECHT], "found": ["Utrecht"]})
    errors = [{"pointer": "/contact/email", "detail": "another profile has this address"}]
    owners.tell("POST", "/profiles", {"errors": errors}, 409)
    async with whole_desk(pool, owners) as browser:
        await as_newcomer(pool, browser)
        answer = await browser.post("/mijn/registreren", data=FORM)
    assert answer.status_code == 409
    assert "Je bent al ingeschreven" in answer.text


async def as_newcomer(pool: Pool, browser: httpx.AsyncClient) -> None:
    door = desk_behind(browser).state.door
    who = Person(UUID(ANNA), "nieuw@example.org", is_new=True)
    browser.cookies = httpx.Cookies({door.cookie: await door.sessions.begin(pool, ANNA, who)})
