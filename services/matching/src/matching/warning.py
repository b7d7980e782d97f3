"""Warns, shortly before `respond_by`, that nobody has shown interest, and says what would bring more people.

Once per `respond_by`: the warning is marked on the assignment's row in the transaction that writes its
event, and the row is locked meanwhile, so that of several replicas one warns. An answer touches the same
row, so whoever answers first is seen.
"""

from datetime import UTC, datetime

import structlog
from chassis.database import Pool
from chassis.delivery import outbox
from chassis.jobs import repeat
from chassis.telemetry import where

from matching import SERVICE
from matching.domain import policy
from matching.domain.reach import interest_lacking, reach
from matching.replica import Replica
from matching.store.assignments import claim_warning
from matching.store.matches import pairs_of

log = structlog.get_logger()

EVERY_SECONDS = 20


async def warn_next(pool: Pool, replica: Replica, now: datetime) -> bool:
    """Warn of one assignment that it is time for; tell whether there was one."""
    await replica.catch_up()
    deadlines = replica.deadlines(now, policy.WARN_BEFORE)
    if not deadlines:
        return False
    async with pool.acquire() as connection, connection.transaction():
        assignment = await claim_warning(
            connection, deadlines, now, policy.WARN_BEFORE, policy.WARN_IN_LAST_PART
        )
        if assignment is None or assignment.facts is None:
            return False
        assignment_id, facts = assignment.assignment_id, assignment.facts
        pairs = (await pairs_of(connection, [assignment_id]))[assignment_id]
        try:
            ended = replica.population.rows_of([one for one, pair in pairs.items() if pair.ended])
            event = interest_lacking(
                assignment_id,
                assignment.version,
                facts.respond_by,
                reach(replica.population, facts, ended),
                sum(pair.live for pair in pairs.values()),
                now,
            )
        except Exception as error:
            # An error of ours about this one: it stays marked, so that others are warned of.
            log.error("warning failed", assignment_id=str(assignment_id), **where(error))
            return True
        await outbox.publish(connection, SERVICE, [event], now)
    return True


async def keep_warning(pool: Pool, replica: Replica) -> None:
    """Warn until cancelled."""
    await repeat(lambda: warn_next(pool, replica, datetime.now(UTC)), name="warning", every=EVERY_SECONDS)
