"""What a batch of events brings about: what is known is brought up to date, notices say who is to be told of
it, and the recruiter's stream shows it; in one transaction.

Here stands on which event whom a notice is written for; whether and when it goes out is decided when it is
due (`domain/outbound.py`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from chassis.database import Connection
from chassis.delivery import inbox
from chassis.delivery.projection import latest
from chassis.telemetry import current_traceparent
from contracts.envelope import Event
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    ContactUpdated,
    Data,
    InterestLacking,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
)
from contracts.topics import ADVICE, ASSIGNMENTS, CONTACTS, MATCHES
from contracts.vocabulary import Decision

from notifications.domain.notice import Kind
from notifications.store import alerts, assignments, contacts, erasure, matches, notices

MatchEvent: TypeAlias = MatchProposed | MatchWithdrawn | MatchDecided

NEWS_OF = {Decision.NOMINATED: Kind.NOMINATED, Decision.REJECTED: Kind.REJECTED}


async def notify(
    connection: Connection, events: Sequence[Event], *, summary_window: timedelta, now: datetime
) -> None:
    """Apply a batch. `summary_window`: how long new matches are gathered for a recruiter's mail.

    Assignments and contacts go by their versions, so that a repeated event changes nothing; of matches and
    advice the inbox lets each event through once.
    """
    if any(event.type == CONTACTS.tombstone for event in events):
        await erasure.lock_for_erasure(connection)
    else:
        await erasure.lock_out_erasure(connection)
    await _apply_assignments(connection, [event for event in events if event.type in ASSIGNMENTS.types], now)
    contact_types = {*CONTACTS.types, CONTACTS.tombstone}
    await _apply_contacts(connection, [event for event in events if event.type in contact_types])
    others = [event for event in events if event.type in {*MATCHES.types, *ADVICE.types}]
    unseen = [event.data for event in await inbox.unseen(connection, others) if event.data is not None]
    await _apply_matches(connection, await _without_the_erased(connection, unseen), summary_window, now)
    await _apply_advice(connection, [data for data in unseen if isinstance(data, InterestLacking)], now)


async def _apply_assignments(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    newest = [event.data for event in latest(events).values()]
    opened_at = {event.subject: event.time for event in reversed(events)}
    await assignments.upsert(
        connection, [data for data in newest if isinstance(data, AssignmentOpened)], opened_at
    )
    closed = [event.subject for event in events if isinstance(event.data, AssignmentClosed)]
    await notices.add_closing_news(connection, closed, now, current_traceparent())


async def _apply_contacts(connection: Connection, events: Sequence[Event]) -> None:
    newest = latest(events)
    data = [event.data for event in newest.values() if isinstance(event.data, ContactUpdated)]
    await contacts.upsert(connection, data)
    erased = [profile_id for profile_id, event in newest.items() if event.data is None]
    if erased:
        await erasure.erase(connection, erased)


async def _without_the_erased(connection: Connection, data: Sequence[Data]) -> list[MatchEvent]:
    """Return the events of matches, without those on erased professionals, save that these are withdrawn."""
    events = [one for one in data if isinstance(one, MatchProposed | MatchWithdrawn | MatchDecided)]
    erased = await contacts.erased(connection, {one.profile_id for one in events})
    return [one for one in events if one.profile_id not in erased or isinstance(one, MatchWithdrawn)]


async def _apply_matches(
    connection: Connection, events: Sequence[MatchEvent], summary_window: timedelta, now: datetime
) -> None:
    """Events of one match come in order, so its last proposal or withdrawal is how it stands."""
    proposed = {event.match_id: event for event in events if isinstance(event, MatchProposed)}
    withdrawn = [event for event in events if isinstance(event, MatchWithdrawn)]
    decided = [event for event in events if isinstance(event, MatchDecided)]
    newly_live = await matches.apply_proposals(connection, list(proposed.values()))
    await matches.apply_withdrawals(connection, withdrawn)
    await matches.apply_decisions(connection, decided)
    trace = current_traceparent()
    for decision, kind in NEWS_OF.items():
        told_of = [
            event.match_id for event in decided if event.decision is decision and event.tell is not False
        ]
        await notices.add_news(connection, kind, told_of, now, trace)
    new = [event for match_id, event in proposed.items() if match_id in newly_live]
    if new:
        await notices.add_for_matches(connection, new, now, trace)
        await notices.add_to_summaries(connection, new, now, summary_window)
    ended = [event.match_id for event in withdrawn if _is_last(event, proposed.get(event.match_id))]
    await notices.cancel(connection, ended, "the match was withdrawn before it was told")
    await alerts.add(connection, events)


def _is_last(withdrawal: MatchWithdrawn, proposal: MatchProposed | None) -> bool:
    return proposal is None or proposal.revision <= withdrawal.revision


async def _apply_advice(connection: Connection, events: Sequence[InterestLacking], now: datetime) -> None:
    newest = {event.assignment_id: event for event in events}
    await assignments.save_advice(connection, list(newest.values()))
    await notices.add_warnings(connection, list(newest), now, current_traceparent())
    await alerts.add(connection, events)
