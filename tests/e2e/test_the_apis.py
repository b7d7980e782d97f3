"""Every answer of the APIs to requests that are wrong, stale, unknown, repeated or not allowed."""

import itertools
import json
import random
import re
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest
from contracts.vocabulary import Role
from support import people as random_facts
from support.openapi import FOLDER
from support.stacks import Stack, until
from uuid_utils.compat import uuid7

NUMBERS = itertools.count(1)
SERVICES = ("profiles", "assignments", "matching", "notifications")


def assignment(**changes: Any) -> dict[str, Any]:
    return {**random_facts.assignment_facts(random.Random(11)), **changes}


def profile(**facts: Any) -> dict[str, Any]:
    """Return somebody new: no two profiles have one address."""
    body = random_facts.profile_body(random.Random(12), "Api", frequency="none")
    contact = {**body["contact"], "email": f"api{next(NUMBERS)}@example.org"}
    return {"contact": contact, "facts": {**body["facts"], **facts}}


async def count(stack: Stack, service: str) -> int:
    return len(await stack.items(service, f"/{service}"))


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_tells_how_it_is(stack: Stack, service: str) -> None:
    async with stack.client(service, role=None) as http:
        for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/docs"):
            assert (await http.get(path)).status_code == 200, path
        assert "outbox_pending" in (await http.get("/metrics")).text


@pytest.mark.parametrize("service", SERVICES)
async def test_head_answers_wherever_get_does(stack: Stack, service: str) -> None:
    documented = json.loads((FOLDER / f"{service}.json").read_text())["paths"]
    paths = [re.sub(r"{\w+}", str(uuid7()), path) for path, item in documented.items() if "get" in item]
    async with stack.client(service) as http:
        for path in [*paths, "/livez", "/readyz", "/metrics", "/openapi.json", "/docs"]:
            async with http.stream("GET", path) as got:
                pass  # one of them does not end
            asked = await http.head(path)
            assert asked.status_code == got.status_code, path
            assert asked.headers["content-type"] == got.headers["content-type"], path
            assert asked.content == b"", path
        assert (await http.head("/nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("/title", "twee\nregels"),
        ("/title", ""),
        ("/description", "x" * 10_001),
        ("/level", "expert"),
        ("/required_specialisms/0", ["toveren"]),
        ("/dossiers", ["klimaat", "klimaat"]),
        ("/hours_min", "24"),
        ("/hours_min", 24.0),
        ("/hours_max", 41),
        ("/hours_max", 1),
        ("/open_to_growth", 1),
        ("/rate_max_cents", 0),
        ("/contract_forms", []),
        ("/ends_on", "2020-01-01"),
        ("/respond_by", "2099-12-20T23:59:00"),
        ("/respond_by", "2020-12-20T23:59:00+01:00"),
        ("/place/latitude", {"name": "x", "latitude": 91, "longitude": 5}),
        ("/weights", {"rate": 99}),
        ("/recruiter/email", {"name": "x", "email": "geen adres"}),
        ("/age", 40),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(stack: Stack, field: str, value: Any) -> None:
    before = await count(stack, "assignments")
    async with stack.client("assignments") as http:
        name = field.split("/")[1]
        answer = await http.post("/assignments", json=assignment(**{name: value}, open=True))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["pointer"] for error in answer.json()["errors"]]
    assert await count(stack, "assignments") == before


@pytest.mark.parametrize(
    ("pointer", "facts"),
    [
        ("/facts/rate_min_cents", {"rate_min_cents": -1}),
        ("/facts/hours_max", {"hours_min": 30, "hours_max": 20}),
        ("/facts/available_until", {"available_from": "2027-02-01", "available_until": "2027-01-31"}),
        (
            "/facts/portfolio/0/ended_on",
            {
                "portfolio": [
                    {
                        "organisation_type": "zorg",
                        "level": "medior",
                        "started_on": "2020-02-02",
                        "ended_on": "2020-02-01",
                    }
                ]
            },
        ),
        ("/facts/date_of_birth", {"date_of_birth": "1980-01-01"}),
    ],
)
async def test_a_wrong_fact_is_named_and_its_value_not_repeated(
    stack: Stack, pointer: str, facts: dict[str, Any]
) -> None:
    before = await count(stack, "profiles")
    async with stack.client("profiles") as http:
        answer = await http.post("/profiles", json=profile(**facts))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "1980" not in answer.text
    assert await count(stack, "profiles") == before


@pytest.mark.parametrize("body", [b"", b"{", b'{"contact": NaN}', b"[]", b"\xff\xfe", b'{"a":"\\ud800"}'])
async def test_a_body_that_is_no_json_object_is_refused(stack: Stack, body: bytes) -> None:
    async with stack.client("profiles") as http:
        answer = await http.post("/profiles", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_over_a_mebibyte_is_413(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        answer = await http.post("/assignments", content=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_versions_guard_changes(stack: Stack) -> None:
    async with stack.client("profiles") as http:
        created = await http.post("/profiles", json=profile())
        assert created.status_code == 201
        assert created.headers["etag"] == '"1"'
        path = created.headers["location"]
        assert UUID(created.json()["profile_id"]).version == 7
        assert (await http.put(path, json=profile())).status_code == 428
        assert (await http.put(path, json=profile(), headers={"If-Match": '"7"'})).status_code == 412
        changed = await http.put(path, json=profile(), headers={"If-Match": '"1"'})
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        assert (await http.put(path, json=profile(), headers={"If-Match": '"1"'})).status_code == 412
        assert (await http.get(path)).json()["version"] == 2


async def test_erasure_leaves_nothing_and_the_id_is_gone(stack: Stack) -> None:
    async with stack.client("profiles") as http:
        path = (await http.post("/profiles", json=profile())).headers["location"]
        assert (await http.get(f"{path}/export")).json()["contact"]["name"] == "Api"
        assert (await http.delete(path)).status_code == 204
        for answer in (
            await http.get(path),
            await http.get(f"{path}/export"),
            await http.delete(path),
            await http.put(path, json=profile(), headers={"If-Match": '"1"'}),
        ):
            assert answer.status_code == 404


async def test_an_erasure_also_forgets_the_answer_that_a_key_would_repeat(stack: Stack) -> None:
    key, body = {"Idempotency-Key": str(uuid7())}, profile()
    async with stack.client("profiles") as http:
        first = await http.post("/profiles", json=body, headers=key)
        assert (await http.delete(first.headers["location"])).status_code == 204
        again = await http.post("/profiles", json=body, headers=key)
    assert again.status_code == 201
    assert again.json()["profile_id"] != first.json()["profile_id"]


async def test_an_unknown_id_is_404_everywhere(stack: Stack) -> None:
    unknown = str(uuid7())
    for service, path in [
        ("profiles", f"/profiles/{unknown}"),
        ("profiles", "/profiles/geen-uuid"),
        ("assignments", f"/assignments/{unknown}"),
        ("matching", f"/assignments/{unknown}/matches"),
        ("matching", f"/assignments/{unknown}/reach"),
        ("matching", f"/assignments/{unknown}/near"),
        ("matching", f"/assignments/{unknown}/why-not/{unknown}"),
        ("notifications", f"/m/{unknown}"),
    ]:
        async with stack.client(service) as http:
            assert (await http.get(path)).status_code == 404, path
    async with stack.client("matching") as http:
        body = {"decision": "nominated", "reason": "x"}
        assert (await http.post(f"/matches/{unknown}/decision", json=body)).status_code == 404


async def test_a_draft_opens_changes_and_closes_for_good(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        draft = await http.post("/assignments", json=assignment())
        path = draft.headers["location"]
        assert (draft.json()["state"], draft.json()["version"]) == ("draft", 1)
        opened = await http.post(f"{path}/open")
        assert (opened.json()["state"], opened.headers["etag"]) == ("open", '"2"')
        changed = await http.put(path, json=assignment(title="Nieuw"), headers={"If-Match": '"2"'})
        assert (changed.json()["title"], changed.json()["version"]) == ("Nieuw", 3)
        assert (await http.post(f"{path}/close", json={"reason": "expired"})).status_code == 422
        closed = await http.post(f"{path}/close", json={"reason": "withdrawn"})
        assert (closed.json()["state"], closed.json()["closed_reason"]) == ("closed", "withdrawn")
        for answer in (
            await http.post(f"{path}/open"),
            await http.post(f"{path}/close", json={"reason": "filled"}),
            await http.put(path, json=assignment(), headers={"If-Match": '"4"'}),
        ):
            assert answer.status_code == 409
        listed = await stack.items("assignments", "/assignments?state=closed")
        assert path.endswith(tuple(item["assignment_id"] for item in listed))


async def test_a_draft_with_a_past_closing_moment_is_kept_but_does_not_open(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        draft = await http.post("/assignments", json=assignment(respond_by="2020-01-01T00:00:00Z"))
        assert draft.status_code == 201
        answer = await http.post(f"{draft.headers['location']}/open")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/respond_by"


async def test_the_same_key_and_body_answer_the_same_once(stack: Stack) -> None:
    before = await count(stack, "profiles")
    key, body = {"Idempotency-Key": str(uuid7())}, profile()
    async with stack.client("profiles") as http:
        first = await http.post("/profiles", json=body, headers=key)
        again = await http.post("/profiles", json=body, headers=key)
        other = await http.post("/profiles", json=profile(rate_min_cents=1), headers=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"]
    assert other.status_code == 422
    assert await count(stack, "profiles") == before + 1


async def test_lists_come_in_pages(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        made = {
            (await http.post("/assignments", json=assignment())).json()["assignment_id"] for _ in range(3)
        }
        for limit in ("0", "201", "x"):
            assert (await http.get(f"/assignments?limit={limit}")).status_code == 422
        assert (await http.get("/assignments?cursor=onzin")).status_code == 422
        assert (await http.get("/assignments?state=kwijt")).status_code == 422
        seen, cursor = [], ""
        while cursor is not None:
            page = (await http.get(f"/assignments?limit=2{cursor and '&cursor=' + cursor}")).json()
            assert len(page["items"]) <= 2
            seen += [item["assignment_id"] for item in page["items"]]
            cursor = page["next"]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


async def status(http: httpx.AsyncClient, method: str, path: str, body: Any = None) -> int:
    headers = {"If-Match": '"1"'} if method == "PUT" else {}
    return (await http.request(method, path, json=body, headers=headers)).status_code


async def test_without_a_token_nothing_is_answered(stack: Stack) -> None:
    some_id = str(uuid7())
    for service, method, path in [
        ("profiles", "GET", "/profiles"),
        ("profiles", "POST", "/profiles"),
        ("profiles", "DELETE", f"/profiles/{some_id}"),
        ("assignments", "POST", "/assignments"),
        ("assignments", "GET", "/assignments"),
        ("matching", "POST", "/reach"),
        ("desk", "GET", "/alerts"),
        ("desk", "GET", "/alerts/history"),
        ("notifications", "GET", "/deliveries"),
    ]:
        async with stack.client(service, role=None) as http:
            answer = await http.request(method, path)
            assert (answer.status_code, path) == (401, path)
            forged = {"Authorization": "Bearer " + stack.headers()["Authorization"][7:-4] + "AAAA"}
            assert (await http.request(method, path, headers=forged)).status_code == 401


async def test_each_role_reaches_what_the_table_says(stack: Stack) -> None:
    body = profile()
    own = (await stack.post("profiles", "/profiles", body)).json()["profile_id"]
    other = (await stack.post("profiles", "/profiles", profile())).json()["profile_id"]
    opened = await stack.post("assignments", "/assignments", assignment())
    path = f"/assignments/{opened.json()['assignment_id']}"
    async with stack.client("profiles", Role.PROFESSIONAL, own) as http:
        assert await status(http, "GET", f"/profiles/{own}") == 200
        assert await status(http, "GET", f"/profiles/{own}/export") == 200
        assert await status(http, "PUT", f"/profiles/{own}", body) == 200
        assert await status(http, "GET", f"/profiles/{other}") == 403
        assert await status(http, "PUT", f"/profiles/{other}", profile()) == 403
        assert await status(http, "DELETE", f"/profiles/{other}") == 403
        assert await status(http, "GET", "/profiles") == 403
        assert (
            await status(http, "POST", "/profiles", profile()) == 422
        )  # an address that is not shown to be theirs
        assert await status(http, "DELETE", f"/profiles/{own}") == 204
    for service in (*SERVICES, "desk"):
        async with stack.client(service, Role.PROFESSIONAL, own) as http:
            assert await status(http, "GET", f"/profiles/{own}/held") == 200
            assert await status(http, "GET", f"/profiles/{other}/held") == 403
    async with stack.client("assignments", Role.OPERATOR) as http:
        assert await status(http, "GET", path) == 200
        assert await status(http, "PUT", path, assignment()) == 403
        assert await status(http, "POST", "/assignments", assignment()) == 403
    async with stack.client("assignments", Role.PROFESSIONAL) as http:
        assert await status(http, "GET", path) == 403
    async with stack.client("matching", Role.PROFESSIONAL) as http:
        assert await status(http, "GET", f"{path}/near") == 403
    async with stack.client("matching", Role.OPERATOR) as http:
        assert await status(http, "GET", f"/assignments/{uuid7()}/near") == 404
        body = {"decision": "rejected", "reason": "x"}
        assert await status(http, "POST", f"/matches/{uuid7()}/decision", body) == 403
    async with stack.client("notifications", Role.PROFESSIONAL) as http:
        assert await status(http, "GET", "/deliveries") == 403
    async with stack.client("desk", Role.PROFESSIONAL) as http:
        assert await status(http, "GET", "/alerts") == 403
        assert await status(http, "GET", "/alerts/history") == 403


async def test_what_moved_to_the_desk_is_found_from_where_it_was(stack: Stack) -> None:
    async with stack.client("notifications", role=None) as http:
        for path in ("/", "/?assignment=1", "/alerts?after=7", "/alerts/history?limit=2&cursor=9"):
            answer = await http.get(path)
            assert (answer.status_code, answer.headers["location"]) == (
                308,
                f"{stack.layout.url('desk')}{path}",
            )


async def test_the_sixth_stream_of_a_reader_is_refused_and_another_reader_is_not(stack: Stack) -> None:
    async with (
        AsyncExitStack() as opened,
        stack.client("desk", subject="veel-tabs") as http,
        stack.client("desk", subject="een-tab") as other,
    ):
        for _ in range(5):
            answer = await opened.enter_async_context(http.stream("GET", "/alerts"))
            assert answer.status_code == 200
        refused = await http.get("/alerts")
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        async with other.stream("GET", "/alerts") as answer:
            assert answer.status_code == 200

    async def places_are_free() -> bool:
        async with stack.client("desk", subject="veel-tabs") as http, http.stream("GET", "/alerts") as again:
            return again.status_code == 200

    await until(places_are_free)
