"""The standing check: settles every open assignment afresh, slowly, and counts what it had to mend.

Nothing should be left to mend (`replica` and `reconciling` argue why), so whatever is counts as an error of
ours. But a change that is committed is reconciled a moment later, perhaps by another replica that takes over
from one that died. So a difference is mended and counted only if it is still there, by the same versions of
both halves, when it was found long enough ago for all of that to have been done.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from chassis.database import UNAVAILABLE
from chassis.jobs import repeat
from chassis.telemetry import where

from matching.metrics import CHECKED, MENDED
from matching.reconciling import Difference, Reconciler
from matching.replica import Replica

log = structlog.get_logger()

UNDER_WAY_SECONDS = 300.0  # by then a committed change is reconciled, also if its replica has died


@dataclass(frozen=True)
class _Suspicion:
    found_at: float
    differences: frozenset[Difference]


class StandingCheck:
    """Looks at one open assignment after the other, and again at those where it found something."""

    def __init__(self, replica: Replica, reconciler: Reconciler) -> None:
        self._replica = replica
        self._reconciler = reconciler
        self._round: deque[UUID] = deque()
        self._suspicions: dict[UUID, _Suspicion] = {}

    async def look(self, now: float) -> None:
        """Look at the assignment whose turn it is. `now`: seconds on a clock that never steps.

        One that cannot be looked at for a reason of its own holds up no other.
        """
        assignment_id = self._next(now)
        if assignment_id is None:
            return
        before = self._suspicions.pop(assignment_id, None)
        try:
            found = await self._reconciler.differences(assignment_id)
            CHECKED.inc()
            if before is not None and (still := before.differences & found):
                await self._reconciler.reconcile([assignment_id], ())
                MENDED.inc()
                log.error("settlement mended", assignment_id=str(assignment_id), pairs=len(still))
            elif found:
                self._suspicions[assignment_id] = _Suspicion(now, found)
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.error("standing check failed", assignment_id=str(assignment_id), **where(error))

    def _next(self, now: float) -> UUID | None:
        for assignment_id, suspicion in self._suspicions.items():  # the oldest first
            if suspicion.found_at + UNDER_WAY_SECONDS <= now:
                return assignment_id
        if not self._round:
            self._round.extend(self._replica.open.assignments.ids())
        while self._round:
            if (assignment_id := self._round.popleft()) not in self._suspicions:
                return assignment_id
        return None


async def keep_checking(replica: Replica, reconciler: Reconciler, every: float) -> None:
    """Reconcile everything, and then look at an assignment every so many seconds; never where that is 0."""
    await reconciler.reconcile_everything()
    if every > 0:
        check = StandingCheck(replica, reconciler)
        await asyncio.sleep(every)
        await repeat(partial(_look_now, check), name="standing check", every=every)


async def _look_now(check: StandingCheck) -> None:
    await check.look(time.monotonic())
