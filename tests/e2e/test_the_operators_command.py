"""The operator lists, shows, replays and discards dead letters, and sees what is left of somebody."""

import asyncio
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from chassis.delivery.dead_letters import Cause, DeadLetter
from chassis.delivery.records import ReceivedRecord
from chassis.kafka.waiting_letters import WaitingLetters
from chassis.settings import KafkaSettings
from contracts.envelope import Event, encode
from contracts.events import AssignmentOpened
from opdrachtctl.__main__ import app
from opdrachtctl.records import partitions, read_all
from prometheus_client import REGISTRY
from support import people as random_facts
from support.stacks import Stack, until
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

DEAD = "assignments.matching.dead"


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


async def opdracht(stack: Stack, *words: str, fails: bool = False, database: str = "profiles") -> str:
    """Run the operator's command in this process, which ends well or `fails`; return what it prints."""
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": stack.layout.kafka,
        "DATABASE_URL": stack.layout.database_url(database),
        "COLUMNS": "200",
    }
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=settings)
    assert (done.exit_code != 0) == fails, (done.output, done.exception)
    return done.output


async def waiting(stack: Stack) -> float | None:
    """Return how many letters wait, by the metric that matching has of them."""
    settings = KafkaSettings(kafka_bootstrap_servers=stack.layout.kafka)
    await WaitingLetters(settings, ["assignments"], "matching").measure()
    labels = {"topic": "assignments", "group": "matching"}
    return REGISTRY.get_sample_value("dead_letters_waiting", labels)


def test_the_command_is_installed() -> None:
    command = [str(Path(sys.executable).with_name("opdracht")), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "dead-letters" in done.stdout


async def put_letters(stack: Stack, count: int) -> tuple[UUID, list[str]]:
    """Put letters on a dead topic whose record is right by now; return its assignment, and their names."""
    assignment_id = uuid7()
    body = {**random_facts.assignment_facts(random.Random(1)), "assignment_id": assignment_id, "version": 1}
    data, now = AssignmentOpened.model_validate(body, strict=False), datetime.now(UTC)
    event = Event(str(uuid7()), "/services/assignments", "AssignmentOpened.v1", assignment_id, now, data)
    received = ReceivedRecord("assignments", 0, 7, *encode(event), timestamp=0)
    record = DeadLetter(received, "matching", Cause.FAILED, "an error of ours").record(now)
    assert record.topic == DEAD
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka)
    await producer.start()
    sent = [
        await producer.send_and_wait(DEAD, key=record.key, value=record.value, headers=record.headers)
        for _ in range(count)
    ]
    await producer.stop()
    return assignment_id, [f"{DEAD}:0:{letter.offset}" for letter in sent]


async def test_letters_are_listed_shown_replayed_and_discarded_once(stack: Stack) -> None:
    await opdracht(stack, "dead-letters", "discard", "--all")
    assert "no dead letters" in await opdracht(stack, "dead-letters", "list")
    assert await waiting(stack) == 0
    assignment_id, (first, second, third, fourth) = await put_letters(stack, 4)
    listed = await opdracht(stack, "dead-letters", "list")
    assert [name for name in (first, second, third, fourth) if name not in listed] == []
    assert "an error of ours" in listed
    assert await waiting(stack) == 4
    shown = await opdracht(stack, "dead-letters", "show", second)
    assert "ce_type: AssignmentOpened.v1" in shown
    assert str(assignment_id) in shown

    # out of order: what was handled stays handled, and the rest is there
    assert f"discarded {third}" in await opdracht(stack, "dead-letters", "discard", third)
    assert f"replayed {second}" in await opdracht(stack, "dead-letters", "replay", second)
    listed = await opdracht(stack, "dead-letters", "list")
    assert [name in listed for name in (first, second, third, fourth)] == [True, False, False, True]
    assert await waiting(stack) == 2
    refused = await opdracht(stack, "dead-letters", "replay", second, fails=True)
    assert "not there, or handled already" in refused

    async def heard() -> bool:
        async with stack.client("matching") as http:
            return (await http.get(f"/assignments/{assignment_id}/matches")).status_code == 200

    await until(heard)
    await opdracht(stack, "dead-letters", "replay", "--all")
    assert "no dead letters" in await opdracht(stack, "dead-letters", "list")
    assert await waiting(stack) == 0
    assert "name letters, or say --all" in await opdracht(stack, "dead-letters", "replay", fails=True)


@pytest.mark.parametrize("headers", [[], [("dead_topic", b"assignments"), ("dead_partition", b"one")]])
async def test_what_no_consumer_wrote_to_a_dead_topic_is_listed_shown_left_alone_and_discarded(
    stack: Stack, headers: list[tuple[str, bytes]]
) -> None:
    await opdracht(stack, "dead-letters", "discard", "--all")
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka)
    await producer.start()
    sent = await producer.send_and_wait(DEAD, value=b"by hand", headers=headers)
    await producer.stop()
    name = f"{DEAD}:{sent.partition}:{sent.offset}"
    assert name in await opdracht(stack, "dead-letters", "list")
    assert "by hand" in await opdracht(stack, "dead-letters", "show", name)
    assert f"unknown {name}" in await opdracht(stack, "dead-letters", "replay", name)
    assert f"discarded {name}" in await opdracht(stack, "dead-letters", "discard", name)


async def test_a_letter_that_is_overtaken_or_cut_is_not_replayed(stack: Stack) -> None:
    await opdracht(stack, "dead-letters", "discard", "--all")
    body = {**random_facts.assignment_facts(random.Random(3)), "open": True}
    opened = (await stack.post("assignments", "/assignments", body)).json()
    key = opened["assignment_id"].encode()
    lies = await last_record(stack, "assignments", key)
    async with stack.client("assignments") as http:
        (
            await http.post(f"/assignments/{key.decode()}/close", json={"reason": "withdrawn"})
        ).raise_for_status()

    async def closed() -> bool:
        return bool((await last_record(stack, "assignments", key)).offset > lies.offset)

    await until(closed)
    old = ReceivedRecord(
        "assignments", lies.partition, lies.offset, key, lies.value, lies.headers, timestamp=0
    )
    cut = replace(old, key=b"k", value=b"x" * 4 * 1024 * 1024)
    producer = AIOKafkaProducer(bootstrap_servers=stack.layout.kafka, max_request_size=4 * 1024 * 1024)
    await producer.start()
    for received in (old, cut):
        record = DeadLetter(received, "matching", Cause.FAILED, "an error of ours").record(datetime.now(UTC))
        await producer.send_and_wait(DEAD, key=record.key, value=record.value, headers=record.headers)
    await producer.stop()
    said = await opdracht(stack, "dead-letters", "replay", "--all")
    assert f"overtaken {DEAD}:0:" in said
    assert f"cut {DEAD}:0:" in said
    assert "replayed" not in said
    assert (await opdracht(stack, "dead-letters", "list")).count(DEAD) == 2
    await opdracht(stack, "dead-letters", "discard", "--all")


async def last_record(stack: Stack, topic: str, key: bytes) -> Any:
    """Return the last record of a key."""
    found: list[Any] = []
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.layout.kafka)
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await consumer.start()
    await admin.start()
    there = await partitions(admin, [topic])
    await admin.close()

    async def is_there() -> bool:
        found[:] = [one async for one in read_all(consumer, there) if one.key == key]
        return bool(found)

    await until(is_there)
    await consumer.stop()
    return found[-1]


async def test_an_erase_report_says_where_an_id_still_stands(stack: Stack) -> None:
    body = random_facts.profile_body(random.Random(2), "Weg")
    profile_id = (await stack.post("profiles", "/profiles", body)).json()["profile_id"]
    urls = [stack.layout.database_url(name) for name in ("profiles", "notifications", "desk")]
    databases = [word for url in urls for word in ("--database", url)]

    async def report() -> dict[str, tuple[str, str]]:
        """Return what is found; until Kafka has compacted, which takes it up to a day, something is left."""
        said = await opdracht(stack, "erase-report", profile_id, *databases, fails=True)
        rows = [line.split("│") for line in said.splitlines() if "│" in line]
        return {place.strip(): (found.strip(), tombs.strip()) for _, place, found, tombs, _, _, _ in rows}

    async def known() -> bool:
        return "topic contacts" in await report()

    await until(known)
    assert (await report())["database profiles, table profiles"] == ("1", "")
    async with stack.client("profiles") as http:
        assert (await http.delete(f"/profiles/{profile_id}")).status_code == 204

    async def erased() -> bool:
        return (await report()).get("topic contacts") == ("2", "1")

    await until(erased)


async def test_the_stacks_topics_are_as_the_table_says(stack: Stack) -> None:
    assert "every topic is as the table says" in await opdracht(stack, "topics", "check")


async def test_a_running_service_reads_a_topic_again_and_nobody_is_matched_twice(stack: Stack) -> None:
    rng = random.Random(3)
    await stack.post("profiles", "/profiles", random_facts.profile_body(rng, "Nogmaals"))
    connection = await asyncpg.connect(stack.layout.database_url("matching"))

    async def position() -> int:
        return int(await connection.fetchval(_READ_OF_PROFILES) or 0)

    await until(position)
    before, proposals = await position(), "SELECT count(*), sum(revision) FROM matches"
    known = await connection.fetchrow(proposals)
    words = ("offsets", "reset", "matching")
    refused = await opdracht(stack, *words, "--to-earliest", fails=True)
    assert "DATABASE_URL is not matching's database" in refused
    assert "say --to-earliest or --to-time" in await opdracht(stack, *words, fails=True, database="matching")
    said = await opdracht(stack, *words, "--to-earliest", "--topic", "profiles", database="matching")
    assert "matching runs" in said

    async def read_again() -> bool:
        return await position() >= before

    await until(read_again)
    assert await connection.fetchrow(proposals) == known
    await opdracht(stack, *words, "--to-time", "2030-01-01T00:00:00Z", database="matching")
    assert await position() >= before
    await connection.close()


_READ_OF_PROFILES = "SELECT sum(next) FROM consumed WHERE topic = 'profiles'"
