"""Placements as recruiters agree them, for tests on a database."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from assignments import handlers
from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import TYPES, PlacementAgreed, ProfileUpdated
from uuid_utils.compat import uuid7

from contracts import examples

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "starts_on": "2027-01-04",
    "ends_on": "2027-04-30",
    "hours": 24,
    "rate_cents": 10500,
    "contract_form": "zzp",
}


def known(profile_id: UUID, version: int = 1) -> Event:
    """Return the event of a professional."""
    facts = json.dumps({**examples.PROFILE["facts"], "profile_id": str(profile_id), "version": version})
    data = ProfileUpdated.model_validate_json(facts)
    return Event(str(uuid7()), "/services/profiles", "ProfileUpdated.v1", profile_id, NOW, data)


def erased(profile_id: UUID) -> Event:
    """Return the event that erases them."""
    return Event(str(uuid7()), "/services/profiles", "ProfileErased.v1", profile_id, NOW, None)


async def heard(pool: Pool, events: Iterable[Event]) -> None:
    """Let the assignments service take in events."""
    async with pool.acquire() as connection, connection.transaction():
        await handlers.apply(connection, [*events])


async def somebody(pool: Pool) -> UUID:
    """Return a professional whom the assignments service knows."""
    profile_id = uuid7()
    await heard(pool, [known(profile_id)])
    return profile_id


async def an_opdracht(http: httpx.AsyncClient, **facts: Any) -> str:
    """Return an open assignment."""
    answer = await http.post("/assignments", json={**examples.ASSIGNMENT, "open": True, **facts})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["assignment_id"])


async def agree(
    http: httpx.AsyncClient, assignment_id: str, profile_id: UUID | str, **terms: Any
) -> httpx.Response:
    """Ask for a placement; return the answer."""
    body = {"profile_id": str(profile_id), **TERMS, **terms}
    return await http.post(f"/assignments/{assignment_id}/placements", json=body)


async def said(pool: Pool, topic: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what lies in the outbox for a topic: each event's type and data."""
    rows = await pool.fetch(
        "SELECT value, header_names, header_values FROM outbox WHERE topic = $1 ORDER BY id", topic
    )
    return [
        (
            dict(zip(row["header_names"], row["header_values"], strict=True))["ce_type"].decode(),
            json.loads(row["value"]),
        )
        for row in rows
    ]


def event(kind: str, data: dict[str, Any]) -> Event:
    """Return an event of a placement."""
    placement = TYPES[kind].model_validate_json(json.dumps(data))
    assert isinstance(placement, PlacementAgreed)
    return Event(str(uuid7()), "/services/assignments", kind, placement.placement_id, NOW, placement)
