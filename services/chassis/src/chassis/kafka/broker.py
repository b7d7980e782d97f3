"""How to reach the broker, and FastStream's side of it, which consumes."""

import logging
import ssl
from typing import Any

import structlog
from faststream.kafka import KafkaBroker
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from prometheus_client import CollectorRegistry

from chassis.settings import KafkaSettings
from chassis.telemetry import where

log = structlog.get_logger()

METADATA_MAX_AGE_MS = 30_000  # partitions that are added are read within it


def connection_arguments(settings: KafkaSettings) -> dict[str, Any]:
    """Return aiokafka's arguments to reach the broker of these settings."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if tls := _tls(settings):
        arguments["ssl_context"] = tls
    if settings.kafka_security_protocol.startswith("SASL"):
        secret = settings.kafka_sasl_password
        arguments["sasl_mechanism"] = settings.kafka_sasl_mechanism
        arguments["sasl_plain_username"] = settings.kafka_sasl_username
        arguments["sasl_plain_password"] = secret.get_secret_value() if secret else None
    return arguments


def _tls(settings: KafkaSettings) -> ssl.SSLContext | None:
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    return ssl.create_default_context(cafile=settings.kafka_ca_file)


def _security(settings: KafkaSettings) -> BaseSecurity:
    tls = _tls(settings)
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=tls, use_ssl=tls is not None)
    kind = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}[
        settings.kafka_sasl_mechanism
    ]
    secret = settings.kafka_sasl_password
    return kind(
        username=settings.kafka_sasl_username or "",
        password=secret.get_secret_value() if secret else "",
        ssl_context=tls,
        use_ssl=tls is not None,
    )


def make_broker(settings: KafkaSettings, service: str, registry: CollectorRegistry) -> KafkaBroker:
    """Make FastStream's broker for consuming; nothing is published through it."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        client_id=service,
        security=_security(settings),
        allow_auto_create_topics=False,
        consumer_only=True,
        apply_types=False,  # FastDepends would ask a thread for each handler's argument
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        graceful_timeout=10,
        middlewares=[KafkaPrometheusMiddleware(registry=registry, app_name=service)],
        logger=_Log(),
    )


class _Log:
    """What FastStream's loop catches, by its type and place: a text of its own may hold a record's data."""

    def log(self, level: int, _message: Any, *_: Any, exc_info: Any = None, **__: Any) -> None:
        if level >= logging.ERROR and isinstance(exc_info, Exception):
            log.error("consumer's loop caught an error", **where(exc_info))
