"""A topic for each test."""

from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from contracts.topics import dead_topic
from support.delivering import GROUP
from support.stacks import Stack


@pytest.fixture
async def topic(stack: Stack) -> str:
    """Create a topic of one's own, and its dead topic."""
    name = f"test-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1), NewTopic(dead_topic(name, GROUP), 1, 1)])
    await admin.close()
    return name
