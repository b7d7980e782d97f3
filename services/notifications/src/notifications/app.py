"""Wires the notifications service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from functools import partial

from chassis import credentials
from chassis.database import open_pool
from chassis.delivery.intake import Intake
from chassis.http import held
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.retention import keep_measuring, keep_retention, of_the_audit
from chassis.service import consuming, publishing, recovering, web_app
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from prometheus_client import REGISTRY

from notifications import SERVICE, api, changing_address, handlers, moved, signing_in, taking_back
from notifications.answers import checking_in, confirming, signed_in
from notifications.answers import errors as answer_errors
from notifications.answers import pages as answer_pages
from notifications.answers.links import Links
from notifications.domain.mail_id import MailIds
from notifications.domain.privacy import Privacy
from notifications.mail.compose import PLATFORM, Composer
from notifications.mail.dkim import make_signer
from notifications.mail.sending import Sender
from notifications.mail.smtp import MailServer
from notifications.mail.waiting import keep_measuring_due
from notifications.notifying import Delays
from notifications.pruning import Kept, duties_of
from notifications.settings import NotificationsSettings
from notifications.signing_in import Mailer
from notifications.store.erasure import ERASURE

DESCRIPTION = "Mail to professionals and recruiters, and answers from the mail."


@dataclass(frozen=True, kw_only=True)
class NotificationsResources(Resources):
    """What routes need besides: the links and the ids of mails, how long these are held, where the desk is,
    and what the page on privacy says of this installation."""

    links: Links
    mail_ids: MailIds
    delays: Delays
    desk_url: str
    privacy: Privacy


def build(settings: NotificationsSettings) -> FastAPI:
    """Return the service as an ASGI app."""
    secrets = settings.link_secret.get_secret_value()
    links, mail_ids = Links(settings.public_url, secrets), MailIds(secrets)
    composer = Composer(links, mail_ids, settings.mail_from, verp=settings.verp, desk_url=settings.desk_url)
    signer = make_signer(settings)
    delays = Delays(
        summary=timedelta(seconds=settings.summary_seconds),
        news=timedelta(seconds=settings.news_delay_seconds),
        selection=timedelta(days=settings.selection_days),
    )
    kept = Kept(
        alerts=timedelta(days=settings.retention_alert_days),
        closed=timedelta(days=settings.retention_closed_days),
        profiles=timedelta(days=settings.retention_profile_days),
    )
    duties = (*duties_of(kept), of_the_audit(timedelta(days=settings.retention_audit_days)))
    name, address = parseaddr(settings.mail_from)
    privacy = Privacy(
        name or PLATFORM, address, profiles=kept.profiles, closed=kept.closed, alerts=kept.alerts
    )
    apply = partial(handlers.apply, delays=delays)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        server = MailServer(settings.smtp_url, signer)
        async with (
            open_pool(settings.database_url) as pool,
            publishing(settings, SERVICE, pool),
            recovering(settings, pool, taking_back.OWN, handlers.TOPICS, taking_back.take_back) as recovery,
        ):
            sender = Sender(pool, composer.write, server.send, delays.selection)
            intake = Intake(pool, SERVICE, handlers.TOPICS, apply, sender.follow_up)
            consumer = Consumer(broker, intake, instance=settings.kafka_group_instance_id)
            app.state.resources = NotificationsResources(
                pool=pool,
                consumers=(consumer,),
                links=links,
                mail_ids=mail_ids,
                delays=delays,
                desk_url=settings.desk_url,
                privacy=privacy,
            )
            jobs = (
                recovery.then(sender.run()),
                Mailer(pool, composer.sign_in, server.send).run(),
                recovery.then(keep_retention(pool, duties)),
                keep_measuring(pool, duties),
                keep_measuring_due(pool),
                credentials.keep_measuring({"dkim_key": lambda: settings.dkim_key_end}),
            )
            async with running(*jobs), consuming(settings, broker, recovery, consumer):
                yield
                if recovery.has_caught_up:
                    await sender.close()
            await server.close()

    routers = (
        api.router,
        held.router(SERVICE, ERASURE),
        moved.router,
        answer_pages.router,
        confirming.router,
        signing_in.router,
        changing_address.router,
        signed_in.router,
        checking_in.router,
    )
    # a mail client's one click (RFC 8058) may send its form in parts
    app = web_app(SERVICE, settings, lifespan, *routers, description=DESCRIPTION, multipart=True)
    answer_errors.install(app)
    app.mount("/static", StaticFiles(packages=[("words", "static")]))
    return app
