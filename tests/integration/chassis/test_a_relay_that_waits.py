"""A relay whose broker confirms nothing says so, again and again."""

import asyncio
from collections.abc import Sequence

import pytest
from chassis.database import Pool
from chassis.delivery import relay
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay, Sent
from chassis.jobs import running
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
