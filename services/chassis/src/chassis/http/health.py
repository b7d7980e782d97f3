"""Alive, ready, measured: what a cluster and a dashboard ask of a service.

Alive: the event loop turns and no batch has been in hand for too long. Ready: what the service's own
checks say. A broker that is away takes no pod out: the outbox absorbs writes.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from chassis.database import UNAVAILABLE, Pool, answers
from chassis.delivery import inbox, outbox, parking
from chassis.http.resources import Resources, resources
from chassis.metrics import OUTBOX_OLDEST, OUTBOX_PENDING, PARKED

STUCK_SECONDS = 300
MEASURE_SECONDS = 5
TIDY_SECONDS = 3600

router = APIRouter(include_in_schema=False)
Opened = Annotated[Resources, Depends(resources)]


@router.get("/livez")
async def livez(opened: Opened) -> Response:
    """Tell whether the process does its work; 503 has it started anew."""
    stuck = any(consumer.busy_seconds > STUCK_SECONDS for consumer in opened.consumers)
    return JSONResponse({"alive": not stuck}, 503 if stuck else 200)


@router.get("/readyz")
async def readyz(opened: Opened) -> Response:
    """Tell whether requests are welcome; 503 keeps them away."""
    ready = {
        "database": await answers(opened.pool),
        "consumer": all(consumer.assigned for consumer in opened.consumers),
    }
    return JSONResponse(ready, 200 if all(ready.values()) else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Return what is measured, for Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


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
