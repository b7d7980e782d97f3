"""Somebody at work on an opdracht, as notifications hears of it and tells of it, by a clock of one's own."""

import json
import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import TYPES, ContactUpdated
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome
from uuid_utils.compat import uuid7

from support.notifications_app import IDS, LINKS
from support.notifying import a_contact, add_assignment, hear, read, sample

AGREED = datetime(2027, 1, 1, 11, tzinfo=UTC)  # a Friday, noon in Amsterdam
DAY = timedelta(days=1)


class World:
    """A database, a mail server that takes every mail, a clock of one's own."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.sent: list[tuple[datetime, EmailMessage]] = []
        self.now = AGREED
        composer = Composer(LINKS, IDS, "post@example.org")
        self._sender = Sender(pool, composer.write, self._take)

    async def _take(self, mail: Mail) -> Outcome:
        self.sent.append((self.now, read(mail)))
        return Accepted("250 ok")

    async def live(self, until: datetime, step: timedelta = timedelta(hours=6)) -> None:
        while self.now <= until:
            while await self._sender.send_due(self.now):
                pass
            self.now += step

    def told(self, who: str) -> list[tuple[str, str]]:
        """Return the days and the ends of the subjects of somebody's mails."""
        return [(f"{at:%Y-%m-%d}", str(mail["Subject"])) for at, mail in self.sent if who in mail["To"]]


def placement(**changes: Any) -> dict[str, Any]:
    terms = {"starts_on": "2027-01-04", "ends_on": "2027-06-30", "placement_id": str(uuid7())}
    return {**sample("PlacementAgreed.v1.1.json"), **terms, **changes}


def said(kind: str, data: dict[str, Any], at: datetime, *, again: bool = False) -> Event:
    event = TYPES[kind].model_validate_json(json.dumps(data))
    placement_id = UUID(data["placement_id"])
    return Event(str(uuid7()), "/services/assignments", kind, placement_id, at, event, republished=again)


async def at_work(world: World, address: str, **changes: Any) -> dict[str, Any]:
    """Return a placement of somebody whom the service knows, on an opdracht that it knows."""
    profile_id = uuid7()
    assignment_id = await add_assignment(world.pool, random.Random(3), "normaal")
    contact = a_contact(profile_id, address).model_dump()
    wishes = {"preferences": contact["preferences"] | {"quiet_hours": False}}
    await hear(world.pool, AGREED, ContactUpdated.model_validate(contact | wishes | changes))
    return placement(profile_id=str(profile_id), assignment_id=str(assignment_id))
