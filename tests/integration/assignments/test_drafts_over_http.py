"""What the desk asks of assignments for drafts, copies and places, over HTTP: ids that are none, pages of a
list, wrong questions, and what is done once however often it is sent."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool

from contracts import examples

WHOLE: dict[str, Any] = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
ANY = {"If-Match": "*"}
OF_AN_ID = (
    ("GET", "/drafts/{}"),
    ("PUT", "/drafts/{}"),
    ("DELETE", "/drafts/{}"),
    ("POST", "/drafts/{}/publish"),
    ("POST", "/assignments/{}/copy"),
    ("PATCH", "/assignments/{}"),
)


async def a_draft(http: httpx.AsyncClient) -> str:
    answer = await http.post("/drafts", json=WHOLE)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["draft_id"])


async def ten_times(http: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:
    """Post the same ten times at once with one key; return the answer, which is the same each time."""
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(http.post(path, json=body, headers=key) for _ in range(10)))
    assert {answer.is_success for answer in answers} == {True}, answers[0].text
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    return answers[0]


@pytest.mark.parametrize("strange", [str(UUID(int=7)), "0", "onzin", "%00", "..%2F..", "a" * 300])
async def test_an_id_that_nothing_has_is_not_found(http: httpx.AsyncClient, strange: str) -> None:
    for method, path in OF_AN_ID:
        body = {"title": "x"} if method in {"PUT", "PATCH"} else None
        answer = await http.request(method, path.format(strange), json=body, headers=ANY)
        assert answer.status_code == 404, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_open_is_no_draft_and_what_is_a_draft_is_not_changed_as_if_it_were_open(
    http: httpx.AsyncClient,
) -> None:
    opened = (await http.post("/assignments", json={**WHOLE, "open": True})).json()["assignment_id"]
    assert (await http.get(f"/drafts/{opened}")).status_code == 404
    assert (await http.delete(f"/drafts/{opened}")).status_code == 409
    assert (await http.put(f"/drafts/{opened}", json={}, headers=ANY)).status_code in {404, 409}
    assert (await http.get(f"/assignments/{opened}")).json()["state"] == "open"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("/drafts?limit=0", "/query/limit"),
        ("/drafts?limit=veel", "/query/limit"),
        ("/drafts?cursor=onzin", "/query/cursor"),
        ("/places", "/query/q"),
        ("/places?q=", "/query/q"),
        ("/places?q=" + "a" * 101, "/query/q"),
    ],
)
async def test_a_wrong_question_is_told_where(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await http.get(query)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("typed", ["\x00", "%", "<script>", "a\u202eb", "🙈", "' OR 1=1 --", ".*"])
async def test_what_is_typed_for_a_place_is_no_pattern(http: httpx.AsyncClient, typed: str) -> None:
    answer = await http.get("/places", params={"q": typed})
    assert answer.status_code == 200
    assert len(answer.json()["items"]) <= 20


async def test_drafts_come_in_pages_that_hold_each_of_them_once(http: httpx.AsyncClient) -> None:
    begun = {await a_draft(http) for _ in range(5)}
    found: list[str] = []
    params = {"limit": "2"}
    while True:
        page = (await http.get("/drafts", params=params)).json()
        assert len(page["items"]) <= 2
        found += [item["draft_id"] for item in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert sorted(found) == sorted(begun)


async def test_drafts_are_counted_whole_ones_and_others(http: httpx.AsyncClient) -> None:
    assert (await http.get("/draft-count")).json() == {"count": 0}
    whole = await a_draft(http)
    await http.post("/drafts", json={"title": "Half"})
    await http.post("/assignments", json={**WHOLE, "open": True})
    assert (await http.get("/draft-count")).json() == {"count": 2}
    await http.delete(f"/drafts/{whole}", headers=ANY)
    assert (await http.get("/draft-count")).json() == {"count": 1}


async def test_ten_at_once_with_one_key_begin_publish_and_copy_once(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    begun = await ten_times(http, "/drafts", WHOLE)
    assert await pool.fetchval("SELECT count(*) FROM assignments") == 1
    await ten_times(http, f"/drafts/{begun.json()['draft_id']}/publish")
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    copied = await ten_times(http, f"/assignments/{begun.json()['draft_id']}/copy")
    assert copied.json()["draft_id"] != begun.json()["draft_id"]
    assert await pool.fetchval("SELECT count(*) FROM drafts") == 1  # without dates it is not whole


async def test_of_ten_changes_of_one_version_at_once_one_is_made(http: httpx.AsyncClient, pool: Pool) -> None:
    opened = (await http.post("/assignments", json={**WHOLE, "open": True})).json()["assignment_id"]
    headers = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    changes = [{"title": f"Titel {number}"} for number in range(10)]
    answers = await asyncio.gather(
        *(http.patch(f"/assignments/{opened}", json=change, headers=headers) for change in changes)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 2
