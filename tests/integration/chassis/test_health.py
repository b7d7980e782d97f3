"""Ready is who can answer callers, alive is whose loops run; a broker that is away changes neither."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from chassis.database import Connection, Pool, migrate
from chassis.http import health
from chassis.http.resources import Resources
from chassis.kafka import consumer as consumers
from chassis.kafka import polls
from chassis.kafka.consumer import Consumer
from contracts.envelope import Event
from fastapi import FastAPI
from prometheus_client import REGISTRY
from support.delivering import GROUP, consuming
from support.served import profiles_without_kafka, served
from support.stacks import Stack, until


async def test_a_service_that_started_without_kafka_is_ready_after_a_while(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "JOIN_SECONDS", 5)  # a start on a busy machine takes one or two
    statuses: list[int] = []
    await migrate(database, "chassis", "profiles")
    async with profiles_without_kafka(database) as http:

        async def is_ready() -> bool:
            statuses.append((await http.get("/readyz")).status_code)
            return statuses[-1] == 200

        await until(is_ready)
        assert statuses[0] == 503
        assert (await http.get("/readyz")).json() == {"database": True, "consumer": False}
        assert (await http.get("/livez")).status_code == 200


@pytest.fixture
async def reading(stack: Stack, database: str, pool: Pool, topic: str) -> AsyncIterator[Consumer]:
    async def store(_connection: Connection, _batch: Sequence[Event]) -> None: ...

    async with consuming(stack, database, pool, topic, store) as consumer:

        async def is_healthy() -> bool:
            return consumer.healthy

        await until(is_healthy)
        yield consumer


async def _hardly_sleep(_seconds: float) -> None:
    """Take the place of FastStream's pause of five seconds."""
    await asyncio.sleep(0.02)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def getmany(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)


def failures(error: type[Exception]) -> float:
    labels = {"group": GROUP, "error": error.__name__}
    return REGISTRY.get_sample_value("consumer_poll_failures_total", labels) or 0


async def answered(pool: Pool, consumer: Consumer, path: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(health.router)
    async with served(app, pool) as http:
        app.state.resources = Resources(pool=pool, consumers=(consumer,))
        return await http.get(path)


@pytest.mark.parametrize(
    ("error", "is_dead"),
    [(KafkaError(), True), (ValueError(), True), (GroupAuthorizationFailedError(), False)],
)
async def test_a_consumer_whose_polls_fail_says_so_and_is_dead_where_a_new_start_may_help(
    pool: Pool, reading: Consumer, monkeypatch: pytest.MonkeyPatch, error: Exception, is_dead: bool
) -> None:
    monkeypatch.setattr(health, "STUCK_SECONDS", 0.5)
    monkeypatch.setattr(polls, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("anyio.sleep", _hardly_sleep)
    before, began_at = failures(type(error)), time.monotonic()
    with monkeypatch.context() as broken:
        failing(broken, error)

        async def has_failed_for_a_while() -> bool:
            return failures(type(error)) > before + 10 and time.monotonic() > began_at + 1

        await until(has_failed_for_a_while)
        ready = await answered(pool, reading, "/readyz")
        assert (ready.status_code, ready.json()["consumer"]) == (200, False)
        assert ((await answered(pool, reading, "/livez")).status_code == 503) is is_dead

    async def is_well() -> bool:
        return reading.healthy and (await answered(pool, reading, "/livez")).status_code == 200

    await until(is_well, what="the next poll succeeds")
