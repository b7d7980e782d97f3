"""Reading topics from their beginning to where they end now."""

from collections.abc import AsyncIterator, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from contracts.topics import broker_topics

READ_MS = 1000


def partitions(topics: Iterable[str]) -> list[TopicPartition]:
    """Return every partition of some topics of the topics table."""
    table = broker_topics()
    return [TopicPartition(name, one) for name in topics for one in range(table[name].partitions)]


async def read_all(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]
) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    """Iterate over what the partitions hold; each one's records in their order."""
    left = list(partitions)
    consumer.assign(left)
    ends = await consumer.end_offsets(left)
    await consumer.seek_to_beginning(*left)
    while left := [one for one in left if await consumer.position(one) < ends[one]]:
        for records in (await consumer.getmany(*left, timeout_ms=READ_MS)).values():
            for record in records:
                yield record
