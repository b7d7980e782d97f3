"""Six weeks of a whole world, with two replicas and a mail server's bad days: every mailbox is what the plain
reference says, kind by kind and moment by moment.

Time is the world's: the test stops at every moment at which something happens or is due by the reference, a
second before each of those, and every half hour between, so that a mail that leaves at any other moment is
seen. Mail goes over SMTP, so that it is the service that tells an address that does not exist from our own
fault.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from chassis.database import Pool, open_pool
from contracts.envelope import Event, type_of
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    AssignmentUpdated,
    ContactUpdated,
    Data,
    InterestLacking,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
    RuleBroken,
)
from contracts.topics import CONTACTS, TOPIC_OF
from contracts.vocabulary import NoticeKind
from notifications.answers import answering, preferring
from notifications.answers.links import Link, Links
from notifications.domain.mail_id import MailId, MailIds
from notifications.domain.recruiter import InterestRhythm, RecruiterWishes, SummaryRhythm
from notifications.domain.report import Bounced, Complained
from notifications.domain.standing import Repeated, Taken, TooLate, TooMany
from notifications.mail.compose import Composer
from notifications.mail.returned import take
from notifications.mail.sending import Sender
from notifications.mail.smtp import MailServer
from notifications.notifying import Delays, notify
from notifications.store import recruiters, suppressions
from support.mailboxes import Mailboxes, facts, mail_server, wall_clock
from support.mailboxes.addresses import normalised
from support.mailboxes.notices import Mail
from support.mailboxes.state import Page
from support.notifying import SECRET
from support.ports import free_port
from support.scripted_smtp import Clock, Received, Server
from support.weeks import World
from support.weeks.living import six_weeks
from uuid_utils.compat import uuid7

LINKS = Links("http://localhost", SECRET)
INTERNAL = "Alleen voor ons bedoeld."
# That an address changed is told too (test_links_of_mails.py).
UNKNOWN_TO_THE_REFERENCE = """
UPDATE notices SET state = 'cancelled' WHERE kind IN ('moved', 'left') AND state = 'pending'
"""
HALF_AN_HOUR = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
ROUNDS = 50  # within a moment, at most
SETTLED = {"unwanted", "suppressed", "missed"}
# Mails to recruiters about one person; of several they name no more than fit.
NAMING = {NoticeKind.INTEREST, NoticeKind.RETREAT}
PAGES = {Taken: Page.TAKEN, Repeated: Page.REPEATED, TooLate: Page.TOO_LATE, TooMany: Page.TOO_MANY}


@dataclass
class Replay:
    """Plays a world's facts on notifications, as its topics, pages and operators bring them."""

    pool: Pool
    delays: facts.Delays
    versions: Counter[UUID] = field(default_factory=Counter)
    of_match: dict[UUID, facts.Proposed] = field(default_factory=dict)
    asked: dict[UUID, facts.AssignmentOpened | facts.AssignmentChanged] = field(default_factory=dict)
    pages: list[Page | datetime] = field(default_factory=list)
    kinds: dict[UUID, str] = field(default_factory=dict)

    async def happen(self, fact: facts.Fact) -> None:
        match fact:
            case facts.Answered():
                self.pages.append(await self._answer(fact))
            case facts.AskedLater():
                self.pages.append(await self._ask_later(fact))
            case facts.PreferencesChosen():
                wishes, until, at = fact.preferences, fact.paused_until, fact.at
                await preferring.choose(self.pool, fact.profile_id, wishes, until, at, news=fact.news)
            case facts.Unsubscribed():
                await preferring.unsubscribe(self.pool, fact.profile_id, fact.at)
            case facts.AddressReleased():
                await self._release(fact.email, fact.at)
            case facts.RecruiterPreferencesChosen():
                await self._prefer(fact)
            case facts.ContactErased():
                await self._deliver(fact.at, str(CONTACTS.tombstone), fact.profile_id, None)
            case _:
                data = self._event(fact)
                if data is not None:
                    kind = type_of(data)
                    await self._deliver(fact.at, kind, getattr(data, TOPIC_OF[kind].key), data)

    async def _deliver(self, at: datetime, kind: str, subject: UUID, data: Data | None) -> None:
        event = Event(id=str(uuid7()), source="/test", type=kind, subject=subject, time=at, data=data)
        async with self.pool.acquire() as connection, connection.transaction():
            delays = Delays(self.delays.summary, self.delays.news, self.delays.selection)
            await notify(connection, [event], delays=delays, now=at)
            await connection.execute(UNKNOWN_TO_THE_REFERENCE)

    async def _answer(self, fact: facts.Answered) -> Page:
        outcome = await answering.answer(self.pool, fact.match_id, fact.answer, fact.reason, fact.at)
        return PAGES[type(outcome)]

    async def _ask_later(self, fact: facts.AskedLater) -> Page | datetime:
        newest = Link(fact.match_id, 2**62)  # whichever generation of links holds by now
        match = await answering.look_up(self.pool, newest, fact.at)
        if match is not None and match.live and match.interested:
            return Page.STANDS
        return await answering.ask_later(self.pool, fact.match_id, fact.at) or Page.TOO_LATE

    async def _release(self, email: str, at: datetime) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            for one in await suppressions.list_after(connection, None, 200):
                if normalised(one.email) == normalised(email):
                    await suppressions.release(connection, one.suppression_id, at)

    async def _prefer(self, fact: facts.RecruiterPreferencesChosen) -> None:
        mailbox = normalised(fact.email)
        wishes = RecruiterWishes(SummaryRhythm(fact.summary), InterestRhythm(fact.interest), fact.quiet_hours)
        async with self.pool.acquire() as connection, connection.transaction():
            await recruiters.save_wishes(connection, mailbox, wishes)
            await recruiters.plan_anew(connection, mailbox, wishes, self.delays.summary, fact.at)

    def _event(self, fact: facts.Fact) -> Data | None:
        match fact:
            case facts.ContactKnown():
                return ContactUpdated(
                    profile_id=fact.profile_id,
                    version=self._next(fact.profile_id),
                    name=fact.name,
                    email=fact.email,
                    phone=None,
                    preferences=fact.preferences,
                )
            case facts.AssignmentOpened() | facts.AssignmentChanged():
                self.asked[fact.assignment_id] = fact
                model = AssignmentOpened if isinstance(fact, facts.AssignmentOpened) else AssignmentUpdated
                return model(**self._assignment(fact.assignment_id))
            case facts.AssignmentClosed():
                return AssignmentClosed(closed_reason=fact.reason, **self._assignment(fact.assignment_id))
            case facts.Proposed():
                first = self.of_match.setdefault(fact.match_id, fact)
                return MatchProposed(
                    match_id=fact.match_id,
                    revision=fact.revision,
                    assignment_id=fact.assignment_id,
                    assignment_version=self.versions[fact.assignment_id],
                    profile_id=fact.profile_id,
                    profile_version=1,
                    score=fact.score,
                    growth=False,
                    explanation=[],
                    policy="2026.2",
                    proposed_at=fact.at,
                    first_proposed_at=first.at,
                )
            case facts.Withdrawn():
                return MatchWithdrawn(
                    match_id=fact.match_id,
                    revision=fact.revision,
                    assignment_id=self.of_match[fact.match_id].assignment_id,
                    profile_id=self.of_match[fact.match_id].profile_id,
                    reason=fact.reason,
                    withdrawn_at=fact.at,
                    rules=[RuleBroken(rule=rule, facts={}) for rule in fact.rules],
                )
            case facts.Decided():
                return MatchDecided(
                    match_id=fact.match_id,
                    assignment_id=self.of_match[fact.match_id].assignment_id,
                    profile_id=self.of_match[fact.match_id].profile_id,
                    decision=fact.decision,
                    reason=INTERNAL,
                    decided_by="Recruiter",
                    decided_at=fact.at,
                    message=fact.message,
                    tell=fact.tell,
                    reason_code=fact.reason_code,
                )
            case facts.InterestLacking():
                return InterestLacking(
                    assignment_id=fact.assignment_id,
                    assignment_version=self.versions[fact.assignment_id],
                    respond_by=self.asked[fact.assignment_id].facts.respond_by,
                    live=0,
                    candidates=0,
                    relaxation=None,
                    noticed_at=fact.at,
                )
        return None

    def _assignment(self, assignment_id: UUID) -> dict[str, Any]:
        asked = self.asked[assignment_id].facts
        fields = {name: getattr(asked, name) for name in type(asked).model_fields}
        return {"assignment_id": assignment_id, "version": self._next(assignment_id), **fields}

    def _next(self, subject: UUID) -> int:
        self.versions[subject] += 1
        return self.versions[subject]


async def play(world: World, boxes: Mailboxes, pools: tuple[Pool, Pool], server: Server) -> Replay:
    """Let the world happen again to the service."""
    port = free_port()
    composer = Composer(LINKS, MailIds(SECRET), "x@example.org")
    replay = Replay(pools[0], world.delays)
    facts_at: dict[datetime, list[facts.Fact]] = defaultdict(list)
    for fact in world.history:
        facts_at[fact.at].append(fact)
    async with server.listening(port):
        transports = [MailServer(f"smtp://127.0.0.1:{port}") for _ in pools]
        senders = [
            Sender(pool, composer.write, transport.send, world.delays.selection)
            for pool, transport in zip(pools, transports, strict=True)
        ]
        for number, now in enumerate(_moments(world, boxes)):
            Clock.moment = now
            for fact in facts_at[now]:
                await replay.happen(fact)
            await _return_mails(pools[0], server, now)
            before = len(server.received)
            await _send(senders if number % 2 else senders[::-1], now, together=number % 3 == 0)
            replay.kinds |= await kinds_of(pools[0], server.received[before:])
        for transport in transports:
            await transport.close()
    return replay


def _moments(world: World, boxes: Mailboxes) -> list[datetime]:
    moments = {fact.at for fact in world.history} | set(boxes.moments)
    moments |= {moment - SECOND for moment in boxes.moments}
    at = world.start
    while at <= world.end:
        moments.add(at)
        at += HALF_AN_HOUR
    return sorted(moment for moment in moments if world.start <= moment <= world.end)


async def _return_mails(pool: Pool, server: Server, now: datetime) -> None:
    for back in [one for one in server.returning if one[0] <= now]:
        server.returning.remove(back)
        _, message_id, status = back
        mail = MailId(message_id)
        if status == "complaint":
            await take(pool, Complained(mail), now)
        else:
            await take(pool, Bounced(mail, status, mail_server.ends_an_address(status)), now)


async def _send(senders: list[Sender], now: datetime, *, together: bool) -> None:
    """Let both replicas send until neither finds anything due: one after the other, or at once."""
    for _ in range(ROUNDS):
        if together:
            due = await asyncio.gather(*(sender.send_due(now) for sender in senders))
        else:
            due = [await sender.send_due(now) for sender in senders]
        if not any(due):
            return
    raise AssertionError(f"at {wall_clock.written(now)} there is always something due")


def expected_lines(world: World, boxes: Mailboxes) -> dict[str, list[str]]:
    """Return each mailbox as the reference has it: moment, kind, opdrachten, and to recruiters people."""
    lines: dict[str, list[str]] = defaultdict(list)
    for mail in boxes.mails:
        lines[mail.to] += _lines(mail.leaves, mail.kind, *_about(world, mail))
    return {address: sorted(one) for address, one in lines.items()}


def _about(world: World, mail: Mail) -> tuple[set[str], set[str]]:
    pairs = [world.state.pairs[match_id] for match_id in mail.matches]
    ids = {pair.assignment_id for pair in pairs} | ({mail.assignment_id} - {None})
    titles = {
        one.facts.title.partition(" (")[0] for key, one in world.state.assignments.items() if key in ids
    }
    named = mail.kind in NAMING and mail.tells.get("named", True)
    return titles, {world.state.person(pair).name for pair in pairs} if named else set()


def _lines(at: datetime, kind: str, titles: set[str], names: set[str]) -> Iterator[str]:
    """Interest may be gathered or not: a line a person."""
    for some in [{name} for name in names] if kind == NoticeKind.INTEREST else [names]:
        yield " ".join([wall_clock.written(at), kind, *sorted(titles), *sorted(some)])


async def kinds_of(pool: Pool, mails: list[Received]) -> dict[UUID, str]:
    """Return the kinds of mails that were just sent, by Message-ID: a notice that goes to another address
    keeps its last one."""
    rows = await pool.fetch(
        "SELECT message_id, kind FROM notices WHERE message_id = ANY($1)", [one.message_id for one in mails]
    )
    return {row["message_id"]: row["kind"] for row in rows}


def seen_lines(kinds: dict[UUID, str], server: Server) -> dict[str, list[str]]:
    """Return each mailbox as the server has it."""
    lines: dict[str, list[str]] = defaultdict(list)
    for one in server.received:
        kind = kinds[one.message_id]
        text = _text(one.mail)
        titles = set(re.findall(r"Opdracht \d+", f"{one.mail['Subject']} {text}"))
        names = set(re.findall(r"Persoon \d+", text)) if kind in NAMING else set()
        lines[one.to] += _lines(one.at, kind, titles, names)
    return {address: sorted(some) for address, some in lines.items()}


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return re.sub(r"\s+", " ", body.get_content())


# Each with a change of the clock in it. Other seeds make other worlds, of which the same must hold.
@pytest.mark.parametrize(("seed", "start"), [(1, "2027-10-04 00:00"), (2, "2027-03-01 00:00")])
async def test_every_mailbox_of_six_weeks_is_what_the_reference_says(
    database: str, monkeypatch: pytest.MonkeyPatch, seed: int, start: str
) -> None:
    world, boxes = six_weeks(seed, wall_clock.read(start))
    monkeypatch.setattr("notifications.mail.sending.datetime", Clock)
    # Between the moments of this test a pause would last until the next; it is tested by itself.
    monkeypatch.setattr("notifications.mail.pausing.IN_A_ROW", 10**9)
    monkeypatch.setattr(random, "uniform", lambda least, most: (least + most) / 2)  # pauses without jitter
    server = Server(world.server)
    async with open_pool(database) as one, open_pool(database) as other:
        replay = await play(world, boxes, (one, other), server)
        expected, seen = expected_lines(world, boxes), seen_lines(replay.kinds, server)
        states = {
            row["match_id"]: row["state"]
            for row in await one.fetch("SELECT match_id, state FROM notices WHERE kind = 'match'")
        }
    for address in sorted({*expected, *seen}):
        assert seen.get(address, []) == expected.get(address, []), address
    assert replay.pages == [page for _, page in boxes.pages]
    settled = {
        one.match_id: str(one.stage)
        for one in boxes.notices
        if one.kind is NoticeKind.MATCH and str(one.stage) in SETTLED
    }
    assert {match_id: states.get(match_id) for match_id in settled if match_id is not None} == settled
    assert not [mail for mail in server.received if INTERNAL in _text(mail.mail)]
    assert max(Counter(mail.message_id for mail in server.received).values()) == 1
    assert _sequences_rise(server)


def _sequences_rise(server: Server) -> bool:
    """Tell whether a calendar entry that came again with another moment had a higher SEQUENCE."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for one in server.received:
        for part in one.mail.iter_attachments():
            if part.get_content_type() != "text/calendar":
                continue
            entry = dict(re.findall(r"^(UID|SEQUENCE|DTSTART)[:;](\S+)", part.get_content(), re.MULTILINE))
            sequence, old = int(entry.get("SEQUENCE", 0)), last.get((one.to, entry["UID"]))
            if old is not None and old[1] != entry["DTSTART"] and sequence <= old[0]:
                return False
            last[one.to, entry["UID"]] = sequence, entry["DTSTART"]
    return True
