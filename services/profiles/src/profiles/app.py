"""Wires the profiles service."""

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
from contracts.retention import AUDIT
from fastapi import FastAPI
from prometheus_client import REGISTRY

from profiles import (
    SERVICE,
    api,
    asking,
    backfilling,
    colleagues,
    days_passing,
    handlers,
    keys,
    resuming,
    taking_back,
    trail,
    trail_api,
    trainings,
)
from profiles.erasure import ERASURE
from profiles.settings import ProfilesSettings


def build(settings: ProfilesSettings) -> FastAPI:
    """Return the service as an ASGI app."""

    recorded = timedelta(days=settings.retention_audit_days)
    duties = (
        *asking.duties_of(timedelta(days=settings.retention_profile_days)),
        of_the_audit(recorded),
        Duty(kind=AUDIT, kept=recorded, take=before(trail.delete_old, recorded)),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        async with (
            open_pool(settings.database_url) as pool,
            publishing(settings, SERVICE, pool),
            recovering(settings, pool, taking_back.OWN, handlers.TOPICS, taking_back.take_back) as recovery,
        ):
            await backfilling.backfill(pool)  # before the first request asks whether an address is free
            instance = settings.kafka_group_instance_id
            lanes = ((handlers.TOPICS, handlers.apply), (handlers.RECORDED, handlers.write_down))
            consumers = tuple(
                Consumer(
                    broker,
                    Intake(pool, SERVICE, topics, store),
                    instance=instance and f"{instance}-{lane}",
                )
                for lane, (topics, store) in enumerate(lanes)
            )
            app.state.resources = Resources(pool=pool, consumers=consumers)
            jobs = (
                resuming.keep_resuming(pool),
                recovery.then(days_passing.keep_settling(pool)),  # what is lost comes back before
                backfilling.keep_backfilling(pool),
                recovery.then(keys.keep_making(pool)),  # of whom the topic knows one, it is taken back before
                keys.keep_destroying(pool),
                recovery.then(keep_retention(pool, duties)),
                keep_measuring(pool, duties),
            )
            async with running(*jobs), consuming(settings, broker, recovery, *consumers):
                yield

    return web_app(
        SERVICE,
        settings,
        lifespan,
        api.router,
        trail_api.router,
        trainings.router,
        colleagues.router,
        held.router(SERVICE, ERASURE),
        description="The professionals: who they are, and what matching may know.",
    )
