"""What is deleted once it has been kept long enough."""

from datetime import timedelta

from chassis.retention import Duty, before, of_closed
from contracts.retention import PROBE

from matching.store import pruning


def duties_of(closed: timedelta, probes: timedelta = timedelta(days=PROBE.days)) -> tuple[Duty, ...]:
    """Return what is deleted here. `closed`: how long assignments are kept after they closed; `probes`: those
    of the probe."""
    return (
        *of_closed(closed, pruning.delete_closed, oldest=pruning.OLDEST_CLOSED),
        Duty(kind=PROBE, kept=probes, take=before(pruning.delete_probes, probes)),
    )
