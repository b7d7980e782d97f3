"""The chassis's metrics, each declared once, with what it means to the person on call."""

from prometheus_client import Counter, Gauge

OUTBOX_PENDING = Gauge("outbox_pending", "Events written but not yet on Kafka. Growing: the broker is away.")
OUTBOX_OLDEST = Gauge("outbox_oldest_seconds", "Age of the oldest event not yet on Kafka.")
OUTBOX_REFUSED = Gauge(
    "outbox_refused",
    "Events that Kafka refuses for a reason of their own; those of the same key wait behind them.",
)
REFUSALS = Counter(
    "outbox_refusals",
    "Attempts to publish that Kafka refused, for the record's sake or the topic's.",
    ["topic", "error"],
)
LAG = Gauge(
    "consumer_lag_records",
    "Records on the partition that this group has not committed. Growing: the service cannot keep up.",
    ["topic", "partition", "group"],
)
OLDEST = Gauge(
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
PARKED = Gauge(
    "parked_events",
    "Events that failed or that only a newer release can read, and those of their keys after them.",
)
PARKED_OLDEST = Gauge(
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
UNREADABLE_ROWS = Gauge(
    "unreadable_rows",
    "Stored rows that this version cannot read. Each is left alone, the rest goes on; see UnreadableRows.md.",
    ["table"],
)
OLDEST_PERSONAL_DATA = Gauge(
    "oldest_personal_data_days",
    "How long the oldest of a kind of personal data is held, in days: privacy.md has the limits.",
    ["kind"],
)
OVERDUE_PERSONAL_DATA = Gauge(
    "overdue_personal_data_days",
    "For how many days personal data of a kind should have been gone. Over a few: the nightly turn does not"
    " take it; see DataHeldTooLong.md.",
    ["kind"],
)
