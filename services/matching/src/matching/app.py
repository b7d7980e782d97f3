"""Wires the matching service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
from chassis.database import open_pool
from chassis.http.resources import Resources
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import consuming, publishing, running, web_app
from fastapi import FastAPI
from prometheus_client import REGISTRY

from matching import api, handlers
from matching.advising import keep_warning
from matching.metrics import LATENCY
from matching.proposing import SERVICE, Proposer
from matching.replica import Replica
from matching.settings import MatchingSettings


def _measure(row: asyncpg.Record) -> None:
    if row["caused_at"] is not None:
        LATENCY.observe((datetime.now(UTC) - row["caused_at"]).total_seconds())


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
                    pool,
                    SERVICE,
                    topics,
                    handlers.take,
                    handlers.FollowUp(proposer),
                    instance and f"{instance}-{lane}",
                    handlers.AT_ONCE,
                )
                for lane, topics in enumerate(handlers.LANES)
            ]
            app.state.resources = Resources(pool=pool, consumers=tuple(consumers))
            app.include_router(api.routes(pool, replica, proposer))
            jobs = (proposer.settle_everything(), keep_warning(pool, replica))
            async with running(*jobs), consuming(broker, *consumers):
                yield

    return web_app("matching", settings, lifespan)
