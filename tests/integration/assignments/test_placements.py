"""Placements over HTTP, in the database and in the events."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from assignments import placement_store
from assignments.app import build
from assignments.domain.placement import AFTER_CLOSING
from assignments.erasure import ERASURE
from assignments.republishing import publish_placements
from assignments.settings import AssignmentsSettings
from assignments.taking_back import take_back
from chassis.database import Pool, open_pool
from chassis.erasure import CHASSIS
from support import placements
from support.openapi import SETTINGS
from support.placements import NOW, agree, an_opdracht, erased, heard, known, said, somebody
from support.served import served

ANY = {"If-Match": "*"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(AssignmentsSettings(**SETTINGS)), pool) as client:
        yield client


def wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["pointer"] for error in answer.json()["errors"]]


async def agreed(
    http: httpx.AsyncClient, assignment_id: str, profile_id: UUID, **terms: Any
) -> dict[str, Any]:
    answer = await agree(http, assignment_id, profile_id, **terms)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def end(http: httpx.AsyncClient, placement: dict[str, Any], day: str, reason: str) -> httpx.Response:
    body = {"ended_on": day, "reason": reason}
    return await http.post(f"/placements/{placement['placement_id']}/end", json=body)


async def state_of(http: httpx.AsyncClient, assignment_id: str) -> tuple[str, str | None]:
    found = (await http.get(f"/assignments/{assignment_id}")).json()
    return found["state"], found["closed_reason"]


async def test_a_placement_is_answered_kept_and_told_in_full(pool: Pool, http: httpx.AsyncClient) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    answer = await agree(http, opdracht, anna)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    placement = answer.json()
    assert placement == {
        **placements.TERMS,
        "placement_id": placement["placement_id"],
        "version": 1,
        "assignment_id": opdracht,
        "profile_id": str(anna),
        "organisation_type": "gemeente",
        "level": "medior",
        "state": "agreed",
        "ended_on": None,
        "ended_reason": None,
    }
    shown = await http.get(answer.headers["Location"])
    assert (shown.json(), shown.headers["ETag"]) == (placement, '"1"')
    assert (await http.get(f"/assignments/{opdracht}/placements")).json()["items"] == [placement]
    assert await said(pool, "placements") == [("PlacementAgreed.v1", placement)]


async def test_an_opdracht_closes_as_filled_with_its_last_position_and_stays_closed(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    opdracht = await an_opdracht(http, positions=2)
    first = await agreed(http, opdracht, await somebody(pool))
    assert await state_of(http, opdracht) == ("open", None)
    await agreed(http, opdracht, await somebody(pool))
    assert await state_of(http, opdracht) == ("closed", "filled")
    kinds = [kind for kind, _ in await said(pool, "assignments")]
    assert kinds == ["AssignmentOpened.v1", "AssignmentClosed.v1"]
    full = await agree(http, opdracht, await somebody(pool))
    assert full.status_code == 409
    assert (await end(http, first, "2027-02-01", "cancelled")).status_code == 200
    assert await state_of(http, opdracht) == ("closed", "filled")
    await agreed(http, opdracht, await somebody(pool))  # a position is free again
    assert (await agree(http, opdracht, await somebody(pool))).status_code == 409


async def test_an_open_opdracht_whose_positions_become_as_few_as_are_placed_closes(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    opdracht = await an_opdracht(http, positions=3)
    await agreed(http, opdracht, await somebody(pool))
    answer = await http.patch(f"/assignments/{opdracht}", json={"positions": 1}, headers=ANY)
    assert (answer.json()["state"], answer.json()["closed_reason"]) == ("closed", "filled")
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'


async def test_who_and_what_can_be_placed(pool: Pool, http: httpx.AsyncClient) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    assert wrong(await agree(http, opdracht, uuid4())) == ["/profile_id"]
    assert (await agree(http, str(uuid4()), anna)).status_code == 404
    draft = await an_opdracht(http, open=False)
    assert (await agree(http, draft, anna)).status_code == 409
    withdrawn = await an_opdracht(http)
    await http.post(f"/assignments/{withdrawn}/close", json={"reason": "withdrawn"})
    assert (await agree(http, withdrawn, anna)).status_code == 409
    await heard(pool, [erased(anna), known(anna, 9)])
    assert wrong(await agree(http, opdracht, anna)) == ["/profile_id"]
    assert await pool.fetchval("SELECT count(*) FROM placements") == 0


@pytest.mark.parametrize(
    ("days", "status"), [(AFTER_CLOSING - timedelta(hours=1), 201), (AFTER_CLOSING + timedelta(hours=1), 409)]
)
async def test_after_it_closed_somebody_can_be_placed_for_ninety_days(
    pool: Pool, http: httpx.AsyncClient, days: timedelta, status: int
) -> None:
    opdracht = await an_opdracht(http)
    await http.post(f"/assignments/{opdracht}/close", json={"reason": "filled"})
    await pool.execute("UPDATE assignments SET updated_at = now() - $1::interval", days)
    assert (await agree(http, opdracht, await somebody(pool))).status_code == status
    assert await state_of(http, opdracht) == ("closed", "filled")


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"ends_on": "2027-01-03"}, "/ends_on"),
        ({"hours": 41}, "/hours"),
        ({"hours": 0}, "/hours"),
        ({"hours": "24"}, "/hours"),
        ({"rate_cents": -1}, "/rate_cents"),
        ({"contract_form": "uitzenden"}, "/contract_form"),
        ({"starts_on": "morgen"}, "/starts_on"),
        ({"note": "x"}, "/note"),
    ],
)
async def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(
    pool: Pool, http: httpx.AsyncClient, terms: dict[str, Any], pointer: str
) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    assert wrong(await agree(http, opdracht, anna, **terms)) == [pointer]
    assert await said(pool, "placements") == []


async def test_the_hours_of_one_person_are_forty_a_week_on_the_busiest_day(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http, positions=9)
    first = await agreed(http, opdracht, anna, hours=24)
    await agreed(http, opdracht, anna, hours=16, starts_on="2027-03-01", ends_on="2027-12-31")
    assert wrong(await agree(http, opdracht, anna, hours=1, starts_on="2027-04-30")) == ["/hours"]
    beside = await agreed(http, opdracht, anna, hours=24, starts_on="2027-05-01", ends_on="2027-06-01")
    path = f"/placements/{first['placement_id']}"
    longer = {**placements.TERMS, "ends_on": "2027-05-01"}
    assert wrong(await http.put(path, json=longer, headers=ANY)) == ["/hours"]
    await end(http, beside, "2027-05-02", "cancelled")
    assert (await http.put(path, json=longer, headers=ANY)).status_code == 200
    assert (await end(http, first, "2027-02-01", "early")).status_code == 200
    await agreed(http, opdracht, anna, hours=24, starts_on="2027-02-02")
    assert wrong(await agree(http, opdracht, anna, hours=24, starts_on="2027-02-01")) == ["/hours"]


async def test_a_change_names_its_version_and_what_has_ended_stays(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    placement = await agreed(http, opdracht, anna)
    path = f"/placements/{placement['placement_id']}"
    terms = {**placements.TERMS, "ends_on": "2027-06-30", "rate_cents": 10800}
    assert (await http.put(path, json=terms)).status_code == 428
    assert (await http.put(path, json=terms, headers={"If-Match": '"7"'})).status_code == 412
    other = {**terms, "profile_id": str(uuid4())}
    assert wrong(await http.put(path, json=other, headers=ANY)) == ["/profile_id"]
    changed = await http.put(path, json={**terms, "profile_id": str(anna)}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json() == {**placement, **terms, "version": 2}
    for day in ("2027-01-03", "2027-07-01"):
        assert wrong(await end(http, placement, day, "completed")) == ["/ended_on"]
    ended = await end(http, placement, "2027-06-30", "completed")
    last = {**changed.json(), "version": 3, "state": "ended", "ended_on": "2027-06-30"}
    assert ended.json() == {**last, "ended_reason": "completed"}
    assert (await end(http, placement, "2027-06-30", "completed")).status_code == 409
    assert (await http.put(path, json=terms, headers=ANY)).status_code == 409
    assert (await http.get(f"/placements/{uuid4()}")).status_code == 404
    assert await said(pool, "placements") == [
        ("PlacementAgreed.v1", placement),
        ("PlacementChanged.v1", changed.json()),
        ("PlacementEnded.v1", ended.json()),
    ]


async def test_the_same_request_twice_places_once(pool: Pool, http: httpx.AsyncClient) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http, positions=5)
    body, key = {**placements.TERMS, "profile_id": str(anna), "hours": 8}, {"Idempotency-Key": "once"}
    path = f"/assignments/{opdracht}/placements"
    answers = await asyncio.gather(*(http.post(path, json=body, headers=key) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await pool.fetchval("SELECT count(*) FROM placements") == 1


async def test_lists_hold_what_runs_what_ends_and_of_a_professional_the_own_ones(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, bob = await somebody(pool), await somebody(pool)
    opdracht = await an_opdracht(http, positions=9)
    running = await agreed(http, opdracht, anna, hours=8)
    later = await agreed(http, opdracht, anna, hours=8, starts_on="2027-05-01", ends_on="2027-07-01")
    cancelled = await agreed(http, opdracht, anna, hours=8)
    await end(http, cancelled, "2027-02-01", "cancelled")
    his = await agreed(http, opdracht, bob, hours=8)
    await end(http, his, "2027-02-01", "early")

    async def listed(client: httpx.AsyncClient, query: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            answer = (await client.get(f"/placements?limit=1&{query}{cursor}")).json()
            found += [one["placement_id"] for one in answer["items"]]
            if answer["next"] is None:
                return found
            cursor = f"&cursor={answer['next']}"

    def ids(*found: dict[str, Any]) -> list[str]:
        return [one["placement_id"] for one in found]

    assert await listed(http, "") == ids(running, later, cancelled, his)
    assert await listed(http, f"profile_id={anna}") == ids(running, later, cancelled)
    assert await listed(http, "running_on=2027-02-01") == ids(running, his)
    assert await listed(http, "running_on=2027-02-02") == ids(running)
    assert await listed(http, "running_on=2027-02-01&ending_before=2027-04-30") == ids(his)
    assert await listed(http, "ending_before=2027-05-01") == ids(running, his)
    for wrong_day in ("morgen", "0", "2027-02-30"):
        assert wrong(await http.get(f"/placements?running_on={wrong_day}")) == ["/query/running_on"]
    app = build(AssignmentsSettings(**SETTINGS))
    async with served(app, pool, f"professional:{str(bob).upper()}") as own:
        assert await listed(own, "") == await listed(own, f"profile_id={bob}") == ids(his)
        assert (await own.get(f"/placements?profile_id={anna}")).status_code == 403
        assert (await own.post(f"/placements/{ids(his)[0]}/end", json={})).status_code == 403
    async with served(app, pool, "operator") as reader:
        assert len(await listed(reader, "")) == 4
        assert (await agree(reader, opdracht, anna)).status_code == 403


async def test_two_at_once_never_break_the_hours_nor_the_positions(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    """Many at a time for few people and opdrachten, with changes and endings among them."""
    rng, statuses = random.Random(18), set[int]()
    people = [await somebody(pool) for _ in range(3)]
    opdrachten = [await an_opdracht(http, positions=2) for _ in range(4)]

    async def one() -> None:
        answer = await agree(http, rng.choice(opdrachten), rng.choice(people), hours=rng.choice([8, 12]))
        statuses.add(answer.status_code)
        if answer.status_code == 201 and rng.random() < 0.6:
            placement = answer.json()
            terms = {**placements.TERMS, "hours": rng.choice([8, 24, 28])}
            changed = await http.put(f"/placements/{placement['placement_id']}", json=terms, headers=ANY)
            statuses.add(changed.status_code)
            if rng.random() < 0.5:
                await end(http, placement, "2027-02-01", rng.choice(["early", "cancelled"]))

    await asyncio.gather(*(one() for _ in range(120)))
    assert {201, 409} <= statuses <= {200, 201, 409, 422}
    hours = await pool.fetch(
        "SELECT sum(hours) AS hours FROM placements WHERE state = 'agreed' GROUP BY profile_id"
    )
    assert all(row["hours"] <= 40 for row in hours)
    for opdracht in opdrachten:
        taken = await pool.fetchval(
            "SELECT count(*) FROM placements WHERE assignment_id = $1 AND state = 'agreed'", UUID(opdracht)
        )
        assert taken <= 2
    by_key: dict[str, list[int]] = {}
    for _, data in await said(pool, "placements"):
        by_key.setdefault(data["placement_id"], []).append(data["version"])
    assert all(versions == [*range(1, len(versions) + 1)] for versions in by_key.values())


async def test_of_an_erased_person_the_books_keep_the_placement_and_nothing_names_them(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    body = {**placements.TERMS, "profile_id": str(anna)}
    path = f"/assignments/{opdracht}/placements"
    placement = (await http.post(path, json=body, headers={"Idempotency-Key": "a"})).json()
    await heard(pool, [known(anna, 2), erased(anna)])
    await heard(pool, [erased(anna)])
    kind, data = (await said(pool, "placements"))[-1]
    assert kind == "PlacementChanged.v1"
    assert data == {**placement, "profile_id": None, "version": 2}
    assert (await http.get(f"/placements/{placement['placement_id']}")).json() == data
    for table in ("placements", "idempotency"):
        rows = await pool.fetch(f"SELECT t::text AS row FROM {table} AS t")
        assert not any(str(anna) in row["row"] for row in rows)
    assert (await end(http, placement, "2027-04-30", "completed")).json()["version"] == 3
    terms = {**placements.TERMS, "hours": 40}
    assert (
        await http.put(f"/placements/{placement['placement_id']}", json=terms, headers=ANY)
    ).status_code == 409


async def test_every_column_has_a_rule_for_erasures(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    listed = [(rule.table, column) for rule in (*ERASURE, *CHASSIS) for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)


async def test_what_the_database_lost_comes_back_from_the_topic_and_all_is_published_again_above_it(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    anna, opdracht = await somebody(pool), await an_opdracht(http)
    placement = await agreed(http, opdracht, anna)
    await end(http, placement, "2027-02-01", "early")
    published = await said(pool, "placements")
    events = [placements.event(kind, data) for kind, data in published]
    path = f"/placements/{placement['placement_id']}"
    before = (await http.get(path)).json()

    async def back() -> bool:
        async with pool.acquire() as connection, connection.transaction():
            return await take_back(connection, events)

    assert not await back()
    await pool.execute("UPDATE placements SET version = 1, state = 'agreed', ended_reason = NULL")
    assert await back()
    assert (await http.get(path)).json() == before
    await pool.execute("DELETE FROM placements")
    assert await back()
    assert (await http.get(path)).json() == before
    placement_id = UUID(placement["placement_id"])
    await pool.execute("INSERT INTO topic_versions VALUES ($1, 7)", placement_id)
    async with pool.acquire() as connection, connection.transaction():
        assert (await publish_placements(connection, None, NOW)).last == placement_id
        assert (await publish_placements(connection, placement_id, NOW)).last is None
    assert (await said(pool, "placements"))[-1] == ("PlacementEnded.v1", {**before, "version": 8})


async def test_one_that_this_version_cannot_read_is_left_out_of_lists(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    opdracht = await an_opdracht(http, positions=3)
    first, second = [await agreed(http, opdracht, await somebody(pool)) for _ in range(2)]
    newer = UUID(first["placement_id"])
    await pool.execute("UPDATE placements SET level = 'of-a-newer-release' WHERE placement_id = $1", newer)
    listed = (await http.get(f"/assignments/{opdracht}/placements?limit=1")).json()
    assert [one["placement_id"] for one in listed["items"]] == [second["placement_id"]]
    assert (await http.get(f"/placements/{newer}")).status_code == 503
    async with pool.acquire() as connection:
        assert len(await placement_store.page(connection, None, 5)) == 1
        async with connection.transaction():
            published = await publish_placements(connection, None, NOW)
    assert (published.count, published.last) == (1, UUID(second["placement_id"]))
