"""The mailboxes of profiles whose own may be missing, in PostgreSQL."""

from collections.abc import Mapping
from uuid import UUID

from chassis.database import Connection

from profiles.store import one_profile_an_address


async def without_mailbox(connection: Connection, after: UUID | None, limit: int) -> dict[UUID, str]:
    """Return the addresses of profiles whose mailbox may not be theirs, by id (the oldest first), after
    `after`; their rows are locked.
    """
    rows = await connection.fetch(_WITHOUT_MAILBOX, after, limit)
    return {row["profile_id"]: row["email"] for row in rows}


# What differs from the plain address in small letters is mostly a mailbox that is missing.
_WITHOUT_MAILBOX = """
SELECT profile_id, contact->>'email' AS email
FROM profiles
WHERE mailbox IS DISTINCT FROM lower(contact->>'email') AND ($1::uuid IS NULL OR profile_id > $1)
ORDER BY profile_id
LIMIT $2
FOR UPDATE
"""


async def fill_mailboxes(connection: Connection, mailboxes: Mapping[UUID, str | None]) -> None:
    """Write the mailboxes of profiles whose rows are locked, each another one: none where another profile
    has it.

    Raises AddressTaken where another profile takes one at the same moment.
    """
    columns = list(mailboxes), list(mailboxes.values())
    await connection.execute(_RELEASE_MAILBOXES, *columns)
    with one_profile_an_address():
        await connection.execute(_FILL_MAILBOXES, *columns)


_RELEASE_MAILBOXES = """
UPDATE profiles
SET mailbox = NULL
FROM unnest($1::uuid[], $2::text[]) AS new (profile_id, mailbox)
WHERE profiles.profile_id = new.profile_id AND profiles.mailbox IS NOT NULL
    AND profiles.mailbox IS DISTINCT FROM new.mailbox
"""

_FILL_MAILBOXES = """
UPDATE profiles
SET mailbox = new.mailbox
FROM unnest($1::uuid[], $2::text[]) AS new (profile_id, mailbox)
WHERE profiles.profile_id = new.profile_id AND profiles.mailbox IS NULL AND new.mailbox IS NOT NULL
    AND NOT EXISTS (SELECT FROM profiles AS other WHERE other.mailbox = new.mailbox)
"""
