"""Wires the profiles service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import open_pool
from chassis.requests import describe_bodies
from chassis.service import install, publishing, web_app
from fastapi import FastAPI

from profiles import api
from profiles.settings import ProfilesSettings


def build(settings: ProfilesSettings) -> FastAPI:
    """Return the service as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_pool(settings.database_url) as pool, publishing(settings, "profiles", pool):
            install(app, settings, pool)
            app.include_router(api.routes(pool))
            yield

    app = web_app("profiles", lifespan)
    describe_bodies(app, api.BODY)
    return app
