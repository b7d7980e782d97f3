"""Whatever is sent to a professional's own pages: nobody else gets in, other sites change nothing, and
nothing in an address or a form takes the desk down or shows as markup."""

import re
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from support.markup import Page, hostile
from support.own_pages import Own, a_professional
from support.owned import Answering
from support.planted import World, answering, plant
from support.whole_desk import SAFE, Route, routes, stored, whole_desk

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
EVERY = routes(own=True)
OPEN = "/mijn/verwijderd"
CHANGES = [route for route in EVERY if route.method not in SAFE]
FIELDS = (
    *("antwoord", "waarom", "toelichting", "dag", "versie", "version", "uren", "soort", "van", "tot", "weg"),
    *(
        "wijziging",
        "naam",
        "adres",
        "/contact/name",
        "/facts/hours_min",
        "/facts/place/name",
        "/facts/available_from",
    ),
    *("/contact/preferences/min_score", "/contact/preferences/frequency", "/facts/portfolio/0/title"),
)
ANYTHING = (
    "\x00",
    "nan",
    "1e999",
    "-1",
    "é\r\n",
    "9" * 5000,
    "{" * 50,
    '{"hours_min":1e999}',
    "🙈",
)


def of(route: Route, one: object) -> str:
    return re.sub(r"\{\w+\}", lambda _: str(one), route.path)


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def own(pool: Pool, owners: Answering) -> Own:
    return await a_professional(pool, owners)


def encoded(form: dict[str, str]) -> str:
    return urlencode(form, errors="replace")


async def test_staff_and_whoever_is_not_signed_in_are_led_to_the_link(
    pool: Pool, own: Own, owners: Answering
) -> None:
    async with whole_desk(pool, owners) as staff:
        for route in EVERY:
            if route.path == OPEN:
                continue
            answer = await staff.request(route.method, of(route, own.waiting), headers=OURS)
            if route.method == "GET":
                assert urlsplit(answer.headers["location"]).path == "/mijn/inloggen", route
            else:
                assert answer.status_code in {303, 401}, route
        staff.cookies.clear()
        for route in EVERY:
            if route.path != OPEN and route.method == "GET":
                answer = await staff.get(of(route, own.waiting))
                assert urlsplit(answer.headers["location"]).path == "/mijn/inloggen", route
    assert owners.asked == []


async def test_a_change_from_another_site_changes_nothing(pool: Pool, own: Own, owners: Answering) -> None:
    browser = whole_desk(pool, owners, Role.PROFESSIONAL, subject=str(own.profile_id))
    async with browser as http:
        before = await stored(pool)
        for route in CHANGES:
            for site in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                headers = {**OURS, **site} if "Origin" not in site else site
                answer = await http.post(of(route, own.waiting), data={"naam": "x"}, headers=headers)
                assert answer.status_code == 403, route
        assert await stored(pool) == before
    assert owners.asked == []


@pytest.mark.parametrize("strange", ["0", "onzin", "%00", "..%2fx", "a" * 300, "\u202e", str(UUID(int=7))])
async def test_an_id_that_is_none_of_theirs_is_not_found(
    pool: Pool, own: Own, owners: Answering, strange: str
) -> None:
    browser = whole_desk(pool, owners, Role.PROFESSIONAL, subject=str(own.profile_id))
    async with browser as http:
        for route in EVERY:
            if "{" in route.path and "{token}" not in route.path:  # whose link it is, is not told
                path = of(route, quote(strange, safe="%"))
                answer = await http.request(route.method, path, headers=OURS)
                if route.path.endswith("/vraag") and answer.status_code == 422:
                    continue  # there is no question to ask anybody
                assert answer.status_code == 404, route
                assert 'lang="nl"' in answer.text


@pytest.mark.parametrize("otherwise", [404, 422, 503])
async def test_nothing_in_a_form_or_an_address_takes_the_desk_down(
    pool: Pool, own: Own, owners: Answering, otherwise: int
) -> None:
    owners.otherwise, wrong = otherwise, []
    owners.tell("PATCH", own.profile, {"status": otherwise}, otherwise)
    browser = whole_desk(pool, owners, Role.PROFESSIONAL, subject=str(own.profile_id))
    async with browser as http:
        for route in EVERY:
            if route.path == "/mijn/gegevens/download":
                continue
            path = of(route, own.waiting)
            for anything in ANYTHING:
                form = encoded(dict.fromkeys(FIELDS, anything))
                query = encoded(dict.fromkeys(route.queries, anything[:3000]))
                answer = await http.request(route.method, f"{path}?{query}", headers=OURS, content=form)
                if answer.status_code == 500 or "Er ging iets mis" in answer.text:
                    wrong.append((str(route), anything[:20]))
    assert wrong == []


async def test_what_others_wrote_is_text_on_every_page(pool: Pool) -> None:
    world = await plant(pool, hostile)
    owners = answering(world, hostile)
    _tell_of(owners, world)
    read = ""
    browser = whole_desk(pool, owners, Role.PROFESSIONAL, subject=str(world.profile_id))
    async with browser as http:
        for route in EVERY:
            if route.method == "GET" and route.path != "/mijn/gegevens/download":
                change = urlencode({"wijziging": '{"max_distance_km":110}'})
                answer = await http.get(f"{of(route, world.assignment_id)}?{change}")
                page = _judged(answer)
                read += page
    for field in ("name", "title", "description", "organisation", "place", "recruiter", "phone"):
        assert f"-{field}" in read, field


def _tell_of(owners: Answering, world: World) -> None:
    facts = world.profile["facts"]
    told = {"profile_id": str(world.profile_id), **world.profile, "effective_facts": facts}
    owners.tell("GET", f"/profiles/{world.profile_id}", told, headers={"ETag": '"1"'})
    owners.tell("GET", "/placements", {"items": [], "next": None})
    missing = [{"rule": "hours", "facts": {"x": hostile("rule")}}]
    near = {"assignment_id": str(world.assignment_id), "missing": missing, "score_if": 58.0}
    owners.tell("GET", f"/profiles/{world.profile_id}/near", {"items": [near], "next": None})


def _judged(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.url
    page = Page(answer.text)
    assert page.wrong == [], answer.url
    return page.text
