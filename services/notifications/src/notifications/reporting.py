"""What comes back after a mail was accepted: a report that it could not be delivered, or a complaint.

Reports are known by the Message-ID of the mail that they return, which is a notice's id: a notice is a row
before its mail is sent, so no report can be earlier than its row.
"""

from chassis.database import Pool

from notifications.domain.report import Report
from notifications.metrics import NOTICES
from notifications.store import known, notices


async def take(pool: Pool, report: Report) -> bool:
    """Keep a report; return False where no such mail was sent, or this is known of it already."""
    async with pool.acquire() as connection, connection.transaction():
        await known.fence(connection, erases=False)
        told = await notices.report(connection, report.notice_id, report.state, report.detail)
        if told is None:
            return False
        if report.lasting and told["profile_id"] is not None and told["address"] is not None:
            to = told["profile_id"], told["address"]
            await known.suppress(connection, *to, report.state, report.detail)
    NOTICES.labels(told["kind"], report.state).inc()
    return True
