"""What is taken once it has been kept long enough."""

from dataclasses import dataclass
from datetime import timedelta

from chassis.retention import Duty, before
from contracts.retention import ALERT, CLOSED, PROFILE

from notifications import staying
from notifications.store import pruning

ADDRESSES = timedelta(days=30)  # that they changed may be contradicted so long


@dataclass(frozen=True)
class Kept:
    """How long alerts are kept, and opdrachten after they closed, with all that was said of them; and
    professionals who confirm nothing."""

    alerts: timedelta
    closed: timedelta
    profiles: timedelta


def duties_of(kept: Kept) -> tuple[Duty, ...]:
    """Return what is taken here."""
    return (
        Duty(
            kind=ALERT,
            kept=kept.alerts,
            take=before(pruning.delete_alerts, kept.alerts),
            oldest=pruning.OLDEST_ALERT,
        ),
        Duty(
            kind=CLOSED,
            kept=kept.closed,
            take=before(pruning.delete_closed, kept.closed),
            oldest=pruning.OLDEST_CLOSED,
        ),
        Duty(kind=CLOSED, kept=kept.closed, take=before(pruning.delete_gathered, kept.closed)),
        Duty(kind=CLOSED, kept=kept.closed, take=before(pruning.delete_of_addresses, ADDRESSES)),
        Duty(kind=PROFILE, kept=kept.profiles, take=staying.ask_again),
        Duty(kind=PROFILE, kept=kept.profiles, take=staying.notice_silence),
    )
