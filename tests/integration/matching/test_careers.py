"""The routes of a professional's career: who may ask, what is answered, and what is refused."""

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from contracts.vocabulary import PEOPLE, Decision, Role
from matching.domain.match import match_id
from matching.replica import Replica
from support.career_reference import close
from support.replicas import (
    NOW,
    Node,
    assignment_event,
    declined,
    erasure,
    fitting,
    nodes,
    profile_event,
    undemanding,
)

ANNA, BEN, NOBODY = UUID(int=11), UUID(int=12), UUID(int=13)
FITS, DEAR, FAR, GONE, OLD = (UUID(int=number) for number in range(1, 6))
ASKED = undemanding() | {"rate_max_cents": 9000, "onsite_days": 2, "weights": {"availability": 100}}
ELSEWHERE = {"name": "Maastricht", "latitude": 50.84833, "longitude": 5.68889}
ANNAS = fitting(ASKED, 7) | {"rate_min_cents": 8000, "place": ASKED["place"], "max_distance_km": 50}
GETS = ("matches", "near", "levers", "outlook")


@pytest.fixture
async def node(database: str) -> AsyncIterator[Node]:
    async with nodes(database, 1) as (one,):
        rng = random.Random(1)
        asked: dict[UUID, dict[str, Any]] = {
            FITS: {},
            DEAR: {"rate_max_cents": 7800},
            FAR: {"place": ELSEWHERE},
            GONE: {},
            OLD: {},
        }
        for assignment_id, other in asked.items():
            await one.digest([assignment_event(assignment_id, 1, ASKED | other)], rng)
        await one.digest([assignment_event(OLD, 2, ASKED, closed=True)], rng)
        await one.digest([profile_event(ANNA, 1, ANNAS)], rng)
        await one.digest([profile_event(BEN, 1, ANNAS | {"status": "paused"})], rng)
        await one.digest([declined(GONE, ANNA)], rng)
        yield one


def as_anna(node: Node) -> httpx.AsyncClient:
    return node.client("Anna", Role.PROFESSIONAL, str(ANNA).upper())


async def get(http: httpx.AsyncClient, path: str, **asked: Any) -> Any:
    answer = await http.get(f"/profiles/{ANNA}/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def what_if(http: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await http.post(f"/profiles/{ANNA}/what-if", json=body)


async def test_a_professional_reaches_the_own_career_only_and_staff_everybodys(node: Node) -> None:
    callers = {role: node.client("somebody", role, str(ANNA)) for role in PEOPLE}
    for role, http in callers.items():
        for whose, status in ((ANNA, 200), (BEN, 403 if role is Role.PROFESSIONAL else 200)):
            for path in GETS:
                answer = await http.get(f"/profiles/{whose}/{path}")
                assert answer.status_code == status, (role, path, answer.text)
            asked = await http.post(f"/profiles/{whose}/what-if", json={"changes": {}})
            assert asked.status_code == status
        await http.aclose()


async def test_whoever_is_unknown_or_erased_has_no_career(node: Node) -> None:
    await node.digest([erasure(BEN)], random.Random(1))
    async with node.client() as http:
        for whose in (NOBODY, BEN, "geen-id"):
            for path in GETS:
                assert (await http.get(f"/profiles/{whose}/{path}")).status_code == 404
            assert (await http.post(f"/profiles/{whose}/what-if", json={"changes": {}})).status_code == 404


async def test_matches_are_the_live_ones_the_best_first_and_say_how_they_stand(node: Node) -> None:
    later = ASKED | {"starts_on": ASKED["starts_on"], "weights": {"rate": 100}}
    other = UUID(int=9)
    await node.digest([assignment_event(other, 1, later | {"rate_max_cents": None})], random.Random(1))
    assert await node.decide(match_id(FITS, ANNA), Decision.INVITED)
    async with as_anna(node) as http:
        shown = await get(http, "matches")
        assert [(item["assignment_id"], item["state"]) for item in shown["items"]] == [
            (str(other), "proposed"),
            (str(FITS), "invited"),
        ]
        first = await get(http, "matches", limit=1)
        second = await get(http, "matches", limit=1, cursor=first["next"])
        assert [*first["items"], *second["items"]] == shown["items"]
        assert second["next"] is None


async def test_what_nearly_fits_comes_with_the_rule_and_its_facts_page_by_page(node: Node) -> None:
    async with as_anna(node) as http:
        shown = (await get(http, "near"))["items"]
        assert [(item["assignment_id"], item["score_if"]) for item in shown] == [
            (str(DEAR), 75.0),
            (str(FAR), 75.0),
        ]
        assert shown[0]["missing"] == [
            {"rule": "rate", "facts": {"rate_min_cents": 8000, "rate_max_cents": 7800}}
        ]
        first = await get(http, "near", limit=1)
        second = await get(http, "near", limit=1, cursor=first["next"])
        assert [*first["items"], *second["items"]] == shown
    async with node.client() as http:
        assert (await http.get(f"/profiles/{BEN}/near")).json() == {"items": [], "next": None}


async def test_what_if_tells_what_is_gained_and_lost_and_stores_nothing(node: Node) -> None:
    async with as_anna(node) as http:
        answer = await what_if(http, {"changes": {"rate_min_cents": 7500, "max_distance_km": 500}})
        body = answer.json()
        assert (body["career"], body["now"], body["then"], body["lost"]) == ("2026.1", 1, 3, [])
        assert [(item["assignment_id"], item["score"], item["growth"]) for item in body["gained"]] == [
            (str(DEAR), 75.0, False),
            (str(FAR), 75.0, False),
        ]
        assert {item["explanation"][4]["criterion"] for item in body["gained"]} == {"availability"}
        lost = (await what_if(http, {"changes": {"rate_min_cents": 9100}})).json()
        assert (lost["now"], lost["then"], lost["gained"], lost["lost"]) == (1, 0, [], [str(FITS)])
        paused = (await what_if(http, {"changes": {"status": "paused"}})).json()
        assert (paused["then"], paused["lost"]) == (0, [str(FITS)])
        assert (await what_if(http, {"changes": {}})).json()["then"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"changes": {"hours_min": 41}}, "/changes/hours_min"),
        ({"changes": {"hours_min": "16"}}, "/changes/hours_min"),
        ({"changes": {"hours_min": 40, "hours_max": 8}}, "/changes/hours_max"),
        ({"changes": {"available_until": "2020-01-01"}}, "/changes/available_until"),
        ({"changes": {"age": 30}}, "/changes/age"),
        ({"changes": {"ambition": {"direction": "omhoog"}}}, "/changes/ambition/direction"),
        ({"changes": {"specialisms": ["redactie", "redactie"]}}, "/changes/specialisms"),
        ({"changes": {"level": None}}, "/changes/level"),
        ({"changes": {"contract_forms": []}}, "/changes/contract_forms"),
        ({"changes": 5}, "/changes"),
        ({"changes": None}, "/changes"),
        ({}, "/changes"),
        ({"changes": {}, "store": True}, "/store"),
        ([], ""),
    ],
)
async def test_what_if_refuses_what_is_no_fact_and_says_where(node: Node, body: Any, pointer: str) -> None:
    async with as_anna(node) as http:
        answer = await what_if(http, body)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_lever_is_what_what_if_takes(node: Node) -> None:
    async with as_anna(node) as http:
        levers = await get(http, "levers")
        assert levers["career"] == "2026.1"
        (less,) = levers["items"]
        assert less == {"change": {"rate_min_cents": 7500}, "adds": 1, "loses": 0, "adds_year": 1}
        await node.digest([profile_event(ANNA, 2, ANNAS | {"max_distance_km": 150})], random.Random(1))
        levers = await get(http, "levers")
        (further,) = levers["items"]
        assert further == {"change": {"max_distance_km": 200.0}, "adds": 1, "loses": 0, "adds_year": 1}
        for item in [*levers["items"], levers["pair"]]:
            answer = (await what_if(http, {"changes": item["change"]})).json()
            assert (len(answer["gained"]), len(answer["lost"])) == (item["adds"], item["loses"])


async def test_the_outlook_counts_closed_assignments_and_looks_from_a_day(node: Node) -> None:
    async with node.client() as http:
        shown = await get(http, "outlook", today="2026-11-24")
        assert (shown["career"], shown["today"]) == ("2026.1", "2026-11-24")
        assert (shown["rate"]["n"], shown["rate"]["widened"]) == (5, True)
        assert close(shown["rate"]["pays"], {"-500": 1.0, "0": 0.8, "500": 0.8, "1000": 0.8})
        assert shown["rate"]["agreed"] is None
        assert shown["gaps"]["placement_ends"] is None
        assert shown["words"]["rate"][0] == "het hoogste dat opdrachtgevers noemen, niet wat betaald is"
        a_year_later = (NOW.date() + timedelta(days=366)).isoformat()
        late = await get(http, "outlook", today=a_year_later)
        assert late["rate"] is None
        assert late["words"]["rate"] == ["te weinig opdrachten om iets te zeggen"]
        assert date.fromisoformat((await get(http, "outlook"))["today"])
        for wrong in ("gisteren", "20261124", "1700000000"):
            answer = await http.get(f"/profiles/{ANNA}/outlook", params={"today": wrong})
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == "/query/today"
        for far in ("0001-01-01", "9999-12-31"):
            assert (await get(http, "outlook", today=far))["today"] == far
            await get(http, "levers", today=far)


async def test_only_staff_names_another_day(node: Node) -> None:
    async with as_anna(node) as http:
        for path in ("levers", "outlook"):
            answer = await http.get(f"/profiles/{ANNA}/{path}", params={"today": "2026-11-24"})
            assert answer.status_code == 403


async def test_until_the_closed_ones_are_read_levers_and_outlook_say_to_try_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting = Replica(node.replica._pool)
    monkeypatch.setattr(node, "replica", starting)
    async with as_anna(node) as http:
        for path in ("levers", "outlook"):
            answer = await http.get(f"/profiles/{ANNA}/{path}")
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
        await get(http, "near")
        await get(http, "matches")
        assert (await what_if(http, {"changes": {}})).status_code == 200
        while await starting.load_closed(NOW - timedelta(days=365)):
            pass
        await get(http, "levers")
        await get(http, "outlook")
