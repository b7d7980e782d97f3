"""The desk's database; and for signing in, the real provider and two browsers."""

from collections.abc import AsyncIterator

import pytest
from chassis.database import Pool, open_pool
from fastapi import FastAPI
from stack import issuer
from stack.layout import Layout
from support.signing_in import Browser, desk, provider, settings


@pytest.fixture(scope="session")
async def layout(postgres: Layout) -> AsyncIterator[Layout]:
    """Where the provider runs."""
    issuer.key(postgres)
    async with provider(postgres):
        yield postgres


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
def app(layout: Layout, pool: Pool) -> FastAPI:
    return desk(settings(layout), pool)


@pytest.fixture
async def browser(layout: Layout, app: FastAPI) -> AsyncIterator[Browser]:
    made = Browser(layout, app)
    yield made
    await made.http.aclose()


@pytest.fixture
async def attacker(layout: Layout, app: FastAPI) -> AsyncIterator[Browser]:
    made = Browser(layout, app)
    yield made
    await made.http.aclose()
