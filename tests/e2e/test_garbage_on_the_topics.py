"""A record that nobody can read ends in its dead topic, whole, and delays nobody."""

import random
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from contracts.topics import TOPICS, Topic, dead_topic
from support import people as random_facts
from support.stacks import Stack, until

Garbage = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
GARBAGE: list[Garbage] = [
    (b"k", b"\xff\xfe\x00garbage", [("ce_type", b"\xff\xfe"), ("empty", None)]),
    (None, b"{}", []),
    (str(uuid4()).encode(), b'{"half": ', [("ce_type", b"Unknown.v9")]),
]


async def test_garbage_goes_to_the_dead_topic_with_its_bytes_and_the_next_event_is_taken(
    stack: Stack,
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka)
    await producer.start()
    for topic in TOPICS:
        for key, value, headers in garbage_for(topic):
            for partition in range(6):
                await producer.send_and_wait(topic.name, value, key, partition=partition, headers=headers)
    await producer.stop()

    rng = random.Random(4)
    opened = await stack.post(
        "assignments", "/assignments", {**random_facts.assignment_facts(rng), "open": True}
    )
    assignment_id = opened.json()["assignment_id"]
    async with stack.client("matching") as http:

        async def taken() -> bool:
            return (await http.get(f"/assignments/{assignment_id}/matches")).status_code == 200

        await until(taken, what="the event after the garbage is taken")

    for topic in TOPICS:
        expected = garbage_for(topic)
        for group in topic.consumers:
            await await_dead(stack, dead_topic(topic.name, group), expected)


def garbage_for(topic: Topic) -> list[Garbage]:
    """A compacted topic's broker takes no record without a key, and a bare null erases its key."""
    if topic.retention_days is not None:
        return GARBAGE
    return [item for item in GARBAGE if item[0] is not None]


async def await_dead(stack: Stack, topic: str, expected: list[Garbage]) -> None:
    """Wait until a dead topic has each record six times, among others; each must say why it is there."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.seek_to_beginning()
    wanted = [(key, value, tuple(headers)) for key, value, headers in expected]
    found: list[Any] = []
    try:

        async def are_there() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    original = tuple(pair for pair in record.headers if not pair[0].startswith("dead_"))
                    if (letter := (record.key, record.value, original)) in wanted:
                        names = dict(record.headers)
                        assert names["dead_cause"] == b"undecodable"
                        assert names["dead_topic"].decode() in topic
                        found.append(letter)
            return all(found.count(one) >= 6 for one in wanted)

        await until(are_there, what=f"the records in {topic}")
    finally:
        await consumer.stop()
    assert len(found) == 6 * len(wanted)


async def test_an_event_by_anyone_is_taken_as_if_the_service_had_sent_it(stack: Stack) -> None:
    import json

    rng = random.Random(8)
    profile_id = str(uuid4())
    data = {"profile_id": profile_id, "version": 5, **random_facts.profile_facts(rng)}
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"by-hand-1"),
        ("ce_source", b"/elsewhere"),
        ("ce_type", b"ProfileUpdated.v1"),
        ("ce_subject", profile_id.encode()),
        ("ce_time", b"2026-11-24T12:00:00Z"),
        ("content-type", b"application/json"),
    ]
    opened = await stack.post(
        "assignments", "/assignments", {**random_facts.assignment_facts(rng), "open": True}
    )
    assignment_id = opened.json()["assignment_id"]
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka)
    await producer.start()
    for value in (json.dumps(data).encode(), json.dumps({**data, "version": 4, "status": "paused"}).encode()):
        await producer.send_and_wait("profiles", value, profile_id.encode(), headers=headers)

    async with stack.client("matching") as http:
        path = f"/assignments/{assignment_id}/why-not/{UUID(profile_id)}"

        async def known() -> bool:
            return (await http.get(path)).status_code == 200

        await until(known)
        rules = {rule["rule"]: rule["facts"] for rule in (await http.get(path)).json()["rules"]}
        assert rules["active"]["status"] == data["status"]
        await producer.send_and_wait("profiles", None, profile_id.encode())

        async def erased() -> bool:
            return (await http.get(path)).status_code == 404

        await until(erased)
    await producer.stop()
