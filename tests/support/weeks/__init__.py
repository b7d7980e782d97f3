"""Six weeks of a whole world, from a seed: people, opdrachten, and a mail server's days."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from support.mailboxes import Delays, Mailboxes
from support.mailboxes.facts import Fact
from support.mailboxes.mail_server import MailServer
from support.mailboxes.notices import Mail
from support.mailboxes.simulation import Walk, growing_pause
from support.mailboxes.state import State
from support.weeks.matching import Matching

SIX_WEEKS = timedelta(weeks=6)


@dataclass
class World:
    """A world while it goes on. What people and recruiters do depends on what reached them, so the reference
    walks along; whoever wants the mailboxes of another matching, gives that.

    `history`: what happened so far; `rng`: the only source of chance; `on_mail`: who reads what left.
    """

    rng: random.Random
    start: datetime
    server: MailServer
    matching: Matching
    delays: Delays = field(default_factory=lambda: Delays(selection=timedelta(days=12)))
    history: list[Fact] = field(default_factory=list)
    on_mail: Callable[[Mail], None] = lambda _mail: None
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.now = self.start
        self.walk = Walk(self.server, self.delays, growing_pause)

    @property
    def state(self) -> State:
        return self.walk.state

    @property
    def end(self) -> datetime:
        return self.start + SIX_WEEKS

    def plan(self, at: datetime, action: Callable[[], None]) -> None:
        """Do something at a moment."""
        heapq.heappush(self._agenda, (at, next(self._numbers), action))

    def happen(self, fact: Fact) -> None:
        """Something happens now, and matching makes of it what it does."""
        self.history.append(fact)
        self.walk.hear(fact, self.now)
        for follows in self.matching(fact, self.state):
            self.happen(follows)

    def go_on(self) -> Mailboxes:
        """Let everything happen until the end; return the mailboxes as the reference has them then."""
        self.plan(self.end, lambda: None)
        while self._agenda and self._agenda[0][0] <= self.end:
            due = self.walk.next_moment([])
            if due is not None and due < self._agenda[0][0]:
                self._send_mail(due)
            else:
                self.now, _, action = heapq.heappop(self._agenda)
                action()
        self.walk.look(self.end)
        return self.walk.mailboxes

    def _send_mail(self, now: datetime) -> None:
        """Let go out what is due, and be read: whoever reads it may plan something soon."""
        self.now = now
        read = len(self.walk.post.mails)
        self.walk.look(now)
        for mail in self.walk.post.mails[read:]:
            self.on_mail(mail)

    def within(self, least: timedelta, most: timedelta) -> datetime:
        """Return a moment between so long from now and so long, to the second."""
        seconds = self.rng.randint(int(least.total_seconds()), int(most.total_seconds()))
        return self.now + timedelta(seconds=seconds)
