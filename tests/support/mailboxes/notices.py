"""Notices, each a mail that is to be sent, and what is decided on one when its moment comes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.vocabulary import NoticeKind, NoticeOutcome


class Way(StrEnum):
    DIRECT = "direct"
    DIGEST = "digest"


class Stage(StrEnum):
    """Where a notice is that has not ended. `gathered`: it is one of those that a digest tells."""

    WAITING = "waiting"
    IN_THE_AIR = "in the air"
    GATHERED = "gathered"


@dataclass(frozen=True)
class Send:
    """It goes out now."""

    to: str
    matches: tuple[UUID, ...]
    tells: Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    """It goes out later."""

    way: Way
    until: datetime


@dataclass(frozen=True)
class Mail:
    """A mail that the server took: when it might have gone at the earliest, and when it did."""

    to: str
    kind: NoticeKind
    matches: tuple[UUID, ...]
    assignment_id: UUID | None
    earliest: datetime
    leaves: datetime
    tells: Mapping[str, Any]


@dataclass
class Notice:
    """`due`: when something is to be done about it; None: nothing, unless its cause changes.

    `first_attempt`: of those that are under way; `parts`: what a digest tells; `matches`: what a summary
    tells; `again`: a pair that fell off came back, so it is told anew even to who said yes.
    """

    number: int
    kind: NoticeKind
    earliest: datetime
    due: datetime | None
    stage: Stage | NoticeOutcome = Stage.WAITING
    way: Way = Way.DIRECT
    match_id: UUID | None = None
    assignment_id: UUID | None = None
    profile_id: UUID | None = None
    to: str | None = None
    again: bool = False
    attempts: int = 0
    first_attempt: datetime | None = None
    parts: list["Notice"] = field(default_factory=list)
    matches: dict[UUID, None] = field(default_factory=dict)
    tells: Mapping[str, Any] = field(default_factory=dict)
    grounds: object = None

    @property
    def is_open(self) -> bool:
        return isinstance(self.stage, Stage)

    def wait(self, wait: Wait) -> None:
        """Wait for a later moment; a mail that was begun goes on from there."""
        if self.stage is not Stage.IN_THE_AIR:
            self.stage = Stage.WAITING
            self.earliest = wait.until
        self.way, self.due = wait.way, wait.until

    def end(self, outcome: NoticeOutcome) -> None:
        self.stage, self.due = outcome, None
        self.attempts, self.first_attempt = 0, None
