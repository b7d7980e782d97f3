"""A database of notifications of one's own; who reads its mails, and follows their links."""

from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.database import Pool, open_pool
from support.at_work import World
from support.mailed_links import Post
from support.notifications_app import notifications_app
from support.openapi import SETTINGS


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(notifications_app(pool))
    async with httpx.AsyncClient(transport=transport, base_url=SETTINGS["public_url"]) as client:
        yield client


@pytest.fixture
def post(pool: Pool) -> Post:
    return Post(pool)


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)
