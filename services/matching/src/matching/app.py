"""Wires the matching service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from chassis.database import open_pool
from chassis.delivery.intake import Intake
from chassis.delivery.records import OutboxRecord
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import consuming, publishing, web_app
from fastapi import FastAPI
from prometheus_client import REGISTRY

from matching import SERVICE, api, handlers
from matching.advising import keep_warning
from matching.metrics import LATENCY
from matching.proposing import Proposer
from matching.replica import Replica
from matching.settings import MatchingSettings


def _measure(record: OutboxRecord) -> None:
    if record.caused_at is not None:
        LATENCY.observe((datetime.now(UTC) - record.caused_at).total_seconds())


def build(settings: MatchingSettings) -> FastAPI:
    """Return the service as an ASGI app. It is up once its copy of the population is filled."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        async with (
            open_pool(settings.database_url) as pool,
            open_pool(settings.database_url, size=1) as pool_to_catch_up,
            publishing(settings, SERVICE, pool, _measure),
        ):
            replica = Replica(pool_to_catch_up)
            await replica.catch_up()
            proposer = Proposer(pool, replica)
            instance = settings.kafka_group_instance_id
            consumers = [
                Consumer(
                    broker,
                    Intake(pool, SERVICE, topics, handlers.take, handlers.FollowUp(proposer)),
                    instance=instance and f"{instance}-{lane}",
                    batch_size=handlers.AT_ONCE,
                )
                for lane, topics in enumerate(handlers.LANES)
            ]
            app.state.resources = Resources(pool=pool, consumers=tuple(consumers))
            app.include_router(api.routes(pool, replica, proposer))
            jobs = (proposer.settle_everything(), keep_warning(pool, replica))
            async with running(*jobs), consuming(broker, *consumers):
                yield

    return web_app("matching", settings, lifespan)
