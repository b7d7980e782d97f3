"""How many connections a replica takes: its pool's, by a setting, and a few of its own."""

import asyncio
from contextlib import AsyncExitStack
from importlib import import_module

import asyncpg
import pytest
from chassis.database import migrate
from stack.layout import SERVICES
from support.openapi import SETTINGS
from support.own_connections import OWN_CONNECTIONS
from support.ports import free_port
from support.stacks import until

COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_replica_takes_as_many_as_it_is_set_to_and_its_own(database: str, service: str) -> None:
    await migrate(database, "chassis", service)
    settings = getattr(import_module(f"{service}.settings"), f"{service.title()}Settings")
    nowhere = {"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}", "database_url": database}
    app = import_module(f"{service}.app").build(settings(**{**SETTINGS, **nowhere, "database_pool_size": 4}))
    watching = await asyncpg.connect(database)
    async with app.router.lifespan_context(app), AsyncExitStack() as lent:
        pool = app.state.resources.pool
        for _ in range(4):
            await lent.enter_async_context(pool.acquire())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.acquire(), 0.2)

        async def taken() -> bool:
            return int(await watching.fetchval(COUNT)) == 4 + OWN_CONNECTIONS[service]

        await until(taken)
    await watching.close()
