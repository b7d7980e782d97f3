"""What takes others down: more errors, bytes, connections, streams, parts or digits than anybody sends in
earnest. While each is tried, the service answers others and stays within its pod's memory."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.http.requests import MAX_NAMES, MAX_VALUES
from contracts.vocabulary import Role
from support.stacks import Stack, until
from support.under_attack import watched
from uuid_utils.compat import uuid7

from contracts import examples

pytestmark = pytest.mark.alone

JSON = {"Content-Type": "application/json"}
OPENAPI = Path(__file__).parents[2] / "contracts/openapi"
SERVICES = ("profiles", "assignments", "matching", "notifications", "desk")
MANY, LONG = ["x"] * 250_000, 2**63  # of which a mebibyte holds no more
MOST = ["x"] * (MAX_VALUES - 200)  # of which no more is looked at

FACTS, ASSIGNMENT = examples.PROFILE["facts"], examples.ASSIGNMENT
UNKNOWN = {f"x{number}": 1 for number in range(MAX_NAMES)}
ENTRY = {**FACTS["portfolio"][0], "specialisms": ["x"] * 22, "dossiers": ["y"] * 23}
WRONG_FACTS: dict[str, Any] = {
    "a list of 250,000": {"dossiers": MANY},
    "as long a list as is looked at": {"dossiers": MOST},
    "a thousand entries, all wrong": {"portfolio": [ENTRY] * 1_000},
    "lists in lists": {"portfolio": [["x"] * 100] * 600},
    "150 entries of 100 fields that nobody knows": {"portfolio": [UNKNOWN] * 150},
    "80,000 fields that nobody knows": {f"x{number}": 1 for number in range(80_000)},
}


def in_a_row(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def is_told_briefly(answer: httpx.Response) -> None:
    assert answer.status_code == 422
    assert len(answer.content) < 50_000
    assert len(answer.json().get("errors", ())) <= 100


@pytest.fixture(scope="module")
async def own_profile(stack: Stack) -> str:
    """A professional, who attacks by their own profile."""
    contact = {**examples.PROFILE["contact"], "email": f"{uuid7()}@example.org"}
    made = await stack.post("profiles", "/profiles", {"contact": contact, "facts": FACTS})
    return str(made.json()["profile_id"])


@pytest.mark.parametrize("what", WRONG_FACTS)
async def test_a_professionals_own_profile_full_of_errors(stack: Stack, own_profile: str, what: str) -> None:
    body = in_a_row({"contact": examples.PROFILE["contact"], "facts": {**FACTS, **WRONG_FACTS[what]}})
    headers = {**JSON, "If-Match": "*"}
    client = stack.client("profiles", Role.PROFESSIONAL, own_profile)
    async with client as http, watched(stack, "profiles", what):
        put = [http.put(f"/profiles/{own_profile}", content=body, headers=headers) for _ in range(3)]
        for answer in await asyncio.gather(*put):
            is_told_briefly(answer)


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("assignments", "POST", "/assignments"),
        ("assignments", "POST", "/drafts"),
        ("matching", "POST", "/reach"),
    ],
)
async def test_an_opdracht_full_of_errors(stack: Stack, service: str, method: str, path: str) -> None:
    wrong = [
        {**ASSIGNMENT, "required_specialisms": MANY},
        {**ASSIGNMENT, "required_specialisms": MOST},
        {**ASSIGNMENT, **{f"x{number}": 1 for number in range(80_000)}},
        {**ASSIGNMENT, "weights": UNKNOWN},
    ]
    async with stack.client(service) as http, watched(stack, service, f"{path} full of errors"):
        for body in wrong:
            is_told_briefly(await http.request(method, path, content=in_a_row(body), headers=JSON))


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(stack: Stack, service: str, said: bytes = b"") -> Streams:
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.layout.ports[service])
    writer.write(said)
    return reader, writer


@pytest.mark.parametrize("page", ["m", "preferences", "unsubscribe"])
@pytest.mark.parametrize("kind", [b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded"])
async def test_a_form_behind_a_forged_link_is_not_read(stack: Stack, page: str, kind: bytes) -> None:
    head = b"POST /%s/no-such-token HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    begin = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * 65_536
    async with watched(stack, "notifications", f"400 MiB to /{page}"):
        reader, writer = await connect(
            stack, "notifications", head % (page.encode(), kind, 400 * 2**20) + begin
        )
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n")
            assert answer.startswith(b"HTTP/1.1 404 ")  # before the form was sent
            await reader.read()  # until the server ends it
        writer.close()


async def test_six_hundred_connections_that_only_hold_on_are_let_go(stack: Stack) -> None:
    token = stack.headers(Role.OPERATOR)["Authorization"].encode()
    half_body = (
        b"POST /reports HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: 100\r\n\r\nX:" % token
    )
    halves = (b"", b"POST /m/x HTTP/1.1\r\nHost:", half_body)
    async with watched(stack, "notifications", "600 connections"):
        held = [await connect(stack, "notifications", half) for half in halves for _ in range(200)]
        async with asyncio.timeout(120):
            said = [await reader.read() for reader, _ in held]  # until the server ends each
        assert [said.count(b"")] + [one[:13] for one in said[200:]] == [200] + [b"HTTP/1.1 408 "] * 400
        for _, writer in held:
            writer.close()


async def test_one_recruiter_opens_four_hundred_streams_and_has_five(stack: Stack) -> None:
    token = stack.headers(Role.RECRUITER, "many-streams")["Authorization"].encode()
    ask = b"GET /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n" % token
    async with watched(stack, "desk", "400 streams"):
        opened = [await connect(stack, "desk", ask) for _ in range(400)]
        async with asyncio.timeout(120):
            heads = [(await reader.readuntil(b"\r\n\r\n")).lower() for reader, _ in opened]
        refused = [head for head in heads if head.startswith(b"http/1.1 429 ")]
        assert (len(refused), len(heads)) == (395, 400)
        assert all(b"retry-after: " in head for head in refused)
        for _, writer in opened:
            writer.close()

    async def may_again() -> bool:
        client = stack.client("desk", Role.RECRUITER, "many-streams")
        async with client as http, http.stream("GET", "/alerts") as answer:
            return answer.status_code == 200

    await until(may_again)


REPORTS = {
    "150,000 parameters": b"Content-Type: multipart/report" + b"; a=b" * 150_000 + b"\n\nx",
    "3,000 parts in parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level) for level in range(3_000)
    ),
    "100,000 headers": b"X: y\n" * 100_000,
    "an id that is none": b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
    b"Content-Type: message/rfc822\n\nMessage-ID: <------------------------------------@x>\n\n--x--\n",
}


@pytest.mark.parametrize("what", REPORTS)
async def test_a_report_that_is_none(stack: Stack, what: str) -> None:
    async with stack.client("notifications", Role.OPERATOR) as http:
        async with watched(stack, "notifications", f"a report with {what}"):
            answers = await asyncio.gather(*(http.post("/reports", content=REPORTS[what]) for _ in range(3)))
        assert [(one.status_code, one.json()) for one in answers] == [(202, {"taken": False})] * 3


CLIENTS_MAILS = {"lines": "a\n" * 10_000, "days": "1-1-2027 " * 2_222, "places": "Den Haag " * 2_222}


@pytest.mark.parametrize("what", CLIENTS_MAILS)
async def test_a_clients_mail_that_is_none(stack: Stack, what: str) -> None:
    form = {"mail": CLIENTS_MAILS[what], "actie": "lees"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with stack.client("desk") as http, watched(stack, "desk", f"a client's mail full of {what}"):
        pasted = [http.post("/opdrachten/nieuw", data=form, headers=headers) for _ in range(3)]
        assert [page.status_code for page in await asyncio.gather(*pasted)] == [200] * 3


def lists(service: str) -> list[str]:
    """Return the paths of a service's lists, with an id that nothing has."""
    document = json.loads((OPENAPI / f"{service}.json").read_text())
    return [
        path.replace("{", "")
        .replace("}", "")
        .replace("assignment_id", str(uuid7()))
        .replace("profile_id", str(uuid7()))
        for path, operations in document["paths"].items()
        if any(one["name"] == "cursor" for one in operations.get("get", {}).get("parameters", ()))
    ]


def cursors() -> list[str]:
    positions = [str(LONG), str(-LONG - 1), "9" * 30, "9" * 300, "1e5", "\x00", "²", f"{LONG},{LONG}"]
    positions += [
        f"{moment}|{uuid7()}" for moment in ("0000-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", LONG)
    ]
    return [base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in positions]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_cursor_of_ours_with_a_position_that_nothing_has(stack: Stack, service: str) -> None:
    paths = lists(service)
    assert paths
    async with stack.client(service, Role.OPERATOR) as http, watched(stack, service, "cursors"):
        for path in paths:
            for cursor in cursors():
                answer = await http.get(path, params={"cursor": cursor})
                assert answer.status_code in {200, 404, 422}, (path, cursor, answer.text)


@pytest.mark.parametrize("last", ["9" * 5_000, "9" * 30, str(LONG), "-1", "1.5", "²", "x"])
async def test_a_last_event_that_none_can_be(stack: Stack, last: str) -> None:
    async with stack.client("desk") as http, watched(stack, "desk", f"an event's id of {len(last)} letters"):
        asked = await http.get("/alerts", params={"after": last})
        assert asked.status_code == 422
        sent = await http.get("/alerts", headers={b"Last-Event-ID": last.encode()})
        assert sent.status_code == 422


@pytest.mark.parametrize(
    ("service", "path", "kind"),
    [
        ("assignments", "/assignments", b"application/json"),
        ("notifications", "/reports", b"message/rfc822"),
        ("desk", "/later", b"application/x-www-form-urlencoded"),
    ],
)
async def test_a_client_that_hangs_up_within_its_body_is_nothing_to_log(
    stack: Stack, service: str, path: str, kind: bytes
) -> None:
    log = stack.layout.folder("log") / f"{service}.log"
    before = log.stat().st_size
    role = Role.OPERATOR if path == "/reports" else Role.RECRUITER
    token = stack.headers(role)["Authorization"].encode()
    head = (
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nAuthorization: %s\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    for _ in range(20):
        _, writer = await connect(stack, service, head % (path.encode(), kind, token))
        await writer.drain()
        writer.close()
    async with stack.client(service) as http:  # by then it has heard of all that
        assert (await http.get("/livez")).status_code == 200

    async def text() -> AsyncIterator[bytes]:
        yield b"{"

    async with stack.client(service, role) as http:
        await http.post(path, content=text(), headers={"Content-Type": kind.decode()})
    with log.open("rb") as file:
        file.seek(before)
        said = file.read().decode(errors="replace")
    assert "unexpected" not in said
    assert "Exception" not in said
