"""Warns, shortly before `respond_by`, that nobody has shown interest, and says what would bring more people.

Once per `respond_by`: the warning is marked on the assignment's row in the transaction that writes its
event, and the row is held meanwhile, so that of several replicas one warns. An answer touches the same row,
so whoever answers first is seen.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from chassis.database import UNAVAILABLE, Pool
from chassis.delivery import outbox
from chassis.telemetry import where
from contracts.events import InterestLacking, Relaxation

from matching import SERVICE
from matching.domain.reach import best_relaxation, reach
from matching.replica import Replica
from matching.store import halves, matches

log = structlog.get_logger()

EVERY_SECONDS = 20


async def warn_next(pool: Pool, replica: Replica, now: datetime) -> bool:
    """Warn of one assignment that it is time for; tell whether there was one."""
    await replica.catch_up()
    async with pool.acquire() as connection, connection.transaction():
        kept = await halves.hold_unanswered(connection, now)
        if kept is None:
            return False
        pairs = (await matches.pairs(connection, [kept.assignment_id]))[kept.assignment_id]
        ended = replica.population.rows_of([one for one, pair in pairs.items() if pair.ended])
        found = reach(replica.population, kept.facts, ended)
        best = best_relaxation(found)
        event = InterestLacking(
            assignment_id=kept.assignment_id,
            assignment_version=kept.version,
            respond_by=kept.facts.respond_by,
            live=sum(pair.live for pair in pairs.values()),
            candidates=len(found.found),
            relaxation=best and Relaxation(change=best[0], adds=best[1]),
            noticed_at=now,
        )
        await outbox.publish(connection, SERVICE, [event], now)
    return True


async def keep_warning(pool: Pool, replica: Replica) -> None:
    """Warn until cancelled."""
    while True:
        try:
            while await warn_next(pool, replica, datetime.now(UTC)):
                pass
        except UNAVAILABLE as error:
            log.warning("advice waits", **where(error))
        await asyncio.sleep(EVERY_SECONDS)
