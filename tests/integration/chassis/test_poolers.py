"""A pooler that shares sessions is noticed at the start; one that does not is as good as PostgreSQL."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest
from chassis.database import (
    Pool,
    PooledByTransaction,
    connect,
    migrate,
    naming_outages,
    open_pool,
    require_sessions,
)
from chassis.delivery.relay import LOCK_NAMESPACE, Relay
from chassis.jobs import running
from support.poolers import pooler
from support.relaying import Broker, all_published, write
from support.stacks import until

PROGRAM = """
from chassis.service import main
from chassis.settings import Settings

def build(settings):
    raise AssertionError("the service starts")

main("test", Settings, build, republication=None)
"""
SETTINGS = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "ALLOW_INSECURE": "1",
    "AUTH_ISSUER": "test",
    "AUTH_AUDIENCE": "test",
    "AUTH_JWKS_URL": "file:///dev/null",
}
SHARING = [
    {},
    {"server_round_robin": "1"},
    {"default_pool_size": "1", "query_wait_timeout": "2"},
]


async def test_postgresql_itself_gives_sessions(database: str) -> None:
    await require_sessions(database)


@pytest.mark.parametrize("settings", SHARING)
async def test_a_pooler_that_shares_sessions_is_noticed_though_nobody_else_uses_it(
    database: str, settings: dict[str, str]
) -> None:
    async with pooler(database, "transaction", **settings) as url:
        with pytest.raises(PooledByTransaction, match="pool_mode=session"):
            await require_sessions(url)


async def test_a_pooler_that_shares_sessions_is_noticed_while_others_use_it(database: str) -> None:
    async with pooler(database, "transaction") as url:
        others = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(4)]

        async def work(other: "asyncpg.Connection[asyncpg.Record]") -> None:
            while True:
                await other.execute("SELECT 1")

        tasks = [asyncio.create_task(work(other)) for other in others]
        try:
            for _ in range(10):
                with pytest.raises(PooledByTransaction):
                    await require_sessions(url)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for other in others:
                other.terminate()


async def test_behind_a_pooler_of_sessions_events_are_published_once_by_one_relay(
    pool: Pool, database: str
) -> None:
    async with pooler(database, "session") as url, open_pool(url) as pooled:
        assert await migrate(url, "chassis") == []
        first, second = Broker(), Broker()
        async with running(Relay(url, first).run(), Relay(url, second).run()):
            values = await write(pooled, range(100))
            await until(lambda: all_published(pool))
    assert sorted(map(str, first.values + second.values)) == sorted(map(str, values))


async def test_behind_a_pooler_of_sessions_a_session_keeps_its_locks(database: str) -> None:
    async with pooler(database, "session") as url:
        holder, other = await connect(url), await connect(url)
        with naming_outages(holder), naming_outages(other):
            assert await holder.fetchval("SELECT pg_try_advisory_lock($1, 0)", LOCK_NAMESPACE)
            assert not await other.fetchval("SELECT pg_try_advisory_lock($1, 0)", LOCK_NAMESPACE)
        await holder.close()
        await other.close()


@pytest.mark.parametrize("arguments", [[], ["migrate"]])
async def test_a_service_names_the_setting_and_what_would_be_right(
    database: str, arguments: list[str]
) -> None:
    async with pooler(database, "transaction") as url:
        ended = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", PROGRAM, *arguments],
            env={**os.environ, **SETTINGS, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("setting DATABASE_URL: ")
    assert "pool_mode=session" in ended.stderr
    assert "Traceback" not in ended.stderr
