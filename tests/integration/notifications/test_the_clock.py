"""Weeks around both clock changes, minute by ten minutes, with two replicas: every mail is counted.

What is expected is worked out here apart from the product, with Amsterdam's offsets written out.
"""

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.events import MatchProposed, MatchWithdrawn
from contracts.vocabulary import WithdrawalReason
from notifications.mail.mime import Mail
from notifications.mail.smtp import Accepted, Outcome
from support.notifying import add_assignment, add_contact, deliver, make_sender, propose, read
from uuid_utils.compat import uuid7

SUMMER = (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC))
STEP = timedelta(minutes=10)
WISHES = [
    ("direct", True),
    ("direct", False),
    ("daily", True),
    ("daily", False),
    ("weekly", True),
    ("none", True),
]


def local(now: datetime) -> datetime:
    """Return Amsterdam's wall clock, without a zone."""
    hours = 2 if SUMMER[0] <= now < SUMMER[1] else 1
    return (now + timedelta(hours=hours)).replace(tzinfo=None)


class Server:
    """Takes every mail and counts it."""

    def __init__(self) -> None:
        self.sent: Counter[tuple[str, str]] = Counter()
        self.ids: Counter[str] = Counter()

    async def send(self, mail: Mail) -> Outcome:
        await asyncio.sleep(0)
        seen = read(mail)
        others = re.search(r"en nog (\d+) opdracht", seen["Subject"])
        several = str(1 + int(others[1])) if others else "1"
        kind = several if "zoekt een" in seen["Subject"] else "direct"
        self.sent[mail.to, kind] += 1
        self.ids[seen["Message-ID"]] += 1
        return Accepted("250 ok")


@dataclass
class Person:
    """One professional as the rules say, and what is expected for them."""

    name: str
    frequency: str
    quiet_hours: bool
    profile_id: UUID = field(default_factory=uuid7)
    waiting: list[bool] = field(default_factory=list)  # urgent or not
    for_digest: int = 0
    digest_due: bool = False
    sent_on: Counter[str] = field(default_factory=Counter)
    matches: list[MatchProposed] = field(default_factory=list)
    back_at: datetime = SUMMER[0] - timedelta(days=365)

    @property
    def address(self) -> str:
        return f"{self.name}@example.org"

    def expect(self, now: datetime) -> Counter[tuple[str, str]]:
        """Return the mails that must go out at this step."""
        at, expected = local(now), Counter[tuple[str, str]]()
        monday = at.weekday() == 0 or self.frequency != "weekly"
        if (at.hour, at.minute) == (7, 30) and monday and self.for_digest:
            expected[self.address, str(self.for_digest)] = 1
            self.for_digest = 0
        quiet = self.quiet_hours and (at.hour >= 21 or at.hour < 7)
        left = []
        for urgent in sorted(self.waiting, reverse=True):
            if self.frequency == "none":
                continue
            if self.frequency in {"daily", "weekly"}:
                self.for_digest += 1
            elif quiet:
                left.append(urgent)
            elif self.sent_on[str(at.date())] >= 3 and not urgent:
                self.for_digest += 1
            else:
                self.sent_on[str(at.date())] += 1
                expected[self.address, "direct"] += 1
        self.waiting = left
        return expected


async def withdraw(pool: Pool, proposals: list[MatchProposed]) -> None:
    """Take in what matching says when a professional pauses."""
    withdrawals = [
        MatchWithdrawn(
            match_id=one.match_id,
            revision=one.revision,
            assignment_id=one.assignment_id,
            profile_id=one.profile_id,
            reason=WithdrawalReason.PROFILE_CHANGED,
            withdrawn_at=one.proposed_at,
        )
        for one in proposals
    ]
    await deliver(pool, *withdrawals)


@pytest.mark.parametrize(
    "start", [datetime(2027, 3, 26, 12, tzinfo=UTC), datetime(2027, 10, 29, 12, tzinfo=UTC)]
)
async def test_every_mail_is_counted_around_a_clock_change(database: str, start: datetime) -> None:
    rng = random.Random(start.month)
    people = [Person(f"p{number}", *WISHES[number % len(WISHES)]) for number in range(12)]
    server = Server()
    async with open_pool(database) as one, open_pool(database) as other:
        senders = [make_sender(pool, server.send) for pool in (one, other)]
        for person in people:
            await add_contact(one, person.profile_id, person.address, person.frequency, person.quiet_hours)
        urgent = await add_assignment(one, rng, "spoed")
        normal = await add_assignment(one, rng, "normaal")
        now = start
        while now < start + timedelta(days=5):
            for person in people:
                if now >= person.back_at and rng.random() < 0.004:
                    person.back_at = now + timedelta(hours=rng.randrange(1, 48))
                    person.waiting, person.for_digest = [], 0
                    await withdraw(one, person.matches)
                    person.matches = []
                if now < person.back_at:
                    continue
                for _ in range(rng.choice([0] * 12 + [1, 1, 2])):
                    is_urgent = rng.random() < 0.2
                    person.waiting.append(is_urgent)
                    opdracht = urgent if is_urgent else normal
                    person.matches.append(await propose(one, opdracht, person.profile_id, now))
            expected: Counter[tuple[str, str]] = Counter()
            for person in people:
                expected += person.expect(now)
            server.sent.clear()
            quiet_rounds = 0
            while quiet_rounds < 2:
                looked_at = await asyncio.gather(*(sender.send_due(now) for sender in senders))
                quiet_rounds = 0 if any(looked_at) else quiet_rounds + 1
            assert server.sent == expected, local(now)
            now += STEP
    assert max(server.ids.values()) == 1
    assert len(server.ids) > 100
    assert any(person.back_at > start for person in people), "nobody paused"
