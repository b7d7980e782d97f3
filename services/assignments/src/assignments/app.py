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
from chassis.retention import Duty, before, keep_measuring, keep_retention, of_the_audit
from chassis.service import consuming, publishing, recovering, web_app
from contracts.retention import DRAFT
from fastapi import FastAPI
from prometheus_client import REGISTRY

from assignments import SERVICE, api, draft_store, drafts, expiry, handlers, placements, places, taking_back
from assignments.erasure import ERASURE
from assignments.settings import AssignmentsSettings


def build(settings: AssignmentsSettings) -> FastAPI:
    """Return the service as an ASGI app."""

    kept = timedelta(days=settings.retention_draft_days)
    duties = (
        Duty(
            kind=DRAFT,
            kept=kept,
            take=before(draft_store.delete_untouched, kept),
            oldest=draft_store.OLDEST_DRAFT,
        ),
        of_the_audit(timedelta(days=settings.retention_audit_days)),
    )

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
            jobs = (
                expiry.keep_closing(pool, timedelta(days=settings.selection_days)),
                keep_retention(pool, duties),
                keep_measuring(pool, duties),
            )
            async with running(*jobs), consuming(settings, broker, recovery, consumer):
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
