"""Mailboxes that get no mail: a mail server does not know them, a mail came back, or was complained of.

A mailbox is a normalised address, whoever it is of: several professionals, or a recruiter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.probe import PROFILE_ID
from uuid_utils.compat import uuid7

from notifications.domain.notice import Ending, NoticeState
from notifications.store import notices

CAUSES = list(NoticeState)  # those that this version knows


@dataclass(frozen=True)
class Suppression:
    """A mailbox that gets no mail: whose (None: no professional's), by what cause, in which words, and since
    when."""

    suppression_id: UUID
    profile_id: UUID | None
    email: str
    cause: NoticeState
    reason: str
    at: datetime


async def add(
    connection: Connection, mailbox: str, profile_id: UUID | None, ending: Ending, now: datetime
) -> None:
    """Send nothing more to a mailbox. `profile_id`: whose mail it was; None: a recruiter's."""
    await connection.execute(_ADD, uuid7(), mailbox, profile_id, ending.state, ending.detail, now)
    await notices.reconsider(connection, await profiles_of(connection, [mailbox]), now, other_address=False)


_ADD = """
INSERT INTO suppressed_mailboxes (suppression_id, mailbox, profile_id, cause, reason, at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (mailbox) DO UPDATE SET cause = excluded.cause, reason = excluded.reason, at = excluded.at
"""


async def profiles_of(connection: Connection, mailboxes: Collection[str]) -> list[UUID]:
    """Return the professionals who have one of these addresses."""
    return [row["profile_id"] for row in await connection.fetch(_PROFILES_OF, list(mailboxes))]


_PROFILES_OF = """
SELECT profile_id FROM contacts WHERE lower(email) = ANY($1)
"""


async def release(connection: Connection, whose: UUID, now: datetime) -> bool:
    """Let a mailbox get mail again, and what it was not told about open opdrachten with it; tell whether it
    got none. `whose`: the suppression's id, or that of a professional whose address it is."""
    mailbox = await connection.fetchval(_RELEASE, whose)
    if mailbox is None:
        return False
    await notices.reconsider(connection, await profiles_of(connection, [mailbox]), now, other_address=True)
    return True


_RELEASE = """
DELETE FROM suppressed_mailboxes
WHERE suppression_id = $1 OR mailbox = (SELECT lower(email) FROM contacts WHERE profile_id = $1)
RETURNING mailbox
"""


async def release_domain(connection: Connection, domain: str, now: datetime) -> int:
    """Release all mailboxes of a domain, in lower case, as `release` does one; return how many."""
    released = [row["mailbox"] for row in await connection.fetch(_RELEASE_DOMAIN, domain)]
    if released:
        profile_ids = await profiles_of(connection, released)
        await notices.reconsider(connection, profile_ids, now, other_address=True)
    return len(released)


# Suppressions are few beside contacts: they are read whole.
_RELEASE_DOMAIN = """
DELETE FROM suppressed_mailboxes
WHERE substring(mailbox FROM '@([^@]*)$') = $1
RETURNING mailbox
"""


async def people(connection: Connection, whose: UUID) -> list[UUID]:
    """Return the professionals whose address `release` would release."""
    return [row["profile_id"] for row in await connection.fetch(_PEOPLE, whose)]


_PEOPLE = """
SELECT c.profile_id
FROM contacts c JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
WHERE s.suppression_id = $1 OR s.mailbox = (SELECT lower(email) FROM contacts WHERE profile_id = $1)
"""


async def people_of_domain(connection: Connection, domain: str) -> list[UUID]:
    """Return the professionals whose addresses `release_domain` would release."""
    return [row["profile_id"] for row in await connection.fetch(_PEOPLE_OF_DOMAIN, domain)]


_PEOPLE_OF_DOMAIN = """
SELECT c.profile_id
FROM contacts c JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
WHERE substring(s.mailbox FROM '@([^@]*)$') = $1
"""


async def list_after(
    connection: Connection, after: UUID | None, limit: int, domain: str | None = None
) -> list[Suppression]:
    """Return suppressions by their id, after one: the oldest first. `domain`: of this one alone, in lower
    case. That of the probe is not among them."""
    rows = await connection.fetch(_LIST, after, limit, CAUSES, domain, PROFILE_ID)
    return [
        Suppression(
            suppression_id=row["suppression_id"],
            profile_id=row["profile_id"],
            email=row["email"],
            cause=NoticeState(row["cause"]),
            reason=row["reason"],
            at=row["at"],
        )
        for row in rows
    ]


# Of a professional who has another address by now nothing is listed; a recruiter has no contact here.
_LIST = """
SELECT s.suppression_id, c.profile_id, coalesce(c.email, s.mailbox) AS email, s.cause, s.reason, s.at
FROM suppressed_mailboxes s
LEFT JOIN LATERAL (
    SELECT profile_id, email FROM contacts WHERE lower(email) = s.mailbox ORDER BY profile_id LIMIT 1
) AS c ON true
WHERE ($1::uuid IS NULL OR s.suppression_id > $1) AND (c.profile_id IS NOT NULL OR s.profile_id IS NULL)
    AND s.cause = ANY($3) AND ($4::text IS NULL OR substring(s.mailbox FROM '@([^@]*)$') = $4)
    AND c.profile_id IS DISTINCT FROM $5
ORDER BY s.suppression_id
LIMIT $2
"""


async def causes(connection: Connection, profile_ids: Collection[UUID]) -> dict[UUID, NoticeState]:
    """Return whose present address gets no mail, and the cause."""
    rows = await connection.fetch(_CAUSES, list(profile_ids), CAUSES)
    return {row["profile_id"]: NoticeState(row["cause"]) for row in rows}


_CAUSES = """
SELECT c.profile_id, s.cause
FROM contacts c JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
WHERE c.profile_id = ANY($1) AND s.cause = ANY($2)
"""


async def reasons(connection: Connection, mailboxes: Collection[str]) -> dict[str, str]:
    """Return which of these mailboxes get no mail, and why."""
    rows = await connection.fetch(_REASONS, list(mailboxes))
    return {row["mailbox"]: row["reason"] for row in rows}


_REASONS = """
SELECT mailbox, reason FROM suppressed_mailboxes WHERE mailbox = ANY($1)
"""
