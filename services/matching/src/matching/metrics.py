"""Matching's metrics, each declared once, with what it means to the person on call."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY = Histogram(
    "match_latency_seconds",
    "From the event of the later half of a pair to its proposal on Kafka. High: professionals hear late.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
POPULATION = Gauge("match_population", "What this replica holds in memory.", ["state"])
ROWS_CAUGHT_UP = Counter(
    "match_rows_caught_up",
    "Rows read to catch up, of a version `new` or `known` to this replica. Known ones should be few.",
    ["table", "version"],
)
MENDED = Counter(
    "settlements_mended",
    "Opdrachten that the standing check had to put right. More than 0: see SettlementsMended.md.",
)
CHECKED = Counter("settlements_checked", "Open opdrachten that the standing check has looked at.")
PAIRS_SCORED = Counter("match_pairs_scored", "Pairs of a profile and an assignment that were judged.")
SEATS_FOUND = Counter(
    "match_seats_found",
    "Seats that were given while pairs were judged. None of them for hours, while pairs are judged: the rules"
    " refuse everybody.",
)
LEVERS_FOUND = Counter(
    "levers_found", "Professionals without a match for a month who were told what would bring them one."
)
PROPOSED = Counter(
    "matches_proposed",
    "First proposals, by level and whether it is a step up. Shifting: see SELECTION.md.",
    ["level", "growth", "policy"],
)
