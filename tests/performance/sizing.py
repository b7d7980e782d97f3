"""`make sizing`: writes the tables of the pages on sizes, and their picture, from docs/operations/bench.json.

A table stands between two comments, `<!-- sizing: NAME -->` and `<!-- end of NAME -->`; all else is written
by hand. STACK_DIR/bench.json, what `make bench` has just measured, is taken into the kept file first.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from generator.markdown import table
from performance import cost, figures, markets
from performance.figures import MILLION, ROOT, Figures, shown
from performance.figures import memory as as_memory
from performance.figures import time as as_time
from performance.growing import name_of
from performance.picture import draw
from performance.rows import PROMISED
from stack.layout import SERVICES

PAGES = [ROOT / "docs/operations/sizes.md", ROOT / "docs/operations/growing.md"]
PICTURE = ROOT / "docs/operations/growing.svg"
PLACE = re.compile(r"(<!-- sizing: (\S+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
POPULATIONS = (10_000, 100_000, MILLION, 5 * MILLION, 20 * MILLION)
OPEN = (100, 1_000, 10_000, 100_000)
QUIET = 1.0  # the load average below which nobody else worked
MAILS = (1_000, 10_000, 100_000, MILLION, 10 * MILLION)
# What the page shows as it was measured: the name of the row → what it is, and its unit.
MEASURED = {
    "opened_to_proposed_100k_1_p50": ("from opened to proposed, 100,000 profiles, one a second (p50)", "ms"),
    "opened_to_proposed_100k_1_p99": ("the same (p99)", "ms"),
    "opened_to_proposed_1m_20_p50": ("from opened to proposed, a million profiles, 20 a second (p50)", "ms"),
    "opened_to_proposed_1m_20_p99": ("the same (p99)", "ms"),
    "posted_to_mailed_p50": ("from a posted opdracht to its first mail, 100 profiles (p50)", "ms"),
    "bulk_load": ("matching, changed profiles with 100 open opdrachten", "a second"),
    "mail_rate": ("notifications, mails without DKIM", "a second"),
    "mail_rate_dkim": ("notifications, mails signed with an RSA key of 2048 bits", "a second"),
    "mail_rate_ed25519": ("notifications, mails signed with an Ed25519 key", "a second"),
    "proposals_borne": ("matching, proposals while 10,000 opdrachten open, 100,000 profiles", "a second"),
    "opened_to_proposed_at_1000_a_second_p50": (
        "from opened to proposed at 1,000 proposals a second, 100,000 profiles (p50)",
        "ms",
    ),
    "opened_to_proposed_at_1000_a_second_p99": ("the same (p99)", "ms"),
    "opened_to_proposed_10k_open_20_p50": ("from opened to proposed while 10,000 are open (p50)", "ms"),
    "changed_profiles_10k_open": ("matching, changed profiles with 10,000 open opdrachten", "a second"),
    "desk_memory": ("desk, after 100,000 people, 5,000 opdrachten and 200,000 matches", "MiB"),
    "desk_page_p95": ("desk, the slowest of its pages then (p95)", "ms"),
    "stack_memory": ("one machine, the whole stack at rest", "MiB"),
}


def memories(bench: Figures) -> str:
    """Return how much memory a replica of matching takes by its profiles, and how long it takes to start."""
    head = ("profiles", "at rest", "limit", "filled at the start in", "an opdracht", "`reach` of a draft")
    return table(head, ([f"{count:,}", *_replica(bench, count)] for count in POPULATIONS))


def _replica(bench: Figures, count: int) -> Iterator[str]:
    yield as_memory(bench.memory(count))
    yield as_memory(bench.limit(count))
    yield as_time(bench.start(count) * 1000)
    yield as_time(bench.of("assignment_p50", count))
    yield as_time(bench.of("reach_p50", count))


def processors(bench: Figures) -> str:
    """Return how many events a second one processor of matching takes, by what they meet."""
    head = ("events", "meet", "processor each", "a second, on one processor")
    changed = [
        (f"{count:,} open opdrachten", "a profile that changed", bench.changed(count)) for count in OPEN
    ]
    opened = [
        (f"{count:,} profiles", "an opdracht that opened or changed", bench.opened(count))
        for count in POPULATIONS[1:]
    ]
    rows = [*changed, *opened]
    return table(head, ((what, whom, as_time(ms), shown(1000 / ms)) for whom, what, ms in rows))


def mails(bench: Figures) -> str:
    """Return how many replicas of notifications send how many mails in an hour."""
    head = ("mails in the busiest hour", "a second", "replicas")
    return table(
        head, ((f"{count:,}", shown(count / 3600), str(bench.mail_replicas(count))) for count in MAILS)
    )


def measured(bench: Figures) -> str:
    """Return what was measured, as it is: of the parts of the bench that the kept file has."""
    written: dict[str, Callable[[float], str]] = {
        "MiB": as_memory,
        "ms": as_time,
        "a second": lambda value: f"{shown(value)} a second",
    }
    rows = [
        (what, written[unit](bench[name])) for name, (what, unit) in MEASURED.items() if name in bench.rows
    ]
    rows += [
        (f"{service} at rest", f"{as_memory(bench[memory])}, {bench[connections]:.0f} connections")
        for service in SERVICES
        if (memory := f"rest_memory_{service}") in bench.rows
        and (connections := f"rest_connections_{service}") in bench.rows
    ]
    return table(("what", "measured"), rows)


def grown(bench: Figures) -> str:
    """Return the simulation: one replica's columns at each size, and what a million more costs."""
    head = ("profiles", "columns", "while they grow", "an opdracht (p50)", "the slowest of 30", "`reach`")
    rows = [[f"{size:,}", *(_grown(bench, size, what) for what in figures.GROWING)] for size in bench.sizes()]
    each = [_unit(what, bench[f"growing_{what}_each_million"]) for what in figures.GROWING]
    return table(head, [*rows, ["**a million more**", *(f"**{one}**" for one in each)]])


def _grown(bench: Figures, size: int, what: str) -> str:
    return _unit(what, bench[f"growing_{name_of(size)}_{what}"])


def _unit(what: str, value: float) -> str:
    return as_memory(value) if what.startswith("memory") else as_time(value)


def grown_said(bench: Figures) -> str:
    """Return how far it was measured, and what lies on the line beyond."""
    to = int(bench["growing_measured_to"])
    text = f"Measured up to {to:,} profiles in one replica."
    wanted = 20 * MILLION
    if to >= wanted:
        return text + " Nothing of it is extrapolated."
    drawn = as_memory(bench["growing_20m_memory_drawn"])
    return (
        f"{text} For more there was no memory on that machine; on the line through these points {wanted:,}"
        f" take {drawn} and {as_time(bench['growing_20m_assignment_p50_drawn'])} an opdracht."
    )


def machine(bench: Figures) -> str:
    """Return on what machine the kept figures were measured, and whether it was quiet."""
    loads = [load for name, load in bench.rows.items() if name.startswith("load_before_")]
    least, most = shown(min(loads)), shown(max(loads))
    quiet = (
        "was quiet" if max(loads) < QUIET else "had other work: figures of speed are better on a quiet one"
    )
    return (
        f"The figures below are of a machine with {bench['processors']:.0f} processors, which {quiet}"
        f" (load average {least} to {most} before the parts of the bench)."
    )


def promises(bench: Figures) -> str:
    """Return what is promised beside a peer of the same run, and what was reached."""
    head = ("of the bench", "ours", "beside", "the peer's", "ratio", "promised")
    return table(
        head,
        (
            (
                f"`{row.name}`",
                f"{row.value:,} {row.unit}",
                f"`{row.peer}`",
                f"{row.peer_value:,} {row.unit}",
                f"{row.ratio}",
                f"≥ {PROMISED[row.name, row.peer or '']:.2g}",
            )
            for row in bench.promises
        ),
    )


TABLES: dict[str, Callable[[Figures], str]] = {
    "machine": machine,
    "measured": measured,
    "promises": promises,
    "memory": memories,
    "processor": processors,
    "mails": mails,
    "cost": lambda _bench: cost.table_of("production"),
    "grown": grown,
    "grown-said": grown_said,
    "markets": lambda _bench: markets.assumed(),
    "needs": markets.needs,
    "limits": markets.limits,
}


def page(text: str, bench: Figures) -> str:
    """Return a page with its tables made anew."""
    return PLACE.sub(lambda found: f"{found[1]}{TABLES[found[2]](bench)}\n{found[3]}", text)


def names_in(pages: Sequence[Path]) -> list[str]:
    """Return the tables that pages have."""
    return [found[2] for file in pages for found in PLACE.finditer(file.read_text())]


def main() -> None:
    """Take in what was measured, and write the pages."""
    figures.keep(Path(os.environ.get("STACK_DIR", ".stack")) / "bench.json")
    bench = figures.read()
    for file in PAGES:
        file.write_text(page(file.read_text(), bench))
    draw(bench, PICTURE)


if __name__ == "__main__":
    main()
