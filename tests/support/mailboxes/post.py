"""All notices and all mails of a history, as the parts of the reference share them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.vocabulary import NoticeKind, NoticeOutcome

from support.mailboxes import wall_clock
from support.mailboxes.facts import Delays
from support.mailboxes.notices import Mail, Notice, Stage
from support.mailboxes.state import State

NEW_MATCH = frozenset({NoticeKind.MATCH, NoticeKind.LATER})


@dataclass
class Post:
    state: State
    delays: Delays
    notices: list[Notice] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)

    def add(self, kind: NoticeKind, due: datetime | None, **more: Any) -> Notice:
        notice = Notice(len(self.notices), kind, due or datetime.max, due, **more)
        self.notices.append(notice)
        return notice

    def open(self, match_id: UUID, *kinds: NoticeKind) -> Iterator[Notice]:
        """Return the notices of a match that have not ended."""
        return (
            notice
            for notice in self.notices
            if notice.match_id == match_id and notice.kind in kinds and notice.is_open
        )

    def cancel(self, match_id: UUID, *kinds: NoticeKind) -> None:
        """What was refused for our fault, and would be tried again, is not told any more either."""
        for notice in self.notices:
            waits = notice.is_open or (notice.stage is NoticeOutcome.REFUSED and notice.due is not None)
            if notice.match_id == match_id and notice.kind in kinds and waits:
                notice.end(NoticeOutcome.CANCELLED)

    def direct_today(self, address: str, now: datetime) -> int:
        """Count the direct mails on new matches that this address got since midnight, or that are in the
        air; whoever of its people they were for. What was never sent counts for nothing."""
        today = wall_clock.day_of(now)
        sent = [
            mail
            for mail in self.mails
            if mail.kind in NEW_MATCH and mail.to == address and wall_clock.day_of(mail.leaves) == today
        ]
        in_the_air = [
            notice
            for notice in self.notices
            if notice.kind in NEW_MATCH and notice.to == address and notice.stage is Stage.IN_THE_AIR
        ]
        return len(sent) + len(in_the_air)
