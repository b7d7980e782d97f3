"""A topic, and a pool on a database, for each test."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from chassis.database import Pool, migrate, open_pool
from contracts.topics import LARGE, LARGER, dead_topic
from support.delivering import GROUP
from support.stacks import Stack


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on a migrated database of one's own."""
    await migrate(database, "chassis")
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def topic(stack: Stack) -> str:
    """Create a topic of one's own, and its dead topic."""
    name = f"test-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    dead = NewTopic(dead_topic(name, GROUP), 1, 1, topic_configs=LARGER)
    await admin.create_topics([NewTopic(name, 3, 1, topic_configs=LARGE), dead])
    await admin.close()
    return name
