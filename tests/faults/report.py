"""Reports of runs, as plain text."""

from collections import Counter

from faults.runs import Outcome

MOST_SHOWN = 25


def show(outcome: Outcome, title: str) -> str:
    """Return what was done to the platform, what it answered, what was counted, and what is wrong."""
    ledger, findings = outcome.ledger, outcome.findings
    kinds = Counter(made.name.split()[0] for made in ledger.faults)
    lines = [
        f"== {title}: seed {outcome.seed}, {outcome.seconds:.0f} s",
        f"faults: {len(ledger.faults)} ({_list(kinds)})",
        f"answers by status: {_list(ledger.answers)}",
        f"seconds until all was at rest and checked: {', '.join(f'{one:.0f}' for one in outcome.rested)}",
        *(f"{name}: {count}" for name, count in sorted(findings.counts.items())),
    ]
    if findings.violations:
        lines.append(f"WRONG: {_list(findings.by_kind())}")
        lines += [f"  {one.kind}: {one.what}" for one in findings.violations[:MOST_SHOWN]]
    else:
        lines.append("0 lost, 0 out of order, 0 stuck")
    return "\n".join(lines)


def _list(counts: Counter[str] | Counter[int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items())) or "none"
