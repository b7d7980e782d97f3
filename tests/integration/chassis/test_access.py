"""Kafka with TLS and SCRAM, PostgreSQL with TLS: services come in, and nobody reads what is not theirs."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from chassis.database import migrate, open_pool
from chassis.kafka.broker import connection_arguments
from chassis.kafka.topics import create_topics
from chassis.kafka.waiting_letters import WaitingLetters
from chassis.settings import KafkaSettings
from contracts.topics import CONTACTS, PARTITIONS
from opdrachtctl.rewinding import rewind
from prometheus_client import REGISTRY
from stack.layout import SERVICES
from support.ports import PRODUCTION
from support.production import (
    CREATOR,
    ERASURES,
    OFFSETS,
    OPERATOR,
    REPLAY,
    Production,
    let_second_users_in,
    running,
    shut_first_users_out,
)
from support.stacks import a_folder_for_all


@pytest.fixture(scope="module")
def production() -> Iterator[Production]:
    with a_folder_for_all("production-") as folder:
        made = Production(folder, "localhost", PRODUCTION, PRODUCTION + 3)
        with running(made):
            yield made


def kafka_settings(production: Production, who: str, **changes: Any) -> KafkaSettings:
    settings = {
        **production.kafka_settings(str(production.kafka_ca)),
        **production.kafka_user(who),
        **changes,
    }
    return KafkaSettings(**{name.lower(): value for name, value in settings.items()})


def kafka(production: Production, who: str, **changes: Any) -> dict[str, Any]:
    return connection_arguments(kafka_settings(production, who, **changes))


async def read(arguments: dict[str, Any], topic: str, group: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, **arguments, group_id=group, auto_offset_reset="earliest")
    try:
        await consumer.start()
        async with asyncio.timeout(60):
            value: bytes | None = (await consumer.getone()).value
            return value
    finally:
        await consumer.stop()


async def write(arguments: dict[str, Any], topic: str) -> None:
    producer = AIOKafkaProducer(**arguments, enable_idempotence=True, acks="all")
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"hallo", key=b"k")
    finally:
        await producer.stop()


async def creation(arguments: dict[str, Any], topic: str) -> int:
    """Try to create a topic; return the broker's code."""
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        ((_, code, *_),) = (await admin.create_topics([NewTopic(topic, 1, 1)])).topic_errors
        return int(code)
    finally:
        await admin.close()


async def opdracht(production: Production, task: str, *words: str) -> tuple[int | None, str]:
    """Run the operator's command as the user of a task; return its exit status and what it says."""
    settings = {**production.kafka_settings(str(production.kafka_ca)), **production.kafka_user(task)}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "opdrachtctl", *words),
        env={**os.environ, **settings, "COLUMNS": "300"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return running.returncode, said.decode()


async def test_who_is_on_call_has_the_rights_of_a_task_and_no_other(production: Production) -> None:
    await create_topics(kafka(production, CREATOR))
    assert (await opdracht(production, OPERATOR, "topics", "check"))[0] == 0
    dead = {
        "dead_topic": b"profiles",
        "dead_partition": b"0",
        "dead_offset": b"0",
        "dead_cause": b"failed",
        "dead_detail": b"x",
        "dead_at": b"now",
    }
    producer = AIOKafkaProducer(**kafka(production, "matching"), enable_idempotence=True, acks="all")
    await producer.start()
    try:
        for number in range(3):
            key = f"{number}".encode()
            await producer.send_and_wait("profiles.matching.dead", b"hallo", key=key, headers=[*dead.items()])
    finally:
        await producer.stop()

    listed = (await opdracht(production, OPERATOR, "dead-letters", "list"))[1]
    letters = re.findall(r"profiles\.matching\.dead:\d+:\d+", listed)
    assert len(letters) == 3, listed
    refused, said = await opdracht(production, OPERATOR, "dead-letters", "replay", letters[0])
    assert refused != 0
    assert "Authorization" in said
    status, said = await opdracht(production, REPLAY, "dead-letters", "replay", letters[0])
    assert (status, "replayed" in said) == (0, True), said
    status, said = await opdracht(production, OPERATOR, "dead-letters", "discard", letters[1])
    assert (status, "discarded" in said) == (0, True), said
    await WaitingLetters(kafka_settings(production, "matching"), ["profiles"], "matching").measure()
    counted = {"topic": "profiles", "group": "matching"}
    assert REGISTRY.get_sample_value("dead_letters_waiting", counted) == 1
    status, said = await opdracht(production, ERASURES, "erase-report", str(uuid4()), "--word", "hallo")
    assert status == 1, said
    assert "profiles" in said

    for who in (OPERATOR, REPLAY, ERASURES):
        for topic in ("contacts", "keys"):
            if who != REPLAY:
                with pytest.raises((TopicAuthorizationFailedError, ClusterAuthorizationFailedError)):
                    await write(kafka(production, who), topic)  # who writes nowhere has no id to write with
            if who == OPERATOR:
                with pytest.raises(TopicAuthorizationFailedError):
                    await read(kafka(production, who), topic, OPERATOR)
    assert await creation(kafka(production, REPLAY), "another") == TopicAuthorizationFailedError.errno

    ca = str(production.postgres_ca)
    await migrate(production.migrating_url("matching", ca), "chassis", "matching", role="matching")
    url = production.database_url("matching", ca)
    rewound = await rewind(kafka(production, OFFSETS), url, "matching", ["profiles"], None)
    assert len(rewound.now) == PARTITIONS
    with pytest.raises(GroupAuthorizationFailedError):
        await rewind(kafka(production, REPLAY), url, "matching", ["profiles"], None)


async def test_the_topics_table_says_who_writes_and_who_reads(production: Production) -> None:
    await create_topics(kafka(production, CREATOR))
    await write(kafka(production, "profiles"), "contacts")
    await write(kafka(production, "profiles"), "profiles")
    assert await read(kafka(production, "matching"), "profiles", "matching") == b"hallo"
    readers = {*CONTACTS.consumers, *CONTACTS.producers}  # who wrote it may read it, to rebuild
    assert readers == {"notifications", "desk", "profiles"}
    for who in readers:
        assert await read(kafka(production, who), "contacts", who) == b"hallo"
    for who in set(SERVICES) - readers:
        with pytest.raises(TopicAuthorizationFailedError):
            await read(kafka(production, who), "contacts", who)
    with pytest.raises(GroupAuthorizationFailedError):
        await read(kafka(production, "matching"), "profiles", "notifications")
    with pytest.raises(TopicAuthorizationFailedError):
        await write(kafka(production, "matching"), "profiles")
    await write(kafka(production, "matching"), "profiles.matching.dead")


async def test_a_wrong_password_or_an_unknown_certificate_comes_in_nowhere(production: Production) -> None:
    for name, wrong in (
        ("KAFKA_SASL_PASSWORD", "fout"),
        ("KAFKA_CA_FILE", None),
        ("KAFKA_SECURITY_PROTOCOL", "SSL"),
    ):
        with pytest.raises(KafkaError):
            await write(kafka(production, "profiles", **{name: wrong}), "profiles")


async def test_each_service_reaches_its_own_database_over_tls_and_no_other(production: Production) -> None:
    ca = str(production.postgres_ca)
    for service in SERVICES:
        await migrate(production.migrating_url(service, ca), "chassis", service, role=service)
    for service in SERVICES:
        connection = await asyncpg.connect(production.database_url(service, ca))
        assert await connection.fetchval("SELECT current_user") == service
        await connection.close()
        for other in set(SERVICES) - {service}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(production.database_url(service, ca, other))
    url, other_ca = production.database_url("profiles", ca), str(production.folder / "other.crt")
    trustme.CA().cert_pem.write_to_path(other_ca)
    for wrong in (url.replace("verify-full", "disable"), url.replace(ca, other_ca)):
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await asyncpg.connect(wrong)


async def test_user_and_password_beside_the_url_may_have_any_character(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, password = str(production.postgres_ca), "/p#q?a=b@c:% d'\\&"
    admin = await asyncpg.connect(host=str(production.folder / "socket"), user="postgres")
    await admin.execute(
        "CREATE ROLE another LOGIN PASSWORD " + await admin.fetchval("SELECT quote_literal($1)", password)
    )
    await admin.execute("GRANT CONNECT ON DATABASE profiles TO another")
    whole = production.database_url("profiles", ca)
    credentials, _, place = whole.removeprefix("postgresql://").partition("@")
    monkeypatch.setenv("PGUSER", "another")
    monkeypatch.setenv("PGPASSWORD", password)
    async with open_pool(f"postgresql://{place}") as pool:
        assert await pool.fetchval("SELECT current_user") == "another"
    monkeypatch.setenv("PGPASSWORD", credentials)
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(f"postgresql://{place}")
    await admin.execute("REVOKE CONNECT ON DATABASE profiles FROM another")
    await admin.execute("DROP ROLE another")
    await admin.close()


async def test_a_second_user_takes_over_without_a_gap(production: Production) -> None:
    ca = str(production.postgres_ca)
    await migrate(production.migrating_url("profiles", ca), "chassis", "profiles", role="profiles")
    first_url, first_kafka = production.database_url("profiles", ca), kafka(production, "profiles")
    held = await asyncpg.connect(first_url)
    let_second_users_in(production)
    second_url, second_kafka = production.database_url("profiles", ca), kafka(production, "profiles")
    for arguments in (first_kafka, second_kafka):
        await write(arguments, "profiles")
    second = await asyncpg.connect(second_url)
    for connection in (second, held):
        await connection.execute("DELETE FROM outbox")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DROP TABLE outbox")
    shut_first_users_out(production)
    with pytest.raises(KafkaError):
        await write(first_kafka, "profiles")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(first_url)
    await write(second_kafka, "profiles")
    await second.execute("SELECT 1")
    await held.execute("SELECT 1")
    for connection in (held, second):
        await connection.close()
