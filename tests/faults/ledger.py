"""What the platform acknowledged, what was done to it, and when: what the checker holds it to.

Moments are monotonic seconds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What was written."""

    PROFILE = "profile"
    ERASURE = "erasure"
    ASSIGNMENT = "assignment"
    ANSWER = "answer"
    DECISION = "decision"
    PREFERENCES = "preferences"


@dataclass(frozen=True)
class Write:
    """A write that was acknowledged. `mark`: a version, or words that no other write has."""

    kind: Kind
    key: UUID
    mark: int | str | float
    at: float
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Person:
    """A professional, as their client last knew them."""

    profile_id: UUID
    body: dict[str, Any]
    version: int = 1
    erased_at: float | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def address(self) -> str:
        address: str = self.body["contact"]["email"]
        return address


@dataclass
class Opdracht:
    """An opdracht, as its client last knew it."""

    assignment_id: UUID
    body: dict[str, Any]
    version: int = 1
    open: bool = True
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Hostile:
    """A record that nobody can digest, which was put on a topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    what: str


@dataclass
class Made:
    """A fault, from its beginning until what it took away was back."""

    name: str
    start: float
    end: float | None = None


@dataclass
class Ledger:
    people: dict[UUID, Person] = field(default_factory=dict)
    opdrachten: dict[UUID, Opdracht] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    hostile: list[Hostile] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)  # records of a topic that were put there again
    faults: list[Made] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)  # answers that no fault explains
    answers: Counter[int] = field(default_factory=Counter)  # by status
    rests: list[float] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)  # what a rest waited for, from when on

    def acknowledge(self, kind: Kind, key: UUID, mark: int | str | float, **more: Any) -> None:
        """Note a write that was answered as done."""
        self.writes.append(Write(kind, key, mark, time.monotonic(), more))

    def of(self, *kinds: Kind) -> list[Write]:
        return [write for write in self.writes if write.kind in kinds]

    @contextmanager
    def fault(self, name: str) -> Iterator[Made]:
        """Note a fault, which lasts as long as the block."""
        made = Made(name, time.monotonic())
        self.faults.append(made)
        try:
            yield made
        finally:
            made.end = time.monotonic()

    def was_on(self, name: str, seconds: float = 5.0) -> bool:
        """Tell whether a fault whose name begins so is on, or was until some seconds ago."""
        now = time.monotonic()
        return any(made.name.startswith(name) and now <= (made.end or now) + seconds for made in self.faults)
