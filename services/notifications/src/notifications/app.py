"""Wires the notifications service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import files

from chassis.database import open_pool
from chassis.delivery.intake import Intake
from chassis.http.resources import Resources
from chassis.jobs import running
from chassis.kafka.broker import make_broker
from chassis.kafka.consumer import Consumer
from chassis.service import consuming, publishing, web_app
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from prometheus_client import REGISTRY

from notifications import SERVICE, api, handlers, pages
from notifications.links import Links
from notifications.mail.dkim import make_signer
from notifications.mails import Mails, environment
from notifications.sending import Sender
from notifications.settings import NotificationsSettings
from notifications.smtp import MailServer
from notifications.stream import Stream


def build(settings: NotificationsSettings) -> FastAPI:
    """Return the service as an ASGI app."""
    templates = environment()
    links = Links(settings.public_url, settings.link_secret.get_secret_value())
    signer = make_signer(settings)
    mails = Mails(templates, links, settings.mail_from)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        broker = make_broker(settings, SERVICE, REGISTRY)
        server = MailServer(settings.smtp_url, signer)
        async with (
            open_pool(settings.database_url) as pool,
            publishing(settings, SERVICE, pool),
        ):
            stream = Stream(settings.database_url, pool)
            sender = Sender(pool, server, mails)
            take = handlers.Take(timedelta(seconds=settings.summary_seconds))
            intake = Intake(pool, SERVICE, handlers.TOPICS, take, handlers.FollowUp(sender))
            consumer = Consumer(broker, intake, instance=settings.kafka_group_instance_id)
            app.state.resources = Resources(pool=pool, consumers=(consumer,))
            view = pages.Pages(pool, templates, links)
            app.include_router(api.routes(pool, stream))
            app.include_router(pages.recruiter_routes(view))
            app.include_router(pages.match_routes(view))
            app.include_router(pages.preference_routes(view))
            app.mount("/static", StaticFiles(directory=str(files("notifications") / "static")))
            async with running(sender.run(), stream.listen()), consuming(broker, consumer):
                yield
                await sender.close()
            stream.close()
            await server.close()

    return web_app("notifications", settings, lifespan)
