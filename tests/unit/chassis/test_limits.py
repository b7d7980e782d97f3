"""What stands in front of every route, on a service that does nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

import httpx
import pytest
import structlog
from chassis.http import rates, requests
from chassis.http.auth import Caller, allow
from chassis.http.forms import FormBody, Reading
from chassis.http.problems import MAX_ERRORS
from chassis.http.rates import Buckets, Exempt
from chassis.http.requests import MAX_NAMES, MAX_NAMES_IN_ALL, MAX_VALUES, JsonBody, Part, PartBody, read_body
from chassis.service import web_app
from chassis.settings import Settings
from fastapi import APIRouter, Depends, FastAPI, Form, Request
from pydantic import BaseModel
from support.openapi import SETTINGS
from support.served import Doorkeeper

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
DESK, GATEWAY, SOMEBODY = "10.1.0.7", "10.2.0.1", "203.0.113.9"


class Thing(BaseModel):
    """A thing."""

    name: str = ""
    numbers: list[int] = []
    things: list["Thing"] = []


@pytest.fixture(autouse=True)
def _no_time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket does not fill up while requests are slow."""
    monkeypatch.setattr(rates, "Buckets", partial(Buckets, clock=lambda: 0.0))


router = APIRouter()
was_read: list[bytes] = []


@router.post("/things")
async def make(body: Annotated[Thing, Depends(JsonBody(Thing))]) -> Thing:
    return body


@router.patch("/things")
async def change(_part: Annotated[Part[Thing], Depends(PartBody(Thing))]) -> None: ...


@router.post("/bytes")
async def take(request: Request) -> int:
    was_read.append(await read_body(request))
    return len(was_read[-1])


@router.post("/fastapi-form")
async def fill_in(name: Annotated[str, Form()]) -> int:
    return len(name)


@router.post("/form")
async def read(form: Annotated[Reading[Thing], Depends(FormBody(Thing))], wanted: bool = True) -> int:
    return len((await form()).name) if wanted else -1


@router.get("/whoami")
async def whoami(caller: Annotated[Caller, Depends(allow("recruiter"))]) -> str:
    return caller.subject


@router.get("/address")
async def address(request: Request) -> list[str]:
    assert request.client is not None
    return [request.client.host, request.url.scheme]


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


def an_app(**settings: Any) -> FastAPI:
    multipart = settings.pop("multipart", False)
    app = web_app("things", Settings(**SETTINGS | settings), _nothing, router, multipart=multipart)
    app.state.authenticator = Doorkeeper()
    return app


def client_of(app: FastAPI, peer: str = SOMEBODY) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(peer, 1234), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://things")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(an_app()) as client:
        yield client


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", ""])
@pytest.mark.parametrize("content", [lambda size: b" " * size, in_chunks])
async def test_a_body_of_any_kind_holds_a_mebibyte_whatever_it_says_of_its_length(
    http: httpx.AsyncClient, kind: str, content: Callable[[int], Any]
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert (await http.post("/bytes", content=content(MIB), headers=headers)).json() == MIB
    refused = await http.post("/bytes", content=content(MIB + 1024), headers=headers)
    assert (refused.status_code, refused.json()["status"]) == (413, 413)
    lied = await http.post("/bytes", content=content(MIB + 1024), headers=headers | {"Content-Length": "3"})
    assert lied.status_code == 413


@pytest.mark.parametrize("path", ["/form", "/fastapi-form"])
async def test_a_form_is_smaller(http: httpx.AsyncClient, path: str) -> None:
    taken = await http.post(path, content=b"name=" + b"x" * 50_000, headers=URLENCODED)
    assert taken.json() == 50_000
    refused = await http.post(path, content=b"name=" + b"x" * (MIB // 2), headers=URLENCODED)
    assert (refused.status_code, refused.json()["status"]) == (413, 413)


async def test_a_form_in_parts_is_taken_where_it_is_wanted_and_a_file_nowhere(
    http: httpx.AsyncClient,
) -> None:
    field, file = {"name": (None, b"abc")}, {"name": ("a.txt", b"abc")}
    assert (await http.post("/form", files=field)).status_code == 415
    async with client_of(an_app(multipart=True)) as wanting:
        assert (await wanting.post("/form", files=field)).json() == 3
        assert (await wanting.post("/form", files=file)).status_code == 400


async def test_a_form_that_no_route_asks_for_is_not_read() -> None:
    asked = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal asked
        asked += 1
        yield b"name=x"

    async with client_of(an_app()) as client:
        for wanted, times in (("false", 0), ("true", 1)):
            await client.post(f"/form?wanted={wanted}", content=counted(), headers=URLENCODED)
            assert asked == times


async def test_at_most_a_hundred_errors_are_told(http: httpx.AsyncClient) -> None:
    unknown = {f"x{number}": 1 for number in range(MAX_NAMES)}
    for method, wrong in (
        ("POST", {"numbers": ["x"] * 5_000}),
        ("POST", {"things": [unknown] * 50}),
        ("PATCH", {"things": [unknown] * 50}),
    ):
        answer = await http.request(method, "/things", json=wrong)
        assert (answer.status_code, len(answer.json()["errors"])) == (422, MAX_ERRORS)
    turned = await http.patch("/things", json={"name": ["\u202e"] * 5_000})
    assert len(turned.json()["errors"]) == MAX_ERRORS


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "body", ['{"name": "a", "name": "b"}', '{"name": "a", "n\\u0061me": "a"}', '{"x": [{"y": 1, "y": 1}]}']
)
async def test_a_name_that_comes_twice_is_refused(http: httpx.AsyncClient, method: str, body: str) -> None:
    answer = await http.request(method, "/things", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "", "detail": "must have each name once in an object"}]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_an_object_with_more_names_than_any_model_has_is_refused_in_one_line(
    http: httpx.AsyncClient, method: str
) -> None:
    answer = await http.request(method, "/things", json={f"x{number}": 1 for number in range(MAX_NAMES + 1)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_body_with_more_names_in_all_than_any_model_has_is_refused_in_one_line(
    http: httpx.AsyncClient, method: str
) -> None:
    some = {f"x{number}": 1 for number in range(MAX_NAMES)}
    body = {"numbers": [some] * (MAX_NAMES_IN_ALL // MAX_NAMES)}
    answer = await http.request(method, "/things", json=body)
    assert answer.json()["errors"] == [{"pointer": "", "detail": "must have at most 20000 names in all"}]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("value", ["1", "[]", "{}", "[[]]"])
async def test_a_body_with_more_values_than_any_model_has_is_refused_before_it_is_parsed(
    http: httpx.AsyncClient, method: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f'{{"numbers": [{",".join([value] * MAX_VALUES)}]}}'
    with monkeypatch.context() as nothing_parses:
        nothing_parses.setattr(requests, "json", None)
        answer = await http.request(method, "/things", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "", "detail": "must have at most 70000 values in all"}]


@pytest.mark.parametrize(
    "body",
    [b"[" * 500_000, b'{"name":' * 100_000, b"1" * 100_000, b'{"name": ' + b"9" * 5_000 + b"}", b"\xff"],
)
async def test_what_is_no_json_is_422(http: httpx.AsyncClient, body: bytes) -> None:
    assert (await http.post("/things", content=body, headers=JSON)).status_code == 422


async def test_a_client_that_hangs_up_is_no_error_of_ours() -> None:
    app, said = an_app(), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    for path, kind in (("/things", b"application/json"), ("/form", URLENCODED["Content-Type"].encode())):
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", kind), (b"content-length", b"10")],
            "client": (SOMEBODY, 1),
            "server": ("things", 80),
            "scheme": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
            "root_path": "",
        }
        with structlog.testing.capture_logs() as logs:
            await app(scope, receive, send)
        assert [(line["event"], line["status"]) for line in logs] == [("request", 400)]


async def statuses(
    client: httpx.AsyncClient, count: int, path: str = "/address", **options: Any
) -> list[int]:
    return [(await client.get(path, **options)).status_code for _ in range(count)]


async def test_an_address_has_so_many_requests_a_second_and_is_told_when_to_come_back() -> None:
    app = an_app(rate_limit_address=5)
    async with client_of(app) as somebody, client_of(app, "203.0.113.10") as another:
        assert await statuses(somebody, 7) == [200] * 5 + [429] * 2
        refused = await somebody.get("/address")
        assert (refused.json()["status"], refused.headers["retry-after"]) == (429, "1")
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert await statuses(another, 1) == [200]
        assert await statuses(somebody, 1, "/livez") != [429]


async def test_an_ipv6_address_counts_with_all_of_its_network() -> None:
    app = an_app(rate_limit_address=2)
    async with client_of(app, "2001:db8::1") as one, client_of(app, "2001:db8::2") as two:
        assert await statuses(one, 2) + await statuses(two, 1) == [200, 200, 429]


async def test_without_a_setting_nobody_is_limited(http: httpx.AsyncClient) -> None:
    assert set(await statuses(http, 500)) == {200}


async def test_a_subject_has_so_many_requests_a_second_from_wherever() -> None:
    app = an_app(rate_limit_subject=3)
    headers = {"Authorization": "Bearer recruiter:rosa"}
    async with client_of(app) as here, client_of(app, DESK) as there:
        seen = await statuses(here, 2, "/whoami", headers=headers)
        seen += await statuses(there, 2, "/whoami", headers=headers)
        assert seen == [200, 200, 200, 429]
        other = {"Authorization": "Bearer recruiter:piet"}
        assert await statuses(here, 1, "/whoami", headers=other) == [200]


async def test_the_desk_is_known_by_its_connection_and_by_nothing_that_is_sent() -> None:
    settings = {"rate_limit_exempt": f"{DESK}/32", "trusted_proxies": f"{GATEWAY}/32"}
    app = an_app(rate_limit_address=2, **settings)
    async with client_of(app, DESK) as desk:
        assert await statuses(desk, 10) == [200] * 10
    forged = {"X-Forwarded-For": DESK, "Forwarded": f"for={DESK}", "X-Real-IP": DESK, "Host": "desk"}
    async with client_of(app) as somebody:
        assert await statuses(somebody, 3, headers=forged) == [200, 200, 429]
    async with client_of(
        an_app(rate_limit_address=2, **settings), GATEWAY
    ) as gateway:  # it passes on what it gets
        assert await statuses(gateway, 3, headers=forged) == [200, 200, 429]


async def test_a_client_is_who_a_trusted_proxy_says_and_nobody_else() -> None:
    app = an_app(trusted_proxies="10.2.0.0/16")
    sent = {"X-Forwarded-For": f"198.51.100.1, {SOMEBODY}, 10.2.0.9", "X-Forwarded-Proto": "https"}
    async with client_of(app, GATEWAY) as gateway, client_of(app, "192.0.2.1") as stranger:
        assert (await gateway.get("/address", headers=sent)).json() == [SOMEBODY, "https"]
        assert (await stranger.get("/address", headers=sent)).json() == ["192.0.2.1", "http"]


def test_a_bucket_fills_as_fast_as_it_may_be_emptied() -> None:
    now = 0.0
    buckets = Buckets(4, lambda: now)
    assert [buckets.take("a") for _ in range(5)] == [True] * 4 + [False]
    now = 0.26
    assert [buckets.take("a"), buckets.take("a")] == [True, False]
    now = 100
    assert [buckets.take("a") for _ in range(5)] == [True] * 4 + [False]


def test_buckets_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_BUCKETS", 100)
    buckets = Buckets(1, lambda: 0.0)
    for number in range(1_000):
        buckets.take(str(number))
    assert len(buckets._left) == 100
    assert not buckets.take("999")


async def test_a_name_is_looked_up_now_and_then_and_what_was_known_outlives_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exempt = Exempt(["localhost"])
    assert await exempt.has("127.0.0.1")
    assert not await exempt.has(SOMEBODY)
    monkeypatch.setattr(rates, "RESOLVE_EVERY_SECONDS", 0)
    exempt._names = ["there.is.no.such.name.invalid"]
    assert await exempt.has("127.0.0.1")
    assert not await exempt.has("not an address")


def test_the_settings_name_networks() -> None:
    for wrong in ("*", "gateway", "10.0.0.1/8"):
        with pytest.raises(ValueError, match="networks"):
            Settings(**SETTINGS | {"trusted_proxies": wrong})
