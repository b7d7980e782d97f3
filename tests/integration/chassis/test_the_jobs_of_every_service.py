"""Every periodic job of every service shows when it last did its work, by a name that alerts know."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from chassis.database import migrate
from chassis.kafka import recovery
from prometheus_client import REGISTRY
from stack.layout import SERVICES
from support.openapi import apps
from support.ports import free_port
from support.stacks import until

OF_EVERY_SERVICE = {
    *("measuring", "tidying", "chaining the audit", "credentials", "measuring retention"),
    *("relay", "offsets", "lag", "dead letters", "retry of parked events"),
    "recovery",  # until the service has caught up; then "noting ends"
}
# Without Kafka: what waits until the service has caught up has not begun.
OF_ONE = {
    "profiles": {"resuming", "backfilling", "destroying keys"},
    "assignments": {"expiry", "retention"},
    "matching": {"catch-up", "closed assignments", "retention"},
    "notifications": {"links to sign in", "measuring mail"},
    "desk": {"sessions", "telling of selection", "pruning", "retention"},
}


def timers() -> set[str]:
    return {
        sample.labels["timer"]
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "timer_last_success_timestamp_seconds"
    }


@asynccontextmanager
async def started(service: str, database: str) -> AsyncIterator[None]:
    nowhere = {"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}", "database_url": database}
    app = apps(nowhere)[service]
    await migrate(database, "chassis", service)
    async with app.router.lifespan_context(app):
        yield


@pytest.mark.parametrize("service", SERVICES)
async def test_each_job_has_a_timer_while_it_runs(
    database: str, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setattr(recovery, "KAFKA_SECONDS", 0.1)
    before = timers()
    expected = OF_EVERY_SERVICE | OF_ONE[service]

    async def have_begun() -> bool:
        return timers() >= expected

    async with started(service, database):
        await until(have_begun)
        assert timers() - before <= expected
    assert timers() == before
