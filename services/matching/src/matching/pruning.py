"""What is deleted once it has been kept long enough."""

from datetime import timedelta

from chassis.retention import Duty, of_closed

from matching.store import pruning


def duties_of(closed: timedelta) -> tuple[Duty, ...]:
    """Return what is deleted here. `closed`: how long assignments are kept after they closed."""
    return of_closed(closed, pruning.delete_closed, oldest=pruning.OLDEST_CLOSED)
