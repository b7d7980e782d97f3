"""Three markets: a machine, a country, Europe; what each needs, and where one replica of everything ends."""

import math
from dataclasses import dataclass

from contracts.topics import PARTITIONS
from generator.markdown import table
from performance.figures import (
    BUSIEST_HOUR,
    BUSY,
    MATCHING,
    MILLION,
    Figures,
    most_connections,
    shown,
)
from performance.figures import memory as as_memory
from performance.figures import time as as_time
from stack.layout import SERVICES

STARTUP_SECONDS = 300  # the startup probe's patience: base/service/deployment.yaml
QUICK_MS = 1000  # what somebody who types waits for without wondering
PROPOSED_MS = 10_000  # the objective: from opened to proposed
NODE_GIB = 16  # a common node's memory
CHANGES_A_YEAR = 12  # of a profile
MAILS_EACH = 30  # of an opdracht: who fits hears of it, who answered hears the rest
OPEN_DAYS = 21  # an opdracht is open, and in selection


@dataclass(frozen=True)
class Market:
    """How many profiles, and new opdrachten a day."""

    name: str
    profiles: int
    opdrachten: int

    @property
    def open(self) -> int:
        """Return how many opdrachten are open at once."""
        return self.opdrachten * OPEN_DAYS

    def peak(self, a_day: float) -> float:
        """Return how many a second there are in the busiest hour, of so many a day."""
        return a_day * BUSIEST_HOUR / 3600

    @property
    def changes(self) -> float:
        """Return the changed profiles a day."""
        return self.profiles * CHANGES_A_YEAR / 365

    @property
    def mails(self) -> float:
        """Return the mails a day."""
        return self.opdrachten * MAILS_EACH


MARKETS = (
    Market("one machine", 10_000, 20),
    Market("a country", MILLION, 2_000),
    Market("Europe", 20 * MILLION, 40_000),
)


def assumed() -> str:
    """Return what is assumed of each market."""
    head = ("a day", *(one.name for one in MARKETS))
    return table(
        head,
        [
            ["profiles", *(f"{one.profiles:,}" for one in MARKETS)],
            ["new opdrachten", *(f"{one.opdrachten:,}" for one in MARKETS)],
            [f"open at once ({OPEN_DAYS} days each)", *(f"{one.open:,}" for one in MARKETS)],
            [f"changed profiles ({CHANGES_A_YEAR} a year each)", *(f"{one.changes:,.0f}" for one in MARKETS)],
            [f"mails ({MAILS_EACH} an opdracht)", *(f"{one.mails:,.0f}" for one in MARKETS)],
        ],
    )


def opdrachten_processors(bench: Figures, market: Market) -> float:
    """Return the processors that opdrachten keep busy in the busiest hour."""
    return market.peak(market.opdrachten) * bench.opened(market.profiles) / 1000


def profiles_processors(bench: Figures, market: Market) -> float:
    """Return the processors that changed profiles keep busy in the busiest hour."""
    return market.peak(market.changes) * bench.changed(market.open) / 1000


def matching_replicas(bench: Figures, market: Market) -> int:
    """Return the replicas of matching: two at least."""
    return max(
        2, math.ceil((opdrachten_processors(bench, market) + profiles_processors(bench, market)) / BUSY)
    )


def needs(bench: Figures) -> str:
    """Return what each market needs, and by which figure."""

    def row(what: str, by: str, *values: str) -> list[str]:
        return [what, *values, by]

    head = ("in the busiest hour", *(one.name for one in MARKETS), "by")
    mails = [bench.mail_replicas(one.mails * BUSIEST_HOUR) for one in MARKETS]
    replicas = [matching_replicas(bench, one) for one in MARKETS]
    return table(
        head,
        [
            row(
                "memory of a replica of matching",
                "`growing_memory_each_million`",
                *(as_memory(bench.memory(one.profiles)) for one in MARKETS),
            ),
            row(
                "its limit",
                "`growing_memory_peak_…`",
                *(as_memory(bench.limit(one.profiles)) for one in MARKETS),
            ),
            row("its start", "`fill_1m`", *(as_time(bench.start(one.profiles) * 1000) for one in MARKETS)),
            row(
                "an opdracht against everybody",
                "`growing_…_assignment_p50`",
                *(as_time(bench.of("assignment_p50", one.profiles)) for one in MARKETS),
            ),
            row(
                "opdrachten, processors",
                "`processor_each_opdracht`",
                *(f"{opdrachten_processors(bench, one):.4f}" for one in MARKETS),
            ),
            row(
                "changed profiles, processors",
                "`bulk_load`, `growing_profile_…`",
                *(f"{profiles_processors(bench, one):.4f}" for one in MARKETS),
            ),
            row("replicas of matching", "both, half busy", *map(str, replicas)),
            row(
                "`reach` while somebody types",
                "`growing_…_reach_p50`",
                *(as_time(bench.of("reach_p50", one.profiles)) for one in MARKETS),
            ),
            row("mails a second", "", *(shown(one.peak(one.mails)) for one in MARKETS)),
            row("replicas of notifications", "`mail_rate_dkim`, half busy", *map(str, mails)),
            row(
                "connections, all services",
                "code",
                *(str(_connections(matching, mail)) for matching, mail in zip(replicas, mails, strict=True)),
            ),
        ],
    )


def _connections(matching: int, notifications: int) -> int:
    replicas = {MATCHING: matching, "notifications": notifications}
    return sum(most_connections(service) * replicas.get(service, 2) for service in SERVICES)


def limits(bench: Figures) -> str:
    """Return at how many profiles, opdrachten or mails each thing ends that is one today."""
    assignment, reach = (
        bench[f"growing_{what}_each_million"] for what in ("assignment_slowest", "reach_p50")
    )
    columns = bench["growing_memory_peak_each_million"] * 1.25
    rows = [
        (
            "`reach` answers within a second while somebody types",
            QUICK_MS / reach,
            "`growing_reach_p50_each_million`",
        ),
        (
            f"a replica of matching fits a node of {NODE_GIB} GiB",
            NODE_GIB * 1024 / columns,
            "`growing_memory_peak_each_million`",
        ),
        (
            f"a replica starts within the startup probe's {STARTUP_SECONDS} s",
            STARTUP_SECONDS / bench["fill_1m"],
            "`fill_1m`",
        ),
        (
            "the slowest opdracht alone takes no tenth of the ten seconds promised",
            PROPOSED_MS / 10 / assignment,
            "`growing_assignment_slowest_each_million`",
        ),
    ]
    lines = [[what, f"{shown(at)} million profiles", by] for what, at, by in rows]
    each = bench["mail_rate_dkim"] * BUSY * 3600
    lines.append(
        [
            f"{PARTITIONS} replicas of notifications, half busy, send the mails of an hour",
            f"{shown(PARTITIONS * each)} mails an hour",
            "`mail_rate_dkim`",
        ]
    )
    return table(["holds", "up to", "by"], lines)
