"""The Kafka broker: how to reach it, FastStream's consumer side, and an idempotent producer in order."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from contracts.topics import broker_topics
from faststream.kafka import KafkaBroker
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from prometheus_client import CollectorRegistry

from chassis.settings import KafkaSettings

MAX_REQUEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Outgoing:
    """One record to publish. `caused_at` is the moment that its latency is counted from."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    caused_at: datetime | None = None


def connection_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """Return aiokafka's arguments to reach the broker of these settings."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_security_protocol.startswith("SASL"):
        secret = settings.kafka_sasl_password
        arguments["sasl_mechanism"] = settings.kafka_sasl_mechanism
        arguments["sasl_plain_username"] = settings.kafka_sasl_username
        arguments["sasl_plain_password"] = secret.get_secret_value() if secret else None
    return arguments


def _security(settings: KafkaSettings) -> BaseSecurity:
    context = (
        ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_security_protocol.endswith("SSL")
        else None
    )
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    kind = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}[
        settings.kafka_sasl_mechanism
    ]
    secret = settings.kafka_sasl_password
    return kind(
        username=settings.kafka_sasl_username or "",
        password=secret.get_secret_value() if secret else "",
        ssl_context=context,
        use_ssl=context is not None,
    )


def make_broker(settings: KafkaSettings, service: str, registry: CollectorRegistry) -> KafkaBroker:
    """Make FastStream's broker for consuming; nothing is published through it."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        client_id=service,
        security=_security(settings),
        allow_auto_create_topics=False,
        consumer_only=True,
        graceful_timeout=10,
        middlewares=[KafkaPrometheusMiddleware(registry=registry, app_name=service)],
        logger=None,
    )


class Producer:
    """An idempotent producer that is made anew after an error, for one that is stuck stays stuck."""

    def __init__(self, settings: KafkaSettings, service: str) -> None:
        self._arguments = connection_arguments(settings) | {"client_id": service}
        self._producer: AIOKafkaProducer | None = None

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._arguments,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_request_size=MAX_REQUEST_BYTES,
                request_timeout_ms=15000,
            )
            await producer.start()
            self._producer = producer
        return self._producer

    async def close(self) -> None:
        """Let go of the connection; the next send opens a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(5):
                    await producer.stop()

    async def send_all(self, records: Sequence[Outgoing]) -> tuple[list[bool], Exception | None]:
        """Send the records in order and wait for all.

        Returns for each record whether it is confirmed *and* all earlier ones of its key are, and the
        first error. After an error the unconfirmed tail is to be sent again, in order.
        """
        outcomes: list[Any] = []
        try:
            producer = await self._started()
            sent = [
                await producer.send(
                    record.topic, value=record.value, key=record.key, headers=list(record.headers)
                )
                for record in records
            ]
            outcomes = await asyncio.gather(*sent, return_exceptions=True)
            error = next((outcome for outcome in outcomes if isinstance(outcome, Exception)), None)
        except (KafkaError, OSError, TimeoutError) as failure:
            error = failure
        if error is not None:
            await self.close()
        failed: set[tuple[str, bytes | None]] = set()
        confirmed = []
        for index, record in enumerate(records):
            if index >= len(outcomes) or isinstance(outcomes[index], BaseException):
                failed.add((record.topic, record.key))
            confirmed.append((record.topic, record.key) not in failed)
        return confirmed, error


async def create_topics(arguments: dict[str, Any], replication: int = 1) -> list[str]:
    """Create the topics of the topics table that are missing; return their names."""
    admin = AIOKafkaAdminClient(**arguments)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        wanted = [
            NewTopic(name, partitions, replication, topic_configs=config)
            for name, (partitions, config) in broker_topics().items()
            if name not in known
        ]
        if wanted:
            answer = await admin.create_topics(wanted)
            for _topic, code, *_ in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)
        return [topic.name for topic in wanted]
    finally:
        await admin.close()
