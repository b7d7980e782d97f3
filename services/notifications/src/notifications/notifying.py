"""What a batch of events brings about: what is known is brought up to date, notices say who is to be told of
it; in one transaction.

Here stands on which event whom a notice is written for; whether and when it goes out is decided when it is
due (`domain/outbound.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
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
    LeverFound,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
    QuestionAsked,
)
from contracts.log_order import MatchEvent, in_turns, not_overtaken
from contracts.probe import PROFILE_ID
from contracts.topics import ADVICE, ASSIGNMENTS, CONTACTS, MATCHES, PLACEMENTS, QUESTIONS
from contracts.vocabulary import Decision, WithdrawalReason

from notifications import guiding, staying
from notifications.domain.changes import changes, changes_due
from notifications.domain.decisions import Outcome, decide
from notifications.domain.match import Assignment, Decided
from notifications.domain.notice import OF_A_DECISION, OF_A_MATCH, Kind, NoticeState
from notifications.domain.recruiter import reminder_due
from notifications.store import (
    addresses,
    assignments,
    consent,
    contacts,
    erasure,
    matches,
    notices,
    questions,
    recruiters,
    suppressions,
    taken_back,
)
from notifications.store.matches import FellOff
from notifications.store.notices import Told

log = structlog.get_logger()

FELL_OFF = frozenset(
    {
        WithdrawalReason.ASSIGNMENT_CHANGED,
        WithdrawalReason.PROFILE_CHANGED,
        WithdrawalReason.POLICY_CHANGED,
    }
)


@dataclass(frozen=True)
class Delays:
    """How long new matches are gathered for a recruiter's mail; `news`: how long a decision may still be
    undone before it is told, and a closing waits for word of who does the opdracht; and how long after
    `respond_by` one closes by itself."""

    summary: timedelta = timedelta(seconds=60)
    news: timedelta = timedelta(seconds=30)
    selection: timedelta = timedelta(days=30)


async def notify(connection: Connection, events: Sequence[Event], *, delays: Delays, now: datetime) -> None:
    """Apply a batch.

    Assignments and contacts go by their versions, so that a repeated event changes nothing; of matches and
    advice the inbox lets each event through once. What is published once more is taken where it is not known,
    and nobody is told of it. Nor is anybody told a second time of what a database that went back reads again
    (`store/taken_back.py`).
    """
    if any(event.type == CONTACTS.tombstone for event in events):
        await erasure.lock_for_erasure(connection)
    else:
        await erasure.lock_out_erasure(connection)
    of_assignments = [event for event in events if event.type in ASSIGNMENTS.types]
    if of_assignments:
        await _apply_assignments(connection, of_assignments, delays, now)
    contact_types = {*CONTACTS.types, CONTACTS.tombstone}
    await _apply_contacts(connection, [event for event in events if event.type in contact_types], now)
    others = [event for event in events if event.type in {*MATCHES.types, *ADVICE.types, *QUESTIONS.types}]
    new = await inbox.unseen(connection, others)
    unseen = [event.data for event in new if event.data is not None and not event.republished]
    again = [event.data for event in new if event.data is not None and event.republished]
    await _apply_matches(connection, await _without_the_erased(connection, unseen), delays, now)
    await _take_in_again(connection, await _without_the_erased(connection, again))
    await questions.add(connection, [data for data in unseen if isinstance(data, QuestionAsked)], now)
    await _apply_advice(connection, [data for data in unseen if isinstance(data, InterestLacking)], now)
    await guiding.tell_levers(connection, [data for data in unseen if isinstance(data, LeverFound)], now)
    await guiding.follow(connection, [event for event in events if event.type in PLACEMENTS.types], now)


async def _apply_assignments(
    connection: Connection, events: Sequence[Event], delays: Delays, now: datetime
) -> None:
    newest = [event.data for event in latest(events).values()]
    happened_at = {event.subject: event.time for event in reversed(events)}
    opened = [data for data in newest if isinstance(data, AssignmentOpened)]
    ids = [data.assignment_id for data in opened]
    before = await assignments.by_ids(connection, ids)
    await assignments.upsert(connection, opened, happened_at)
    versions = {one.assignment_id: (one.version, happened_at[one.assignment_id]) for one in opened}
    await taken_back.note_versions_told(connection, versions)
    after = await assignments.by_ids(connection, ids)
    again = {event.subject for event in events if event.republished}
    await _tell_changes(connection, before, after, again, delays, now)
    closed = [
        event.subject
        for event in events
        if isinstance(event.data, AssignmentClosed) and not event.republished
    ]
    await notices.add_closing_news(connection, closed, delays.news, now)


async def _tell_changes(
    connection: Connection,
    before: Mapping[UUID, Assignment],
    after: Mapping[UUID, Assignment],
    again: Collection[UUID],
    delays: Delays,
    now: datetime,
) -> None:
    """What changed of what mails told is told, unless it came from what is published again; what waits goes
    by the new `respond_by`, and to the new recruiter."""
    still_open = {one.assignment_id: one for one in after.values() if one.open}
    known = {one: still_open[one] for one in still_open if one in before}
    changed = [
        one
        for one in known.values()
        if one.assignment_id not in again and changes(before[one.assignment_id].facts, one.facts)
    ]
    moved = [
        one for one in known.values() if one.facts.respond_by != before[one.assignment_id].facts.respond_by
    ]
    handed_over = [
        one
        for one in known.values()
        if recruiters.recruiter_of(one) != recruiters.recruiter_of(before[one.assignment_id])
    ]
    if changed:
        due = {one.assignment_id: changes_due(one.facts.respond_by, now) for one in changed}
        await assignments.plan_changes(connection, due)
    if moved:
        await notices.reconsider_of_assignments(connection, [one.assignment_id for one in moved], now)
    if handed_over:
        ids = [one.assignment_id for one in handed_over]
        await recruiters.move_to_new_recruiters(connection, ids, delays.summary, now)
    new = [one for one in still_open.values() if one.assignment_id not in before and not one.facts.probe]
    reminders = {
        one.assignment_id: reminder_due(one.facts.respond_by, delays.selection) for one in (*new, *moved)
    }
    if reminders:
        await recruiters.plan_reminders(connection, reminders, now)


async def _apply_contacts(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    newest = latest(events)
    data = [event.data for event in newest.values() if isinstance(event.data, ContactUpdated)]
    if data:
        changed = await contacts.upsert(connection, data)
        moves = [one.move for one in changed if one.move is not None]
        moved = [move.profile_id for move in moves]
        otherwise = [one.profile_id for one in changed if one.rhythm and one.move is None]
        resubscribed = [one.resubscribed for one in changed if one.resubscribed is not None]
        if resubscribed:
            otherwise += await suppressions.profiles_of(connection, resubscribed)
        await notices.reconsider(connection, moved, now, other_address=True)
        await notices.reconsider(connection, otherwise, now, other_address=False)
        told = [move for move in moves if not newest[move.profile_id].republished]
        await addresses.tell(connection, told, now)
        lowered = [one.profile_id for one in changed if one.min_score]
        await notices.reconsider_by_score(connection, now, profile_ids=lowered)
        unconfirmed = [one.profile_id for one in data if one.confirmed_at is None]
        anew = [one.profile_id for one in changed if one.asked_anew]
        if unconfirmed:
            await consent.ask(connection, unconfirmed, anew, now)
        await consent.release(connection, [one.profile_id for one in data], now)
        await staying.ask(connection, [one.profile_id for one in data if one.erased_on is not None], now)
    erased = [profile_id for profile_id, event in newest.items() if event.data is None]
    if erased:
        await notices.cancel_of(connection, erased, now)
        await erasure.erase(connection, erased)


async def _without_the_erased(connection: Connection, data: Sequence[Data]) -> list[MatchEvent]:
    """Return the events of matches, without those on erased professionals, save that these are withdrawn."""
    events = [one for one in data if isinstance(one, MatchProposed | MatchWithdrawn | MatchDecided)]
    erased = await contacts.erased(connection, {one.profile_id for one in events})
    return [one for one in events if one.profile_id not in erased or isinstance(one, MatchWithdrawn)]


async def _apply_matches(
    connection: Connection, events: Sequence[MatchEvent], delays: Delays, now: datetime
) -> None:
    known = await matches.as_of(connection, {event.match_id for event in events})
    taken = not_overtaken(events, known)
    if len(taken) < len(events):
        log.info("events of matches overtaken by later ones", count=len(events) - len(taken))
    for turn in in_turns(taken):
        proposed = {event.match_id: event for event in turn if isinstance(event, MatchProposed)}
        withdrawn = [event for event in turn if isinstance(event, MatchWithdrawn)]
        decided = [event for event in turn if isinstance(event, MatchDecided)]
        if proposed:
            await _tell_new_matches(connection, proposed, delays, now)
        if withdrawn:
            happened = {event.match_id: event.withdrawn_at for event in withdrawn}
            fell_off = await matches.apply_withdrawals(connection, withdrawn)
            await _tell_who_fell_off(connection, fell_off, happened, now)
        if decided:
            await _apply_decisions(connection, decided, delays, now)


async def _tell_new_matches(
    connection: Connection, proposed: Mapping[UUID, MatchProposed], delays: Delays, now: datetime
) -> None:
    newly_live = await matches.apply_proposals(connection, list(proposed.values()))
    await notices.reconsider_by_score(connection, now, match_ids=list(proposed.keys() - newly_live))
    new = {match_id: event for match_id, event in proposed.items() if match_id in newly_live}
    if new:
        happened = {match_id: event.proposed_at for match_id, event in new.items()}
        told = await taken_back.told(connection, Kind.MATCH, happened)
        to_tell = [event for match_id, event in new.items() if match_id not in told]
        await notices.add_for_matches(connection, to_tell, now, current_traceparent())
        last = await taken_back.last_summary(connection)
        ids = {
            event.match_id: event.assignment_id
            for event in new.values()
            if event.profile_id != PROFILE_ID and (last is None or not _stood_in_a_summary(event, last))
        }
        await recruiters.add_to_summaries(connection, ids, delays.summary, now)


def _stood_in_a_summary(event: MatchProposed, last: datetime) -> bool:
    """Tell whether a summary that was taken back, the last of which went out at this moment, may have shown a
    match: then, or as one that came back within the hour and was no news."""
    first = event.first_proposed_at or event.proposed_at
    return first <= last and event.proposed_at <= last + recruiters.NO_NEWS_WITHIN


async def _tell_who_fell_off(
    connection: Connection, fell_off: Sequence[FellOff], happened: Mapping[UUID, datetime], now: datetime
) -> None:
    """Whose match is withdrawn is not told of it any more; who had said yes is told why, and their recruiter
    too, who also hears of it where they had chosen somebody, or somebody was erased."""
    ids = [one.match_id for one in fell_off]
    await notices.cancel(connection, ids, "the match was withdrawn before it was told", OF_A_MATCH, now)
    dropped = [Told(one.match_id, now) for one in fell_off if one.interested and one.reason in FELL_OFF]
    retreat = [
        Told(one.match_id, now)
        for one in fell_off
        if (one.interested or one.chosen) and one.reason is not WithdrawalReason.ASSIGNMENT_CLOSED
    ]
    await _add(connection, Kind.DROPPED, dropped, happened, now)
    await _add(connection, Kind.RETREAT, retreat, happened, now)


async def _add(
    connection: Connection,
    kind: Kind,
    told: Sequence[Told],
    happened: Mapping[UUID, datetime],
    now: datetime,
) -> None:
    """Add notices, save of what was told before this database went back. `happened`: when, by match."""
    if told:
        before = await taken_back.told(
            connection, kind, {one.match_id: happened[one.match_id] for one in told}
        )
        await notices.add(connection, kind, [one for one in told if one.match_id not in before], now)


async def _apply_decisions(
    connection: Connection, events: Sequence[MatchDecided], delays: Delays, now: datetime
) -> None:
    """A decision is told a little later, and takes the place of one that has not left. One that is taken back
    is not told, or where it was told already, corrected."""
    outcomes = await _decide(connection, events)
    standing = {match_id: outcome.standing for match_id, outcome in outcomes.items()}
    as_of = {event.match_id: event.decided_at for event in events}
    states = await notices.states(connection, list(outcomes), list(OF_A_DECISION.values()))
    overtaken = "the recruiter decided otherwise"
    await notices.cancel(connection, list(outcomes), overtaken, list(OF_A_DECISION.values()), now)
    for kind in OF_A_DECISION.values():
        told = [
            Told(match_id, now + delays.news)
            for match_id, outcome in outcomes.items()
            if outcome.new is not None and outcome.new.told and OF_A_DECISION[outcome.new.decision] is kind
        ]
        await _add(connection, kind, told, as_of, now)
    corrections = [
        Told(match_id, now, OF_A_DECISION[outcome.taken_back.decision])
        for match_id, outcome in outcomes.items()
        if outcome.taken_back is not None and _was_told(match_id, outcome.taken_back, states)
    ]
    await _add(connection, Kind.REOPENED, corrections, as_of, now)
    rejected = [
        match_id for match_id, one in standing.items() if one and one[-1].decision is Decision.REJECTED
    ]
    await notices.cancel(connection, rejected, "the recruiter rejected the match", OF_A_MATCH, now)


async def _decide(connection: Connection, events: Sequence[MatchDecided]) -> dict[UUID, Outcome]:
    """Write decisions; return what they come to, by match."""
    await matches.keep_unknown(connection, events)
    before = await matches.decisions_for_update(connection, {event.match_id for event in events})
    outcomes = {
        match_id: decide(
            known.standing,
            [event for event in events if event.match_id == match_id],
            interested=known.interested,
        )
        for match_id, known in before.items()
    }
    standing = {match_id: outcome.standing for match_id, outcome in outcomes.items()}
    as_of = {event.match_id: event.decided_at for event in events}
    await matches.save_decisions(connection, standing, as_of)
    return outcomes


async def _take_in_again(connection: Connection, events: Sequence[MatchEvent]) -> None:
    """Take in what is published once more, where it is not known; it is told to nobody."""
    known = await matches.as_of(connection, {event.match_id for event in events})
    for turn in in_turns(not_overtaken(events, known, again=True)):
        proposed = {event.match_id: event for event in turn if isinstance(event, MatchProposed)}
        if proposed:
            await matches.apply_proposals(connection, list(proposed.values()))
        if withdrawn := [event for event in turn if isinstance(event, MatchWithdrawn)]:
            await matches.apply_withdrawals(connection, withdrawn)
        if decided := [event for event in turn if isinstance(event, MatchDecided)]:
            await _decide(connection, decided)


def _was_told(match_id: UUID, taken_back: Decided, states: Mapping[tuple[UUID, Kind], NoticeState]) -> bool:
    state = states.get((match_id, OF_A_DECISION[taken_back.decision]))
    return taken_back.told and state in {NoticeState.SENDING, NoticeState.ACCEPTED}


async def _apply_advice(connection: Connection, events: Sequence[InterestLacking], now: datetime) -> None:
    newest = {event.assignment_id: event for event in events}
    new = await assignments.save_advice(connection, list(newest.values()))
    told = await taken_back.warned(connection, {one: newest[one].noticed_at for one in new})
    await recruiters.add_warnings(connection, new - told, now)
