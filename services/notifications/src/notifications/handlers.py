"""Kafka in: contacts, assignments, matches and advice; the stream and the notices that follow."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from chassis.database import Connection
from chassis.delivery import inbox
from chassis.telemetry import current_traceparent
from contracts.envelope import Event
from contracts.events import (
    AssignmentClosed,
    Data,
    InterestLacking,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
)
from contracts.topics import ADVICE, ASSIGNMENTS, CONTACTS, MATCHES
from contracts.vocabulary import Decision

from notifications.domain.notice import Kind
from notifications.sending import Sender
from notifications.store import alerts, known, notices

TOPICS = (CONTACTS, ASSIGNMENTS, MATCHES, ADVICE)

MatchData: TypeAlias = MatchProposed | MatchWithdrawn | MatchDecided


class Take:
    """Takes a batch in: what is known, the recruiter's stream, and the notices, in one transaction."""

    def __init__(self, summary_window: timedelta) -> None:
        self._summary_window = summary_window

    async def __call__(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write the batch."""
        await known.fence(connection, erases=any(event.type == CONTACTS.tombstone for event in events))
        assignments = [event for event in events if event.type in ASSIGNMENTS.types]
        now, trace = datetime.now(UTC), current_traceparent()
        await known.take_assignments(connection, assignments)
        closed = [event.subject for event in assignments if isinstance(event.data, AssignmentClosed)]
        await notices.add_closing_news(connection, closed, now, trace)
        contact_types = (*CONTACTS.types, CONTACTS.tombstone)
        await known.take_contacts(connection, [event for event in events if event.type in contact_types])
        told = [event for event in events if event.type in {*MATCHES.types, *ADVICE.types}]
        fresh = [event.data for event in await inbox.unseen(connection, told) if event.data is not None]
        await self._take_matches(connection, await _of_the_living(connection, fresh))
        lacking = [one for one in fresh if isinstance(one, InterestLacking)]
        await notices.add_warnings(connection, lacking, now, trace)
        await alerts.add(connection, lacking)

    async def _take_matches(self, connection: Connection, data: Sequence[MatchData]) -> None:
        """Events of one match come in order, so its last proposal or withdrawal is how it stands."""
        proposed = {one.match_id: one for one in data if isinstance(one, MatchProposed)}
        withdrawn = [one for one in data if isinstance(one, MatchWithdrawn)]
        decided = [one for one in data if isinstance(one, MatchDecided)]
        fresh = await known.take_proposals(connection, list(proposed.values()))
        await known.take_withdrawals(connection, withdrawn)
        await known.take_decisions(connection, decided)
        for decision, kind in ((Decision.NOMINATED, Kind.NOMINATED), (Decision.REJECTED, Kind.REJECTED)):
            matches = [one.match_id for one in decided if one.decision is decision]
            await notices.add_news(connection, kind, matches, datetime.now(UTC), current_traceparent())
        new = [one for match_id, one in proposed.items() if match_id in fresh]
        now = datetime.now(UTC)
        if new:
            await notices.add_for_matches(connection, new, now, current_traceparent())
            await notices.add_to_summaries(connection, new, now, self._summary_window)
        gone = [
            one.match_id
            for one in withdrawn
            if one.match_id not in proposed or proposed[one.match_id].revision <= one.revision
        ]
        await notices.cancel(connection, gone, "the match was withdrawn before it was told")
        await alerts.add(connection, data)


async def _of_the_living(connection: Connection, data: Sequence[Data]) -> list[MatchData]:
    """Leave out what is told of the erased, save that their matches are withdrawn."""
    matches = [one for one in data if isinstance(one, MatchProposed | MatchWithdrawn | MatchDecided)]
    erased = await known.erased(connection, {one.profile_id for one in matches})
    return [one for one in matches if one.profile_id not in erased or isinstance(one, MatchWithdrawn)]


class FollowUp:
    """Wakes the sender once the batch is committed."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def __call__(self, _events: Sequence[Event]) -> None:
        """Wake the sender."""
        self._sender.wake()
