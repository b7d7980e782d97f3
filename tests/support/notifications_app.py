"""Notifications as an app that is never started, on a database."""

from chassis.database import Pool
from fastapi import FastAPI
from notifications.answers.links import Links
from notifications.app import NotificationsResources, build
from notifications.domain.mail_id import MailIds
from notifications.notifying import Delays
from notifications.settings import NotificationsSettings

from support.answer_pages import PRIVACY
from support.notifying import SECRET
from support.openapi import SETTINGS
from support.served import Doorkeeping

LINKS = Links(SETTINGS["public_url"], SECRET)
IDS = MailIds(SECRET)


def notifications_app(pool: Pool) -> FastAPI:
    """Return the app; its links and the seals of its mails are those of `LINKS` and `IDS`."""
    app = build(NotificationsSettings(**SETTINGS))
    app.state.authenticator = Doorkeeping()
    app.state.resources = resources(pool)
    return app


def resources(pool: Pool) -> NotificationsResources:
    """Return what the app stands on."""
    return NotificationsResources(
        pool=pool,
        links=LINKS,
        mail_ids=IDS,
        delays=Delays(),
        desk_url=SETTINGS["desk_url"],
        privacy=PRIVACY,
    )
