"""Any records on the topics: each partition moves on, each process lives, and what is wrong is a dead letter.

The seed is printed; FUZZ_SEED repeats a run.
"""

import json
import os
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from contracts.envelope import decode
from contracts.reading import Undecodable, Unfamiliar
from contracts.topics import PARTITIONS, TOPICS, Topic, dead_topic
from stack.layout import SERVICES
from support.notifying import SAMPLES
from support.raw_records import Codec, RawRecord, raw_producer
from support.stacks import Stack, until

SEED = int(os.environ.get("FUZZ_SEED", random.randrange(2**32)))
BATCHES = 5  # a partition
LARGE = 6 * 1024 * 1024
SECONDS = 120
# What each topic carries that brings nobody a mail and no opdracht a match.
HARMLESS = {
    "profiles": "ProfileUpdated.v1.2",
    "contacts": "ContactUpdated.v1.1",
    "keys": "KeyMade.v1.1",
    "assignments": "AssignmentClosed.v1.1",
    "placements": "PlacementChanged.v1.2",
    "matches": "MatchWithdrawn.v1.2",
    "answers": "MatchAnswered.v1.1",
    "preferences": "PreferencesChosen.v1.1",
    "advice": "InterestLacking.v1.1",
    "checkins": "CheckInAnswered.v1.1",
    "questions": "QuestionAsked.v1.1",
    "notices": "NoticeSettled.v1.1",
    "audit": "ActRecorded.v1.1",
}
READ = [topic for topic in TOPICS if topic.consumers]
WORDS = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"a\x00b",
    b"ce_type",
    b"ce_id",
    b"\xed\xa0\x80",
    b"\\x00",
    "é".encode(),
    b"x" * 5000,
]
AWKWARD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2**31,
        2**63,
        10**30,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "\0",
        "x" * 20_000,
        [],
        {},
    ),
    *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:00-14:00", "2099-12-20T23:59:00+23:59", "infinity"),
    *("0001-01-01", "9999-12-31", {"\0": 1}, [[[]]], "'; DROP TABLE outbox; --"),
]
TIMES = [None, None, None, 0, -1, -(2**62), 2**40, 2**62]

Lies = tuple[str, int, int]


class Fuzz:
    """Makes records, each from one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def event(self, topic: Topic) -> RawRecord:
        """Make a record for a topic: an event with nothing wrong."""
        event = json.loads((SAMPLES / f"{HARMLESS[topic.name]}.json").read_text())
        key = str(uuid4())
        value: Any = event["value"] | {topic.key_of(event["headers"]["ce_type"]): key}
        if topic.name == "profiles":
            value["status"] = "paused"
        if topic.name == "contacts":
            value["email"] = f"{key}@fuzz.example"
        headers = [
            (name.encode(), text.encode()) for name, text in (event["headers"] | {"ce_id": key}).items()
        ]
        return RawRecord(key.encode(), json.dumps(value).encode(), headers)

    def record(self, topic: Topic, large: bool) -> RawRecord:
        """Make a record for a topic: an event with something wrong, with nothing wrong, or any bytes."""
        rng, record = self._rng, self.event(topic)
        for spoil in rng.sample(
            [self._header, self._name, self._value, self._key, self._bytes], rng.randrange(3)
        ):
            record = spoil(record)
        if large:
            record = RawRecord(record.key, rng.randbytes(8) * (LARGE // 8), record.headers)
        return record

    def _header(self, record: RawRecord) -> RawRecord:
        name, _ = self._rng.choice([*record.headers, (b"other", b"")])
        others = [header for header in record.headers if header[0] != name]
        return replace(record, headers=[*others, (name, self._rng.choice([None, *WORDS]))])

    def _name(self, record: RawRecord) -> RawRecord:
        added = [
            (self._rng.choice(WORDS), self._rng.choice([None, *WORDS]))
            for _ in range(self._rng.randrange(1, 4))
        ]
        return replace(record, headers=[*record.headers, *added])

    def _value(self, record: RawRecord) -> RawRecord:
        try:
            value = json.loads(record.value or b"")
            value[self._rng.choice([*value])] = self._rng.choice(AWKWARD)
        except (ValueError, TypeError, RecursionError):
            return record
        return replace(record, value=json.dumps(value).encode())

    def _key(self, record: RawRecord) -> RawRecord:
        return replace(
            record, key=self._rng.choice([None, *WORDS, str(uuid4()).upper().encode(), b"k" * 300_000])
        )

    def _bytes(self, record: RawRecord) -> RawRecord:
        rng = self._rng
        garbage = rng.choice(
            [None, b"", b"{", b"[" * 5000, rng.randbytes(rng.randrange(3000)), b'{"a": NaN}']
        )
        return replace(record, value=garbage)


def is_no_dead_letter(topic: Topic, record: RawRecord) -> bool:
    """Tell whether it is an event, or waits for a release that may know one of its words."""
    headers = [(name.decode(errors="surrogateescape"), value) for name, value in record.headers]
    with suppress(Unfamiliar):
        try:
            decode(topic, record.key, record.value, headers, datetime.now(UTC))
        except Undecodable:
            return False
    return True


@asynccontextmanager
async def admin(stack: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def starts(stack: Stack) -> dict[str, str]:
    """Return when each service's process began."""
    found = {}
    for service in SERVICES:
        async with stack.client(service, None) as http:
            lines = (await http.get("/metrics")).text.splitlines()
        [found[service]] = [line for line in lines if line.startswith("process_start_time_seconds ")]
    return found


async def dead_letters(stack: Stack, topic: str, wanted: set[Lies]) -> None:
    """Wait until a dead topic says of every record that is wanted where it lies."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stack.layout.kafka, max_partition_fetch_bytes=8 * 1024 * 1024
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.seek_to_beginning()
    missing = set(wanted)

    async def are_there() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                why = {name: (text or b"").decode(errors="replace") for name, text in record.headers[-10:]}
                missing.discard((why["dead_topic"], int(why["dead_partition"]), int(why["dead_offset"])))
        return not missing

    try:
        await until(
            are_there,
            SECONDS,
            f"{len(missing)} of {len(wanted)} in {topic}; seed {SEED}: {sorted(missing)[:5]}",
        )
    finally:
        await consumer.stop()


async def test_whatever_lies_on_the_topics_each_partition_moves_on_and_each_process_lives(
    stack: Stack,
) -> None:
    print(f"FUZZ_SEED={SEED}")
    fuzz, rng = Fuzz(random.Random(SEED)), random.Random(SEED + 1)
    before = await starts(stack)
    wrong: defaultdict[str, set[Lies]] = defaultdict(set)
    people: set[tuple[str, int, bytes]] = set()
    ends: dict[TopicPartition, int] = {}
    async with raw_producer(stack) as producer:
        for topic in READ:
            for number in range(PARTITIONS * BATCHES):
                partition, large = number % PARTITIONS, number == 7
                records = [fuzz.record(topic, large) for _ in range(1 if large else rng.randrange(1, 6))]
                at = rng.choice(TIMES)  # a batch's records are not further apart than a varint holds
                records = [replace(record, timestamp=at) for record in records]
                if number < PARTITIONS and not large:
                    records = [fuzz.event(topic)]  # the broker takes one of each partition for sure
                codec = Codec.GZIP if large else rng.choice([*Codec])
                try:
                    first = await producer.send(topic.name, partition, records, codec)
                except KafkaError:
                    continue  # the broker itself refuses it: a time to come, no key on a compacted topic
                for offset, record in enumerate(records, first):
                    if not is_no_dead_letter(topic, record):
                        wrong[topic.name].add((topic.name, partition, offset))
                    elif topic.tombstone and record.key:
                        people.add((topic.name, partition, record.key))
                ends[TopicPartition(topic.name, partition)] = first + len(records)
        # Other tests count people: they are erased again.
        for name, partition, key in people:
            first = await producer.send(name, partition, [RawRecord(key, None)], Codec.NONE)
            ends[TopicPartition(name, partition)] = first + 1
    assert len(ends) == len(READ) * PARTITIONS
    assert all(len(wrong[topic.name]) > 10 for topic in READ)

    async with admin(stack) as client:
        for service in SERVICES:
            own = {
                tp: end
                for tp, end in ends.items()
                if any(t.name == tp.topic and service in t.consumers for t in READ)
            }

            async def has_moved_on(group: str = service, own: dict[TopicPartition, int] = own) -> bool:
                committed = await client.list_consumer_group_offsets(group)
                return all(tp in committed and committed[tp].offset >= end for tp, end in own.items())

            await until(has_moved_on, SECONDS, f"{service} reads on; seed {SEED}")
    for topic in READ:
        for group in topic.consumers:
            await dead_letters(stack, dead_topic(topic.name, group), wrong[topic.name])
    assert await starts(stack) == before
    for service in SERVICES:
        async with stack.client(service, None) as http:
            assert (await http.get("/livez")).status_code == 200
            assert (await http.get("/readyz")).json() == {"database": True, "consumer": True}
