"""What goes for a mailbox, whoever of several professionals it is of: no mail about new opdrachten, and none
about those that they answered."""

from uuid import UUID

from chassis.database import Connection


async def save(
    connection: Connection,
    mailbox: str,
    profile_id: UUID,
    *,
    unsubscribed: bool,
    no_news: bool | None = None,
) -> None:
    """Write what goes for a mailbox, as a professional chose; `no_news` stays as it is where it is None."""
    await connection.execute(_SAVE, mailbox, unsubscribed, no_news, profile_id)


_SAVE = """
INSERT INTO mailboxes AS stored (mailbox, unsubscribed, no_news, chosen_by)
VALUES ($1, $2, coalesce($3, false), $4)
ON CONFLICT (mailbox) DO UPDATE
SET unsubscribed = excluded.unsubscribed, chosen_by = excluded.chosen_by,
    no_news = coalesce($3, stored.no_news)
"""
