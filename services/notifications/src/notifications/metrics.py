"""Notifications' metrics, each declared once, with what it means to the person on call."""

from chassis.metrics import Reading
from prometheus_client import Counter, Gauge, Histogram

NOTICES = Counter(
    "notices", "Mails by how they ended; `retried` is a temporary failure.", ["kind", "outcome"]
)
PAUSED = Gauge(
    "sending_paused",
    "1 while the mail server refuses one mail after another for a reason that is no recipient's: then one is"
    " tried now and again.",
)
RETURNED = Counter(
    "returned",
    "What was posted to /reports, by what it is. Many `foreign`: somebody invents reports, or the mail server"
    " returns too little of our mails.",
    ["what"],
)
LATENCY = Histogram(
    "notice_latency_seconds",
    "From a proposal to its mail being accepted by the mail server. High: professionals hear late.",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
)
DUE = Histogram(
    "notice_due_seconds",
    "From a mail's being due to its being accepted by the mail server: quiet hours do not count, nor waiting"
    " for the next digest. High: people hear late.",
    buckets=(0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 900, 3600, 14400),
)
OLDEST_DUE = Reading(
    "notices_oldest_due_seconds",
    "How long the mail that waits longest has been due, and not accepted by the mail server; 0: none is due.",
)
OLDEST_LINK = Reading(
    "sign_in_links_oldest_due_seconds",
    "The same of links to sign in, which end after a quarter of an hour: somebody waits for each.",
)
PUT_ASIDE = Counter(
    "notices_put_aside",
    "Mails that could not be decided on, for a reason of ours: each is looked at again after five minutes.",
)
UNSUBSCRIBED = Counter(
    "unsubscribed", "Professionals who ended their mail, by the reason they chose.", ["reason"]
)
