"""A professional changes their own address: a link to the new one, its button, the token that proves it."""

import json
from typing import Any

import httpx
import pytest
from chassis.database import Pool
from chassis.http.issuers import read_keys
from contracts.vocabulary import Role
from joserfc import jwt
from support.owned import Answering
from support.whole_desk import whole_desk

from contracts import examples

VERA = "0190a000-0000-7000-8000-00000000aa07"
NEW = "vera@nieuwadres.example"
PROFILE = f"/profiles/{VERA}"


@pytest.fixture
def owners() -> Answering:
    found = Answering()
    found.tell("GET", PROFILE, {**examples.PROFILE, "effective_facts": {}}, headers={"ETag": '"7"'})
    found.tell("GET", f"{PROFILE}/audit", {"items": [], "next": None})
    found.tell("POST", "/address-links", {"seconds": 900}, 202)
    found.tell("POST", "/address-links/redeem", {"email": NEW})
    found.tell("PATCH", PROFILE, {"profile_id": VERA, "version": 8})
    return found


def desk(pool: Pool, owners: Answering) -> Any:
    return whole_desk(pool, owners, Role.PROFESSIONAL, subject=VERA)


def asked(owners: Answering, method: str, path: str) -> list[httpx.Request]:
    return [one for one in owners.asked if (one.method, one.url.path) == (method, path)]


async def claims(browser: httpx.AsyncClient, request: httpx.Request) -> Any:
    (key,) = read_keys((await browser.get("/.well-known/jwks.json")).content).values()
    return jwt.decode(request.headers["authorization"].removeprefix("Bearer "), key).claims


async def test_a_link_is_asked_for_by_the_desk_for_who_is_signed_in(pool: Pool, owners: Answering) -> None:
    async with desk(pool, owners) as browser:
        page = (await browser.get("/mijn/gegevens")).text
        assert 'action="/mijn/adres"' in page
        assert examples.PROFILE["contact"]["email"] in page
        answer = await browser.post("/mijn/adres", data={"adres": f" {NEW} "})
        assert answer.headers["location"] == "/mijn/gegevens?meld=adres"
        assert "Kijk in de mail van het nieuwe adres" in (await browser.get("/mijn/gegevens?meld=adres")).text
        (request,) = asked(owners, "POST", "/address-links")
        assert (await claims(browser, request))["roles"] == [Role.DESK.value]
    assert json.loads(request.content) == {"profile_id": VERA, "email": NEW}


@pytest.mark.parametrize(
    ("status", "shown"), [(422, "Vul een e-mailadres in"), (503, "Het lukt nu even niet")]
)
async def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(
    pool: Pool, owners: Answering, status: int, shown: str
) -> None:
    owners.tell("POST", "/address-links", {"errors": [{"pointer": "/email", "detail": "no"}]}, status)
    async with desk(pool, owners) as browser:
        answer = await browser.post("/mijn/adres", data={"adres": "vera"})
    assert answer.status_code == status
    assert shown in answer.text
    assert 'value="vera"' in answer.text
    assert 'aria-describedby="fault-adres"' in answer.text


async def test_opening_the_link_changes_nothing_and_its_button_takes_the_address_and_signs_out(
    pool: Pool, owners: Answering
) -> None:
    async with desk(pool, owners) as browser:
        shown = await browser.get("/mijn/adres/abc")
        assert "Ja, dit is mijn adres" in shown.text
        assert owners.asked == []
        done = await browser.post("/mijn/adres/abc")
        assert (done.status_code, NEW in done.text) == (200, True)
        (redeemed,) = asked(owners, "POST", "/address-links/redeem")
        assert json.loads(redeemed.content) == {"profile_id": VERA, "token": "abc"}
        (changed,) = asked(owners, "PATCH", PROFILE)
        assert json.loads(changed.content) == {"contact": {"email": NEW}}
        said = await claims(browser, changed)
        assert (said["sub"], said["email"], said["roles"]) == (VERA, NEW, [Role.PROFESSIONAL.value])
        assert (await browser.get("/mijn/gegevens")).status_code == 303


@pytest.mark.parametrize(
    ("owner", "status", "shown"),
    [
        ("/address-links/redeem", 410, "Deze link werkt niet meer"),
        ("/address-links/redeem", 503, "Dit lukt nu even niet"),
        (PROFILE, 409, "Dit adres is al in gebruik"),
        (PROFILE, 412, "Deze link werkt niet meer"),
    ],
)
async def test_what_cannot_be_taken_changes_nothing_and_says_what_to_do(
    pool: Pool, owners: Answering, owner: str, status: int, shown: str
) -> None:
    owners.tell("PATCH" if owner == PROFILE else "POST", owner, {"status": status}, status)
    async with desk(pool, owners) as browser:
        answer = await browser.post("/mijn/adres/abc")
        assert (answer.status_code, shown in answer.text) == (status, True)
        assert (await browser.get("/mijn/gegevens")).status_code == 200


async def test_nobody_takes_it_who_is_not_signed_in(pool: Pool, owners: Answering) -> None:
    async with desk(pool, owners) as browser:
        browser.cookies.clear()
        shown = await browser.get("/mijn/adres/abc")
        assert shown.status_code == 303
        assert "/mijn/inloggen?next=%2Fmijn%2Fadres%2Fabc" in shown.headers["location"]
        for path in ("/mijn/adres/abc", "/mijn/adres"):
            assert (await browser.post(path, data={"adres": NEW})).status_code == 401
    assert owners.asked == []
