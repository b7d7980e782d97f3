"""Alive, ready, measured: what a cluster and a dashboard ask of a service.

Alive: the event loop turns and no batch has been in hand for too long. Ready: what the service's own
checks say. A broker that is away takes no pod out: the outbox absorbs writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from chassis.database import UNAVAILABLE, Pool
from chassis.delivery import inbox, outbox, parking
from chassis.kafka.consumer import Consumer
from chassis.metrics import OUTBOX_OLDEST, OUTBOX_PENDING, PARKED

STUCK_SECONDS = 300
MEASURE_SECONDS = 5
TIDY_SECONDS = 3600

Check = Callable[[], Awaitable[bool]]


def routes(checks: Mapping[str, Check], consumers: Sequence[Consumer]) -> APIRouter:
    """Make `/livez`, `/readyz` and `/metrics`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> Response:
        stuck = any(consumer.busy_seconds > STUCK_SECONDS for consumer in consumers)
        return JSONResponse({"alive": not stuck}, 503 if stuck else 200)

    @router.get("/readyz")
    async def readyz() -> Response:
        outcomes = {name: await check() for name, check in checks.items()}
        return JSONResponse(outcomes, 200 if all(outcomes.values()) else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router


async def keep_measuring(pool: Pool) -> None:
    """Keep the metrics of what waits in the database level until cancelled."""
    while True:
        try:
            async with pool.acquire() as connection:
                waiting, age = await outbox.backlog(connection)
                parked = await parking.count(connection)
            OUTBOX_PENDING.set(waiting)
            OUTBOX_OLDEST.set(age)
            PARKED.set(parked)
        except UNAVAILABLE:
            pass
        await asyncio.sleep(MEASURE_SECONDS)


async def keep_tidy(pool: Pool) -> None:
    """Forget old inbox rows and idempotency keys until cancelled."""
    while True:
        try:
            async with pool.acquire() as connection:
                await inbox.forget_old(connection)
        except UNAVAILABLE:
            pass
        await asyncio.sleep(TIDY_SECONDS)
