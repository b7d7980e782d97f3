"""What comes back after a mail was accepted: a report that it could not be delivered, or a complaint.

Reports are known by the Message-ID of the mail that they return, which is written with the claim under which
the mail is sent: so no report can be earlier than that.
"""

from datetime import datetime

from chassis.database import Pool

from notifications.domain.address import normalised
from notifications.domain.report import Report
from notifications.metrics import NOTICES
from notifications.store import deliveries, erasure, suppressions


async def take(pool: Pool, report: Report, now: datetime) -> bool:
    """Take a report; return False where no such mail was sent, or this is known of it already."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        reported = await deliveries.report(connection, report.message_id, report.ending, now)
        if reported is None:
            return False
        if report.lasting and reported.address is not None:
            mailbox = normalised(reported.address)
            await suppressions.add(connection, mailbox, reported.profile_id, report.ending, now)
    NOTICES.labels(reported.kind, report.ending.state).inc()
    return True
