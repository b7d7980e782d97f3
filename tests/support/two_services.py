"""Profiles and notifications, each on its database, with their nights and what topics carry between them, at
moments that a test says. What a mail server accepts is accepted at such a moment too."""

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Pool, migrate, open_pool
from chassis.delivery import outbox
from chassis.retention import turn
from contracts.envelope import Event, decode
from contracts.facts import Contact, OwnFacts
from contracts.topics import CONTACTS, PREFERENCES, Topic
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome, TryLater
from notifications.notifying import Delays, notify
from notifications.pruning import Kept
from notifications.pruning import duties_of as duties_of_notifications
from profiles import asking, handlers, keys, store
from profiles.domain.profile import Profile
from stack.layout import Layout
from uuid_utils.compat import uuid7

from support import people
from support.databases import a_database
from support.notifying import make_sender, read

DAY = timedelta(days=1)
YEAR = 365 * DAY
KEPT = Kept(alerts=90 * DAY, closed=YEAR, profiles=YEAR, probes=7 * DAY)
WISHES = {"frequency": "direct", "min_score": 0, "quiet_hours": False}


@dataclass
class Platform:
    """Both services. `takes_mail`: whether the mail server does; `mails`: what it took."""

    profiles: Pool
    notifications: Pool
    takes_mail: bool = True
    mails: list[Mail] = field(default_factory=list)

    async def register(self, address: str, at: datetime) -> UUID:
        """Register somebody, who wants mail at any hour."""
        body = people.profile_body(random.Random(1), "Anna")
        about = {**body["contact"], "email": address, "preferences": WISHES}
        contact = Contact.model_validate_json(json.dumps(about))
        facts = OwnFacts.model_validate_json(json.dumps(body["facts"]))
        profile, events = Profile.create(uuid7(), contact, facts, at)
        async with self.profiles.acquire() as connection, connection.transaction():
            await store.insert(connection, profile)
            await keys.make_keys(connection, [profile.profile_id])
            await outbox.publish(connection, "profiles", events, at)
        await self.carry(at)
        return profile.profile_id

    async def night(self, now: datetime) -> None:
        """Have both turns, let everything come in, and send what is due."""
        for duty in asking.duties_of(YEAR):
            assert await turn(self.profiles, duty, now)
        await self.carry(now)
        for duty in duties_of_notifications(KEPT):
            assert await turn(self.notifications, duty, now)
        await self.carry(now)
        await self.send(now)

    async def nights(self, first: datetime, last: datetime) -> None:
        """Have each night from one moment to another."""
        while first <= last:
            await self.night(first)
            first += DAY

    async def send(self, now: datetime) -> None:
        """Send what is due."""

        async def transport(mail: Mail) -> Outcome:
            if not self.takes_mail:
                return TryLater("451 away")
            self.mails.append(mail)
            return Accepted("250 ok")

        before = {row["notice_id"] for row in await self.notifications.fetch(_ACCEPTED)}
        sender = make_sender(self.notifications, transport)
        while await sender.send_due(now):
            if not self.takes_mail:
                break
        after = {row["notice_id"] for row in await self.notifications.fetch(_ACCEPTED)}
        await self.notifications.execute(_ACCEPT_AT, list(after - before), now)

    async def carry(self, now: datetime) -> None:
        """Let each service take in what the other published, until nothing is left."""
        while True:
            contacts = await _taken(self.profiles, CONTACTS)
            if contacts:
                async with self.notifications.acquire() as connection, connection.transaction():
                    await notify(connection, contacts, delays=Delays(), now=now)
            told = await _taken(self.notifications, PREFERENCES)
            if told:
                async with self.profiles.acquire() as connection, connection.transaction():
                    await handlers.take_in(connection, told, now)
            if not contacts and not told:
                return

    async def exists(self, profile_id: UUID) -> bool:
        """Tell whether somebody's profile is there; whoever has none is erased at notifications too."""
        there: bool = await self.profiles.fetchval(_EXISTS, profile_id)
        assert await self.notifications.fetchval(_IS_ERASED, profile_id) is not there
        return there

    def link(self, mail: Mail) -> str:
        """Return the token of a mail's link to confirm."""
        body = read(mail).get_body(("plain",))
        assert body is not None
        found = re.search(r"/confirm/(\S+)", body.get_content())
        assert found is not None
        return found[1]


_ACCEPTED = """
SELECT notice_id FROM notices WHERE state = 'accepted'
"""
_ACCEPT_AT = """
UPDATE notices SET settled_at = $2 WHERE notice_id = ANY($1)
"""
_EXISTS = """
SELECT EXISTS (SELECT FROM profiles WHERE profile_id = $1)
"""
_IS_ERASED = """
SELECT erased FROM contacts WHERE profile_id = $1
"""


async def _taken(pool: Pool, topic: Topic) -> list[Event]:
    """Take what was published on a topic out of the outbox, and forget what was on others."""
    rows = await pool.fetch("DELETE FROM outbox RETURNING *")
    return [
        decode(
            topic,
            row["key"],
            row["value"],
            list(zip(row["header_names"], row["header_values"], strict=True)),
            row["created_at"],
        )
        for row in sorted(rows, key=lambda row: row["id"])
        if row["topic"] == topic.name
    ]


@asynccontextmanager
async def a_platform(postgres: Layout) -> AsyncIterator[Platform]:
    """Open both services' databases."""
    async with AsyncExitStack() as stack:
        pools = []
        for service in ("profiles", "notifications"):
            url = await stack.enter_async_context(a_database(postgres))
            await migrate(url, "chassis", service)
            pools.append(await stack.enter_async_context(open_pool(url)))
        profiles, notifications = pools
        yield Platform(profiles, notifications)
