"""Idempotency-Key: the same POST sent twice has one effect and one answer."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from pydantic_core import from_json

from chassis.crash_points import Point, reach
from chassis.database import Connection, Pool
from chassis.http.auth import Caller
from chassis.http.problems import Problem
from chassis.http.requests import read_body
from chassis.http.resources import Database

JSON = "application/json"

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Any text of your own; the same key and the same JSON once more have no second effect.",
    ),
]


@dataclass(frozen=True)
class Answer:
    """What a request is answered; `content` is of the route's `response_model`."""

    status: int
    content: BaseModel
    headers: dict[str, str] = field(default_factory=dict)


class Once:
    """Runs a request's effect in a transaction, and stores its answer under the request's key, if it has one.

    A second request with the key waits for the first, then gets the first's answer; with a body of another
    meaning it gets 422. An error leaves nothing behind, so the request may be tried again.
    """

    def __init__(self, request: Request, pool: Pool, key: str | None) -> None:
        self._request = request
        self._pool = pool
        self._key = key

    async def __call__(self, caller: Caller, effect: Callable[[Connection], Awaitable[Answer]]) -> Response:
        """Return the answer of `effect`, or of the request that came with this key before."""
        async with self._pool.acquire() as connection, connection.transaction():
            response = await self._answer(connection, caller, effect)
            reach(Point.REQUEST_STORED)
        reach(Point.REQUEST_COMMITTED)
        return response

    async def _answer(
        self, connection: Connection, caller: Caller, effect: Callable[[Connection], Awaitable[Answer]]
    ) -> Response:
        if self._key is None:
            return _response(await effect(connection))
        body = await read_body(self._request)
        same = sha256(body).digest(), _meaning(body)
        place = (caller.subject, f"{self._request.method} {self._request.url.path}", self._key)
        if not await connection.fetchval(_CLAIM, *place, *same):
            row = await connection.fetchrow(_ANSWERED, *place, *same)
            if row is None:
                raise Problem(422, "this Idempotency-Key was used with another body")
            return Response(row["body"], row["status"], row["headers"], JSON)
        response = _response(answer := await effect(connection))
        await connection.execute(_STORE, *place, answer.status, answer.headers, response.body)
        return response


def _response(answer: Answer) -> Response:
    return Response(answer.content.model_dump_json(), answer.status, answer.headers, JSON)


def _meaning(body: bytes) -> bytes | None:
    """Return a digest that bodies share which say the same in JSON; None of a body that is none.

    `from_json`, as it takes what the routes take and has a bound on nesting.
    """
    try:
        value = from_json(body)
    except ValueError:
        return None
    return sha256(json.dumps(value, sort_keys=True).encode()).digest()


_CLAIM = """
INSERT INTO idempotency (caller, operation, key, fingerprint, meaning)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true
"""

_ANSWERED = """
SELECT status, headers, body
FROM idempotency
WHERE caller = $1 AND operation = $2 AND key = $3 AND (fingerprint = $4 OR meaning = $5)
"""

_STORE = """
UPDATE idempotency
SET status = $4, headers = $5, body = $6
WHERE caller = $1 AND operation = $2 AND key = $3
"""


async def once(request: Request, pool: Database, key: Key = None) -> Once:
    """Return how this request's effect is had once."""
    return Once(request, pool, key)


Idempotent = Annotated[Once, Depends(once)]


async def delete_old(connection: Connection) -> None:
    """Delete the answers of over a day ago."""
    await connection.execute(_DELETE_OLD)


_DELETE_OLD = """
DELETE FROM idempotency
WHERE created_at < now() - interval '1 day'
"""
