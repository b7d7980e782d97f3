"""Wires the matching service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from chassis.database import open_pool
from chassis.delivery.intake import Intake
from chassis.delivery.records import OutboxRecord
from chassis.http import held
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.retention import keep_measuring, keep_retention, of_the_audit
from chassis.service import consuming, publishing, recovering, web_app
from contracts.envelope import Event
from fastapi import FastAPI
from prometheus_client import REGISTRY

from matching import SERVICE, api, career, handlers, taking_back
from matching.encoding import encode_profiles
from matching.loading import keep_caught_up, keep_closed
from matching.metrics import LATENCY
from matching.places import read_places
from matching.pruning import duties_of
from matching.reconciling import Reconciler
from matching.rehearsing import rehearse
from matching.replica import Replica
from matching.settings import MatchingSettings
from matching.silence import keep_looking
from matching.standing_check import keep_checking
from matching.store.erasure import ERASURE
from matching.warning import keep_warning


def _measure(record: OutboxRecord) -> None:
    if record.caused_at is not None:
        LATENCY.observe((datetime.now(UTC) - record.caused_at).total_seconds())


def build(settings: MatchingSettings) -> FastAPI:
    """Return the service as an ASGI app. It is up once its copy of the population is filled."""

    closed = timedelta(days=settings.retention_closed_days)
    probes = timedelta(days=settings.retention_probe_days)
    duties = (*duties_of(closed, probes), of_the_audit(timedelta(days=settings.retention_audit_days)))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        async with (
            open_pool(settings.database_url, size=settings.database_pool_size) as pool,
            open_pool(settings.database_url, size=1) as pool_to_catch_up,
            publishing(settings, SERVICE, pool, _measure),
            recovering(settings, pool, taking_back.OWN, handlers.TOPICS, taking_back.take_back) as recovery,
        ):
            replica = Replica(pool_to_catch_up)
            await replica.catch_up()
            await rehearse(pool)
            reconciler = Reconciler(pool, replica)
            instance = settings.kafka_group_instance_id

            async def follow_up(events: Sequence[Event]) -> None:
                # Until it has caught up, it acts on an old world; then everything is reconciled.
                if recovery.has_caught_up:
                    await handlers.follow_up(reconciler, events)

            consumers = [
                Consumer(
                    broker,
                    Intake(pool, SERVICE, topics, handlers.apply, follow_up, flushes=False),
                    instance=instance and f"{instance}-{lane}",
                    batch_size=handlers.BATCH_SIZE,
                )
                for lane, topics in enumerate(handlers.LANES)
            ]
            app.state.resources = api.MatchingResources(
                pool=pool,
                consumers=tuple(consumers),
                replica=replica,
                reconciler=reconciler,
                places=read_places(),
            )
            jobs = (
                recovery.then(keep_checking(replica, reconciler, settings.standing_check_seconds)),
                encode_profiles(pool),
                recovery.then(reconciler.keep_fulfilling()),
                recovery.then(keep_warning(pool, replica)),
                recovery.then(keep_looking(pool, replica)),
                keep_retention(pool, duties),
                keep_measuring(pool, duties),
                keep_caught_up(replica),
                keep_closed(replica),
            )
            async with running(*jobs), consuming(settings, broker, recovery, *consumers):
                yield

    return web_app(
        SERVICE,
        settings,
        lifespan,
        api.router,
        career.router,
        held.router(SERVICE, ERASURE),
        description="Who fits which opdracht, and why. It never learns who a person is.",
    )
