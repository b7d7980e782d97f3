"""`opdracht topics`: what differs from the topics table is named, and mended; tools read what is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError
from contracts.topics import broker_topics
from opdrachtctl.__main__ import app
from opdrachtctl.console import console
from opdrachtctl.erasure import on_topics
from opdrachtctl.letters import Letter, letters
from stack import kafka
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor
from support.ports import SECOND_STACK
from support.stacks import a_folder_for_all, until
from typer.testing import CliRunner

TABLE = broker_topics()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)


@pytest.fixture(scope="module")
async def layout() -> AsyncIterator[Layout]:
    """A Kafka without topics, which makes two replicas of one unless told otherwise: more than it can."""
    with a_folder_for_all("kafka-") as folder:
        made = Layout(SECOND_STACK, folder)
        supervisor = Supervisor(made, print)
        command = kafka.command(made, kafka.jars())
        with (folder / "kafka" / "server.properties").open("a") as settings:
            settings.write("default.replication.factor=2\n")
        await supervisor.start([Program("kafka", command)])
        try:
            await until(lambda: answers(made))
            yield made
        finally:
            await supervisor.stop()


async def answers(layout: Layout) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", layout.ports["kafka"])
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def admin(layout: Layout) -> AsyncIterator[AIOKafkaAdminClient]:
    opened = AIOKafkaAdminClient(bootstrap_servers=layout.kafka)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def topics(layout: Layout) -> None:
    """The topics of the table, as it says."""
    await opdracht(layout, "create", "--replication", "1")


async def opdracht(layout: Layout, *words: str, fails: bool = False) -> list[str]:
    settings = {"KAFKA_BOOTSTRAP_SERVERS": layout.kafka}
    done = await asyncio.to_thread(CliRunner().invoke, app, ["topics", *words], env=settings)
    assert (done.exit_code != 0) == fails, (done.output, done.exception)
    return sorted(done.output.splitlines())


async def test_the_broker_says_how_many_replicas_there_are_unless_the_operator_does(layout: Layout) -> None:
    assert await opdracht(layout, "create", fails=True) == []  # the broker's two, on one broker
    missing = await opdracht(layout, "check", fails=True)
    assert missing == sorted(f"{name} is missing" for name in TABLE)
    created = await opdracht(layout, "create", "--replication", "1")
    assert created == sorted(f"created {name}" for name in TABLE)
    assert await opdracht(layout, "check") == ["every topic is as the table says"]
    assert await opdracht(layout, "create") == ["every topic is there"]


@pytest.mark.usefixtures("topics")
async def test_each_difference_from_the_table_is_named_and_mended(
    layout: Layout, admin: AIOKafkaAdminClient
) -> None:
    await admin.delete_topics(["answers", "notices"])

    async def gone() -> bool:
        return not {"answers", "notices"} & set(await admin.list_topics())

    await until(gone)
    await admin.create_topics(
        [NewTopic("answers", 3, 1, topic_configs={**TABLE["answers"].config, "min.insync.replicas": "2"})]
    )
    await admin.create_partitions({"contacts": NewPartitions(12)})
    other = {**TABLE["contacts"].config, "delete.retention.ms": "86400000", "compression.type": "gzip"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "contacts", other)])
    keys = "our services keep their keys in the first, and any other producer's keys have moved"
    left = [
        "answers has min.insync.replicas 2 instead of 1",
        f"contacts has 12 partitions instead of 6: {keys}",
    ]

    async def named() -> bool:
        return await opdracht(layout, "check", fails=True) == sorted(
            [
                *left,
                "answers has 3 partitions instead of 6",
                "contacts has delete.retention.ms 86400000 instead of 7776000000",
                "notices is missing",
            ]
        )

    await until(named)
    assert await opdracht(layout, "configure") == ["configured contacts"]
    assert await opdracht(layout, "grow") == ["grown answers"]
    assert await opdracht(layout, "create", "--replication", "1") == ["created notices"]

    async def mended() -> bool:
        return await opdracht(layout, "check", fails=True) == left

    await until(mended)
    (kept,) = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, "contacts", {"compression.type": None})]
    )
    assert kept.resources[0][4][0][1] == "gzip"  # what the table says nothing of stays


@pytest.mark.usefixtures("topics")
async def test_tools_read_the_partitions_that_are_there(layout: Layout, admin: AIOKafkaAdminClient) -> None:
    arguments, somebody, dead = {"bootstrap_servers": layout.kafka}, uuid4(), "matches.notifications.dead"
    await admin.create_partitions({"profiles": NewPartitions(8), dead: NewPartitions(2)})
    producer = AIOKafkaProducer(**arguments, metadata_max_age_ms=500)
    await producer.start()

    async def there() -> bool:
        return (
            len(await producer.partitions_for("profiles")) == 8
            and len(await producer.partitions_for(dead)) == 2
        )

    await until(there)
    await producer.send_and_wait("profiles", None, str(somebody).encode(), partition=7)
    await producer.send_and_wait(dead, b"{}", b"key", partition=1, headers=[("dead_cause", b"failed")])
    await producer.stop()
    (trace,) = await on_topics(arguments, somebody, [])
    assert (trace.place, trace.found, trace.tombstones) == ("topic profiles", 1, 1)
    async with letters(arguments) as opened:

        async def read() -> list[Letter]:
            with suppress(GroupCoordinatorNotAvailableError):  # a new Kafka has none at first
                return await opened.read()
            return []

        (letter,) = await until(read)
        assert letter.name == f"{dead}:1:0"
        await opened.discard([letter])
        assert await opened.read() == []
