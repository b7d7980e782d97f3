"""Another site makes a browser send changes with its session: every route of the desk refuses them."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from support.desks import somebody
from support.owned import Answering
from support.whole_desk import ORIGIN, Route, stored, unsafe_routes, whole_desk

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EVIL = "https://evil.example"
FROM_ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "none", "Origin": EVIL},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": f"{ORIGIN}.evil.example"},
    {"Origin": f"{ORIGIN}:8443"},
    {"Origin": ORIGIN, "Referer": f"{EVIL}/"},
    {"Referer": f"{EVIL}/desk/"},
    {"Referer": f"{EVIL}/?{ORIGIN}/"},
    {"Referer": "http://desk@evil.example/"},
    {"Referer": "about:blank"},
)
OURS = (
    {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN},
    {"Origin": ORIGIN},
    {"Referer": f"{ORIGIN}/mails"},
)
NO_FORMS = ("text/plain", "text/plain;charset=UTF-8", "application/json", "application/octet-stream", "")
EVERY = unsafe_routes()


async def send(browser: httpx.AsyncClient, route: Route, headers: dict[str, str]) -> httpx.Response:
    """Send what each of the desk's forms would take."""
    ids = dict.fromkeys(("assignment_id", "note_id", "notice_id", "placement_id", "training_id"), uuid4())
    person = browser.headers["x-person"]
    address = route.path.format(**{**ids, "profile_id": person, "token": "of-no-link"})
    filled = {
        "line": "a",
        "wie": "mij",
        "key": "k",
        "sleutel": str(uuid4()),
        "tekst": "Ondergeschoven",
        "naam": "Anna Test",
        "domein": "example.org",
        "tarief": "Ondergeschoven",
        "reden": "withdrawn",
        "actie": "bewaar",
    }
    query = "?subject=tester" if route.path == "/sessions" else ""
    return await browser.request(
        route.method, address + query, content=urlencode(filled), headers={**FORM, **headers}
    )


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    person = await somebody(pool, "Anna Test")
    async with whole_desk(pool, owners, "recruiter") as opened:
        opened.headers["x-person"] = str(person)
        yield opened


@pytest.fixture
def owners() -> Answering:
    return Answering()


async def test_a_change_of_another_site_is_refused_by_every_route_and_changes_nothing(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    before = await stored(pool)
    for route in EVERY:
        for headers in FROM_ELSEWHERE:
            answer = await send(browser, route, headers)
            assert answer.status_code == 403, (route, headers)
            assert "niet van onze eigen pagina" in answer.text
            assert "set-cookie" not in answer.headers
        assert await stored(pool) == before, route
    assert owners.asked == []


async def test_a_body_that_is_no_form_is_refused_by_every_route_and_changes_nothing(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    before = await stored(pool)
    for route in EVERY:
        for kind in NO_FORMS:
            answer = await send(browser, route, {**OURS[0], "Content-Type": kind})
            assert answer.status_code == 415, (route, kind)
            assert 'lang="nl"' in answer.text
        assert await stored(pool) == before, route
    assert owners.asked == []


async def test_a_change_of_our_own_page_reaches_its_route(browser: httpx.AsyncClient) -> None:
    """So that what is refused above is refused for where it comes from."""
    for route in sorted(EVERY, key=lambda one: one.path == "/sign-out"):
        for headers in OURS:
            answer = await send(browser, route, headers)
            assert "niet van onze eigen pagina" not in answer.text, (route, headers)
            assert answer.status_code != 415, (route, headers)
