"""What is taken once it has been kept long enough."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.retention import Duty, before, of_alerts, of_closed
from contracts.retention import CLOSED, PROBE, PROFILE

from notifications import staying
from notifications.store import pruning

QUESTIONS = timedelta(days=30)  # as long as their topic
ADDRESSES = timedelta(days=30)  # that they changed may be contradicted so long


@dataclass(frozen=True)
class Kept:
    """How long alerts are kept, and opdrachten after they closed, with all that was said of them; and
    professionals who confirm nothing; and what the probe leaves."""

    alerts: timedelta
    closed: timedelta
    profiles: timedelta
    probes: timedelta = timedelta(days=PROBE.days)


def duties_of(kept: Kept) -> tuple[Duty, ...]:
    """Return what is taken here."""
    return (
        of_alerts(kept.alerts),
        *of_closed(kept.closed, pruning.delete_closed, pruning.delete_gathered, oldest=pruning.OLDEST_CLOSED),
        Duty(kind=PROBE, kept=kept.probes, take=before(pruning.delete_probes, kept.probes)),
        Duty(kind=CLOSED, kept=kept.closed, take=before(pruning.delete_of_addresses, ADDRESSES)),
        Duty(kind=CLOSED, kept=kept.closed, take=before(pruning.delete_questions, QUESTIONS)),
        Duty(kind=PROFILE, kept=kept.profiles, take=staying.ask_again),
        Duty(kind=PROFILE, kept=kept.profiles, take=staying.notice_silence),
    )
