"""What comes back after a mail was accepted: a report that it could not be delivered, or is delayed, or a
complaint.

Reports are known by the Message-ID of the mail that they return, which is written with the claim under which
the mail is sent: so no report can be earlier than that.
"""

from datetime import datetime
from typing import assert_never

from chassis.database import Pool

from notifications.domain.address import normalised
from notifications.domain.mail_id import MailId
from notifications.domain.notice import Ending, Kind, NoticeState
from notifications.domain.report import (
    Arrived,
    Automatic,
    Bounced,
    Complained,
    Delayed,
    Foreign,
    Reply,
    Returned,
    TooLarge,
)
from notifications.metrics import NOTICES, RETURNED
from notifications.store import deliveries, erasure, suppressions


async def take(pool: Pool, returned: Returned, now: datetime) -> bool:
    """Take what came back; return whether it ends a mail of which this was not known. A delay is noted."""
    RETURNED.labels(type(returned).__name__.lower()).inc()
    match returned:
        case Bounced(mail, status, lasting):
            ending = Ending(NoticeState.BOUNCED, f"the mail came back: {status}")
            return await _end(pool, mail, ending, now, lasting=lasting)
        case Complained(mail):
            ending = Ending(NoticeState.COMPLAINED, "marked as unwanted mail by its reader")
            return await _end(pool, mail, ending, now, lasting=True)
        case Delayed(mail, status):
            async with pool.acquire() as connection:
                await deliveries.note(connection, mail, f"the mail is delayed: {status}", now)
            return False
        case Arrived() | Automatic() | Reply() | Foreign() | TooLarge():
            return False
    assert_never(returned)


async def _end(pool: Pool, mail: MailId, ending: Ending, now: datetime, *, lasting: bool) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        reported = await deliveries.report(connection, mail, ending, now)
        if reported is None:
            return False
        # A former address gets no mail anyway.
        if lasting and reported.address is not None and reported.kind is not Kind.LEFT:
            mailbox = normalised(reported.address)
            await suppressions.add(connection, mailbox, reported.profile_id, ending, now)
    NOTICES.labels(reported.kind, ending.state).inc()
    return True
