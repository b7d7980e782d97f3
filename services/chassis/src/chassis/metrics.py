"""The chassis's metrics, each declared once, with what it means to the person on call."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.samples import Sample

UNKNOWN = math.nan


class Reading(Gauge):
    """A gauge of what is read elsewhere. While it is not known it is absent: `set(UNKNOWN)`, as at the start.

    A value that stays as it was would say that all is well while nobody can look.
    """

    def _metric_init(self) -> None:
        super()._metric_init()
        self._value.set(UNKNOWN)

    def _child_samples(self) -> Iterable[Sample]:
        return [sample for sample in super()._child_samples() if not math.isnan(sample.value)]


@contextmanager
def absent_on_failure(*readings: Gauge) -> Iterator[None]:
    """Let readings be absent where what is done to take them fails; the error goes on."""
    try:
        yield
    except BaseException:
        for reading in readings:
            reading.set(UNKNOWN)
        raise


READY = Gauge(
    "ready",
    "1 while a check of /readyz holds, else 0: without `database` nobody is answered, without `consumer` no"
    " events come in.",
    ["check"],
)
HTTP_DURATION = Histogram(
    "http_request_duration_seconds",
    "From a request to the beginning of its answer, by the route's template (`other`: none fits). Not of"
    " /livez, /readyz and /metrics. A stream counts when it is answered.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
TIMER_LAST_SUCCESS = Gauge(
    "timer_last_success_timestamp_seconds",
    "When a periodic job of this process last did its work; at the start, when it began. Standing still for"
    " many intervals: it hangs, or fails again and again.",
    ["timer"],
)
TIMER_INTERVAL = Gauge(
    "timer_interval_seconds", "How long a periodic job rests, at most, after it did its work.", ["timer"]
)
CLOCK_SKEW = Reading(
    "clock_skew_seconds",
    "How far this machine's clock is ahead of PostgreSQL's; negative: behind. Over some seconds: tokens are"
    " refused, and moments are wrong.",
)
CREDENTIAL_EXPIRES = Reading(
    "credential_expires_timestamp_seconds",
    "When a certificate or a key that this service was given as a file ends; of several in it, the first."
    " Of what it reads at its start: what it read then.",
    ["credential"],
)
OUTBOX_PENDING = Reading(
    "outbox_pending", "Events written but not yet on Kafka. Growing: the broker is away."
)
OUTBOX_OLDEST = Reading("outbox_oldest_seconds", "Age of the oldest event not yet on Kafka.")
OUTBOX_REFUSED = Reading(
    "outbox_refused",
    "Events that Kafka refuses for a reason of their own; those of the same key wait behind them.",
)
REFUSALS = Counter(
    "outbox_refusals",
    "Attempts to publish that Kafka refused, for the record's sake or the topic's.",
    ["topic", "error"],
)
LAG = Reading(
    "consumer_lag_records",
    "Records on the partition that this group has not committed. Growing: the service cannot keep up.",
    ["topic", "partition", "group"],
)
OLDEST = Reading(
    "consumer_oldest_seconds", "How long the oldest record not yet handled has waited.", ["topic", "group"]
)
POLL_FAILURES = Counter(
    "consumer_poll_failures",
    "Polls that raised: the broker refuses this group, or its client has broken down. Nothing comes in.",
    ["group", "error"],
)
DEAD_LETTERS = Counter(
    "dead_letters",
    "Records that could not be processed and wait for the operator.",
    ["topic", "group", "cause"],
)
DEAD_LETTERS_WAITING = Reading(
    "dead_letters_waiting",
    "Dead letters that nobody has replayed or discarded yet; absent while Kafka is away. See DeadLetters.md.",
    ["topic", "group"],
)
PARKED = Reading(
    "parked_events",
    "Events that failed or that only a newer release can read, and those of their keys after them.",
)
PARKED_OLDEST = Reading(
    "parked_oldest_seconds",
    "How long the oldest parked event has waited. Over minutes: for a newer release, seven days at most.",
)
DROPPED_VALUES = Counter(
    "dropped_values",
    "Values of closed lists that this release does not know and left out of what it read. What they told is"
    " missing here until their producer tells it again.",
    ["topic", "group", "field"],
)
DOUBLED = Counter(
    "doubled_events",
    "Events passed over: a newer version of a type that lies beside them in the version that is read here.",
    ["topic", "group"],
)
AUDIT_UNCHAINED = Reading(
    "audit_unchained_seconds",
    "How long the oldest act has waited for its link in the audit's chain. Minutes: nothing is chained.",
)
UNREADABLE_ROWS = Gauge(
    "unreadable_rows",
    "Stored rows that this version cannot read. Each is left alone, the rest goes on; see UnreadableRows.md.",
    ["table"],
)
OLDEST_PERSONAL_DATA = Reading(
    "oldest_personal_data_days",
    "How long the oldest of a kind of personal data is held, in days: privacy.md has the limits.",
    ["kind"],
)
OVERDUE_PERSONAL_DATA = Reading(
    "overdue_personal_data_days",
    "For how many days personal data of a kind should have been gone. Over a few: the nightly turn does not"
    " take it; see DataHeldTooLong.md.",
    ["kind"],
)
