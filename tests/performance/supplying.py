"""What matching works on: profiles and opdrachten on its topics, profiles in its database; its restart."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import psutil
from aiokafka import AIOKafkaProducer
from contracts.events import AssignmentClosed, ProfileUpdated
from contracts.facts import ProfileFacts
from contracts.topics import ASSIGNMENTS, PROFILES
from contracts.vocabulary import ClosedReason
from matching.engine.profiles import ENCODING, encode_profile
from performance.feeding import as_record
from performance.opened import an_opdracht
from performance.people import facts
from support.stacks import Stack, process_of, until
from uuid_utils.compat import uuid7

Person = tuple[UUID, dict[str, Any]]  # with facts as `ProfileUpdated` carries them


async def open_opdrachten(producer: AIOKafkaProducer, count: int) -> None:
    """Put so many opdrachten on the topic."""
    for number in range(count):
        one = uuid7()
        data = an_opdracht(number, one)
        topic, record = as_record(ASSIGNMENTS, one, "AssignmentOpened.v1", data)
        await producer.send(topic, **record)
    await producer.flush()


async def put_profiles(producer: AIOKafkaProducer, people: Sequence[Person], version: int = 1) -> None:
    """Put profiles on the topic, all at one version."""
    for profile_id, of_one in people:
        body = {"profile_id": str(profile_id), "version": version, **of_one}
        data = ProfileUpdated.model_validate_json(json.dumps(body))
        topic, record = as_record(PROFILES, profile_id, "ProfileUpdated.v1", data)
        await producer.send(topic, **record)
    await producer.flush()


def new_people(count: int) -> list[Person]:
    """Draw people."""
    return [(uuid7(), one) for one in facts(count)]


def as_others(people: Sequence[Person]) -> list[Person]:
    """Return the same people, each with the facts of another."""
    others = [*people[1:], people[0]]
    return [(one, facts) for (one, _), (_, facts) in zip(people, others, strict=True)]


async def close_all(stack: Stack, producer: AIOKafkaProducer) -> None:
    """Close what is open, and wait until that is settled."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    for row in await connection.fetch("SELECT assignment_id, version FROM assignments WHERE open"):
        one = row["assignment_id"]
        version = row["version"] + 1
        data = an_opdracht(0, one, AssignmentClosed, version, closed_reason=ClosedReason.WITHDRAWN)
        topic, record = as_record(ASSIGNMENTS, one, "AssignmentClosed.v1", data)
        await producer.send(topic, **record)
    await producer.flush()
    await until(lambda: _none_live(connection), 120, "everything is withdrawn")
    await connection.close()


async def _none_live(connection: Any) -> bool:
    return not await connection.fetchval(
        "SELECT exists(SELECT FROM matches WHERE live) OR exists(SELECT FROM assignments WHERE open)"
    )


async def fill_database(stack: Stack, count: int) -> None:
    """Bring matching's database up to so many profiles, as the service would have written them."""
    connection = await asyncpg.connect(stack.layout.database_url("matching"))
    missing = count - await connection.fetchval("SELECT count(*) FROM profiles")
    now = datetime.now(UTC)

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in facts(missing):
            text = json.dumps(one)
            encoded = encode_profile(ProfileFacts.model_validate_json(text))
            yield uuid7(), 1, text, False, now, encoded, ENCODING, 1

    columns = ["profile_id", "version", "facts", "erased", "event_at", "encoded", "encoding"]
    await connection.copy_records_to_table("profiles", records=rows(), columns=[*columns, "encoded_version"])
    await connection.execute("VACUUM ANALYZE profiles")
    await connection.close()


async def restart(stack: Stack, service: str) -> None:
    """End a service, and wait until it was started again and is ready."""
    pid = process_of(stack.layout, service)
    os.kill(pid, signal.SIGTERM)
    await until(lambda: _is_another(stack, service, pid), 60)
    async with stack.client(service) as http:
        await until(lambda: _ready(http), 120, "ready again")


async def _is_another(stack: Stack, service: str, pid: int) -> bool:
    now = process_of(stack.layout, service)
    return now != pid and psutil.pid_exists(now)


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        answer = await http.get("/readyz")
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
