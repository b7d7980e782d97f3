"""What a check finds wrong, and what it counted."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Violation:
    """A promise that does not hold. `kind` names the promise."""

    kind: str
    what: str


@dataclass
class Findings:
    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def wrong(self, kind: str, what: str) -> None:
        self.violations.append(Violation(kind, what))

    def by_kind(self) -> Counter[str]:
        return Counter(violation.kind for violation in self.violations)
