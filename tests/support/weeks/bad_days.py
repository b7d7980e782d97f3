"""The mail server of a world: three bad days, and mails that come back."""

from datetime import datetime, timedelta
from functools import partial

from support.mailboxes.addresses import normalised
from support.mailboxes.facts import AddressReleased
from support.mailboxes.mail_server import MailServer, Refused, Return, Spell, TryLater
from support.weeks import World

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def a_server(start: datetime, gone: list[str], returning: list[str]) -> MailServer:
    """Return a server that has, in its second week, a day on which it takes nothing for now; in the third a
    day on which it takes us for a forger; in the fourth one on which some addresses do not exist.

    `start`: a midnight; `gone`: the addresses that do not exist that day; `returning`: four addresses whose
    mail comes back for some days: they do not exist, the mailbox is full, it is switched off, and its
    reader complains.
    """
    busy, forged, missing = start + 8 * DAY, start + 16 * DAY, start + 23 * DAY
    spells = (
        Spell(busy, busy + DAY, TryLater(451)),
        Spell(forged + 6 * HOUR, forged + 15 * HOUR, Refused(550, "5.7.26", "data")),
        Spell(
            missing, missing + DAY, Refused(550, "5.1.1", "rcpt"), frozenset(normalised(one) for one in gone)
        ),
    )
    statuses = ("5.1.1", "5.2.2", "5.2.1", "complaint")
    returns = tuple(
        Return(normalised(address), start + 10 * DAY, start + 30 * DAY, timedelta(minutes=7), status)
        for address, status in zip(returning, statuses, strict=True)
    )
    return MailServer(spells, returns)


def plan_releases(world: World, addresses: list[str]) -> None:
    """Somebody releases all of these addresses but one, some days after they were suppressed."""
    for day, address in enumerate(addresses[1:], start=25):
        at = world.start + day * DAY + 10 * HOUR
        world.plan(at, partial(_release, world, address))


def _release(world: World, address: str) -> None:
    if normalised(address) in world.state.suppressed:
        world.happen(AddressReleased(at=world.now, email=address))
