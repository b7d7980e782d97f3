"""Whatever stands where an id belongs, every route of the desk answers in Dutch, tells nothing, and changes
nothing; and nobody reaches a route without the role for it."""

from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from support.owned import Answering
from support.planted import World, answering, plant
from support.whole_desk import SAFE, Route, routes, stored, unsafe_routes, whole_desk

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
OPEN_TO_ALL = {
    *("/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/assets/{name}"),
    *("/sign-in", "/sign-in/callback", "/sign-out", "/signed-out", "/.well-known/jwks.json"),
    *("/mijn/inloggen", "/mijn/inloggen/verstuurd", "/mijn/inloggen/{token}"),
}
BY_TOKEN = {"/profiles/{profile_id}/held"}  # no page: for services, as at each of them
IDS = {
    "assignment_id",
    "profile_id",
    "notice_id",
    "note_id",
    "placement_id",
    "training_id",
    "opdracht",
    "persoon",
    "p",
}
GUARDED = [route for route in routes() if route.path not in OPEN_TO_ALL | BY_TOKEN]
STAFFS = [route for route in GUARDED if not route.path.startswith("/mijn")]  # those are professionals'
UP = "." * 2
MALFORMED = (
    *("0", "-1", "null", "undefined", "onzin", "00000000-0000-0000-0000-00000000000", "é", "🙈"),
    *(f"{UP}/mails", "%2e%2e", "..%2f..%2fetc%2fpasswd", "\\..\\..", "%00", "\x00", "\x7f\x1b[2J"),
    *("' OR 1=1 --", "1;DROP TABLE notes", "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "%s%n"),
    *("a" * 300, "9" * 5000, "a/" * 500, "\u202e\u2066", "%ff%fe", "ＡＢＣ"),
)
MARKUP = "<script>alert(1)</script>"
FORM = {
    "line": "a",
    "wie": "mij",
    "key": "k",
    "sleutel": str(uuid4()),
    "tekst": "Ondergeschoven",
    "naam": "Woord name",
    "soort": "rejected",
    "reden": "withdrawn",
    "code": "tarief",
    "stap": "definitief",
    "version": "1",
}


def worded(field: str) -> str:
    return f"Woord {field}"


@pytest.fixture
async def world(pool: Pool) -> World:
    return await plant(pool, worded)


@pytest.fixture
def owners(world: World) -> Answering:
    return answering(world, worded)


def with_ids() -> list[tuple[Route, str]]:
    """Return every route with each of the places where it takes an id."""
    return [
        (route, name) for route in GUARDED for name in (*_names(route.path), *route.queries) if name in IDS
    ]


def _names(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part.startswith("{")]


def address(route: Route, world: World, **instead: str) -> str:
    """Return a route's address, with something else in the place of one of its ids."""
    path = "/".join(
        quote(instead[part.strip("{}")], safe="") if part.strip("{}") in instead else part
        for part in route.path.split("/")
    ).format(**world.ids)
    query = {name: value for name, value in instead.items() if name in route.queries}
    query |= {"soort": "rejected"} if "soort" in route.queries and path.endswith("besluit") else {}
    return f"{path}?{urlencode(query)}" if query else path


async def ask(browser: httpx.AsyncClient, route: Route, path: str) -> httpx.Response:
    content = None if route.method in SAFE else urlencode(FORM)
    return await browser.request(route.method, path, content=content, headers=OURS)


def test_every_id_that_a_route_takes_is_tried() -> None:
    """A new name for an id in a path is told here; it belongs in IDS, and in the world's ids."""
    assert {name for route in GUARDED for name in _names(route.path)} <= IDS
    assert len(with_ids()) > 25


async def test_an_id_that_is_none_is_not_found(pool: Pool, world: World, owners: Answering) -> None:
    wrong: list[tuple[object, ...]] = []
    async with whole_desk(pool, owners) as browser:
        before = await stored(pool)
        for route, name in with_ids():
            for strange in MALFORMED:
                answer = await ask(browser, route, address(route, world, **{name: strange}))
                allowed = {404, 422} if name in route.queries else {404}
                if answer.status_code not in allowed or not is_a_page(answer) or MARKUP in answer.text:
                    wrong.append((str(route), name, strange[:40], answer.status_code))
        assert await stored(pool) == before
    assert wrong == []
    assert owners.asked == []


def is_a_page(answer: httpx.Response) -> bool:
    return 'lang="nl"' in answer.text and "<h1" in answer.text and "Er ging iets mis" not in answer.text


async def test_an_id_of_nothing_or_of_another_kind_is_no_error_of_ours_and_changes_nothing(
    pool: Pool, world: World, owners: Answering
) -> None:
    wrong: list[tuple[object, ...]] = []
    async with whole_desk(pool, owners) as browser:
        before = await stored(pool)
        for route, name in with_ids():
            strangers = {str(uuid4()), *world.ids.values(), str(world.match_id)}
            for strange in sorted(strangers - {world.ids[name]}):
                for owners.otherwise in (404, 503):
                    answer = await ask(browser, route, address(route, world, **{name: strange}))
                    is_theirs = owners.otherwise == 503 and answer.status_code == 503
                    fine = answer.is_redirect or answer.status_code < 500 or is_theirs
                    if not fine or not (answer.is_redirect or is_a_page(answer)):
                        wrong.append((str(route), name, owners.otherwise, answer.status_code))
        assert await stored(pool) == before
    assert wrong == []


@pytest.mark.parametrize("role", [Role.PROFESSIONAL, "nobody", ""])
async def test_whoever_has_no_role_for_it_gets_a_page_in_dutch_that_says_so(
    pool: Pool, world: World, owners: Answering, role: str
) -> None:
    wrong = []
    async with whole_desk(pool, owners, role, subject=str(uuid4())) as browser:
        before = await stored(pool)
        for route in STAFFS:
            answer = await ask(browser, route, address(route, world))
            if answer.status_code != 403 or "Dit mag je niet" not in answer.text:
                wrong.append((str(route), answer.status_code, answer.text[:200]))
    assert wrong == []
    assert owners.asked == []
    assert await stored(pool) == before


async def test_an_operator_looks_and_changes_nothing_on_any_route(
    pool: Pool, world: World, owners: Answering
) -> None:
    own_browser, own_task = "/instellingen/sneltoetsen", "/sessions"
    async with whole_desk(pool, owners, Role.OPERATOR) as browser:
        before = await stored(pool)
        for route in unsafe_routes():
            if route.path in {*OPEN_TO_ALL, own_browser, own_task} or route.path.startswith("/mijn"):
                continue
            answer = await ask(browser, route, address(route, world))
            assert answer.status_code == 403, route
        assert await stored(pool) == before
    assert owners.asked == []


@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Bearer professional:x"}, {"Authorization": "Basic eDp4"}]
)
async def test_without_a_session_nobody_sees_or_changes_anything(
    pool: Pool, world: World, owners: Answering, sent: dict[str, str]
) -> None:
    async with whole_desk(pool, owners) as browser:
        browser.cookies.clear()
        before = await stored(pool)
        for route in STAFFS:
            path = address(route, world)
            answer = await browser.request(route.method, path, headers={**OURS, **sent})
            assert answer.status_code in {303, 401, 403}, (route, answer.status_code)
            assert "Woord" not in answer.text, route
        assert await stored(pool) == before
    assert owners.asked == []
