"""How a service starts, runs and ends; its `app.py` says what is in it."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, NoReturn, TypeVar

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from contracts.topics import Topic
from fastapi import APIRouter, FastAPI
from faststream.kafka import KafkaBroker
from starlette.types import ASGIApp

from chassis import crash_points, credentials, housekeeping
from chassis.audit.chaining import chain
from chassis.database import (
    UNAVAILABLE,
    WAIT_SECONDS,
    Pool,
    PooledByTransaction,
    await_migrations,
    migrate,
    require_sessions,
)
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay
from chassis.delivery.sealing import KeyNotKnown
from chassis.http import docs, head, health, problems
from chassis.http.auth import Authenticator
from chassis.http.connections import BoundedConnection
from chassis.http.forwarded import Forwarded
from chassis.http.limits import Limits
from chassis.http.metrics_port import MetricsPort
from chassis.http.openapi import WebApp
from chassis.http.rates import Rates
from chassis.http.security_headers import SecurityHeaders, page_policy
from chassis.http.traced import TraceRequests
from chassis.jobs import repeat, running
from chassis.kafka.consumer import Consumer
from chassis.kafka.positions import ALIGN_SECONDS
from chassis.kafka.producer import Producer
from chassis.kafka.recovery import Recovery, TakeBack
from chassis.kafka.waiting_letters import WaitingLetters
from chassis.logs import set_up_logs, told
from chassis.republishing import Republication, RepublishSettings, republish
from chassis.retrying import retry
from chassis.settings import LogSettings, MigrationSettings, Settings, entries, load
from chassis.telemetry import set_up_traces, where
from chassis.version import VERSION

log = structlog.get_logger()

STOP_SECONDS = 5
NOT_STARTED = 3  # the exit code, also uvicorn's, of a service that could not start
MEASURE_EVERY_SECONDS = 5
CHAIN_EVERY_SECONDS = 1
TIDY_EVERY_SECONDS = 3600
LAG_EVERY_SECONDS = 10
LETTERS_EVERY_SECONDS = 60
RETRY_EVERY_SECONDS = 1  # of parked events
# A batch makes very many objects, and hardly a cycle among them.
GC_THRESHOLDS = (200_000, 50, 50)

S = TypeVar("S", bound=Settings)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def web_app(
    name: str,
    settings: Settings,
    lifespan: Lifespan,
    *routers: APIRouter,
    description: str = "",
    multipart: bool = False,
    form_action: Sequence[str] = (),
) -> FastAPI:
    """Make the HTTP side: a service's own routes, and what every service has.

    `lifespan` sets `app.state.resources` (Resources) before it yields. `multipart`: whether forms may come in
    parts. `form_action`: origins at which the pages' forms may end, besides their own.
    """
    app = WebApp(
        title=name,
        version=VERSION,  # the release's: every package has its tag's
        description=description,
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would lead to whatever host a request names
    )
    app.state.authenticator = Authenticator(settings)
    app.state.rates = rates = Rates(
        settings.rate_limit_subject,
        settings.rate_limit_address,
        [entry for entry in entries(settings.rate_limit_exempt) if entry],
    )
    policy = page_policy(form_action)

    def front(stack: ASGIApp) -> ASGIApp:
        if settings.metrics_port is not None:
            stack = MetricsPort(stack, settings.metrics_port)
        inner = SecurityHeaders(Limits(stack, rates, multipart=multipart), policy)
        return Forwarded(TraceRequests(inner, settings.log_actor_key), settings.trusted_proxies)

    app.front = front
    app.state.allow_smtputf8 = settings.allow_smtputf8
    problems.install(app, {KeyNotKnown: "words about this person cannot be sealed yet; try again"})
    docs.install(app, settings.docs_role)
    head.install(app)
    for router in (health.router, *routers):
        app.include_router(router)
    return app


@asynccontextmanager
async def publishing(
    settings: Settings,
    service: str,
    pool: Pool,
    on_published: Callable[[OutboxRecord], None] = lambda _record: None,
) -> AsyncIterator[None]:
    """Run the relay, and the chores of every service's database, once it is migrated."""
    await await_migrations(pool, "chassis", service)
    producer = Producer(settings, service)
    relay = Relay(settings.database_url, producer, on_published)
    pool.on_told = relay.wake
    jobs = (
        relay.run(),
        repeat(partial(housekeeping.measure, pool), name="measuring", every=MEASURE_EVERY_SECONDS),
        repeat(partial(housekeeping.delete_old, pool), name="tidying", every=TIDY_EVERY_SECONDS),
        repeat(partial(chain, pool, service), name="chaining the audit", every=CHAIN_EVERY_SECONDS),
        credentials.keep_measuring(credentials.certificates(settings)),
    )
    try:
        async with running(*jobs):
            yield
    finally:
        await producer.close()


@asynccontextmanager
async def recovering(
    settings: Settings, pool: Pool, own: Sequence[Topic], others: Sequence[Topic], take_back: TakeBack
) -> AsyncIterator[Recovery]:
    """Bring the database up to what the topics know: before anybody is served, unless the broker is away.

    `own`: the topics that the service writes, in the order in which they are read; `others`: those that it
    consumes.
    """
    recovery = Recovery(settings, pool, own, others, take_back)
    async with running(recovery.run()):
        await recovery.before_serving()
        yield recovery


@asynccontextmanager
async def consuming(
    settings: Settings, broker: KafkaBroker, recovery: Recovery, *consumers: Consumer
) -> AsyncIterator[None]:
    """Run the broker's consumers, once what the service published is taken back; a broker that is away is
    waited for without holding the start."""
    jobs = (job for consumer in consumers for job in _jobs(settings, consumer))
    async with running(_start(broker, recovery), *jobs):
        yield
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await broker.stop()
    except TimeoutError:
        # It waits for a rebalance that waits for others. What was in hand is committed or comes again.
        log.warning("consumers left their group without a word", seconds=STOP_SECONDS)


def _jobs(settings: Settings, consumer: Consumer) -> tuple[Coroutine[Any, Any, NoReturn], ...]:
    away = (KafkaError, OSError, TimeoutError)
    letters = WaitingLetters(settings, consumer.intake.topics, consumer.intake.group)
    return (
        repeat(consumer.align, name="offsets", rests=ALIGN_SECONDS, on=(*UNAVAILABLE, *away)),
        repeat(consumer.measure_lag, name="lag", every=LAG_EVERY_SECONDS, on=away),
        repeat(letters.measure, name="dead letters", every=LETTERS_EVERY_SECONDS, on=away),
        repeat(consumer.intake.retry_one, name="retry of parked events", every=RETRY_EVERY_SECONDS),
    )


async def _start(broker: KafkaBroker, recovery: Recovery) -> None:
    await recovery.taken_back()

    async def start() -> None:
        try:
            await broker.start()
        except Exception:
            await broker.stop()
            raise

    await retry(start, on=Exception, log_as="waiting for the broker")


def main(
    name: str, settings_type: type[S], build: Callable[[S], FastAPI], republication: Republication
) -> None:
    """Run the service; or do what the argument says, and end: `migrate` brings its database up to date,
    `republish` publishes once more what it holds."""
    if sys.argv[1:] == ["republish"]:
        reduced = load(RepublishSettings)
        with _logging(reduced, name):
            asyncio.run(republish(reduced, name, republication))
        return
    if sys.argv[1:] == ["migrate"]:
        migrating = load(_Migrate)
        with _logging(migrating, name), _needing_a_database():
            url, role = migrating.database_url, migrating.database_role
            log.info("migrated", applied=asyncio.run(migrate(url, "chassis", name, role=role)))
        return
    settings = load(settings_type)
    with _logging(settings, name):
        crash_points.warn()
        with _needing_a_database():
            asyncio.run(_await_database(settings.database_url))
        traces = set_up_traces(settings, name)
        gc.set_threshold(*GC_THRESHOLDS)
        try:
            serve(build(settings), settings)
        finally:
            traces.shutdown()


@contextmanager
def _logging(settings: LogSettings, name: str) -> Iterator[None]:
    """Log from here on, from the start to the end."""
    set_up_logs(settings, name).obey_signals()
    with told(settings):
        yield


def serve(app: FastAPI, settings: Settings) -> None:
    """Answer requests until a signal ends it; raises SystemExit where the app does not start."""

    def config(port: int) -> uvicorn.Config:
        return uvicorn.Config(
            app,
            host=settings.http_host,
            port=port,
            loop="uvloop",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            server_header=False,
            http=BoundedConnection,
            ws="none",
            proxy_headers=False,  # `Forwarded` reads them
        )

    server = uvicorn.Server(config(settings.http_port))
    try:  # one server on both: `MetricsPort` tells them apart
        server.run([config(port).bind_socket() for port in settings.ports])
    except KeyboardInterrupt:
        if server.started:
            raise
    if not server.started:
        raise SystemExit(NOT_STARTED)


class _Migrate(MigrationSettings, LogSettings):
    """No more than that: who migrates needs no secret of the service."""


@contextmanager
def _needing_a_database() -> Iterator[None]:
    """End the process where the database does not answer, or does so by a pooler that shares sessions."""
    try:
        yield
    except PooledByTransaction as error:
        print(f"setting DATABASE_URL: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except UNAVAILABLE as error:
        log.critical("the database does not answer", waited_seconds=WAIT_SECONDS, **where(error))
        raise SystemExit(NOT_STARTED) from None


async def _await_database(url: str) -> None:
    step = partial(require_sessions, url)
    await retry(step, on=UNAVAILABLE, log_as="waiting for the database", seconds=WAIT_SECONDS)
