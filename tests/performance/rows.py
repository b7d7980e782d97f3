"""One measurement, and how they are shown."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RUNS = 5  # in one go, of what is promised: the one in the middle counts
# The least ratio that is promised, by the measurement and its peer, on a machine that does nothing else.
PROMISED = {
    ("opened_to_proposed_100k_20_p50", "pipeline"): 1 / 1.8,
    ("opened_to_proposed_100k_20_p99", "pipeline"): 1 / 3,
    ("bulk_load", "floor"): 0.6,
    ("mail_rate", "floor"): 0.7,
    ("mail_rate_ed25519", "floor"): 0.65,
    ("mail_rate_dkim", "floor"): 0.5,
    ("match_assignment_1m", "read"): 1 / 2.2,
    ("match_assignment_1m", "postgresql"): 30,
    ("match_assignment_1m", "duckdb"): 5,
    ("reach_1m", "match"): 1 / 10,
    ("fill_100k", "bare_read"): 1 / 2,
    ("fill_1m", "bare_read"): 1 / 2,
}


@dataclass(frozen=True)
class Row:
    """One measurement; ratio: how many times better than the peer."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None


def better(name: str, value: float, unit: str, peer: str, peer_value: float, *, more: bool = False) -> Row:
    """Return a measurement beside a peer's. `more`: a greater value is the better one."""
    ratio = value / peer_value if more else peer_value / value
    return Row(name, _short(value), unit, peer, _short(peer_value), _short(ratio))


def alone(name: str, value: float, unit: str) -> Row:
    """Return a measurement without a peer."""
    return Row(name, _short(value), unit)


def medians(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """Return of each measurement the run in the middle: by its ratio, and where it has none by its value."""
    return [
        sorted(same, key=lambda row: row.value if row.ratio is None else row.ratio)[len(same) // 2]
        for same in zip(*runs, strict=True)
    ]


def _short(value: float) -> float:
    return round(value, 3) if abs(value) < 10 else round(value, 1)


def show(rows: Sequence[Row], title: str) -> None:
    """Print measurements as a table."""
    table = Table("name", "value", "unit", "peer", "peer's value", "ratio", "promised", title=title)
    for row in rows:
        table.add_row(
            *("" if value is None else str(value) for value in asdict(row).values()), _promised(row)
        )
    Console(width=110).print(table)


def _promised(row: Row) -> str:
    least = PROMISED.get((row.name, row.peer or ""))
    if least is None or row.ratio is None:
        return ""
    return f"{'✓' if row.ratio >= least else '✗'} ≥ {_short(least)}"


def write(rows: Sequence[Row], folder: Path) -> None:
    """Write measurements as bench.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
