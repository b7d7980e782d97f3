"""The way from an opdracht in assignments' outbox to its first proposal, and its floor in the same run."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer
from chassis.delivery import outbox
from chassis.delivery.records import OutboxRecord
from contracts.events import AssignmentOpened
from contracts.topics import ASSIGNMENTS, MATCHES
from performance import pipeline
from performance.feeding import as_record
from performance.people import opdrachten
from performance.rows import Row, alone, better
from support.stacks import Stack, until
from uuid_utils.compat import uuid7

UNFIT = {15}  # nobody of the example's kind fits this opdracht
FITTING = [number for number in range(30) if number not in UNFIT]
WARM_UP = 20
PATIENCE = 600  # seconds: of what is told faster than it is matched, too

Tell = Callable[[UUID, int], Awaitable[None]]


def an_opdracht(number: int, one: UUID, kind: Any = AssignmentOpened, version: int = 1, **more: Any) -> Any:
    """Return what is told of an opdracht: those of the example in turn, with a term far away."""
    body = opdrachten()[number % 30].model_dump() | {"respond_by": datetime(2099, 1, 1, tzinfo=UTC)}
    return kind(assignment_id=one, version=version, **body, **more)


class Opened:
    """Times the way of opdrachten through the services, and remembers what each was answered with."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._answers: dict[int, list[bytes]] = {}

    async def times(self, rate: float, count: int) -> list[float]:
        """Return the ms from an opdracht written into the outbox to its first proposal read from Kafka."""
        connection = await asyncpg.connect(self._stack.layout.database_url("assignments"))

        async def tell(one: UUID, number: int) -> None:
            record = _outbox_record(one, an_opdracht(number, one))
            async with connection.transaction():
                await outbox.put(connection, [record])

        self._answers = {}
        try:
            return await _timed(self._stack, MATCHES.name, tell, rate, count, self._answers)
        finally:
            await connection.close()

    def proposals_each(self) -> float:
        """Return with how many proposals an opdracht was answered at the last `times`."""
        return statistics.mean(len(said) for said in self._answers.values())

    async def floor(self, url: str, rate: float, count: int) -> list[float]:
        """Return the same of the bare path, which answers as the services did at the last `times`."""
        numbers = sorted(self._answers)
        answers = [self._answers[number] for number in numbers]
        connection = await asyncpg.connect(url)

        async def tell(one: UUID, number: int) -> None:
            content = _outbox_record(one, an_opdracht(number, one)).value
            assert content is not None
            await pipeline.tell(connection, one, numbers.index(number), content)

        try:
            with pipeline.running(self._stack.layout, url, answers):
                return await _timed(self._stack, pipeline.PROPOSED, tell, rate, count, {})
        finally:
            await connection.close()


def _outbox_record(one: UUID, data: Any) -> OutboxRecord:
    topic, record = as_record(ASSIGNMENTS, one, "AssignmentOpened.v1", data)
    return OutboxRecord(topic=topic, **record)


async def _timed(
    stack: Stack, topic: str, tell: Tell, rate: float, count: int, answers: dict[int, list[bytes]]
) -> list[float]:
    """Return the ms from each telling to the first record of its key, after a warm-up."""
    sent: dict[UUID, float] = {}
    times: dict[UUID, float] = {}
    numbers: dict[UUID, int] = {}
    said: dict[UUID, list[bytes]] = defaultdict(list)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=stack.layout.kafka, auto_offset_reset="latest")
    await consumer.start()
    await consumer.seek_to_end()

    async def read() -> None:
        async for record in consumer:
            one = UUID(record.key.decode())
            if one not in sent:
                continue
            if one not in times:
                times[one] = (time.perf_counter() - sent[one]) * 1000
            if record.value is not None:
                said[one].append(record.value)

    async def all_answered() -> bool:
        return len(times) == len(sent)

    reading = asyncio.create_task(read())
    opened = time.perf_counter()
    for place in range(WARM_UP + count):
        one = uuid7()
        numbers[one] = FITTING[place % len(FITTING)]
        await asyncio.sleep(max(0.0, opened + place / rate - time.perf_counter()))
        sent[one] = time.perf_counter()
        await tell(one, numbers[one])
    await until(all_answered, PATIENCE, "every opdracht has a proposal")
    reading.cancel()
    await consumer.stop()
    for one in reversed(numbers):  # the first that was told of each number, whose proposals have all come
        answers[numbers[one]] = said[one]
    return [times[one] for one in list(sent)[WARM_UP:]]


def percentiles(name: str, times: Sequence[float], floor: Sequence[float] | None = None) -> list[Row]:
    """Return the median and the 99th percentile, beside those of the bare path."""
    rows = []
    for place in (50, 99):
        ours = _percentile(times, place)
        if floor is None:
            rows.append(alone(f"{name}_p{place}", ours, "ms"))
        else:
            rows.append(better(f"{name}_p{place}", ours, "ms", "pipeline", _percentile(floor, place)))
    return rows


def _percentile(times: Sequence[float], place: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[place - 1]
