"""Mails as they were sent, compressed: subject, text and HTML, without the tokens of their links."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import read_row
from pydantic import TypeAdapter
from pydantic_core import to_json

from notifications.domain.notice import Body, Kind

FASTEST = 1  # a tenth larger than the default, in two thirds of the time

_BODIES = TypeAdapter(Body)


@dataclass(frozen=True)
class Sent:
    """A mail as it was sent. `address`: where it went; `sent_at`: when, None in rows of before."""

    notice_id: UUID
    kind: Kind
    address: str | None
    sent_at: datetime | None
    body: Body


def pack(body: Body | None) -> bytes | None:
    """Write a mail's body as it is stored."""
    return None if body is None else zlib.compress(to_json(body), FASTEST)


async def get(connection: Connection, notice_id: UUID) -> Sent | None:
    """Return the last mail of a notice that was accepted, or of the digest that told it; None where there is
    none, or it is kept no more. Raises UnreadableRow."""
    row = await connection.fetchrow(_GET, notice_id)
    return None if row is None else read_row("notices", row["notice_id"], row, _sent)


_GET = """
SELECT sent.notice_id, sent.kind, sent.address, sent.sent_at, sent.body
FROM notices asked JOIN notices sent
    ON sent.notice_id = CASE asked.state WHEN 'digested' THEN asked.digest_id ELSE asked.notice_id END
WHERE asked.notice_id = $1 AND sent.body IS NOT NULL
"""


async def people(connection: Connection, notice_id: UUID) -> list[UUID]:
    """Return whom a notice is to, and of whom it tells."""
    return [row["profile_id"] for row in await connection.fetch(_PEOPLE, notice_id)]


_PEOPLE = """
SELECT profile_id FROM notices WHERE notice_id = $1 AND profile_id IS NOT NULL
UNION
SELECT m.profile_id FROM notices n JOIN matches m ON m.match_id IN (n.match_id, n.past_match_id)
WHERE n.notice_id = $1
UNION
SELECT m.profile_id FROM summary_matches s JOIN matches m USING (match_id) WHERE s.notice_id = $1
"""


def _sent(row: asyncpg.Record) -> Sent:
    return Sent(
        notice_id=row["notice_id"],
        kind=Kind(row["kind"]),
        address=row["address"],
        sent_at=row["sent_at"],
        body=_BODIES.validate_json(zlib.decompress(row["body"])),
    )
