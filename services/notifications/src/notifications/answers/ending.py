"""A professional says that something was not them: the links in all mails to them so far lead nowhere."""

from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from chassis.database import Pool

from notifications.answers import preferring
from notifications.answers.links import Link
from notifications.domain.mail_id import MailId
from notifications.domain.notice import Ending, Kind, NoticeState
from notifications.store import addresses, deliveries, erasure, suppressions
from notifications.store.addresses import Told

NOT_THEIRS = Ending(NoticeState.COMPLAINED, "its reader says that the change of address was not theirs")


class Denial(Enum):
    """What became of somebody's word that a change of address was not theirs."""

    OPEN = auto()  # it was not said yet
    DONE = auto()
    UNKNOWN = auto()  # the mail is too old, or its professional is erased


async def end_links(pool: Pool, profile_id: UUID, now: datetime) -> None:
    """End all links to a professional."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        await preferring.end_links(connection, profile_id, now)


async def look_up(pool: Pool, link: Link) -> Denial:
    """Return how the mail stands that a link is from."""
    async with pool.acquire() as connection:
        told = await addresses.get(connection, link.subject)
    if told is None:
        return Denial.UNKNOWN
    return Denial.DONE if told.denied else Denial.OPEN


async def deny(pool: Pool, link: Link, now: datetime) -> Denial:
    """Take somebody's word that a change of address was not theirs, once: links end, and the address that it
    was changed to gets no mail until a recruiter releases it, who is told as of any complaint."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        told = await addresses.get(connection, link.subject)
        if told is None:
            return Denial.UNKNOWN
        if told.denied:
            return Denial.DONE
        await addresses.deny(connection, link.subject, now)
        mailbox = await preferring.end_links(connection, told.profile_id, now)
        await deliveries.report(connection, MailId(link.subject), NOT_THEIRS, now)
        if mailbox is not None and _doubts(told):
            await suppressions.add(connection, mailbox, told.profile_id, NOT_THEIRS, now)
        return Denial.DONE


def _doubts(told: Told) -> bool:
    """Tell whether it is the present address that somebody says is not theirs, or not their doing.

    Who was mistaken for the professional is told twice, that the address is theirs and that it is no more;
    they know nothing of the one that it was put right to.
    """
    if told.kind is Kind.MOVED:
        return told.is_present
    return not told.is_present and not told.moved_to
