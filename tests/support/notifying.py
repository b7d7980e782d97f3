"""What notifications knows and is to tell: as values, and in its database as its handlers put it there."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.envelope import Event, type_of
from contracts.events import AssignmentOpened, ContactUpdated, Data, MatchProposed
from contracts.facts import AssignmentFacts, Preferences
from contracts.topics import TOPIC_OF
from contracts.vocabulary import ClosedReason, Frequency
from notifications.answers.links import Links
from notifications.domain.contact import Recipient
from notifications.domain.mail_id import MailIds
from notifications.domain.match import Assignment, Match, NoInterestYet
from notifications.domain.notice import GUIDANCE, TO_RECRUITERS, Asker, Due, Kind, Question
from notifications.domain.schedule import Way
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender, Transport
from notifications.notifying import Delays, notify
from notifications.store import assignments, contacts, matches, notices
from uuid_utils.compat import uuid7

from support import people as random_facts

SECRET = "a-secret-of-the-tests"
SAMPLES = Path(__file__).parents[2] / "contracts/samples"


def sample(name: str) -> Any:
    """Return a golden sample's data."""
    return json.loads((SAMPLES / name).read_text())["value"]


FACTS = AssignmentFacts.model_validate_json(json.dumps(sample("AssignmentOpened.v1.1.json")))
EXPLANATION = MatchProposed.model_validate_json(json.dumps(sample("MatchProposed.v1.1.json"))).explanation


def an_assignment(closed_reason: ClosedReason | None = None, **facts: Any) -> Assignment:
    """Return the sample's opdracht, open unless it closed, with some facts of one's own."""
    return Assignment(
        assignment_id=uuid7(),
        facts=FACTS.model_copy(update=facts),
        closed_reason=closed_reason,
        opened_at=FACTS.respond_by - timedelta(days=14),
    )


def a_match(**changes: Any) -> Match:
    """Return a live match without an answer or a decision, with some changes of one's own."""
    fresh = Match(
        match_id=uuid7(),
        profile_id=uuid7(),
        assignment=an_assignment(),
        live=True,
        score=70.0,
        growth=False,
        explanation=EXPLANATION,
        proposed_at=FACTS.respond_by - timedelta(days=7),
        name="Anna Bakker",
        answered=None,
        decided=None,
        asked_later=False,
    )
    return replace(fresh, **changes)


def a_recipient(
    frequency: str = "direct",
    min_score: float = 0,
    quiet_hours: bool = False,
    suppressed: str | None = None,
    *,
    news: bool = True,
    email: str = "anna@example.org",
    unconfirmed: bool = False,
) -> Recipient:
    """Return a professional who is to be told."""
    wishes = Preferences(frequency=Frequency(frequency), min_score=min_score, quiet_hours=quiet_hours)
    return Recipient("Anna Bakker", email, wishes, suppressed, news, unconfirmed=unconfirmed)


OF_NO_OPDRACHT = frozenset({Kind.DIGEST, Kind.CONSENT, Kind.STAY, Kind.SILENCE, Kind.QUESTION})
A_QUESTION = Question("Hoe pak jij een inloopavond aan?", Asker("Vera de Boer", "vera@example.org"))


def a_notice(kind: Kind = Kind.MATCH, *matches: Match, **changes: Any) -> Due:
    """Return a notice that is due, of one match unless others are given."""
    told = matches or (a_match(),)
    to_recruiter = kind in TO_RECRUITERS
    assignment = None if kind in OF_NO_OPDRACHT else told[0].assignment
    of_none = GUIDANCE | {Kind.CONSENT, Kind.STAY, Kind.QUESTION}
    warned = NoInterestYet(respond_by=FACTS.respond_by, live=3, relaxation=None, holds=True)
    fresh = Due(
        notice_id=uuid7(),
        kind=kind,
        way=Way.DIGEST if kind is Kind.DIGEST else Way.DIRECT,
        profile_id=None if to_recruiter else told[0].profile_id,
        assignment=assignment,
        recipient=None if to_recruiter else a_recipient(),
        matches=() if kind in of_none else told,
        no_interest=warned if kind is Kind.WARNING else None,
        attempts=0,
        due_at=told[0].proposed_at,
        caused_at=told[0].proposed_at,
        traceparent=None,
        question=A_QUESTION if kind is Kind.QUESTION else None,
    )
    return replace(fresh, **changes)


def make_sender(pool: Pool, transport: Transport) -> Sender:
    """Return a sender of our mails that hands them to `transport`."""
    composer = Composer(Links("http://localhost", SECRET), MailIds(SECRET), "x@example.org")
    return Sender(pool, composer.write, transport)


def read(mail: Mail) -> EmailMessage:
    """Read a mail as its client does."""
    return message_from_bytes(mail.content, policy=policy.default)


async def deliver(pool: Pool, *happened: Data) -> None:
    """Take in what happened, as one batch, as the consumer does."""
    await hear(pool, datetime.now(UTC), *happened)


async def deliver_events(pool: Pool, *events: Event) -> None:
    """Take in events, as one batch, as the consumer does."""
    await take(pool, datetime.now(UTC), *events)


async def take(pool: Pool, now: datetime, *events: Event) -> None:
    """Take in events at a moment, as one batch."""
    async with pool.acquire() as connection, connection.transaction():
        await notify(connection, events, delays=Delays(), now=now)


async def hear(pool: Pool, now: datetime, *happened: Data) -> None:
    """Take in what happened at a moment, as one batch."""
    await take(pool, now, *(an_event(data, now) for data in happened))


def an_event(data: Data, now: datetime) -> Event:
    """Return what happened as its event."""
    subject = getattr(data, TOPIC_OF[type_of(data)].key_of(type_of(data)))
    return Event(id=str(uuid7()), source="/test", type=type_of(data), subject=subject, time=now, data=data)


def a_contact(
    profile_id: UUID,
    address: str,
    frequency: str = "direct",
    quiet_hours: bool = False,
    version: int = 1,
    min_score: float = 0,
) -> ContactUpdated:
    wishes = {"frequency": frequency, "min_score": min_score, "quiet_hours": quiet_hours}
    return ContactUpdated.model_validate(
        {
            "profile_id": profile_id,
            "version": version,
            "name": "Anna",
            "email": address,
            "phone": None,
            "preferences": wishes,
        },
        strict=False,
    )


async def add_contact(
    pool: Pool,
    profile_id: UUID,
    address: str,
    frequency: str = "direct",
    quiet_hours: bool = False,
    version: int = 1,
) -> None:
    contact = a_contact(profile_id, address, frequency, quiet_hours, version)
    async with pool.acquire() as connection, connection.transaction():
        await contacts.upsert(connection, [contact])


async def add_assignment(pool: Pool, rng: random.Random, urgency: str, **facts: Any) -> UUID:
    assignment_id = uuid7()
    body = {**random_facts.assignment_facts(rng), "urgency": urgency, **facts}
    data = AssignmentOpened.model_validate(
        {"assignment_id": assignment_id, "version": 1, **body}, strict=False
    )
    async with pool.acquire() as connection, connection.transaction():
        await assignments.upsert(connection, [data], {assignment_id: datetime.now(UTC)})
    return assignment_id


def a_proposal(assignment_id: UUID, profile_id: UUID, now: datetime) -> MatchProposed:
    return MatchProposed(
        match_id=uuid7(),
        revision=1,
        assignment_id=assignment_id,
        assignment_version=1,
        profile_id=profile_id,
        profile_version=1,
        score=70.0,
        growth=False,
        explanation=[],
        policy="2026.1",
        proposed_at=now,
    )


async def propose(pool: Pool, assignment_id: UUID, profile_id: UUID, now: datetime) -> MatchProposed:
    proposal = a_proposal(assignment_id, profile_id, now)
    async with pool.acquire() as connection, connection.transaction():
        await matches.apply_proposals(connection, [proposal])
        await notices.add_for_matches(connection, [proposal], now, None)
    return proposal


async def propose_to_many(pool: Pool, count: int, now: datetime) -> None:
    """Propose one opdracht to so many people, each with an address of their own."""
    opdracht = await add_assignment(pool, random.Random(1), "normaal")
    for number in range(count):
        profile_id = uuid7()
        await add_contact(pool, profile_id, f"een-van-velen{number}@example.org")
        await propose(pool, opdracht, profile_id, now)
