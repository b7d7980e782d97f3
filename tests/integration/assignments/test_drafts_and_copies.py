"""A draft may be incomplete; once it is whole it is an assignment that nobody else sees, until it opens."""

import asyncio
import copy
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from assignments import taking_back
from assignments.domain.assignment import Assignment
from chassis.database import Pool
from contracts.envelope import Event
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Role
from uuid_utils.compat import uuid7

from contracts import examples

COMPLETE: dict[str, Any] = {**examples.ASSIGNMENT, "respond_by": "2099-12-18T09:00:00+01:00"}
COMPLETE.pop("open", None)
ANY = {"If-Match": "*"}


async def begin(http: httpx.AsyncClient, fields: dict[str, Any]) -> httpx.Response:
    answer = await http.post("/drafts", json=fields)
    assert answer.status_code == 201, answer.text
    return answer


def pointers(answer: httpx.Response) -> set[str]:
    return {error["pointer"] for error in answer.json()["errors"]}


async def shown(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_draft_tells_what_is_missing_and_wrong_and_keeps_what_was_sent(
    http: httpx.AsyncClient,
) -> None:
    sent = {"title": "Woordvoerder", "hours_min": "veel", "level": None, "place": {"name": "Meppel"}}
    begun = await begin(http, sent)
    assert begun.headers["etag"] == '"1"'
    draft = await shown(http, begun.headers["location"])
    assert draft == begun.json()
    assert draft["fields"] == sent
    assert {"/description", "/level", "/place/latitude", "/respond_by"} <= set(draft["missing"])
    assert "/title" not in draft["missing"]
    assert pointers(begun) == {"/hours_min"}
    assert (await http.get(f"/assignments/{draft['draft_id']}")).status_code == 404
    assert (await http.get("/assignments")).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"salary": 1}, "/salary"),
        ({"place": {"province": None}}, "/place/province"),
        ({"open": True}, "/open"),
        ({"title": "a\x00"}, "/title"),
        ({"title": "\u202ea"}, "/title"),
        ({"weights": {"rate\x00": 100}}, "/weights"),
        ([], ""),
    ],
)
async def test_what_no_assignment_can_have_is_refused(
    http: httpx.AsyncClient, fields: Any, pointer: str
) -> None:
    answer = await http.post("/drafts", json=fields)
    assert (answer.status_code, pointers(answer)) == (422, {pointer})
    assert (await http.get("/drafts")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"title": 1e400}', "/title"),
        ('{"hours_min": NaN}', "/hours_min"),
        ('{"rate_max_cents": 99999999999999999999}', "/rate_max_cents"),
        ('{"title": "\\ud800"}', ""),
        (f'{{"title": {"[" * 5000}{"]" * 5000}}}', ""),
        ("", ""),
    ],
)
async def test_what_no_database_can_hold_is_refused(http: httpx.AsyncClient, body: str, pointer: str) -> None:
    answer = await http.post("/drafts", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, pointers(answer)) == (422, {pointer})


async def test_a_whole_draft_is_an_assignment_and_incomplete_again_it_is_none(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    path = (await begin(http, {"title": "Eerst"})).headers["location"]
    draft_id = path.rpartition("/")[2]
    whole = await http.put(path, json=COMPLETE, headers={"If-Match": '"1"'})
    assert (whole.status_code, whole.headers["etag"]) == (200, '"2"')
    assert (whole.json()["missing"], whole.json()["errors"]) == ([], [])
    assignment = (await http.get(f"/assignments/{draft_id}")).json()
    assert (assignment["state"], assignment["version"]) == ("draft", 2)
    changed = await http.put(f"/assignments/{draft_id}", json=COMPLETE | {"title": "Anders"}, headers=ANY)
    assert changed.status_code == 200
    assert (await http.get(path)).json()["fields"]["title"] == "Anders"
    assert (await http.put(path, json={}, headers={"If-Match": '"2"'})).status_code == 412
    assert (await http.put(path, json={})).status_code == 428
    assert (await http.put(path, json={"title": "Weer half"}, headers=ANY)).headers["etag"] == '"4"'
    assert (await http.get(f"/assignments/{draft_id}")).status_code == 404
    listed = (await http.get("/drafts")).json()["items"]
    assert [(one["draft_id"], one["version"]) for one in listed] == [(draft_id, 4)]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_draft_opens_once_it_is_whole_and_is_a_draft_no_more(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    path = (await begin(http, {"title": "Nog niet"})).headers["location"]
    early = await http.post(f"{path}/publish")
    assert early.status_code == 422
    assert "/description" in pointers(early)
    await http.put(path, json=COMPLETE | {"respond_by": "2020-01-01T00:00:00Z"}, headers=ANY)
    assert pointers(await http.post(f"{path}/publish")) == {"/respond_by"}
    await http.put(path, json=COMPLETE, headers=ANY)
    key = {"Idempotency-Key": uuid7().hex}
    published = await http.post(f"{path}/publish", headers=key)
    assert (published.status_code, published.json()["state"]) == (200, "open")
    assert published.headers["etag"] == '"4"'
    assert (await http.post(f"{path}/publish", headers=key)).json() == published.json()
    assert (await http.get(path)).status_code == 404
    for answer in (
        await http.post(f"{path}/publish"),
        await http.put(path, json={}, headers=ANY),
        await http.delete(path),
    ):
        assert answer.status_code == 409
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert (await http.get("/drafts")).json()["items"] == []


async def test_a_deadline_that_has_passed_is_an_error_of_a_draft_whole_or_not(
    http: httpx.AsyncClient,
) -> None:
    late = {"respond_by": "2020-01-01T00:00:00Z"}
    begun = await begin(http, late)
    assert pointers(begun) == {"/respond_by"}
    whole = await http.put(begun.headers["location"], json=COMPLETE | late, headers=ANY)
    assert (whole.json()["missing"], pointers(whole)) == ([], {"/respond_by"})
    assert (await shown(http, f"/assignments/{whole.json()['draft_id']}"))["state"] == "draft"
    wrong = await begin(http, {"respond_by": "2020-01-01"})
    assert len(wrong.json()["errors"]) == 1


async def test_an_assignment_that_is_not_open_yet_is_a_draft_among_the_others(
    http: httpx.AsyncClient,
) -> None:
    created = (await http.post("/assignments", json=COMPLETE | {"open": False})).json()
    path = f"/drafts/{created['assignment_id']}"
    (listed,) = (await shown(http, "/drafts"))["items"]
    assert listed == await shown(http, path)
    assert (listed["version"], listed["missing"], listed["errors"]) == (1, [], [])
    assert listed["fields"] == {name: created[name] for name in listed["fields"]}
    half = await http.put(path, json={"title": listed["fields"]["title"]}, headers={"If-Match": '"1"'})
    assert (half.status_code, half.json()["version"]) == (200, 2)
    assert (await http.get(f"/assignments/{created['assignment_id']}")).status_code == 404


async def test_a_draft_published_by_two_at_once_opens_once(http: httpx.AsyncClient, pool: Pool) -> None:
    path = (await begin(http, COMPLETE)).headers["location"]
    answers = await asyncio.gather(*(http.post(f"{path}/publish") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_an_operator_reads_drafts_and_a_professional_does_not(
    http: httpx.AsyncClient,
) -> None:
    path = (await begin(http, {"title": "Van ons"})).headers["location"]
    operator = {"Authorization": f"Bearer {Role.OPERATOR}"}
    professional = {"Authorization": f"Bearer {Role.PROFESSIONAL}"}
    for read in ("/drafts", path):
        assert (await http.get(read, headers=operator)).status_code == 200
        assert (await http.get(read, headers=professional)).status_code == 403
    for refused in (operator, professional):
        assert (await http.put(path, json={}, headers=ANY | refused)).status_code == 403
        assert (await http.post("/drafts", json={}, headers=refused)).status_code == 403
        assert (await http.post(f"{path}/publish", headers=refused)).status_code == 403
        assert (await http.delete(path, headers=refused)).status_code == 403
    assert (await http.get("/places?q=mep", headers=professional)).status_code == 200


async def test_a_draft_that_was_published_after_the_copy_of_a_database_is_none_after_its_restore(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    path = (await begin(http, {"title": "Half"})).headers["location"]
    draft_id = UUID(path.rpartition("/")[2])
    facts = AssignmentFacts.model_validate_json(json.dumps(COMPLETE))
    now = datetime.now(UTC)
    _, (opened,) = Assignment.create(draft_id, facts, now, opening=True)
    async with pool.acquire() as connection, connection.transaction():
        event = Event(str(uuid7()), "/services/assignments", "AssignmentOpened.v1", draft_id, now, opened)
        assert await taking_back.take_back(connection, [event])
    assert (await http.get(path)).status_code == 404
    assert (await http.put(path, json={}, headers=ANY)).status_code == 409
    assert (await shown(http, f"/assignments/{draft_id}"))["state"] == "open"


async def test_a_draft_is_given_up(http: httpx.AsyncClient) -> None:
    for fields in ({"title": "Half"}, COMPLETE):
        path = (await begin(http, fields)).headers["location"]
        assert (await http.delete(path)).status_code == 204
        assert (await http.get(path)).status_code == 404
        assert (await http.delete(path)).status_code == 404


async def test_a_copy_has_everything_but_the_dates(http: httpx.AsyncClient) -> None:
    opened = await http.post("/assignments", json=COMPLETE | {"open": True})
    path = f"/assignments/{opened.json()['assignment_id']}"
    assert (await http.post(f"{path}/close", json={"reason": "filled"})).status_code == 200
    copied = await http.post(f"{path}/copy")
    assert (copied.status_code, copied.json()["version"]) == (201, 1)
    assert {"/starts_on", "/respond_by"} <= set(copied.json()["missing"])
    expected = copy.deepcopy(opened.json())
    for name in (
        "assignment_id",
        "version",
        "state",
        "phase",
        "closed_reason",
        "starts_on",
        "ends_on",
        "respond_by",
    ):
        expected.pop(name)
    assert copied.json()["fields"] == expected
    assert (await http.post(f"/assignments/{uuid7()}/copy")).status_code == 404


async def test_changes_at_once_leave_one_draft_in_one_place(http: httpx.AsyncClient, pool: Pool) -> None:
    path = (await begin(http, {"title": "Druk"})).headers["location"]
    bodies = [COMPLETE if number % 2 else {"title": f"Half {number}"} for number in range(20)]
    answers = await asyncio.gather(*(http.put(path, json=body, headers=ANY) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert (await http.get(path)).json()["version"] == 21
    counts = "SELECT (SELECT count(*) FROM drafts) + (SELECT count(*) FROM assignments)"
    assert await pool.fetchval(counts) == 1


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("mep", "Meppel"),
        ("DEN HA", "Den Haag"),
        ("s gravenhage", "Den Haag"),
        ("'s-Hert", "'s-Hertogenbosch"),
        ("den bosch", "'s-Hertogenbosch"),
        ("Den Haag", "Den Haag"),
        ("the hague", "Den Haag"),
        ("'s-gravenhage", "Den Haag"),
        ("flushing", "Vlissingen"),
        ("damwald", "Damwâld"),
        ("Damwoude", "Damwâld"),
        ("Bergum", "Burgum"),
        ("Frjentsjer", "Franeker"),
        ("st. willebrord", "Sint Willebrord"),
        ("ee", "Ie"),  # of exactly that name, before larger ones that begin so
        ("beek", "Beek"),
        ("almere", "Almere"),
        ("hengelo", "Hengelo"),
        ("hengelo g", "Hengelo (Gelderland)"),
        ("renswoude", "Renswoude"),
        ("vlieland", "Oost-Vlieland"),
    ],
)
async def test_a_place_is_found_by_the_beginning_of_its_name(
    http: httpx.AsyncClient, q: str, first: str
) -> None:
    items = (await http.get("/places", params={"q": q})).json()["items"]
    assert items[0]["name"] == first
    drafted = await begin(http, {"place": items[0]})
    assert not [at for at in drafted.json()["missing"] if at.startswith("/place")]
    assert drafted.json()["errors"] == []


async def test_a_place_tells_by_which_of_its_names_it_was_found(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/places", params={"q": "den "})).json()
    found = dict(zip(answer["found"], (place["name"] for place in answer["items"]), strict=True))
    assert found["Den Haag"] == "Den Haag"
    assert found["Den Bosch"] == "'s-Hertogenbosch"


@pytest.mark.parametrize("name", ["The Hague", "Den Haag", "'s-Gravenhage", "Nergenshuizen"])
async def test_any_name_of_a_place_is_taken_and_read_again_as_it_was_sent(
    http: httpx.AsyncClient, name: str
) -> None:
    place = {"name": name, "latitude": 52.07667, "longitude": 4.29861}
    made = await http.post("/assignments", json=examples.ASSIGNMENT | {"place": place})
    assert made.status_code == 201, made.text
    read = await http.get(f"/assignments/{made.json()['assignment_id']}")
    assert read.json()["place"] == place


async def test_places_that_begin_alike_come_largest_first_and_no_more_than_twenty(
    http: httpx.AsyncClient,
) -> None:
    found = [place["name"] for place in (await http.get("/places?q=r")).json()["items"]]
    assert found[0] == "Rotterdam"
    assert len(found) <= 20
    assert (await http.get("/places?q=xyz")).json()["items"] == []
    assert (await http.get("/places?q=")).status_code == 422
