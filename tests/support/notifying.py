"""What notifications hears of, put into its database as its handlers do."""

import random
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from chassis.database import Pool
from contracts.envelope import Event
from contracts.events import AssignmentOpened, ContactUpdated, MatchProposed
from notifications.mime import Mail
from notifications.store import known, notices
from uuid_utils.compat import uuid7

from support import people as random_facts


def read(mail: Mail) -> EmailMessage:
    """Read a mail as its client does."""
    return message_from_bytes(mail.content, policy=policy.default)


async def add_contact(
    pool: Pool,
    profile_id: UUID,
    address: str,
    frequency: str = "direct",
    quiet_hours: bool = False,
    version: int = 1,
) -> None:
    wishes = {"frequency": frequency, "min_score": 0, "quiet_hours": quiet_hours}
    contact = ContactUpdated.model_validate(
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
    event = Event("1", "/test", "ContactUpdated.v1", profile_id, datetime.now(UTC), contact)
    async with pool.acquire() as connection, connection.transaction():
        await known.take_contacts(connection, [event])


async def add_assignment(pool: Pool, rng: random.Random, urgency: str) -> UUID:
    assignment_id = uuid7()
    body = {**random_facts.assignment_facts(rng), "urgency": urgency}
    data = AssignmentOpened.model_validate(
        {"assignment_id": assignment_id, "version": 1, **body}, strict=False
    )
    event = Event("1", "/test", "AssignmentOpened.v1", assignment_id, datetime.now(UTC), data)
    async with pool.acquire() as connection, connection.transaction():
        await known.take_assignments(connection, [event])
    return assignment_id


async def propose(pool: Pool, assignment_id: UUID, profile_id: UUID, now: datetime) -> MatchProposed:
    explanation: list[Any] = []
    proposal = MatchProposed(
        match_id=uuid7(),
        revision=1,
        assignment_id=assignment_id,
        assignment_version=1,
        profile_id=profile_id,
        profile_version=1,
        score=70.0,
        growth=False,
        explanation=explanation,
        policy="2026.1",
        proposed_at=now,
    )
    async with pool.acquire() as connection, connection.transaction():
        await known.take_proposals(connection, [proposal])
        await notices.add_for_matches(connection, [proposal], now, None)
    return proposal
