"""A service's routes on a PostgreSQL alone, without a broker: what comes of a request is in the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from chassis.database import Pool
from chassis.http.auth import Caller
from chassis.http.resources import Resources
from contracts.vocabulary import Role
from fastapi import FastAPI
from profiles.app import build
from profiles.settings import ProfilesSettings

from support.openapi import SETTINGS
from support.ports import free_port


class Doorkeeper:
    """Takes the place of the authenticator: a token is a role, and at will a subject behind a colon."""

    async def verify(self, token: str) -> Caller:
        """Return the caller that the token names."""
        role, _, subject = token.partition(":")
        return Caller(
            subject or "tester", subject or "tester", frozenset({role}), issuer="https://issuer.example"
        )


class Doorkeeping(Doorkeeper):
    """A doorkeeper whose callers have an address."""

    async def verify(self, token: str) -> Caller:
        """Return the caller that the token names."""
        caller = await super().verify(token)
        return replace(caller, email=f"{caller.subject}@example.org")


@asynccontextmanager
async def served(app: FastAPI, pool: Pool, token: str = Role.RECRUITER) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an app that is never started, and yield a client of it."""
    app.state.authenticator = Doorkeeper()
    app.state.resources = Resources(pool=pool)
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as http:
        yield http


@asynccontextmanager
async def profiles_without_kafka(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Start profiles on its migrated database, with a broker that is away, and yield a client of it."""
    nowhere = {"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}", "database_url": database}
    app = build(ProfilesSettings(**{**SETTINGS, **nowhere}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http,
    ):
        yield http
