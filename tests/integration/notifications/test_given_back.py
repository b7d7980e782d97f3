"""What was claimed and given back goes out later, whatever was written meanwhile; so does what came back."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from chassis.database import Pool
from contracts.events import MatchProposed, MatchWithdrawn
from contracts.vocabulary import WithdrawalReason
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome, TryLater
from support.notifying import add_assignment, add_contact, hear, make_sender
from uuid_utils.compat import uuid7

BUSY = TryLater("the mail server answered 451")


class Server:
    """Takes every mail, save while it is `busy`; `meanwhile` happens as each comes."""

    def __init__(self) -> None:
        self.busy = False
        self.to: Counter[str] = Counter()

    async def meanwhile(self) -> None:
        pass

    async def send(self, mail: Mail) -> Outcome:
        await self.meanwhile()
        if self.busy:
            return BUSY
        self.to[mail.to] += 1
        return Accepted("250 ok")


def proposal(
    opdracht: UUID, one: UUID, now: datetime, revision: int = 1, match_id: UUID | None = None
) -> MatchProposed:
    return MatchProposed(
        match_id=match_id or uuid7(),
        revision=revision,
        assignment_id=opdracht,
        assignment_version=1,
        profile_id=one,
        profile_version=1,
        score=70.0,
        growth=False,
        explanation=[],
        policy="2026.1",
        proposed_at=now,
    )


def withdrawal(of: MatchProposed, now: datetime) -> MatchWithdrawn:
    return MatchWithdrawn(
        match_id=of.match_id,
        revision=of.revision,
        assignment_id=of.assignment_id,
        profile_id=of.profile_id,
        reason=WithdrawalReason.PROFILE_CHANGED,
        withdrawn_at=now,
    )


@pytest.fixture
def now() -> datetime:
    """When the test runs: what a mail server turned down is tried again by the sender's own clock."""
    return datetime.now(UTC)


@pytest.fixture
def late(now: datetime) -> str:
    return (now + timedelta(days=30)).isoformat()


async def send_all(sender: Sender, now: datetime) -> None:
    while await sender.send_due(now):
        pass


@pytest.mark.parametrize("is_tried", [True, False])
async def test_a_summary_is_given_back_beside_the_next_one_and_both_are_told(
    pool: Pool, now: datetime, late: str, monkeypatch: pytest.MonkeyPatch, is_tried: bool
) -> None:
    opdracht = await add_assignment(pool, random.Random(5), "normaal", respond_by=late)
    recruiter = await pool.fetchval("SELECT facts->'recruiter'->>'email' FROM assignments")
    await hear(pool, now, proposal(opdracht, uuid7(), now))
    server, then = Server(), now + timedelta(minutes=2)
    sender = make_sender(pool, server.send)

    class NextSummary(Server):
        async def meanwhile(self) -> None:
            await hear(pool, then, proposal(opdracht, uuid7(), then))

    busy = NextSummary()
    busy.busy = True
    claiming = make_sender(pool, busy.send)
    with monkeypatch.context() as patched:
        if not is_tried:
            # the last before a mail is begun
            patched.setattr(claiming._recorder, "can_write", busy.meanwhile)
            patched.setattr("notifications.mail.sending.MARGIN", timedelta(minutes=3))
        await claiming.send_due(then)
    for minutes in (4, 6, 30):
        await send_all(sender, now + timedelta(minutes=minutes))
    summaries = await pool.fetch("SELECT state, attempts FROM notices WHERE kind = 'summary'")
    assert {row["state"] for row in summaries} == {"accepted"}
    told = await pool.fetchval("SELECT count(DISTINCT match_id) FROM summary_matches")
    assert (server.to[recruiter], told) == (len(summaries), 2)


async def test_what_a_digest_did_not_tell_for_an_outage_is_told_when_it_is_proposed_again(
    pool: Pool, now: datetime, late: str
) -> None:
    server, one, match_id = Server(), uuid7(), uuid7()
    opdracht = await add_assignment(pool, random.Random(5), "normaal", respond_by=late)
    await add_contact(pool, one, "storing@example.org", "daily")
    await hear(pool, now, proposal(opdracht, one, now, 1, match_id))
    sender = make_sender(pool, server.send)
    await send_all(sender, now)
    morning = await pool.fetchval("SELECT due_at FROM notices WHERE match_id = $1", match_id)
    server.busy = True
    for _ in range(2):  # it is gathered, and tried
        await sender.send_due(morning)
    await hear(pool, morning, withdrawal(proposal(opdracht, one, now, 1, match_id), morning))
    await send_all(sender, morning + timedelta(minutes=1))
    server.busy = False
    await hear(pool, morning, proposal(opdracht, one, morning + timedelta(minutes=2), 2, match_id))
    await send_all(sender, morning + timedelta(minutes=2))
    await send_all(sender, morning + timedelta(days=1, minutes=2))
    assert server.to["storing@example.org"] == 1


async def test_what_was_given_up_is_told_when_it_is_proposed_again(
    pool: Pool, now: datetime, late: str
) -> None:
    server, one, match_id = Server(), uuid7(), uuid7()
    opdracht = await add_assignment(pool, random.Random(5), "normaal", respond_by=late)
    await add_contact(pool, one, "opgegeven@example.org")
    await hear(pool, now, proposal(opdracht, one, now, 1, match_id))
    sender, later = make_sender(pool, server.send), now + timedelta(hours=49)
    server.busy = True
    await sender.send_due(now + timedelta(seconds=1))
    await sender.send_due(later)
    server.busy = False
    await hear(pool, later, withdrawal(proposal(opdracht, one, now, 1, match_id), later))
    await hear(pool, later, proposal(opdracht, one, later, 2, match_id))
    await send_all(sender, later)
    assert server.to["opgegeven@example.org"] == 1


async def test_two_days_begin_with_the_first_attempt_however_late_that_is(
    pool: Pool, now: datetime, late: str
) -> None:
    server, one = Server(), uuid7()
    opdracht = await add_assignment(pool, random.Random(5), "normaal", respond_by=late)
    await hear(pool, now, proposal(opdracht, one, now))
    in_three_days = now + timedelta(days=3)
    await add_contact(pool, one, "grijslijst@example.org")
    sender = make_sender(pool, server.send)
    server.busy = True
    await sender.send_due(in_three_days)
    server.busy = False
    await sender.send_due(in_three_days + timedelta(hours=47))
    assert server.to["grijslijst@example.org"] == 1
