"""Reacting and selecting: over HTTP, in the database, and in the events."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from assignments import store
from assignments.domain.assignment import Assignment
from chassis.database import Pool
from contracts.facts import AssignmentFacts
from support import people as random_facts
from uuid_utils.compat import uuid7

DAY = timedelta(days=1)


def body(respond_by: datetime) -> dict[str, Any]:
    facts = random_facts.assignment_facts(random.Random(4))
    return {**facts, "respond_by": respond_by.isoformat()}


async def opened(pool: Pool, respond_by: datetime) -> Assignment:
    """Store an assignment that opened a day before its `respond_by`."""
    facts = AssignmentFacts.model_validate_json(json.dumps(body(respond_by)))
    assignment, _ = Assignment.create(uuid7(), facts, respond_by - DAY, opening=True)
    async with pool.acquire() as connection:
        await store.save(connection, assignment)
    return assignment


async def published(pool: Pool) -> list[dict[str, Any]]:
    return [json.loads(row["value"]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY id")]


async def test_an_open_assignment_shows_its_phase_and_no_other_does(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    now = datetime.now(UTC)
    draft = (await http.post("/assignments", json=body(now + DAY))).json()
    reacting = (await http.post("/assignments", json={**body(now + DAY), "open": True})).json()
    selecting = await opened(pool, now - DAY)
    closed = await http.post(f"/assignments/{reacting['assignment_id']}/close", json={"reason": "filled"})
    assert (draft["phase"], reacting["phase"], closed.json()["phase"]) == (None, "reacting", None)
    shown = (await http.get(f"/assignments/{selecting.assignment_id}")).json()
    assert (shown["state"], shown["phase"]) == ("open", "selecting")
    listed = (await http.get("/assignments?state=open")).json()["items"]
    assert [(one["assignment_id"], one["phase"]) for one in listed] == [
        (str(selecting.assignment_id), "selecting")
    ]


async def test_while_selecting_what_is_sent_back_unchanged_is_taken_and_a_new_moment_opens_it_again(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    now = datetime.now(UTC)
    path = f"/assignments/{(await opened(pool, now - DAY)).assignment_id}"
    shown = (await http.get(path)).json()
    sent = {key: shown[key] for key in body(now)}
    changed = await http.put(path, json={**sent, "title": "Nieuw"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["phase"]) == (200, "selecting")
    past = {**sent, "respond_by": (now - 2 * DAY).isoformat()}
    refused = await http.put(path, json=past, headers={"If-Match": '"2"'})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/respond_by"]
    longer = {**sent, "respond_by": (now + DAY).isoformat()}
    again = await http.put(path, json=longer, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["phase"]) == (200, "reacting")


async def test_while_selecting_a_part_is_changed_as_the_whole_is(pool: Pool, http: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    path = f"/assignments/{(await opened(pool, now - DAY)).assignment_id}"
    passed = (await http.get(path)).json()["respond_by"]
    for version, part in (('"1"', {"title": "Nieuw"}), ('"2"', {"respond_by": passed, "positions": 2})):
        changed = await http.patch(path, json=part, headers={"If-Match": version})
        assert (changed.status_code, changed.json()["phase"]) == (200, "selecting")
        assert changed.json()["respond_by"] == passed
    for part in ({"respond_by": (now - 2 * DAY).isoformat()}, {"respond_by": None}):
        refused = await http.patch(path, json=part, headers={"If-Match": '"3"'})
        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/respond_by"]
    again = await http.patch(path, json={"respond_by": (now + DAY).isoformat()}, headers={"If-Match": '"3"'})
    assert (again.status_code, again.json()["phase"], again.json()["title"]) == (200, "reacting", "Nieuw")
    assert [event["version"] for event in await published(pool)] == [2, 3, 4]


async def test_its_events_tell_when_it_opened_first_whatever_became_of_it(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    before = datetime.now(UTC)
    draft = await http.post("/assignments", json=body(before + DAY))
    path = draft.headers["location"]
    assert (await http.post(f"{path}/open")).status_code == 200
    change = await http.put(path, json=body(before + 2 * DAY), headers={"If-Match": '"2"'})
    assert change.status_code == 200
    assert (await http.post(f"{path}/close", json={"reason": "withdrawn"})).status_code == 200
    moments = {event["opened_at"] for event in await published(pool)}
    assert len(moments) == 1
    assert before <= datetime.fromisoformat(moments.pop()) <= datetime.now(UTC)


async def test_one_that_opened_before_that_was_stored_opened_when_it_was_made(pool: Pool) -> None:
    respond_by = datetime.now(UTC) + DAY
    assignment = await opened(pool, respond_by)
    await pool.execute("UPDATE assignments SET opened_at = NULL, updated_at = now()")
    async with pool.acquire() as connection:
        read = await store.get(connection, assignment.assignment_id)
    assert read is not None
    assert read.opened_at == respond_by - DAY


async def test_a_moment_is_taken_in_every_form_of_rfc_3339(http: httpx.AsyncClient) -> None:
    for written, shown in {
        "2099-12-20t12:00:00z": "2099-12-20T12:00:00Z",
        "2099-12-31T23:59:60.25-00:00": "2100-01-01T00:00:00.250000Z",
    }.items():
        made = await http.post("/assignments", json={**body(datetime.now(UTC)), "respond_by": written})
        assert (made.status_code, made.json()["respond_by"]) == (201, shown)


async def test_the_recruiters_number_is_shown_and_told(pool: Pool, http: httpx.AsyncClient) -> None:
    sent = body(datetime.now(UTC) + DAY)
    recruiter = {**sent["recruiter"], "phone": "06 12345678"}
    made = await http.post("/assignments", json={**sent, "recruiter": recruiter, "open": True})
    assert (made.status_code, made.json()["recruiter"]) == (201, recruiter)
    (event,) = await published(pool)
    assert event["recruiter"] == recruiter
