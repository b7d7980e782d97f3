"""Tells whom no opdracht fits, for a month, what would bring them one.

At most once a month each: whoever was looked at is not due for 30 days, which is written in the transaction
that writes the event, on a row that is locked meanwhile. So of several replicas one looks.
"""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import structlog
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.jobs import repeat
from chassis.telemetry import where
from contracts.events import Lever, LeverFound
from contracts.vocabulary import ProfileStatus

from matching import SERVICE
from matching.domain.outlook.levers import best, levers
from matching.domain.outlook.market import Market
from matching.domain.outlook.numbers import SILENT_DAYS
from matching.metrics import LEVERS_FOUND
from matching.replica import AMSTERDAM, Replica
from matching.store import silences
from matching.store.own_pairs import pairs_of_profile
from matching.store.silences import Quiet

log = structlog.get_logger()

MONTH = timedelta(days=SILENT_DAYS)
EVERY_SECONDS = 300
AT_ONCE = 10  # each takes some hundredths of a second with a large market


async def look_at_some(pool: Pool, replica: Replica, now: datetime) -> bool:
    """Look at some who are due; tell whether there may be more."""
    await replica.catch_up()
    market = replica.market()
    if market is None:
        return False
    async with pool.acquire() as connection:
        more = await silences.begin(connection, now + MONTH)
        async with connection.transaction():
            due = await silences.claim(connection, now, AT_ONCE)
            found = [event for one in due if (event := await _find(connection, one, market, now))]
            await silences.look_again(connection, {one.profile_id: _next(one, now) for one in due})
            await outbox.publish(connection, SERVICE, found, now)
    LEVERS_FOUND.inc(len(found))
    return more or len(due) == AT_ONCE


def _next(quiet: Quiet, now: datetime) -> datetime:
    """Return when a professional is looked at again: a month after their last match, or after now."""
    if quiet.fits or quiet.last_match_at is None or quiet.last_match_at + MONTH <= now:
        return now + MONTH
    return quiet.last_match_at + MONTH


async def _find(connection: Connection, quiet: Quiet, market: Market, now: datetime) -> LeverFound | None:
    had_one = quiet.last_match_at is not None and quiet.last_match_at + MONTH > now
    facts = quiet.facts
    if quiet.fits or had_one or facts is None or facts.status is not ProfileStatus.ACTIVE:
        return None
    pairs = await pairs_of_profile(connection, quiet.profile_id)
    opened, year = market.open_without(pairs.ended), market.of_year(now.astimezone(AMSTERDAM).date())
    try:
        found = await asyncio.to_thread(lambda: best(levers(facts, opened, year)))
    except Exception as error:
        # An error of ours about this one: the others are looked at.
        log.error("no levers found", **where(error))
        return None
    if not found:
        return None
    said = [Lever(**asdict(one)) for one in found]
    return LeverFound(profile_id=quiet.profile_id, levers=said, found_at=now)


async def keep_looking(pool: Pool, replica: Replica) -> None:
    """Look until cancelled."""
    await repeat(lambda: look_at_some(pool, replica, datetime.now(UTC)), name="silence", every=EVERY_SECONDS)
