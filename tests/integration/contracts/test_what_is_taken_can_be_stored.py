"""Every value that the contract lets in can be held by whoever reads it: by PostgreSQL, and by our own code.

Each field of each golden sample takes each value of a list of awkward ones. What `decode` takes must be
stored at once, by every consumer of its topic: were it parked, it would be a dead letter two minutes late.
"""

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from assignments.app import build as assignments_app
from assignments.settings import AssignmentsSettings
from chassis.database import Pool, migrate, open_pool
from chassis.delivery.intake import Intake
from chassis.delivery.records import ReceivedRecord
from contracts.envelope import decode
from contracts.facts import Contact, OwnFacts
from contracts.reading import Undecodable, Unfamiliar
from contracts.topics import KEYS, TOPICS
from fastapi import FastAPI
from notifications import handlers as notifications_handlers
from notifications.notifying import Delays
from profiles import handlers as profiles_handlers
from profiles import store as profiles_store
from profiles.app import build as profiles_app
from profiles.domain.profile import Profile
from profiles.settings import ProfilesSettings
from support import people
from support.notifying import SAMPLES, sample
from support.openapi import SETTINGS
from support.replicas import nodes
from support.served import served

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOPIC = {topic.name: topic for topic in TOPICS}
HOLE = "\ue000"

MOMENTS = [
    *(
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "1900-01-01T00:00:00+14:00",
        "9998-12-31T23:59:59Z",
    ),
    *("9999-12-31T23:59:00-14:00", "9998-12-31T23:59:59.999999-14:00", "9999-12-31T23:59:59.999999Z"),
    *("2099-12-20T23:59:00+23:59", "2099-12-20T23:59:00+16:00", "2099-12-20T23:59:00-15:59"),
    *("2099-12-20T23:59:00+14:00", "2099-12-20T23:59:00-14:00", "2099-12-20T23:59:60Z"),
    *("2099-02-30T00:00:00Z", "2099-12-20T24:00:00Z", "infinity", "-infinity", "epoch", "now"),
]
DAYS = ["0001-01-01", "9999-12-31", "1582-10-10", "2027-02-29", "infinity", "10000-01-01"]
TEXTS = [
    "",
    "\\u0000",
    "a\\u0000b",
    "\\ud800",
    "\\udfff\\ud800",
    "x" * 10_000,
    "\U0001f600" * 50,
    "\\\\x00",
    "%s",
]
NUMBERS = ["0", "-1", "0.1", "-0.0", "1e-400", "1e308", "1e400", "NaN", "Infinity", "-Infinity"]
WHOLE_NUMBERS = [str(number) for power in (15, 31, 32, 53, 63, 64) for number in (2**power - 1, 2**power)]
OTHERS = [
    *("9" * 400, "9" * 5000, "null", "true", "[]", "{}", '[""]', "[" * 150 + "]" * 150),
    *(
        '{"": null}',
        '{"\\u0000": 1}',
        '{"a": "\\u0000"}',
        '{"a": [NaN]}',
        '{"a": ["\\ud800"]}',
        '{"a": 1e400}',
    ),
    *('{"a": ' + "9" * 5000 + "}", '{"a": {"b": {"c": [1, 2.5, null, "d"]}}}'),
]
AWKWARD = [*(f'"{text}"' for text in (*MOMENTS, *DAYS, *TEXTS)), *NUMBERS, *WHOLE_NUMBERS, *OTHERS]

Place = tuple[str | int, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Iterate over the places in a value: fields, and what is in them."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, found in inside:
        yield from places(found, (*path, step))


def with_a_hole(value: Any, path: Place) -> Any:
    if not path:
        return HOLE
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_a_hole(value[path[0]], path[1:])
    return copy


def whole(file: Path) -> ReceivedRecord:
    """Return a sample's record as it is."""
    written = json.loads(file.read_text())
    headers = [(name, text.encode()) for name, text in written["headers"].items()]
    value = json.dumps(written["value"]).encode()
    return ReceivedRecord(written["topic"], 0, 0, written["key"].encode(), value, headers, 0)


def variants(file: Path) -> Iterator[tuple[str, ReceivedRecord]]:
    """Iterate over a sample's records, each with one awkward value, and what is awkward."""
    written, plain = json.loads(file.read_text()), whole(file)
    if written["value"] is None:
        return
    numbers = count(2)
    for path in places(written["value"]):
        for text in AWKWARD:
            number = next(numbers)  # newer than all before, so that it is taken
            value = {
                **written["value"],
                **{name: number for name in ("version", "revision") if name in written["value"]},
            }
            body = json.dumps(with_a_hole(value, path)).replace(json.dumps(HOLE), text)
            own = [(name, b"%d" % number if name == "ce_id" else content) for name, content in plain.headers]
            yield (
                f"{file.stem} {path} {text[:60]}",
                replace(plain, value=body.encode(), headers=own, offset=number),
            )


def taken(file: Path) -> list[tuple[str, ReceivedRecord]]:
    """Return the variants that the contract takes."""
    return [(what, record) for what, record in variants(file) if _is_taken(record)]


def _is_taken(record: ReceivedRecord) -> bool:
    try:
        decode(TOPIC[record.topic], record.key, record.value, record.headers, NOW)
    except (Undecodable, Unfamiliar):
        return False
    return True


@asynccontextmanager
async def matching(database: str) -> AsyncIterator[tuple[Pool, Intake]]:
    async with nodes(database, 1) as [node]:
        yield node.pool, node.intake


@asynccontextmanager
async def notifications(database: str) -> AsyncIterator[tuple[Pool, Intake]]:
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as pool:
        apply = partial(notifications_handlers.apply, delays=Delays())
        yield pool, Intake(pool, "notifications", TOPICS, apply)


@asynccontextmanager
async def profiles(database: str) -> AsyncIterator[tuple[Pool, Intake]]:
    await migrate(database, "chassis", "profiles")
    async with open_pool(database) as pool:
        contact, facts = sample("ContactUpdated.v1.1.json"), sample("ProfileUpdated.v1.1.json")
        profile, _ = Profile.create(
            UUID(contact["profile_id"]),
            Contact.model_validate_json(json.dumps(contact)),
            OwnFacts.model_validate_json(json.dumps(facts)),
            NOW,
        )
        async with pool.acquire() as connection:
            await profiles_store.insert(connection, profile)
        yield pool, Intake(pool, "profiles", TOPICS, profiles_handlers.apply)


@pytest.mark.parametrize("service", [matching, notifications, profiles], ids=lambda service: service.__name__)
async def test_what_the_contract_takes_is_stored_at_once(service: Any, database: str) -> None:
    topics = {topic.name for topic in TOPICS if service.__name__ in topic.consumers}
    newest = {file.stem.split(".")[0]: file for file in sorted(SAMPLES.glob("*.json"))}.values()
    files = [file for file in newest if json.loads(file.read_text())["topic"] in topics]
    stuck: list[str] = []
    async with AsyncExitStack() as opened:
        pool, intake = await opened.enter_async_context(service(database))
        if KEYS.name in topics:
            await intake.process([whole(SAMPLES / "KeyMade.v1.1.json")])
        for file in files:
            for what, record in taken(file):
                await intake.process([record])
                if await pool.fetchval(
                    "WITH gone AS (DELETE FROM parked RETURNING id) SELECT count(*) FROM gone"
                ):
                    stuck.append(what)
    assert stuck == []


def door(service: str) -> FastAPI:
    if service == "profiles":
        return profiles_app(ProfilesSettings(**SETTINGS))
    return assignments_app(AssignmentsSettings(**SETTINGS))


@pytest.mark.parametrize("service", ["assignments", "profiles"])
async def test_what_comes_over_http_is_stored_and_published_or_refused_by_name(
    service: str, database: str
) -> None:
    rng = random.Random(1)
    body = {
        "assignments": {**people.assignment_facts(rng), "respond_by": "2099-01-01T12:00:00Z", "open": True},
        "profiles": people.profile_body(rng, "Deur"),
    }[service]
    await migrate(database, "chassis", service)
    async with open_pool(database) as pool, served(door(service), pool) as http:
        for place in places(body):
            for text in AWKWARD:
                sent = json.dumps(with_a_hole(body, place)).replace(json.dumps(HOLE), text)
                answer = await http.post(
                    f"/{service}", content=sent, headers={"Content-Type": "application/json"}
                )
                assert answer.status_code in {201, 409, 422}, (place, text[:60], answer.text)
                if answer.status_code == 422:
                    assert all(error["detail"] for error in answer.json()["errors"]), (place, text[:60])
                elif answer.status_code == 201:
                    assert (await http.get(answer.headers["Location"])).status_code == 200
                    await pool.execute(f"DELETE FROM {service}")  # an address has one profile
        rows = await pool.fetch("SELECT topic, key, value, header_names, header_values FROM outbox")
    assert len(rows) > 100
    for row in rows:
        headers = list(zip(row["header_names"], row["header_values"], strict=True))
        decode(TOPIC[row["topic"]], row["key"], row["value"], headers, NOW)
