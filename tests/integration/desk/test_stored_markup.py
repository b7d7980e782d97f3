"""Markup in every text that the desk shows is text, on every page, and no page computes, runs or turns it."""

import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.domain import form as opdracht_form
from desk.domain import profile_form
from desk.live.stream import Stream
from desk.pages.opdracht import TABS
from support.markup import MARK, TURNING, Page, hostile
from support.owned import Answering
from support.planted import World, answering, plant
from support.whole_desk import Route, routes, unsafe_routes, whole_desk

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
NO_PAGES = {
    *("/alerts", "/alerts/history", "/profiles/{profile_id}/held", "/assets/{name}"),
    *("/livez", "/readyz", "/metrics", "/openapi.json", "/.well-known/jwks.json"),
}
PAGES = [
    route
    for route in routes()
    if route.method == "GET" and route.path not in {*NO_PAGES, "/docs", "/docs/assets", "/sign-in"}
]
CALLER = hostile("caller").encode("ascii", "ignore").decode()  # a token is ASCII
SWITCHES = {"bewaard", "controle", "besloten", "stil", "oud", "mijn", "spoed"}
# What nobody is shown at the desk, each with the reason.
UNSHOWN = {
    "facts": "explanations and rules show the facts that they know",
    "rule": "the same",
    "relaxation": "a relaxation shows the fields that an opdracht has",
    "template-by": "who wrote a template is kept, not shown",
    "policy": "shown as a version, of the record alone",
    "error": "an owner's English is put into Dutch",
    "cursor": "in an address",
    "message": "a mail shows it",
    "html": "a mail is shown by its text",
    "detail": "a mail server's words may repeat an address",
    "suppressed-reason": "the same",
    "held": "downloaded, not shown",
    "decided-by": "told by the record with initials",
}


@pytest.fixture
async def world(pool: Pool) -> World:
    return await plant(pool, hostile)


@pytest.fixture
def owners(world: World) -> Answering:
    return answering(world, hostile)


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with whole_desk(pool, owners, subject=CALLER) as opened:
        yield opened


def addresses(route: Route, world: World) -> list[str]:
    """Return a page's address, with what each of its parameters may be that is shown again."""
    path = route.path.format(**world.ids)
    said = {name: hostile(name)[:200] for name in route.queries}
    said |= {name: world.ids[name] for name in route.queries if name in world.ids}
    known = {"wie": "iedereen", "soort": "rejected", "level": "senior", "sort": "titel", "pagina": "1"}
    said |= {name: value for name, value in known.items() if name in said}
    said |= dict.fromkeys(said.keys() & SWITCHES, "1")
    said |= {"met": json.dumps({"title": hostile("met"), "place": hostile("met")})} if "met" in said else {}
    for name in said.keys() & {"versie", "km", "vrij", "niveau", "tab", "vak", "domein"}:
        said.pop(name)
    if route.path == "/opdrachten/{assignment_id}":
        return [f"{path}?tab={tab}" for tab in TABS]
    if route.path == "/opdrachten":
        return [f"{path}?{urlencode({**said, 'tab': tab})}" for tab in ("open", "concept")] + [path]
    return [path, f"{path}?{urlencode(said)}", f"{path}?versie=9"] if said else [path]


def judge(answer: httpx.Response) -> str:
    """Return what is read on a page; nothing that was planted is more than text."""
    assert answer.status_code not in {500, 502}, answer.url  # an owner may be away
    assert answer.headers["content-type"].startswith("text/html"), answer.url
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    page = Page(answer.text)
    assert page.wrong == [], answer.url
    return page.text


async def test_what_the_topics_and_the_owners_tell_is_text_on_every_page(
    browser: httpx.AsyncClient, world: World
) -> None:
    read = ""
    for route in PAGES:
        for address in addresses(route, world):
            answer = await browser.get(address)
            if answer.is_redirect or "content-disposition" in answer.headers:
                continue
            read += judge(answer)
    planted: list[str] = []

    def note(field: str) -> str:
        planted.append(field)
        return field

    answering(world, note)
    shown = {field for field in {*planted, *_fields()} if f"{MARK}-{field}" in read}
    assert {*planted, *_fields()} - shown <= UNSHOWN.keys()


def _fields() -> set[str]:
    """Return the fields of what topics tell, and of what the desk keeps."""
    told = {"name", "phone", "title", "description", "item", "organisation", "place", "reason", "recruiter"}
    kept = {"recruiter-phone", "answer", "decision", "message", "note", "note-by", "template", "caller"}
    return told | kept


async def test_what_is_typed_and_comes_back_is_text(
    browser: httpx.AsyncClient, world: World, owners: Answering
) -> None:
    typed_opdracht = {name: hostile(name) for field in opdracht_form.FIELDS for name in field.controls}
    mail = hostile("mail") + " We zoeken een adviseur voor 24 uur per week, tarief 95 euro per uur."
    opdracht = {**typed_opdracht, "mail": mail, "key": hostile("key"), "version": hostile("version")}
    person = {name: hostile(name) for name in profile_form.LABELS}
    person |= {f"{profile_form.PORTFOLIO}/0/{part}": hostile(part) for part in profile_form.ROW}
    besluit = {name: hostile(name) for name in ("soort", "reden", "code", "bericht", "wanneer", "waar")}
    besluit |= {"stuur": "1", "sleutel": str(uuid4())}
    pair = f"/opdrachten/{world.assignment_id}/mensen/{world.profile_id}"
    errors = [{"pointer": hostile("pointer"), "detail": hostile("detail")}]
    refused = {"status": 422, "detail": hostile("detail"), "errors": errors}
    for method, path in (
        ("POST", "/drafts"),
        ("POST", "/profiles"),
        ("PUT", f"/drafts/{world.assignment_id}"),
        ("PATCH", f"/profiles/{world.profile_id}"),
        ("POST", f"/matches/{world.match_id}/decision"),
        ("POST", f"/deliveries/{world.notice_id}/again"),
    ):
        owners.tell(method, path, refused, 409 if "again" in path else 422)
    forms: list[tuple[str, dict[str, str]]] = [
        *(
            (path, {**opdracht, "actie": action})
            for path in ("/opdrachten/nieuw", f"/opdrachten/{world.assignment_id}/wijzigen")
            for action in ("bewaar", "lees", "bereken", "controleer", "bewerk", "wis:title", hostile("actie"))
        ),
        ("/mensen/nieuw", person),
        (f"/mensen/{world.profile_id}/wijzigen", {**person, "version": "1"}),
        (f"{pair}/besluit", besluit),
        (f"{pair}/besluit", {**besluit, "soort": "invited", "wanneer": "2027-01-01T10:00"}),
        ("/instellingen/teksten", {"tarief": hostile("tekst"), "rejected": hostile("tekst")}),
        ("/instellingen/mails", {"summary": hostile("s")[:20], "interest": hostile("i")[:20]}),
        (f"/mails/{world.notice_id}/opnieuw", {"sleutel": str(uuid4())}),
        (f"/opdrachten/{world.assignment_id}/sluit", {"reden": hostile("r")[:20]}),
    ]
    for path, form in forms:
        answer = await browser.post(path, content=urlencode(form), headers=OURS)
        if not answer.is_redirect:
            judge(answer)


async def test_errors_repeat_nothing_as_markup(browser: httpx.AsyncClient, world: World) -> None:
    for path in (
        "/mensen/<script>planted()</script>",
        "/<planted>",
        f"/mails?{urlencode({'opdracht': hostile('x')})}",
    ):
        judge(await browser.get(path))
    for route in unsafe_routes():
        path = route.path.format(**world.ids)
        for content in (urlencode({hostile("naam"): hostile("waarde")}), hostile("lijf").encode()):
            sent = await browser.request(route.method, path, content=content, headers=OURS)
            if "text/html" in sent.headers.get("content-type", "") and sent.text:
                judge(sent)


async def test_who_may_not_is_named_as_text(pool: Pool, owners: Answering, world: World) -> None:
    async with whole_desk(pool, owners, Role.OPERATOR, subject=CALLER) as browser:
        answer = await browser.post("/later", content="line=a&wie=mij", headers=OURS)
        assert answer.status_code == 403
        assert f"{MARK}-caller" in judge(answer)


async def test_an_export_is_data_under_a_name_of_our_own(browser: httpx.AsyncClient, world: World) -> None:
    answer = await browser.get(f"/mensen/{world.profile_id}/export")
    assert {name: part for name, part in answer.json().items() if name != "held"} == world.profile
    assert "-held" in str(answer.json()["held"]["matching"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="profiel-{world.profile_id}.json"'
    )


async def test_an_alert_is_one_event_whatever_it_tells(pool: Pool, world: World) -> None:
    events = Stream("", pool).events(0)
    await anext(events)
    alerts = await pool.fetchval("SELECT count(*) FROM alerts")
    assert alerts > 5
    *told, end = (await anext(events)).decode().split("\r\n\r\n")
    assert (len(told), end) == (alerts, "")
    for sent in told:
        assert not TURNING.search(sent)
        lines = sent.split("\r\n")
        assert [line.partition(":")[0] for line in lines] == ["id", "event", "data"]
        facts = json.loads(lines[2].partition(":")[2])
        assert world.ids.keys() & facts.keys()
