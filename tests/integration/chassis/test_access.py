"""Kafka with TLS and SCRAM, PostgreSQL with TLS: services come in, and nobody reads what is not theirs."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from chassis.kafka.broker import connection_arguments
from chassis.kafka.topics import create_topics
from chassis.settings import KafkaSettings
from contracts.topics import CONTACTS
from stack.layout import SERVICES
from support.ports import PRODUCTION
from support.production import OPERATOR, Production, let_second_users_in, running, shut_first_users_out
from support.stacks import a_folder_for_all


@pytest.fixture(scope="module")
def production() -> Iterator[Production]:
    with a_folder_for_all("production-") as folder:
        made = Production(folder, "localhost", PRODUCTION, PRODUCTION + 3)
        with running(made):
            yield made


def kafka(production: Production, who: str, **changes: Any) -> dict[str, Any]:
    settings = {
        **production.kafka_settings(str(production.kafka_ca)),
        **production.kafka_user(who),
        **changes,
    }
    return connection_arguments(KafkaSettings(**{name.lower(): value for name, value in settings.items()}))


async def read(arguments: dict[str, Any], topic: str, group: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, **arguments, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            value: bytes | None = (await consumer.getone()).value
            return value
    finally:
        await consumer.stop()


async def write(arguments: dict[str, Any], topic: str) -> None:
    producer = AIOKafkaProducer(**arguments, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"hallo", key=b"k")
    finally:
        await producer.stop()


async def test_the_topics_table_says_who_writes_and_who_reads(production: Production) -> None:
    await create_topics(kafka(production, OPERATOR))
    await write(kafka(production, "profiles"), "contacts")
    await write(kafka(production, "profiles"), "profiles")
    assert await read(kafka(production, "matching"), "profiles", "matching") == b"hallo"
    readers = {*CONTACTS.consumers, CONTACTS.producer}  # who wrote it may read it, to rebuild
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


async def test_a_second_user_takes_over_without_a_gap(production: Production) -> None:
    ca = str(production.postgres_ca)
    first_url, first_kafka = production.database_url("profiles", ca), kafka(production, "profiles")
    held = await asyncpg.connect(first_url)
    let_second_users_in(production)
    second_url, second_kafka = production.database_url("profiles", ca), kafka(production, "profiles")
    for arguments in (first_kafka, second_kafka):
        await write(arguments, "profiles")
    second = await asyncpg.connect(second_url)
    await second.execute("CREATE TABLE made_by_the_second ()")
    await held.execute("DROP TABLE made_by_the_second")
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
