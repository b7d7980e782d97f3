"""Topics on the broker; services create none."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code
from aiokafka.structs import OffsetAndMetadata
from contracts.topics import MIN_IN_SYNC, REPLICATION, broker_topics

BROKERS_DEFAULT = -1  # as CreateTopics has it
MIN_IN_SYNC_NAME = "min.insync.replicas"
SET_ON_THE_TOPIC = 1  # a configuration's source, as DescribeConfigs has it


@dataclass(frozen=True)
class Found:
    """A topic as the broker has it. `replicas`: the least that one of its partitions has."""

    partitions: int
    replicas: int
    config: Mapping[str, str | None]
    set_on_the_topic: Mapping[str, str | None]


@dataclass(frozen=True)
class Drift:
    """Where a topic differs from the topics table, in words."""

    topic: str
    what: str


async def create_topics(arguments: dict[str, Any], replication: int | None = None) -> list[str]:
    """Create the topics of the topics table that are missing; return their names.

    `arguments`: those of aiokafka's clients. Without `replication` it is the broker's default.
    """
    async with _admin(arguments) as admin:
        there, table = set(await admin.list_topics()), broker_topics()
        missing = [name for name in table if name not in there]
        topics = [
            NewTopic(name, table[name].partitions, replication or 1, topic_configs=table[name].config)
            for name in missing
        ]
        for topic in topics:
            if replication is None:
                topic.replication_factor = BROKERS_DEFAULT  # which the constructor refuses
        if topics:
            answer = await admin.create_topics(topics)
            for _topic, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)
        return missing


async def drifts(arguments: dict[str, Any]) -> list[Drift]:
    """Return every difference between the broker's topics and the topics table, missing topics first."""
    async with _admin(arguments) as admin:
        found, brokers = await _found(admin), len((await admin.describe_cluster())["brokers"])
    return [
        *(Drift(name, "is missing") for name in broker_topics() if name not in found),
        *(Drift(name, what) for name, topic in found.items() for what in differences(name, topic, brokers)),
    ]


def differences(name: str, found: Found, brokers: int) -> list[str]:
    """Return where a topic differs from the table, in words; on fewer brokers it has fewer replicas."""
    wanted, replicas = broker_topics()[name], min(REPLICATION, brokers)
    told = []
    if found.partitions < wanted.partitions:
        told.append(f"has {found.partitions} partitions instead of {wanted.partitions}")
    if found.partitions > wanted.partitions:
        told.append(
            f"has {found.partitions} partitions instead of {wanted.partitions}: our services keep their keys"
            " in the first, and any other producer's keys have moved"
        )
    if found.replicas < replicas:
        told.append(f"has {found.replicas} replicas instead of {replicas}")
    in_sync = min(MIN_IN_SYNC, max(1, replicas - 1))
    for key, value in (*wanted.config.items(), (MIN_IN_SYNC_NAME, str(in_sync))):
        if found.config.get(key) != value:
            told.append(f"has {key} {found.config.get(key)} instead of {value}")
    return told


async def grow_topics(arguments: dict[str, Any]) -> list[str]:
    """Add the partitions that topics have too few of, by the topics table; return their names."""
    async with _admin(arguments) as admin:
        found, table = await _found(admin), broker_topics()
        few = [name for name, topic in found.items() if topic.partitions < table[name].partitions]
        if few:
            await admin.create_partitions({name: NewPartitions(table[name].partitions) for name in few})
        return few


async def configure_topics(arguments: dict[str, Any]) -> list[str]:
    """Set what the topics table says on topics where it is otherwise; return their names."""
    async with _admin(arguments) as admin:
        found, table = await _found(admin), broker_topics()
        others = [name for name in found if not table[name].config.items() <= found[name].config.items()]
        answers = await admin.alter_configs(
            [
                # what is not named again goes back to the broker's default
                ConfigResource(
                    ConfigResourceType.TOPIC, name, {**found[name].set_on_the_topic, **table[name].config}
                )
                for name in others
            ]
        )
        for code, *_ in (resource for answer in answers for resource in answer.resources):
            if code:
                raise for_code(code)
        return others


async def partitions_of(arguments: dict[str, Any], topics: Collection[str]) -> list[tuple[str, int]]:
    """Return the partitions of topics as they are there: topic and number.

    Raises:
        UnknownTopicOrPartitionError: one of the topics is not there.
    """
    async with _admin(arguments) as admin:
        described = await admin.describe_topics(list(topics))
    for topic in described:
        if topic["error_code"] != NoError.errno:
            raise for_code(topic["error_code"])(topic["topic"])
    return [(topic["topic"], one["partition"]) for topic in described for one in topic["partitions"]]


async def offsets_of(arguments: dict[str, Any], group: str) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what a consumer group has committed.

    Raises:
        GroupAuthorizationFailedError: we may not describe the group.
    """
    async with _admin(arguments) as admin:
        committed: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(group)
        return committed


@asynccontextmanager
async def _admin(arguments: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**arguments)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _found(admin: AIOKafkaAdminClient) -> dict[str, Found]:
    """Return the topics of the topics table that are there."""
    topics = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
    there = [name for name in broker_topics() if name in topics]
    entries = await _entries(admin, there)
    return {
        name: Found(
            partitions=len(topics[name]),
            replicas=min(len(partition["replicas"]) for partition in topics[name]),
            config={key: value for key, value, *_ in entries[name]},
            set_on_the_topic={
                key: value for key, value, _, source, *_ in entries[name] if source == SET_ON_THE_TOPIC
            },
        )
        for name in there
    }


async def _entries(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, list[Any]]:
    """Return each topic's configuration: name, value, whether it is read-only, its source, and more."""
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, one) for one in names])
    entries: dict[str, list[Any]] = {}
    for code, _message, _kind, name, found in (one for answer in answers for one in answer.resources):
        if code:
            raise for_code(code)
        entries[name] = found
    return entries
