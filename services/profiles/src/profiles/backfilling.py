"""Fills in `mailbox` where the version before it left it out, or behind a changed address."""

from typing import NoReturn
from uuid import UUID

from chassis.database import Pool
from chassis.jobs import repeat
from contracts.values import mailbox_key

from profiles import mailbox_store, store

EVERY_SECONDS = 3600
BATCH_SIZE = 1000


async def backfill(pool: Pool) -> None:
    """Give every profile its mailbox, the oldest first: where another has it already, none.

    Somebody else may take a mailbox between our look and our write. The database then refuses the batch, and
    the next try sees who has it.
    """
    after: UUID | None = None
    while True:
        try:
            async with pool.acquire() as connection, connection.transaction():
                emails = await mailbox_store.without_mailbox(connection, after, BATCH_SIZE)
                if not emails:
                    return
                oldest: dict[str, UUID] = {}
                for profile_id, email in emails.items():
                    oldest.setdefault(mailbox_key(email), profile_id)
                mailboxes = {profile_id: mailbox for mailbox, profile_id in oldest.items()}
                await mailbox_store.fill_mailboxes(connection, {one: mailboxes.get(one) for one in emails})
        except store.AddressTaken:
            continue
        after = list(emails)[-1]


async def keep_backfilling(pool: Pool) -> NoReturn:
    """Backfill until cancelled: the version before may run beside this one for some time."""
    await repeat(lambda: backfill(pool), name="backfilling", every=EVERY_SECONDS)
