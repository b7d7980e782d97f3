"""What somebody is mailed, over their addresses, and where its links lead."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.events import ContactUpdated
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome, Unknown
from uuid_utils.compat import uuid7

from support.notifications_app import IDS, LINKS
from support.notifying import a_contact, add_assignment, hear, propose, read
from support.openapi import SETTINGS

NOW = datetime.now(UTC)
LATE = (NOW + timedelta(days=30)).isoformat()
LINK = re.compile(
    re.escape(SETTINGS["public_url"].rstrip("/")) + r"(/(m|preferences|unsubscribe|not-me|confirm)/[\w.-]+)"
)
FORMS: dict[str, dict[str, str]] = {
    "m": {"answer": "declined"},
    "preferences": {"frequency": "none", "min_score": "100"},
    "unsubscribe": {},
}


class Post:
    """Everybody's mail. `unknown`: addresses that the mail server does not know."""

    def __init__(self, pool: Pool) -> None:
        self.mails: list[tuple[str, str, str]] = []
        self.unknown: set[str] = set()
        self._sender = Sender(pool, Composer(LINKS, IDS, "x@example.org").write, self._take)

    async def _take(self, mail: Mail) -> Outcome:
        if mail.to in self.unknown:
            return Unknown("the mail server answered 550 5.1.1")
        body = read(mail).get_body(("plain",))
        assert body is not None
        self.mails.append((mail.to, str(read(mail)["Subject"]), body.get_content()))
        return Accepted("250 ok")

    async def goes_out(self, now: datetime = NOW) -> None:
        """Send all that is due."""
        while await self._sender.send_due(now):
            pass

    def to(self, address: str) -> list[str]:
        return [subject for to, subject, _ in self.mails if to == address]

    def links(self, address: str, purpose: str) -> list[str]:
        """Return the pages of a purpose that mails to an address lead to."""
        texts = [text for to, _, text in self.mails if to == address]
        return [path for text in texts for path, found in LINK.findall(text) if found == purpose]


def contact(one: UUID, address: str, version: int, links_from: int | None = None) -> ContactUpdated:
    said = a_contact(one, address, version=version)
    return said.model_copy(update={"links_from": links_from})


async def told(pool: Pool, post: Post, one: UUID) -> UUID:
    """Tell somebody of an opdracht; return the match."""
    opdracht = await add_assignment(pool, random.Random(3), "normaal", respond_by=LATE)
    match = await propose(pool, opdracht, one, NOW)
    await post.goes_out()
    return match.match_id


async def moved(pool: Pool, post: Post) -> UUID:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    await post.goes_out()
    await told(pool, post, one)
    return one


async def published(pool: Pool, topic: str) -> list[Any]:
    rows = await pool.fetch("SELECT value FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [json.loads(row["value"]) for row in rows]


async def chosen(pool: Pool) -> list[Any]:
    """Return the choices that were published: from which version on links hold."""
    return [int(one["links_from"]) for one in await published(pool, "preferences")]


async def states(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch(
        "SELECT kind, state FROM notices WHERE kind IN ('moved', 'left') ORDER BY caused_at"
    )
    return {row["kind"]: row["state"] for row in rows}


async def suppressed(pool: Pool) -> dict[str, str]:
    rows = await pool.fetch("SELECT mailbox, cause FROM suppressed_mailboxes")
    return {row["mailbox"]: row["cause"] for row in rows}
