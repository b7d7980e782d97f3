"""A database of assignments of one's own, and its API on it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from assignments.app import build
from assignments.settings import AssignmentsSettings
from chassis.database import Pool, open_pool
from support.openapi import SETTINGS
from support.served import served


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(AssignmentsSettings(**SETTINGS)), pool) as client:
        yield client
