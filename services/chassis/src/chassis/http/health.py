"""Alive, ready, measured: what a cluster and a dashboard ask of a service.

Alive: the event loop turns, no batch has been in hand for too long, and no consumer's loop is broken. Ready:
callers are answered, which takes the database alone. A broker that is away takes no pod out and keeps none
out: the outbox absorbs writes. Only at the start readiness waits, for a bounded time, until the consumers are
in their group, so that a roll-out goes no faster than partitions move.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from chassis.database import answers
from chassis.http.resources import Resources, resources
from chassis.metrics import READY

STUCK_SECONDS = 300

router = APIRouter(include_in_schema=False)
Opened = Annotated[Resources, Depends(resources)]


@router.get("/livez")
async def livez(opened: Opened) -> Response:
    """Tell whether the process does its work; 503 has it started anew."""
    stuck = any(
        max(consumer.busy_seconds, consumer.dead_seconds) > STUCK_SECONDS for consumer in opened.consumers
    )
    return JSONResponse({"alive": not stuck}, 503 if stuck else 200)


@router.get("/readyz")
async def readyz(opened: Opened) -> Response:
    """Tell whether requests are welcome; 503 keeps them away. `consumer` tells whether events come in."""
    checks = await _checks(opened)
    joining = any(consumer.joining for consumer in opened.consumers)
    return JSONResponse(checks, 200 if checks["database"] and not joining else 503)


async def _checks(opened: Resources) -> dict[str, bool]:
    return {
        "database": await answers(opened.pool),
        "consumer": all(consumer.healthy for consumer in opened.consumers),
    }


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return what is measured, for Prometheus. The checks of /readyz are made for it: they are never old."""
    opened: Resources | None = getattr(request.app.state, "resources", None)
    for name, holds in (await _checks(opened) if opened else {}).items():
        READY.labels(name).set(holds)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
