"""Wires the desk."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from urllib.parse import urlsplit

from chassis import credentials
from chassis.database import Connection, open_pool
from chassis.delivery.intake import Intake
from chassis.http import held
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.retention import keep_measuring, keep_retention, of_the_audit
from chassis.service import consuming, publishing, recovering, web_app
from contracts.envelope import Event
from fastapi import FastAPI
from prometheus_client import REGISTRY

from desk import SERVICE, handlers, rendering
from desk.live import alerts
from desk.live.stream import Stream
from desk.owners.api import Owner, Owners
from desk.pages import (
    away,
    errors,
    intake,
    intake_steps,
    link,
    mails,
    mijn,
    mijn_address,
    mijn_career,
    mijn_data,
    mijn_learning,
    mijn_network,
    mijn_profile,
    opdracht,
    overview,
    people,
    person,
    placement_changes,
    placements,
    placing,
    preferences,
    profile,
    profile_form,
    registration,
    selection,
    today,
    trainings,
)
from desk.pruning import Kept, duties_of, keep_pruning
from desk.selecting import keep_telling
from desk.settings import DeskSettings, signing_ends
from desk.sign_in import routes as sign_in
from desk.store.alerts import lift
from desk.store.erasure import ERASURE

DESCRIPTION = "Where recruiters work, and the stream of live alerts."


@dataclass(frozen=True, kw_only=True)
class DeskResources(Resources):
    """What routes need besides: the owners' APIs, and the stream of alerts."""

    owners: Owners
    stream: Stream


def build(settings: DeskSettings) -> FastAPI:
    """Return the service as an ASGI app."""
    kept = Kept(
        alerts=timedelta(days=settings.retention_alert_days),
        closed=timedelta(days=settings.retention_closed_days),
    )
    duties = (*duties_of(kept), of_the_audit(timedelta(days=settings.retention_audit_days)))
    apply = partial(handlers.apply, alerts_kept=kept.alerts)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        owners = Owners(
            {
                Owner.PROFILES: settings.profiles_url,
                Owner.ASSIGNMENTS: settings.assignments_url,
                Owner.MATCHING: settings.matching_url,
                Owner.NOTIFICATIONS: settings.notifications_url,
            }
        )
        async with (
            open_pool(settings.database_url, size=settings.database_pool_size) as pool,
            publishing(settings, SERVICE, pool),
            recovering(settings, pool, (), handlers.TOPICS, _nothing_of_its_own) as recovery,
        ):
            async with pool.acquire() as connection:
                await lift(connection)
            stream = Stream(settings.database_url, pool)
            intake = Intake(pool, SERVICE, handlers.TOPICS, apply)
            consumer = Consumer(broker, intake, instance=settings.kafka_group_instance_id)
            app.state.resources = DeskResources(
                pool=pool, consumers=(consumer,), owners=owners, stream=stream
            )
            jobs = (
                *(stream.listen(), stream.watch_sessions(), keep_telling(pool, kept.alerts)),
                *(keep_pruning(pool), keep_retention(pool, duties), keep_measuring(pool, duties)),
                credentials.keep_measuring(
                    {"professionals_key": cache(partial(signing_ends, settings.professionals_key_file))}
                ),
            )
            async with running(*jobs), consuming(settings, broker, recovery, consumer):
                yield
            stream.close()
            await owners.close()

    rooms = (
        *(today, overview),
        *(intake, intake_steps),  # before what takes any word for an opdracht's id
        *(opdracht, person, placing, people, profile_form, profile),
        *(placements, placement_changes, mails, selection, preferences),
        *(link, registration, mijn, mijn_career, mijn_profile, mijn_data, mijn_address),
        *(mijn_learning, mijn_network, trainings),
    )
    apis = alerts.router, held.router(SERVICE, ERASURE), rendering.router
    routers = (*apis, *(room.router for room in rooms))
    # browsers hold where a form's answer sends them against it too: to the provider, to sign out there
    ends = (_origin(settings.desk_url), _origin(settings.provider))
    app = web_app(SERVICE, settings, lifespan, *routers, description=DESCRIPTION, form_action=ends)
    sign_in.install(app, settings)
    away.install(app)
    errors.install(app)
    return app


def _origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


async def _nothing_of_its_own(_connection: Connection, _events: Sequence[Event]) -> bool:
    """The desk publishes nothing that it could take back."""
    return False
