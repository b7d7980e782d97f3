"""PATCH: what a merge patch names is changed, everything else stays, and the whole is checked."""

import random
from typing import Any

import httpx
import pytest
from contracts.vocabulary import Role
from support.people import assignment_facts, profile_body
from support.stacks import Stack
from uuid_utils.compat import uuid7

MERGE = "application/merge-patch+json"


async def patch(
    http: httpx.AsyncClient, path: str, changes: Any, version: str = "*", kind: str = MERGE
) -> httpx.Response:
    sent = http.build_request("PATCH", path, json=changes)
    sent.headers.update({"If-Match": version, "Content-Type": kind})
    return await http.send(sent)


async def a_profile(http: httpx.AsyncClient) -> str:
    body = profile_body(random.Random(8), uuid7().hex)
    created = await http.post("/profiles", json=body)
    assert created.status_code == 201, created.text
    return created.headers["location"]


async def test_of_a_profile_only_what_is_named_changes(stack: Stack) -> None:
    async with stack.client("profiles") as http:
        path = await a_profile(http)
        before = (await http.get(path)).json()
        changes = {
            "contact": {"phone": "0612345678", "preferences": {"frequency": "weekly"}},
            "facts": {"available_from": "2031-01-05", "specialisms": ["redactie"]},
        }
        answer = await patch(http, path, changes, '"1"')
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        after = (await http.get(path)).json()
        assert (await patch(http, path, {}, '"1"')).status_code == 412
        assert (await http.patch(path, json={})).status_code == 428
        cleared = await patch(http, path, {"contact": {"phone": None}}, kind="application/json")
        assert cleared.status_code == 200
        assert (await http.get(path)).json()["contact"]["phone"] is None
    before["version"] = 2
    before["contact"]["phone"] = "0612345678"
    before["contact"]["preferences"]["frequency"] = "weekly"
    before["facts"] |= changes["facts"]
    before["effective_facts"] |= changes["facts"]  # nothing is agreed with them, so these are their own
    assert after == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"facts": {"hours_min": 40, "hours_max": 8}}, "/facts/hours_max"),
        ({"facts": {"level": None}}, "/facts/level"),
        ({"facts": {"salary": 1}}, "/facts/salary"),
        ({"facts": {"salary": None}}, "/facts/salary"),
        ({"contact": {"name": "Anna \u202e"}}, "/contact/name"),
        ({"contact": None}, "/contact"),
        ([], ""),
        ("x", ""),
    ],
)
async def test_what_would_be_wrong_is_named_and_nothing_changes(
    stack: Stack, changes: Any, pointer: str
) -> None:
    async with stack.client("profiles") as http:
        path = await a_profile(http)
        answer = await patch(http, path, changes)
        assert answer.status_code == 422, answer.text
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
        assert (await http.get(path)).json()["version"] == 1
        broken = await http.patch(path, content=b"{", headers={"If-Match": "*", "Content-Type": MERGE})
        assert broken.status_code == 422
        text = await http.patch(path, content=b"{}", headers={"If-Match": "*", "Content-Type": "text/plain"})
        assert text.status_code == 415


async def test_of_an_opdracht_only_what_is_named_changes(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        created = await http.post("/assignments", json=assignment_facts(random.Random(9)))
        path = created.headers["location"]
        answer = await patch(http, path, {"title": "Anders", "organisation": {"name": "Gemeente Anders"}})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        expected = created.json()
        expected |= {"version": 2, "title": "Anders"}
        expected["organisation"]["name"] = "Gemeente Anders"
        assert answer.json() == expected
        assert (await patch(http, path, {"open": True})).json()["state"] == "open"
        past = await patch(http, path, {"respond_by": "2020-01-01T00:00:00Z"})
        assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "/respond_by")
        assert (await http.post(f"{path}/close", json={"reason": "withdrawn"})).status_code == 200
        assert (await patch(http, path, {"title": "Te laat"})).status_code == 409


async def test_null_takes_away_what_stands_within_an_object_too(stack: Stack) -> None:
    async with stack.client("assignments") as http:
        body = assignment_facts(random.Random(10)) | {"weights": {"sector": 60, "rate": 40}}
        path = (await http.post("/assignments", json=body)).headers["location"]
        assert (await patch(http, path, {"weights": {"sector": None}})).status_code == 422
        moved = await patch(http, path, {"weights": {"sector": None, "rate": 50, "dossiers": 50}})
        assert (moved.status_code, moved.json()["weights"]) == (200, {"rate": 50, "dossiers": 50})
        cleared = await patch(http, path, {"weights": None, "rate_max_cents": None, "open": None})
        assert cleared.status_code == 200
        assert (cleared.json()["weights"], cleared.json()["rate_max_cents"]) == (None, None)
        begun = await patch(http, path, {"weights": {"sector": None, "rate": 100}})
        assert begun.json()["weights"] == {"rate": 100}


async def test_a_professional_changes_the_own_profile_only(stack: Stack) -> None:
    async with stack.client("profiles") as http:
        own, other = await a_profile(http), await a_profile(http)
    subject = own.rpartition("/")[2]
    async with stack.client("profiles", Role.PROFESSIONAL, subject) as http:
        changes = {"facts": {"available_from": "2031-01-05"}}
        assert (await patch(http, own, changes)).status_code == 200
        assert (await patch(http, other, changes)).status_code == 403
    async with stack.client("assignments", Role.OPERATOR) as http:
        assert (await patch(http, f"/assignments/{uuid7()}", {})).status_code == 403
