"""Idempotency-Key: what is the same body, and what was stored by the version before."""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from chassis.database import Connection, Pool
from chassis.http import problems
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.openapi import WebApp
from chassis.http.requests import JsonBody
from contracts.vocabulary import Role
from fastapi import Depends, Response
from pydantic import BaseModel
from support.served import served

JSON = {"Content-Type": "application/json", "Idempotency-Key": "k"}
FIRST = '{"name": "José", "parts": [1, 2], "place": {"x": 1.5, "y": null}}'


class Thing(BaseModel):
    """A thing."""

    name: str
    parts: list[int]
    place: dict[str, Any]


Staff = Annotated[Caller, Depends(allow(Role.RECRUITER))]


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = WebApp()
    problems.install(app)
    body = Annotated[Thing, Depends(JsonBody(Thing))]

    @app.post("/things")
    async def make(caller: Staff, thing: body, once: Idempotent) -> Response:
        async def effect(_connection: Connection) -> Answer:
            return Answer(201, thing)

        return await once(caller, effect)

    @app.post("/bells")
    async def ring(caller: Staff, once: Idempotent) -> Response:
        async def effect(_connection: Connection) -> Answer:
            return Answer(200, Thing(name="bell", parts=[], place={}))

        return await once(caller, effect)

    async with served(app, pool) as client:
        yield client


async def post(http: httpx.AsyncClient, body: str | bytes, path: str = "/things") -> httpx.Response:
    return await http.post(path, content=body, headers=JSON)


@pytest.mark.parametrize(
    "again",
    [
        FIRST,
        '{"place":{"y":null,"x":1.5},"parts":[1,2],"name":"Jos\\u00e9"}',
        '\n{"name": "\\u004aos\\u00E9",\t"parts": [ 1,2 ], "place": {"x": 15e-1, "y": null}}  ',
    ],
)
async def test_the_same_json_in_other_letters_gets_the_first_answer(
    http: httpx.AsyncClient, again: str
) -> None:
    first, second = await post(http, FIRST), await post(http, again)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content


@pytest.mark.parametrize(
    "other",
    [
        '{"name": "José", "parts": [2, 1], "place": {"x": 1.5, "y": null}}',
        '{"name": "José", "parts": [1, 2], "place": {"x": 1.5}}',
        '{"name": "Jose\\u0301", "parts": [1, 2], "place": {"x": 1.5, "y": null}}',
    ],
)
async def test_another_json_is_refused(http: httpx.AsyncClient, other: str) -> None:
    assert (await post(http, FIRST)).status_code == 201
    refused = await post(http, other)
    assert refused.status_code == 422
    assert refused.json()["detail"] == "this Idempotency-Key was used with another body"


@pytest.mark.parametrize("body", [b"", b"geen json", b"[" * 5000, b"9" * 5000, b"\xff"])
async def test_where_no_body_is_asked_whatever_is_sent_is_compared_by_its_bytes(
    http: httpx.AsyncClient, body: bytes
) -> None:
    assert (await post(http, body, "/bells")).status_code == 200
    assert (await post(http, body, "/bells")).status_code == 200
    assert (await post(http, body + b"!", "/bells")).status_code == 422


async def test_a_retry_around_a_deploy_gets_its_answer_from_either_version(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    by_bytes = hashlib.sha256(FIRST.encode()).digest()
    await pool.execute(  # as the version before stored it
        """
        INSERT INTO idempotency (caller, operation, key, fingerprint, status, headers, body)
        VALUES ('tester', 'POST /things', 'k', $1, 201, '{}', '{"stored":"before"}')
        """,
        by_bytes,
    )
    assert (await post(http, FIRST)).json() == {"stored": "before"}
    assert (await post(http, FIRST.replace("José", "Jos"))).status_code == 422
    await pool.execute("DELETE FROM idempotency")
    assert (await post(http, FIRST)).status_code == 201
    assert await pool.fetchval("SELECT fingerprint FROM idempotency") == by_bytes  # what it compares with
