"""Notices that ended, as events: published in the transaction that ends them.

Every statement that ends notices returns the same columns, of rows that it has locked: so the events of one
notice are published in the order in which it ended, was revived, and ended again.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import asyncpg
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.unreadable import read_if_possible
from contracts.events import NoticeSettled
from contracts.vocabulary import NoticeKind, NoticeOutcome

from notifications import SERVICE


async def publish(connection: Connection, rows: Iterable[asyncpg.Record], now: datetime) -> None:
    """Publish how notices ended: rows of notice_id, kind, match_id, assignment_id, profile_id, outcome and
    due_at."""
    await outbox.publish(connection, SERVICE, settled_of((row, now) for row in rows), now)


def settled_of(ended: Iterable[tuple[asyncpg.Record, datetime]]) -> list[NoticeSettled]:
    """Return how notices ended, of such rows and when each did; a kind that only a newer version knows is
    that version's to publish."""
    read = (read_if_possible("notices", row["notice_id"], row, partial(_settled, at=at)) for row, at in ended)
    return [event for event in read if event is not None]


def _settled(row: asyncpg.Record, at: datetime) -> NoticeSettled:
    return NoticeSettled(
        notice_id=row["notice_id"],
        kind=NoticeKind(row["kind"]),
        match_id=row["match_id"],
        assignment_id=row["assignment_id"],
        profile_id=row["profile_id"],
        outcome=NoticeOutcome(row["outcome"]),
        due_at=row["due_at"],
        at=at,
    )
