"""What is deleted once it has been kept long enough."""

from datetime import timedelta

from chassis.retention import Duty, before
from contracts.retention import CLOSED

from matching.store import pruning


def duties_of(closed: timedelta) -> tuple[Duty, ...]:
    """Return what is deleted here. `closed`: how long assignments are kept after they closed."""
    return (
        Duty(
            kind=CLOSED, kept=closed, take=before(pruning.delete_closed, closed), oldest=pruning.OLDEST_CLOSED
        ),
    )
