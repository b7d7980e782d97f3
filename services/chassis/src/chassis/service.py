"""How a service starts, runs and ends; its `app.py` says what is in it."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker

from chassis.database import Pool, await_migrations, migrate
from chassis.delivery.outbox import Relay
from chassis.http import docs, health, problems
from chassis.http.auth import Authenticator
from chassis.http.openapi import WebApp
from chassis.kafka.broker import Producer
from chassis.kafka.consumer import Consumer
from chassis.settings import Settings, load
from chassis.telemetry import TraceRequests, set_up_logs, set_up_traces, where

log = structlog.get_logger()

STOP_SECONDS = 5
# A batch makes very many objects, and hardly a cycle among them.
GC_THRESHOLDS = (200_000, 50, 50)

S = TypeVar("S", bound=Settings)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def web_app(
    name: str, settings: Settings, lifespan: Lifespan, *routers: APIRouter, description: str = ""
) -> FastAPI:
    """Make the HTTP side: a service's own routes, and what every service has.

    `lifespan` sets `app.state.resources` (Resources) before it yields.
    """
    app = WebApp(
        title=name, version="1", description=description, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.authenticator = Authenticator(settings)
    app.add_middleware(TraceRequests)
    problems.install(app)
    docs.install(app)
    for router in (health.router, *routers):
        app.include_router(router)
    return app


@asynccontextmanager
async def running(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run jobs beside the body and cancel them after it. A job that ends by an error ends the process."""
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(_end_when_failed)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end_when_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a job failed, the process ends", **where(error))
        asyncio.get_running_loop().call_soon(sys.exit, 1)


@asynccontextmanager
async def publishing(
    settings: Settings,
    service: str,
    pool: Pool,
    on_published: Callable[[asyncpg.Record], None] = lambda _row: None,
) -> AsyncIterator[None]:
    """Run the relay, and the chores of every service's database, once it is migrated."""
    await await_migrations(pool, "chassis", service)
    producer = Producer(settings, service)
    relay = Relay(settings.database_url, producer, on_published)
    try:
        async with running(relay.run(), health.keep_measuring(pool), health.keep_tidy(pool)):
            yield
    finally:
        await producer.close()


@asynccontextmanager
async def consuming(broker: KafkaBroker, *consumers: Consumer) -> AsyncIterator[None]:
    """Run the broker's consumers; a broker that is away is waited for without holding the start."""
    watching = (job for consumer in consumers for job in (consumer.watch_lag(), consumer.retry_parked()))
    async with running(_start(broker), *watching):
        yield
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await broker.stop()
    except TimeoutError:
        # It waits for a rebalance that waits for others. What was in hand is committed or comes again.
        log.warning("consumers left without taking leave of their group", seconds=STOP_SECONDS)


async def _start(broker: KafkaBroker) -> None:
    pause = 0.5
    while True:
        try:
            await broker.start()
        except Exception as error:
            log.warning("broker not reached, trying again", seconds=pause, **where(error))
            await broker.stop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)
        else:
            return


def main(name: str, settings_type: type[S], build: Callable[[S], FastAPI]) -> None:
    """Run the service, or with the argument `migrate` bring its database up to date and end."""
    settings = load(settings_type)
    set_up_logs(settings, name)
    if sys.argv[1:] == ["migrate"]:
        applied = asyncio.run(migrate(settings.database_url, "chassis", name))
        log.info("migrated", applied=applied)
        return
    traces = set_up_traces(settings, name)
    gc.set_threshold(*GC_THRESHOLDS)
    uvicorn.run(
        build(settings),
        host=settings.http_host,
        port=settings.http_port,
        loop="uvloop",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    traces.shutdown()
