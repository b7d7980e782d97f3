"""A consumer's polls: none comes back empty, and none fails in silence."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    GroupAuthorizationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from chassis.metrics import POLL_FAILURES
from chassis.telemetry import where

log = structlog.get_logger()

POLL_MS = 500
PAUSE_SECONDS = 1.0  # after an error that FastStream does not know: it would poll again at once
# The broker's word, which a process that starts anew hears too.
REFUSALS = (GroupAuthorizationFailedError, SaslAuthenticationFailed, TopicAuthorizationFailedError)


class Polls:
    """The polls of one consumer of `group`, and whether its loop still makes them.

    While Kafka is away they come back empty; they raise where the broker refuses, and where aiokafka has
    broken down. `on_failure` is run before they raise.
    """

    def __init__(self, group: str, on_failure: Callable[[], Awaitable[None]]) -> None:
        self.failing = False  # the latest raised
        self._group = group
        self._on_failure = on_failure
        self._broken_since: float | None = None
        self._none_since: float | None = None  # while the loop polls, and before its first poll: None

    @property
    def dead_seconds(self) -> float:
        """How long there has been no poll, or none that did not break down; 0 while all is well."""
        since = self._broken_since or self._none_since
        return 0.0 if since is None else time.monotonic() - since

    def watch(self, kafka: AIOKafkaConsumer) -> None:
        """Make a consumer poll here."""

        async def getmany(*partitions: TopicPartition, max_records: int | None, **_: Any) -> Any:
            # FastStream sleeps after an empty poll, and sees nothing of what arrives then.
            records: dict[TopicPartition, Any] = {}
            while not records:
                records = await self._poll(kafka, partitions, max_records)
            return records

        kafka.getmany = getmany

    async def _poll(
        self, kafka: AIOKafkaConsumer, partitions: tuple[TopicPartition, ...], max_records: int | None
    ) -> dict[TopicPartition, Any]:
        self._none_since = None
        try:
            records: dict[TopicPartition, Any] = await AIOKafkaConsumer.getmany(
                kafka, *partitions, timeout_ms=POLL_MS, max_records=max_records
            )
        except ConsumerStoppedError:
            raise
        except Exception as error:
            self._note(error)
            await self._on_failure()
            if not isinstance(error, KafkaError):
                await asyncio.sleep(PAUSE_SECONDS)
            raise
        finally:
            self._none_since = time.monotonic()
        self.failing, self._broken_since = False, None
        return records

    def _note(self, error: Exception) -> None:
        POLL_FAILURES.labels(self._group, type(error).__name__).inc()
        log.error("poll failed", group=self._group, **where(error))
        self.failing = True
        if isinstance(error, REFUSALS):
            self._broken_since = None
        else:
            self._broken_since = self._broken_since or time.monotonic()
