"""Topics on the broker, for the tools that create and check them; services create none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from contracts.topics import broker_topics


async def missing_topics(arguments: dict[str, Any]) -> list[str]:
    """Return which topics of the topics table are missing. `arguments`: those of aiokafka's clients."""
    async with _admin(arguments) as admin:
        return await _missing(admin)


async def create_topics(arguments: dict[str, Any], replication: int = 1) -> list[str]:
    """Create the topics of the topics table that are missing; return their names."""
    async with _admin(arguments) as admin:
        missing, table = await _missing(admin), broker_topics()
        topics = [
            NewTopic(name, table[name].partitions, replication, topic_configs=table[name].config)
            for name in missing
        ]
        if topics:
            answer = await admin.create_topics(topics)
            for _topic, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)
        return missing


@asynccontextmanager
async def _admin(arguments: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def _missing(admin: AIOKafkaAdminClient) -> list[str]:
    there = set(await admin.list_topics())
    return [name for name in broker_topics() if name not in there]
