"""An idempotent producer in order: the relay's publisher."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Sent
from chassis.kafka.broker import connection_arguments
from chassis.settings import KafkaSettings

MAX_REQUEST_BYTES = 4 * 1024 * 1024
STOP_SECONDS = 5


class Producer:
    """Makes its client anew after an error, for an idempotent one that is stuck stays stuck."""

    def __init__(self, settings: KafkaSettings, service: str) -> None:
        self._arguments = connection_arguments(settings) | {"client_id": service}
        self._client: AIOKafkaProducer | None = None

    async def _started(self) -> AIOKafkaProducer:
        if self._client is None:
            client = AIOKafkaProducer(
                **self._arguments,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_request_size=MAX_REQUEST_BYTES,
                request_timeout_ms=15000,
            )
            await client.start()
            self._client = client
        return self._client

    async def close(self) -> None:
        """Close the connection; the next send opens a new one."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, TimeoutError, OSError):
                async with asyncio.timeout(STOP_SECONDS):
                    await client.stop()

    async def send_all(self, records: Sequence[OutboxRecord]) -> Sent:
        """Send records in order and wait for all; after an error, send the unconfirmed again, in order."""
        outcomes: list[Any] = []
        try:
            client = await self._started()
            sent = [
                await client.send(
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
        return Sent(confirmed, error)
