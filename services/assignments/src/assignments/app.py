"""Wires the assignments service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.database import open_pool
from chassis.http.requests import describe_bodies
from chassis.service import install, publishing, running, web_app
from fastapi import FastAPI

from assignments import api, expiry
from assignments.settings import AssignmentsSettings


def build(settings: AssignmentsSettings) -> FastAPI:
    """Return the service as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_pool(settings.database_url) as pool,
            publishing(settings, "assignments", pool),
            running(expiry.keep_closing(pool)),
        ):
            install(app, settings, pool)
            app.include_router(api.routes(pool))
            yield

    app = web_app("assignments", lifespan)
    describe_bodies(app, api.BODY, api.CLOSING)
    return app
