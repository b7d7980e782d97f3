"""A batch has its line and its span: what it was of and how large, and nothing of what it said."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from chassis.database import Connection, Pool
from contracts.envelope import Event
from opentelemetry.trace import SpanKind
from support.delivering import GROUP, TOPIC, answer, intake, received
from support.log_lines import spans, written

ADDRESS = "wilhelmina@proefkonijn.example"


async def nothing(_connection: Connection, _batch: Sequence[Event]) -> None: ...


async def spoilt(_connection: Connection, _batch: Sequence[Event]) -> None:
    raise RuntimeError(ADDRESS)


async def test_a_batch_is_a_line_and_a_span(pool: Pool) -> None:
    of = intake(pool, nothing)
    records = received([answer(uuid4(), number) for number in range(1, 8)])
    with written() as log, spans() as made:
        await of.process(records)
        (line,) = log.lines("batch")
        (span,) = [one for one in made() if one.name == f"process {GROUP}"]
    assert (line["topic"], line["group"], line["events"]) == (TOPIC.name, GROUP, 7)
    assert line["ms"] > 0
    assert span.kind is SpanKind.CONSUMER
    assert span.context is not None
    assert line["trace_id"] == f"{span.context.trace_id:032x}"
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": TOPIC.name,
        "messaging.consumer.group.name": GROUP,
        "messaging.batch.message_count": 7,
    }


async def test_a_batch_that_fails_says_nothing_of_whom(pool: Pool) -> None:
    of = intake(pool, spoilt)
    events = [answer(uuid4(), number) for number in range(1, 4)]
    with written("DEBUG") as log, spans() as made:
        await of.process(received(events))
        await pool.execute("UPDATE parked SET due_at = $1", datetime.now(UTC))
        assert await of.retry_one()
        told = log.text + "".join(span.to_json() for span in made())
    assert log.lines("event parked")
    assert log.lines("parked event failed")
    for word in (ADDRESS, *(str(event.subject) for event in events)):
        assert word not in told
