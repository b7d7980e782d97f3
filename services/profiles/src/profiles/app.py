"""Wires the profiles service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import open_pool
from chassis.http.requests import describe_bodies
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import consuming, install, publishing, running, web_app
from fastapi import FastAPI
from prometheus_client import REGISTRY

from profiles import api, handlers, resuming
from profiles.settings import ProfilesSettings


def build(settings: ProfilesSettings) -> FastAPI:
    """Return the service as an ASGI app."""
    broker = make_broker(settings, "profiles", REGISTRY)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_pool(settings.database_url) as pool, publishing(settings, "profiles", pool):
            instance = settings.kafka_group_instance_id
            topics = handlers.TOPICS
            consumer = Consumer(broker, pool, "profiles", topics, handlers.take, instance=instance)
            install(app, settings, pool, consumer)
            app.include_router(api.routes(pool))
            async with running(resuming.keep_resuming(pool)), consuming(broker, consumer):
                yield

    app = web_app("profiles", lifespan)
    describe_bodies(app, api.BODY)
    return app
