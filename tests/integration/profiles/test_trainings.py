"""Trainings over HTTP, in the database."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chassis.database import Pool, open_pool
from profiles.app import build
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import served
from uuid_utils.compat import uuid7

TRAINING = {
    "title": "PRINCE2 in de praktijk",
    "provider": "De Werkplaats",
    "url": "https://opleidingen.example.org/prince2?bron=opdrachten",
    "days": 3,
    "price_cents": 149500,
    "gives": {"specialisms": ["projectleiding"], "certificates": ["prince2"]},
}
PROFESSIONAL = {"Authorization": "Bearer professional"}
OPERATOR = {"Authorization": "Bearer operator"}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as client:
        yield client


async def test_a_training_is_entered_once_changed_by_its_version_and_deleted(http: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    made = await http.post("/trainings", json=TRAINING, headers=key)
    assert made.status_code == 201, made.text
    training = made.json()
    path = made.headers["location"]
    assert training == {**TRAINING, "training_id": path.rpartition("/")[2], "version": 1}
    assert (await http.post("/trainings", json=TRAINING, headers=key)).json() == training
    found = await http.get(path)
    assert (found.json(), found.headers["etag"]) == (training, '"1"')

    free = {**TRAINING, "price_cents": None}
    assert (await http.put(path, json=free)).status_code == 428
    assert (await http.put(path, json=free, headers={"If-Match": '"2"'})).status_code == 412
    changed = await http.put(path, json=free, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await http.get(path)).json() == {**training, "price_cents": None, "version": 2}
    assert (await http.delete(path)).status_code == 204
    assert (await http.delete(path)).status_code == (await http.get(path)).status_code == 404
    assert (await http.get("/trainings")).json() == {"items": [], "next": None}


async def test_all_roles_read_trainings_and_recruiters_alone_write_them(http: httpx.AsyncClient) -> None:
    path = (await http.post("/trainings", json=TRAINING)).headers["location"]
    for role in (PROFESSIONAL, OPERATOR):
        assert len((await http.get("/trainings", headers=role)).json()["items"]) == 1
        assert (await http.get(path, headers=role)).status_code == 200
        assert (await http.post("/trainings", json=TRAINING, headers=role)).status_code == 403
        assert (await http.put(path, json=TRAINING, headers={**role, "If-Match": "*"})).status_code == 403
        assert (await http.delete(path, headers=role)).status_code == 403
    assert (await http.get("/trainings", headers={"Authorization": ""})).status_code == 401
    unknown = f"/trainings/{uuid7()}"
    assert (await http.put(unknown, json=TRAINING, headers={"If-Match": "*"})).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://opleidingen.example.org"}, "/url"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"url": "https://naam:woord@example.org/"}, "/url"),  # pragma: allowlist secret
        ({"url": "https://example.org/ a"}, "/url"),
        ({"days": 0}, "/days"),
        ({"days": "3"}, "/days"),
        ({"price_cents": -1}, "/price_cents"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"provider": "Eén\nTwee"}, "/provider"),
        ({"gives": {"specialisms": ["koken"], "certificates": []}}, "/gives/specialisms/0"),
        ({"gives": {"specialisms": [], "certificates": ["prince2", "prince2"]}}, "/gives/certificates"),
        ({"colour": "blue"}, "/colour"),
    ],
)
async def test_what_is_wrong_in_a_training_is_told_by_its_place_and_nothing_is_stored(
    http: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    answer = await http.post("/trainings", json={**TRAINING, **change})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert (await http.get("/trainings")).json()["items"] == []


async def test_trainings_are_listed_in_pages_all_or_those_that_give_something(
    http: httpx.AsyncClient,
) -> None:
    gives: list[dict[str, list[str]]] = [
        {"specialisms": ["woordvoering"], "certificates": []},
        {"specialisms": [], "certificates": ["prince2"]},
        {"specialisms": ["participatie", "woordvoering"], "certificates": []},
    ]
    ids = [
        (await http.post("/trainings", json={**TRAINING, "gives": one})).json()["training_id"]
        for one in gives
    ]
    first = (await http.get("/trainings", params={"limit": 2})).json()
    rest = (await http.get("/trainings", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["training_id"] for one in (*first["items"], *rest["items"])] == ids
    assert rest["next"] is None

    async def giving(**asked: list[str]) -> list[str]:
        answer = await http.get("/trainings", params=asked)
        return [one["training_id"] for one in answer.json()["items"]]

    assert await giving(specialism=["woordvoering"]) == [ids[0], ids[2]]
    assert await giving(specialism=["participatie"], certificate=["prince2"]) == ids[1:]
    assert (await http.get("/trainings", params={"specialism": "koken"})).status_code == 422
    assert (await http.get("/trainings", params={"limit": 201})).status_code == 422
