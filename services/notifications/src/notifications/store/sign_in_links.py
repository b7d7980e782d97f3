"""Links to sign in with, and those by which a professional shows that another address is theirs: asked for,
mailed, redeemed once. A row holds no link: that is its id, signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection

from notifications.domain.address import in_ascii, normalised

LIVES = timedelta(minutes=15)
MOST = 3  # of one mailbox that live at once
MOST_KEPT = 10  # of one mailbox, as long as they are kept: anybody can ask for anybody's
MOST_OF_ONE = 6  # to other addresses of one professional
LEASE = timedelta(minutes=1)  # of whoever mails one: longer than the mail server's answer is waited for
SET = 20


@dataclass(frozen=True)
class ToMail:
    """A link whose mail is due. `name`: of the professional who has the address; None where nobody has.
    `is_of_an_address`: it shows that the address is somebody's own; `is_taken`: somebody else has it."""

    link_id: UUID
    address: str
    name: str | None
    is_of_an_address: bool = False
    is_taken: bool = False


@dataclass(frozen=True)
class Redeemed:
    """Whom a link proves to be there. `profile_id`: of who has the address; None where nobody has."""

    address: str
    profile_id: UUID | None


async def add(
    connection: Connection, link_id: UUID, address: str, now: datetime, profile_id: UUID | None = None
) -> None:
    """Ask for a link, unless as many as may be live, or are kept, for this mailbox, or its reader complained
    of our mail, or as many are live for a professional whose address it is to become (`profile_id`). It takes
    as long whoever has it."""
    mailbox = normalised(address)
    await connection.execute(_ONE_AT_A_TIME, mailbox)
    limits = (MOST, MOST_KEPT, profile_id, MOST_OF_ONE)
    await connection.execute(_ADD, link_id, in_ascii(address), mailbox, now, now - LIVES, *limits)


_ONE_AT_A_TIME = """
SELECT pg_advisory_xact_lock(hashtextextended($1, 0))
"""
_ADD = """
INSERT INTO sign_in_links (link_id, address, mailbox, asked_at, due_at, profile_id)
SELECT $1, $2, $3, $4, $4, $8
WHERE (SELECT count(*) FROM sign_in_links WHERE mailbox = $3 AND asked_at > $5) < $6
    AND (SELECT count(*) FROM sign_in_links WHERE mailbox = $3) < $7
    AND NOT EXISTS (SELECT FROM suppressed_mailboxes WHERE mailbox = $3 AND cause = 'complained')
    AND ($8::uuid IS NULL OR (
        SELECT count(*) FROM sign_in_links WHERE profile_id = $8 AND asked_at > $5
    ) < $9)
"""


async def claim(connection: Connection, now: datetime) -> list[ToMail]:
    """Return links whose mails are due, for a minute nobody else's; none that has ended."""
    rows = await connection.fetch(_CLAIM, now, now - LIVES, now + LEASE, SET)
    return [ToMail(**row) for row in rows]


_CLAIM = """
WITH claimed AS (
    UPDATE sign_in_links SET due_at = $3
    WHERE link_id IN (
        SELECT link_id FROM sign_in_links
        WHERE due_at <= $1 AND asked_at > $2
        ORDER BY due_at
        LIMIT $4
        FOR UPDATE SKIP LOCKED
    )
    RETURNING link_id, address, mailbox, profile_id
)
SELECT link_id, address, (
    SELECT name FROM contacts WHERE lower(email) = mailbox AND NOT erased ORDER BY profile_id LIMIT 1
) AS name, profile_id IS NOT NULL AS is_of_an_address, profile_id IS NOT NULL AND EXISTS (
    SELECT FROM contacts c
    WHERE lower(c.email) = mailbox AND NOT c.erased AND c.profile_id <> claimed.profile_id
) AS is_taken
FROM claimed
"""


async def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Return when the link was asked for that waits longest for its mail; None where none waits."""
    since: datetime | None = await connection.fetchval(_OLDEST_DUE, now - LIVES)
    return since


_OLDEST_DUE = """
SELECT min(asked_at) FROM sign_in_links WHERE due_at IS NOT NULL AND asked_at > $1
"""


async def settle(connection: Connection, link_ids: Sequence[UUID], again_at: datetime | None) -> None:
    """Write that mails have gone, or were refused (None), or when they are to be tried again."""
    await connection.execute(_SETTLE, list(link_ids), again_at)


_SETTLE = """
UPDATE sign_in_links SET due_at = $2 WHERE link_id = ANY($1)
"""


async def redeem(connection: Connection, link_id: UUID, now: datetime) -> Redeemed | None:
    """Return whom a link to sign in proves to be there; None where it was redeemed before, or has ended."""
    row = await connection.fetchrow(_REDEEM, link_id, now, now - LIVES)
    return None if row is None else Redeemed(row["address"], row["profile_id"])


_REDEEM = """
WITH redeemed AS (
    UPDATE sign_in_links SET redeemed_at = $2
    WHERE link_id = $1 AND redeemed_at IS NULL AND asked_at > $3 AND profile_id IS NULL
    RETURNING address, mailbox
)
SELECT address, (
    SELECT profile_id FROM contacts WHERE lower(email) = mailbox AND NOT erased ORDER BY profile_id LIMIT 1
) AS profile_id
FROM redeemed
"""


async def redeem_address(
    connection: Connection, link_id: UUID, profile_id: UUID, now: datetime
) -> str | None:
    """Return which address a link shows to be this professional's; None where it was redeemed before, has
    ended, or was asked for by somebody else."""
    address: str | None = await connection.fetchval(_REDEEM_ADDRESS, link_id, profile_id, now, now - LIVES)
    return address


_REDEEM_ADDRESS = """
UPDATE sign_in_links SET redeemed_at = $3
WHERE link_id = $1 AND profile_id = $2 AND redeemed_at IS NULL AND asked_at > $4
RETURNING address
"""


async def delete_ended(connection: Connection, before: datetime) -> None:
    """Delete those that were asked for before a moment."""
    await connection.execute(_DELETE_ENDED, before)


_DELETE_ENDED = """
DELETE FROM sign_in_links WHERE asked_at < $1
"""
