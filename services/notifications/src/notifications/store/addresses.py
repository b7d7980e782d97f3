"""Telling that an address changed, at the new one and at the former one; and who says that it was not them.

Such a notice has its id from what it tells, so that a database which went back, and took back how the notice
ended, tells nobody again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from chassis.database import Connection
from chassis.telemetry import current_traceparent

from notifications.domain.notice import OF_AN_ADDRESS, Kind
from notifications.store import settled

NAMESPACE = UUID("0b1f6a54-8f3e-4d0a-9a55-5a1d5b6f2c11")


@dataclass(frozen=True)
class Move:
    """A professional who has another address. `former`: the one before; `links_from`: the generation of links
    that began with it."""

    profile_id: UUID
    former: str
    links_from: int


async def tell(connection: Connection, moves: Collection[Move], now: datetime) -> None:
    """Write the notices of changed addresses; of one that changes again before it was told, the new one is
    told alone."""
    if not moves:
        return
    rows = await connection.fetch(
        _CANCEL, [move.profile_id for move in moves], Kind.MOVED, "the address changed again", now
    )
    await settled.publish(connection, rows, now)
    new = [
        (_notice_id(kind, move), kind, move.profile_id, move.former if kind is Kind.LEFT else None)
        for move in moves
        for kind in sorted(OF_AN_ADDRESS)
    ]
    await connection.execute(_TELL, *map(list, zip(*new, strict=True)), now, current_traceparent())


def _notice_id(kind: Kind, move: Move) -> UUID:
    return uuid5(NAMESPACE, f"{kind} {move.profile_id} {move.links_from}")


_CANCEL = """
UPDATE notices SET state = 'cancelled', detail = $3, settled_at = $4
WHERE profile_id = ANY($1) AND kind = $2 AND state = 'pending'
RETURNING notice_id, kind, match_id, assignment_id, profile_id, state AS outcome, due_at
"""
_TELL = """
INSERT INTO notices (notice_id, kind, profile_id, address, due_at, caused_at, traceparent)
SELECT notice_id, kind, profile_id, address, $5, $5, $6
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) AS new (notice_id, kind, profile_id, address)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Told:
    """A mail that told that an address changed: whose, and whether its reader said that it was not them.

    `is_present`: it went to the address that its professional has now. `moved_to`: another such mail told
    this address lately that it is theirs.
    """

    profile_id: UUID
    kind: Kind
    denied: bool
    is_present: bool
    moved_to: bool


async def get(connection: Connection, notice_id: UUID) -> Told | None:
    """Return such a mail; None where it is not known any more, or its professional is erased."""
    row = await connection.fetchrow(_GET, notice_id, list(OF_AN_ADDRESS), Kind.MOVED)
    if row is None:
        return None
    # Of a notice that was taken back it is not known where it went.
    present = row["kind"] == Kind.MOVED if row["mailbox"] is None else row["mailbox"] == row["present"]
    return Told(
        profile_id=row["profile_id"],
        kind=Kind(row["kind"]),
        denied=row["denied_at"] is not None,
        is_present=present,
        moved_to=row["moved_to"],
    )


_GET = """
SELECT n.profile_id, n.kind, n.denied_at, n.mailbox, lower(c.email) AS present, EXISTS (
    SELECT FROM notices moved
    WHERE moved.profile_id = n.profile_id AND moved.kind = $3 AND moved.mailbox = n.mailbox
) AS moved_to
FROM notices n JOIN contacts c USING (profile_id)
WHERE n.notice_id = $1 AND n.kind = ANY($2) AND NOT c.erased
"""


async def deny(connection: Connection, notice_id: UUID, now: datetime) -> None:
    """Note that its reader said that it was not them."""
    await connection.execute(_DENY, notice_id, now)


_DENY = """
UPDATE notices SET denied_at = $2 WHERE notice_id = $1
"""
