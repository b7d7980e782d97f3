"""Wires the assignments service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from chassis.database import open_pool
from chassis.delivery.intake import Intake
from chassis.http import held
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import consuming, publishing, recovering, web_app
from fastapi import FastAPI
from prometheus_client import REGISTRY

from assignments import SERVICE, api, drafts, expiry, handlers, placements, places, taking_back
from assignments.erasure import ERASURE
from assignments.settings import AssignmentsSettings


def build(settings: AssignmentsSettings) -> FastAPI:
    """Return the service as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        async with (
            open_pool(settings.database_url) as pool,
            publishing(settings, SERVICE, pool),
            recovering(settings, pool, taking_back.OWN, handlers.TOPICS, taking_back.take_back) as recovery,
        ):
            intake = Intake(pool, SERVICE, handlers.TOPICS, handlers.apply)
            consumer = Consumer(broker, intake, instance=settings.kafka_group_instance_id)
            app.state.resources = Resources(pool=pool, consumers=(consumer,))
            closing = expiry.keep_closing(pool, timedelta(days=settings.selection_days))
            async with running(closing), consuming(broker, recovery, consumer):
                yield

    return web_app(
        SERVICE,
        settings,
        lifespan,
        api.router,
        held.router(SERVICE, ERASURE),
        drafts.router,
        places.router,
        placements.router,
        description="The opdrachten: drafts, what is open, in which phase, what closed, and who does them.",
    )
