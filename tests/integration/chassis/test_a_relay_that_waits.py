"""A relay whose broker confirms nothing says so, again and again."""

import asyncio
import gc
import socket
from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaError
from chassis.database import Pool
from chassis.delivery import relay
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay, Sent
from chassis.jobs import running
from chassis.kafka.contents import bounds_of
from chassis.kafka.producer import Producer
from chassis.settings import KafkaSettings
from support.log_lines import written
from support.relaying import write
from support.stacks import until


class Silent:
    """A broker that answers nothing."""

    async def send_all(self, _records: Sequence[OutboxRecord]) -> Sent:
        await asyncio.Event().wait()
        raise AssertionError


async def test_it_says_that_it_waits_as_long_as_it_does(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TELL_SECONDS", 0.05)
    await write(pool, range(3))
    with written() as log:
        async with running(Relay(database, Silent()).run()):

            async def told_twice() -> bool:
                return len(log.lines("relay waits")) > 1

            await until(told_twice)
        assert {line["records"] for line in log.lines("relay waits")} == {3}


async def test_a_client_that_cannot_start_leaves_nothing_open(caplog: pytest.LogCaptureFixture) -> None:
    gc.collect()
    caplog.clear()  # of what others left
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        settings = KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{held.getsockname()[1]}")
        sent = await Producer(settings, "test").send_all([OutboxRecord("things", b"key", b"value", [])])
        with pytest.raises(KafkaError):
            await bounds_of(settings, ["things"])
        assert sent.confirmed == [False]
        del sent  # its error leads to the client
        gc.collect()
    assert [line for line in caplog.messages if "Unclosed" in line] == []
