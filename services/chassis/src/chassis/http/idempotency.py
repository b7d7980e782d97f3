"""Idempotency-Key: the same POST sent twice has one effect and one answer."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Header, Request, Response

from chassis.database import Connection, Pool
from chassis.http.auth import Caller
from chassis.http.problems import Problem
from chassis.http.requests import read_body

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]
Answer = tuple[int, dict[str, str], Any]


async def once(
    pool: Pool,
    request: Request,
    caller: Caller,
    key: str | None,
    effect: Callable[[Connection], Awaitable[Answer]],
) -> Response:
    """Run `effect` (→ status, headers, JSON content) in a transaction, and keep its answer under the key.

    A second request with the key waits for the first, then gets the first's answer; with another body it
    gets 422. An error leaves nothing behind, so the request may be tried again.
    """
    async with pool.acquire() as connection, connection.transaction():
        if key is None:
            return _response(*_written(await effect(connection)))
        fingerprint = hashlib.sha256(await read_body(request)).digest()
        place = (caller.subject, f"{request.method} {request.url.path}", key)
        fresh = await connection.fetchval(
            "INSERT INTO idempotency (caller, operation, key, fingerprint) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING RETURNING true",
            *place,
            fingerprint,
        )
        if not fresh:
            row = await connection.fetchrow(
                "SELECT fingerprint, status, headers, body FROM idempotency"
                " WHERE caller = $1 AND operation = $2 AND key = $3",
                *place,
            )
            if row is None or row["fingerprint"] != fingerprint:
                raise Problem(422, "this Idempotency-Key was used with another body")
            return _response(row["status"], row["headers"], row["body"])
        status, headers, body = _written(await effect(connection))
        await connection.execute(
            "UPDATE idempotency SET status = $4, headers = $5, body = $6"
            " WHERE caller = $1 AND operation = $2 AND key = $3",
            *place,
            status,
            headers,
            body,
        )
        return _response(status, headers, body)


def _written(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    status, headers, content = answer
    return status, headers, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _response(status: int, headers: dict[str, str], body: bytes) -> Response:
    return Response(body, status, headers, media_type="application/json")
