"""`/assignments/{id}/near`: who is on it and who is not, as pairs live and end, and page by page."""

import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from contracts.vocabulary import Decision
from matching.domain.match import match_id
from support.replicas import Node, assignment_event, declined, fitting, nodes, profile_event, undemanding

OPDRACHT = UUID(int=1)
FITS, DEAR, DEARER, FAR, PAUSED, LATE = (UUID(int=number) for number in range(11, 17))
ASKED = undemanding() | {"rate_max_cents": 9000, "onsite_days": 2, "weights": {"availability": 100}}


def people() -> dict[UUID, dict[str, Any]]:
    somebody = fitting(ASKED, 7) | {"rate_min_cents": 8000, "place": ASKED["place"], "max_distance_km": 50}
    elsewhere = {"name": "Maastricht", "latitude": 50.84833, "longitude": 5.68889}
    return {
        FITS: somebody,
        DEAR: somebody | {"rate_min_cents": 9500},
        DEARER: somebody | {"rate_min_cents": 9900, "available_from": ASKED["starts_on"]},
        FAR: somebody | {"place": elsewhere, "max_distance_km": 0},
        PAUSED: somebody | {"status": "paused"},
        LATE: somebody | {"rate_min_cents": 9500, "max_distance_km": 0, "place": elsewhere},
    }


@pytest.fixture
async def node(database: str) -> AsyncIterator[Node]:
    async with nodes(database, 1) as (one,):
        rng = random.Random(1)
        await one.digest([assignment_event(OPDRACHT, 1, ASKED)], rng)
        await one.digest([profile_event(who, 1, facts) for who, facts in people().items()], rng)
        yield one


async def near(http: httpx.AsyncClient, **asked: Any) -> list[tuple[UUID, list[str], float]]:
    answer = await http.get(f"/assignments/{OPDRACHT}/near", params=asked)
    assert answer.status_code == 200, answer.text
    return [
        (UUID(item["profile_id"]), [missed["rule"] for missed in item["missing"]], item["score_if"])
        for item in answer.json()["items"]
    ]


async def test_whoever_misses_one_rule_is_near_with_its_facts_the_best_first(node: Node) -> None:
    assert await node.live(OPDRACHT) == {FITS}
    async with node.client() as http:
        dearer, dear, far = (DEARER, ["rate"], 100.0), (DEAR, ["rate"], 75.0), (FAR, ["distance"], 75.0)
        assert await near(http) == [dearer, dear, far]
        assert await near(http, rule="rate") == [dearer, dear]
        assert await near(http, rule="active") == await near(http, rule="unanswered") == []
        answer = (await http.get(f"/assignments/{OPDRACHT}/near?limit=1")).json()
        assert answer["items"] == [
            {
                "profile_id": str(DEARER),
                "missing": [
                    {"rule": "rate", "facts": {"rate_min_cents": 9900, "rate_max_cents": 9000}},
                ],
                "score_if": 100.0,
            }
        ]
        found = []
        while answer["next"]:
            found += answer["items"]
            path = f"/assignments/{OPDRACHT}/near?limit=1&cursor={answer['next']}"
            answer = (await http.get(path)).json()
        found += answer["items"]
        assert [UUID(item["profile_id"]) for item in found] == [DEARER, DEAR, FAR]


async def test_whoever_fits_but_scores_too_little_is_near_without_a_rule(node: Node) -> None:
    weak = people()[FITS] | {"available_from": ASKED["starts_on"]}
    change = ASKED | {
        "weights": {"dossiers": 51, "availability": 49},
        "dossiers": ["water", "landbouw-en-natuur"],
    }
    await node.digest([profile_event(FITS, 2, weak | {"dossiers": []})], random.Random(1))
    await node.digest([assignment_event(OPDRACHT, 2, change)], random.Random(1))
    assert await node.live(OPDRACHT) == set()
    async with node.client() as http:
        assert (FITS, [], 49.0) in await near(http)
        assert FITS not in [one for one, _, _ in await near(http, rule="rate")]


async def test_whoever_is_live_declined_or_was_rejected_is_not_near(node: Node) -> None:
    rng = random.Random(1)
    cheaper = people()[DEAR] | {"rate_min_cents": 8000}
    await node.digest([profile_event(DEAR, 2, cheaper)], rng)
    assert await node.live(OPDRACHT) == {FITS, DEAR}
    assert await node.decide(match_id(OPDRACHT, FITS), Decision.REJECTED)
    await node.digest([declined(OPDRACHT, DEAR)], rng)
    await node.reconciler.fulfil_requests()
    assert await node.live(OPDRACHT) == set()
    async with node.client() as http:
        assert [one for one, _, _ in await near(http)] == [DEARER, FAR]
        # Nor with a rule more that fails now.
        await node.digest([profile_event(DEAR, 3, people()[DEAR])], rng)
        assert [one for one, _, _ in await near(http)] == [DEARER, FAR]


async def test_a_closed_opdracht_is_answered_by_its_last_facts(node: Node) -> None:
    async with node.client() as http:
        before = await near(http)
        await node.digest([assignment_event(OPDRACHT, 2, ASKED, closed=True)], random.Random(1))
        assert await node.live(OPDRACHT) == set()
        assert await near(http) == before


@pytest.mark.parametrize(
    ("asked", "pointer", "says"),
    [
        ("rule=geluk", "/query/rule", "'contract_form'"),
        ("limit=0", "/query/limit", "1"),
        ("limit=201", "/query/limit", "200"),
        ("cursor=geen", "/query/cursor", "`next`"),
    ],
)
async def test_a_wrong_question_is_told_what_would_be_right(
    node: Node, asked: str, pointer: str, says: str
) -> None:
    async with node.client() as http:
        answer = await http.get(f"/assignments/{OPDRACHT}/near?{asked}")
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert says in error["detail"]
