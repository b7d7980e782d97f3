"""Whether sending goes on.

Where the mail server refuses one mail after another, to different people, for a reason that is none of
theirs, it is our fault or the mails', and more of the same would only be refused too.
"""

from datetime import datetime, timedelta

import structlog

from notifications.domain.notice import Due
from notifications.metrics import PAUSED

log = structlog.get_logger()

IN_A_ROW = 3  # addresses
PAUSE = timedelta(minutes=1)


class Pausing:
    """One replica's view. Three refusals in a row pause it; then one mail a minute is tried, until one is
    accepted. What waits meanwhile was not tried, so that nothing of it is lost."""

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._until: datetime | None = None
        PAUSED.set(0)

    def most(self, now: datetime, usually: int) -> int:
        """Return how many notices may be claimed now."""
        if self._until is None:
            return usually
        return 0 if now < self._until else 1

    def stops(self, claimed_at: datetime) -> bool:
        """Tell whether a mail that was claimed before the pause is not begun."""
        return self._until is not None and claimed_at < self._until

    def refused(self, notice: Due, detail: str, now: datetime) -> None:
        """Count a refusal."""
        self._refused.add(notice.address or "")
        if self._until is None and len(self._refused) < IN_A_ROW:
            return
        if self._until is None:
            log.error("sending pauses", detail=detail)
        self._until = now + PAUSE
        PAUSED.set(1)

    def accepted(self) -> None:
        """Go on."""
        if self._until is not None:
            log.info("sending goes on")
        self._refused.clear()
        self._until = None
        PAUSED.set(0)
