"""Whatever is sent in the place of what a page's form or an address would send, the desk answers it in Dutch,
and nothing of it is an error of ours."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import httpx
import pytest
from chassis.database import Pool
from support.owned import Answering
from support.planted import World, answering, plant
from support.whole_desk import Route, routes, unsafe_routes, whole_desk

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
UP = "." * 2
ANYTHING = (
    *("", " ", "\x00", "a\x00b", "%00", "\x1b[2J", "\r\nSet-Cookie: a=b", "é🙈", "\u202e", "\ud7ff\ufffe"),
    *("nan", "inf", "-inf", "1e999", "9" * 5000, "-1", "1_000", "٣", "0x10", "1.5", "true", "null"),
    *("[" * 9000, '{"a":' * 900 + "1" + "}" * 900, '{"title":"\\ud800"}', '{"place":5,"weights":[1]}'),
    *('{"rate_max_cents":NaN}', '{"respond_by":5,"organisation":{"name":[]}}', '["title"]', "bereken:{}"),
    *("9999-12-31", "0000-00-00", "9999-12-31T23:59", "0001-01-01T00:00", "2026-03-29T02:30", "31-02-2027"),
    *("'; DROP TABLE notes; --", f"{UP}/{UP}/etc/passwd", "a" * 20_000, "{naam}{x}", "${7*7}", "%s%n"),
)
MESSAGES_OF_OURS = ("Er ging iets mis", "Internal Server Error")


@dataclass
class Form:
    """A form of a page: where it goes, what it would send, and the buttons that send it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: set[tuple[str, str]] = field(default_factory=set)

    def take(self, other: "Form") -> None:
        """Add what the same form has elsewhere."""
        self.fields.update(other.fields)
        self.buttons |= other.buttons

    def sent(self) -> list[dict[str, str]]:
        """Return what each button would send."""
        return [{**self.fields, **dict([button])} for button in sorted(self.buttons)] or [self.fields]


class Forms(HTMLParser):
    """The forms of a page that change something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, or a control of it."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = said.get("method") == "post"
            if self._open:
                self.found.append(Form(said.get("action", "")))
        elif self._open and tag == "button" and "name" in said:
            self.found[-1].buttons.add((said["name"], said.get("value", "")))
        elif self._open and tag in {"input", "select", "textarea"} and "name" in said:
            self.found[-1].fields[said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a form."""
        self._open = self._open and tag != "form"


@pytest.fixture
async def world(pool: Pool) -> World:
    return await plant(pool)


@pytest.fixture
def owners(world: World) -> Answering:
    """Owners that know the world, and take nothing."""
    known = answering(world)
    known.otherwise = 422
    return known


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with whole_desk(pool, owners) as opened:
        yield opened


async def forms(browser: httpx.AsyncClient, world: World, owners: Answering) -> list[Form]:
    """Return every form on every page, one for each action: of an opdracht that is a draft, one that could be
    published, and one that is open."""
    found: dict[str, Form] = {}
    draft = ("GET", f"/drafts/{world.assignment_id}")
    whole = owners.answers[draft].json() | {"errors": []}
    for as_it_is in (owners.answers[draft], httpx.Response(200, json=whole), httpx.Response(404)):
        owners.answers[draft] = as_it_is
        for route in routes():
            if route.method == "GET" and route.path != "/alerts":
                await _look(browser, route, world, found)
    return list(found.values())


async def _look(browser: httpx.AsyncClient, route: Route, world: World, found: dict[str, Form]) -> None:
    queries = ["", *(f"?{query}" for query in QUERIES if query.partition("=")[0] in route.queries)]
    for query in queries:
        page = await browser.get(route.path.format(name="x", **world.ids) + query)
        if "text/html" in page.headers.get("content-type", ""):
            for form in Forms(page.text).found:
                found.setdefault(form.action, form).take(form)


QUERIES = ("soort=rejected", "soort=invited", "tab=bereik", "besloten=1", "wie=iedereen")


def is_ours(answer: httpx.Response) -> bool:
    return answer.status_code in {500, 502} or any(one in answer.text for one in MESSAGES_OF_OURS)


async def test_every_change_that_the_desk_takes_is_a_form_on_a_page(
    browser: httpx.AsyncClient, world: World, owners: Answering
) -> None:
    """So that what is tried below is everything."""
    found = {form.action.partition("?")[0] for form in await forms(browser, world, owners)}
    found |= {"/sessions", *(_path(route, world) for route in unsafe_routes() if "drafts" in route.path)}
    lacking = {_path(route, world) for route in unsafe_routes()} - found
    assert lacking <= {
        f"/mensen/{world.profile_id}/notities/{world.note_id}/verwijder",  # of one's own notes alone
        "/mails/adressen/vrij",  # of an address, or of a domain that was searched
        f"/mails/{world.notice_id}/opnieuw",  # of what can be sent again
        "/mijn/registreren",  # of who is not registered yet
    }


def _path(route: Route, world: World) -> str:
    return route.path.format(**world.ids)


async def test_no_field_takes_the_desk_down(
    browser: httpx.AsyncClient, world: World, owners: Answering
) -> None:
    tried, wrong = 0, []
    for form in await forms(browser, world, owners):
        for anything in ANYTHING:
            everywhere = dict.fromkeys(form.fields, anything)
            named = {**form.fields, "actie": f"pas-toe:{anything}", anything[:50]: anything}
            for sent in (everywhere, named, *({**pressed, **everywhere} for pressed in form.sent())):
                answer = await browser.post(form.action, content=urlencode(sent), headers=OURS)
                tried += 1
                if is_ours(answer):
                    wrong.append((form.action, anything[:30]))
    assert wrong == []
    assert tried > 1000


@pytest.mark.parametrize("anything", ["\x00", "nan", "é\r\n", "9" * 5000], ids=repr)
async def test_nor_does_one_field_among_good_ones(
    browser: httpx.AsyncClient, world: World, owners: Answering, anything: str
) -> None:
    wrong = []
    for form in await forms(browser, world, owners):
        for name in form.fields:
            for pressed in form.sent():
                content = urlencode({**pressed, "tekst": "een", "reden": "twee", name: anything})
                answer = await browser.post(form.action, content=content, headers=OURS)
                if is_ours(answer):
                    wrong.append((form.action, name))
    assert wrong == []


async def test_no_query_takes_the_desk_down(browser: httpx.AsyncClient, world: World) -> None:
    wrong = []
    for route in routes():
        if route.method != "GET" or route.path == "/alerts":
            continue
        path = route.path.format(name="x", **world.ids)
        for anything in ANYTHING:
            for query in ({name: anything[:3000]} for name in route.queries):
                answer = await browser.get(f"{path}?{urlencode(query)}")
                if is_ours(answer) and not path.startswith(("/sign-in", "/readyz")):
                    wrong.append((path, query))
    assert wrong == []


async def test_no_body_takes_the_desk_down(browser: httpx.AsyncClient, world: World) -> None:
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    texts = [
        f"--x\r\n{part.format('tekst', '', 'een')}--x--",
        "--x",
        "",
        f"--x\r\n{part.format('a', '', 'b')}",
    ]
    file = part.format("tekst", '; filename="../<script>.html"\r\nContent-Type: text/html', "<script>")
    texts += [f"--x\r\n{file}--x--", "--x\r\n" + part.format("a" * 9000, "", "b") + "--x--"]
    texts += [f"--x\r\n{part.format('tarief', '', chr(92) + 'ud800')}--x--"]
    bodies = [(f"multipart/form-data; boundary=x{more}", text) for text in texts for more in CHARSETS]
    bodies += [("multipart/form-data", "x"), ("multipart/form-data; boundary=", "--\r\n")]
    form = "application/x-www-form-urlencoded"
    bodies += [
        (form, "&".join(f"a{number}=b" for number in range(3000))),
        (form, "tekst=%ff%fe%ed%a0%80&sleutel=%ff"),
        (form, "=&==&&;%&%zz=%&tekst"),
        (f"{form}; charset=utf-16", quote("tekst=é")),
    ]
    wrong = []
    for route in unsafe_routes():
        for kind, text in bodies:
            headers = {**OURS, "Content-Type": kind}
            path = _path(route, world)
            answer = await browser.request(route.method, path, content=text, headers=headers)
            if is_ours(answer):
                wrong.append((str(route), kind, text[:60]))
    assert wrong == []


CHARSETS = ("", "; charset=utf-16", "; charset=unicode_escape", "; charset=nonsense", "; charset=utf-7")
