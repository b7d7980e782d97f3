"""Reading topics from their beginning to where they end now."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from chassis.kafka.reading import read_leniently
from contracts.topics import TOPICS

READ_MS = 1000
COMPACTED = {topic.name for topic in TOPICS if topic.retention_days is None}


async def partitions(admin: AIOKafkaAdminClient, topics: Collection[str]) -> list[TopicPartition]:
    """Return every partition that the broker has of these topics; of one that is missing, none."""
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await admin.describe_topics()
        if topic["topic"] in topics
        for partition in topic["partitions"]
    ]


async def read_all(
    consumer: AIOKafkaConsumer,
    partitions: Iterable[TopicPartition],
    starts: Mapping[TopicPartition, int] | None = None,
) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    """Iterate over what the partitions hold, from `starts` where they say so; each one's in their order."""
    read_leniently()  # a topic holds whatever somebody wrote
    left = list(partitions)
    if not left:
        return
    consumer.assign(left)
    ends = await consumer.end_offsets(left)
    await consumer.seek_to_beginning(*left)
    for partition, offset in (starts or {}).items():
        consumer.seek(partition, offset)
    while left := [one for one in left if await consumer.position(one) < ends[one]]:
        for records in (await consumer.getmany(*left, timeout_ms=READ_MS)).values():
            for record in records:
                yield record
