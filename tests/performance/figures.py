"""The figures of a run of the bench, as the pages on sizes use them: docs/operations/bench.json."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from performance.growing import line, name_of
from performance.rows import PROMISED, Row

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs/operations/bench.json"
MILLION = 1_000_000
# Of one processor: the rest is for bursts, for what nobody measured, and for a replica that is gone.
BUSY = 0.5
BUSIEST_HOUR = 0.15  # of a day's work
POOL, RELAY = 8, 1  # connections of a pod at most; and those of some services beside them
BESIDE = {"matching": ("to catch up", 1), "desk": ("to listen to alerts", 1)}
HEADROOM = 1.25  # of a limit, over the most that was seen
GROWING = ("memory", "memory_peak", "assignment_p50", "assignment_slowest", "reach_p50")
MATCHING = "matching"


@dataclass(frozen=True)
class Figures:
    """Every row of the bench by its name: in MiB, ms, s, or a second. `promises`: of what something is
    promised, beside its peer."""

    rows: dict[str, float]
    promises: tuple[Row, ...] = ()

    def __getitem__(self, name: str) -> float:
        return self.rows[name]

    def sizes(self) -> list[int]:
        """Return the numbers of profiles at which a replica was measured, the least first."""
        named = (name.split("_") for name in self.rows if name.startswith("growing_") and "memory" in name)
        counts = {_count(words[1]) for words in named if words[2:] == ["memory"] and words[1][0].isdigit()}
        return sorted(counts)

    def of(self, what: str, profiles: float) -> float:
        """Return a replica's figure at a number of profiles, on the line through what was measured.

        `what`: one of GROWING; memory is that of the columns alone.
        """
        points = [(size / MILLION, self.rows[f"growing_{name_of(size)}_{what}"]) for size in self.sizes()]
        each, first = line(points)
        return max(first, 0.0) + each * profiles / MILLION

    def memory(self, profiles: float) -> float:
        """Return the MiB of a replica of matching at rest."""
        return self.rows["rest_memory_matching"] + self.of("memory", profiles)

    def limit(self, profiles: float) -> float:
        """Return the MiB to allow a replica of matching, while its columns grow too: steps of 128."""
        most = self.rows["rest_memory_matching"] + self.of("memory_peak", profiles)
        return math.ceil(most * HEADROOM / 128) * 128

    def start(self, profiles: float) -> float:
        """Return the seconds in which a replica fills itself."""
        return self.rows["fill_1m"] * profiles / MILLION

    def opened(self, profiles: float) -> float:
        """Return the processor's ms for an opdracht that opened or changed, and for all that comes of it.

        It is what was measured at a hundred thousand, and what looking at more of them takes longer.
        """
        looking = self.of("assignment_p50", profiles) - self.of("assignment_p50", 100_000)
        return self.rows["processor_each_opdracht"] + looking

    def changed(self, open_opdrachten: float) -> float:
        """Return the processor's ms for one profile that changed, against all opdrachten that are open."""
        few, many = (
            self.rows["growing_profile_10k_assignments"],
            self.rows["growing_profile_100k_assignments"],
        )
        each, first = line([(10_000, few), (100_000, many)])
        return 1000 / self.rows["bulk_load"] + max(first, 0.0) + each * open_opdrachten

    def mail_replicas(self, mails_an_hour: float) -> int:
        """Return how many replicas of notifications send that, signed and half busy: two at least."""
        return max(2, math.ceil(mails_an_hour / 3600 / (self.rows["mail_rate_dkim"] * BUSY)))


def _count(name: str) -> int:
    return int(name[:-1]) * {"k": 1000, "m": MILLION}[name[-1]]


def read(file: Path = KEPT) -> Figures:
    """Return what a bench.json holds."""
    rows = [Row(**row) for row in json.loads(file.read_text())]
    promises = (row for row in rows if (row.name, row.peer) in PROMISED)
    return Figures({row.name: row.value for row in rows}, tuple(promises))


def keep(measured: Path, kept: Path = KEPT) -> None:
    """Put the rows of a run into the kept file: in place of those of the same name, and beside all others."""
    fresh = json.loads(measured.read_text()) if measured.exists() else []
    names = {row["name"] for row in fresh}  # which several rows may have, each beside another peer
    rows = json.loads(kept.read_text()) if kept.exists() else []
    rows = [row for row in rows if row["name"] not in names] + fresh
    kept.write_text(json.dumps(rows, indent=2) + "\n")


def most_connections(service: str) -> int:
    """Return the connections to PostgreSQL that a pod takes at most."""
    return POOL + RELAY + BESIDE.get(service, ("", 0))[1]


def shown(value: float) -> str:
    """Write a figure with as many digits as it is good for."""
    if value >= 100:
        digits = 10 ** (math.floor(math.log10(value)) - 1)
        return f"{round(value / digits) * digits:,.0f}"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def memory(mib: float) -> str:
    """Write a memory."""
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{math.ceil(mib / 10) * 10:.0f} MiB"


def time(ms: float) -> str:
    """Write a time."""
    if ms < 1000:
        return f"{shown(ms)} ms"
    return f"{shown(ms / 1000)} s" if ms < 120_000 else f"{shown(ms / 60_000)} min"
