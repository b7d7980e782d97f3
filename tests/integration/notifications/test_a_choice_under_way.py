"""A choice on the preferences page holds until the profiles service tells of it, whatever it tells before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.database import Pool
from contracts.vocabulary import Frequency
from notifications.answers import preferring
from notifications.answers.links import Link
from support.notifying import a_contact, hear
from uuid_utils.compat import uuid7

NOW = datetime.now(UTC)


async def told(pool: Pool, one: UUID, version: int, frequency: str, chosen_at: datetime | None) -> Frequency:
    """Let the profiles service tell of somebody; return how they want mail after it."""
    contact = a_contact(one, "keuze@example.org", frequency, version=version)
    await hear(pool, NOW, type(contact).model_validate({**dict(contact), "chosen_at": chosen_at}))
    known = await preferring.look_up(pool, Link(one))
    assert known is not None
    return known.preferences.frequency


async def test_who_unsubscribed_stays_so_until_the_profiles_service_knows_and_says_otherwise(
    pool: Pool,
) -> None:
    one = uuid7()
    await told(pool, one, 1, "direct", None)
    await preferring.unsubscribe(pool, one, NOW)
    assert await told(pool, one, 2, "direct", None) is Frequency.NONE
    assert await told(pool, one, 3, "direct", NOW - timedelta(days=9)) is Frequency.NONE
    assert await told(pool, one, 4, "none", NOW) is Frequency.NONE
    assert await told(pool, one, 5, "weekly", NOW) is Frequency.WEEKLY


async def test_a_profiles_service_of_before_is_believed_as_before(pool: Pool) -> None:
    one = uuid7()
    await told(pool, one, 1, "direct", None)
    await preferring.unsubscribe(pool, one, NOW)
    await hear(pool, NOW, a_contact(one, "keuze@example.org", "weekly", version=2))
    known = await preferring.look_up(pool, Link(one))
    assert known is not None
    assert known.preferences.frequency is Frequency.WEEKLY
