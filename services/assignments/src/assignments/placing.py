"""What happens to placements, each in one transaction with its events.

Two at once for one person wait for each other on the person's row, two for one opdracht on the opdracht's:
whoever comes second sees what the first has done.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from chassis import erasure
from chassis.audit import Act, Action, Actor, changed_fields, record
from chassis.database import Connection
from chassis.delivery import outbox
from chassis.http.audited import Recording
from chassis.http.problems import Problem, not_found
from chassis.http.requests import INVALID
from contracts.facts import PlacementTerms
from contracts.vocabulary import ClosedReason, EndedReason
from uuid_utils.compat import uuid7

from assignments import SERVICE, placement_store, store
from assignments.domain.assignment import Assignment, AssignmentState, WrongState
from assignments.domain.placement import (
    MAX_HOURS,
    EndsOutside,
    Placement,
    PlacementChange,
    PositionsFull,
    TooManyHours,
    require_hours,
    require_position,
)
from assignments.erasure import ERASURE

T = TypeVar("T")
FILLING = Actor.platform("filling")
ERASING = Actor.platform("erasures")
ENDING = ("state", "ended_on", "ended_reason")


async def agree(
    connection: Connection,
    assignment_id: UUID,
    profile_id: UUID,
    terms: PlacementTerms,
    now: datetime,
    act: Recording,
) -> Placement:
    """Place somebody, and close the opdracht with its last position; raises Problem 404, 409, 422."""
    is_there = await placement_store.lock_person(connection, profile_id)
    assignment = await store.get_for_update(connection, assignment_id)
    if assignment is None:
        raise not_found("assignment")
    if not is_there:
        raise _refused("/profile_id", "no such professional")
    taken = await placement_store.taken(connection, assignment_id)
    _allowed(lambda: require_position(assignment, taken, now))
    placement, event = Placement.agree(uuid7(), assignment, profile_id, terms, now)
    await _check_hours(connection, placement)
    await _save(connection, (placement, event), now)
    await _record(act, connection, placement, ["profile_id", *changed_fields(None, terms)])
    await close_when_filled(connection, assignment, now)
    return placement


async def close_when_filled(connection: Connection, assignment: Assignment, now: datetime) -> Assignment:
    """Return an assignment, whose row is locked: closed, if it was open and all its positions are taken."""
    if assignment.state is not AssignmentState.OPEN:
        return assignment
    if await placement_store.taken(connection, assignment.assignment_id) < assignment.facts.positions:
        return assignment
    closed, events = assignment.close(ClosedReason.FILLED, now)
    await store.save(connection, closed)
    await outbox.publish(connection, SERVICE, events, now)
    act = Act(
        actor=FILLING,
        action=Action.CLOSE,
        object_kind="assignment",
        object_id=closed.assignment_id,
        fields=["state", "closed_reason"],
    )
    await record(connection, [act])
    return closed


async def change(
    connection: Connection,
    placement_id: UUID,
    terms: PlacementTerms,
    now: datetime,
    check: Callable[[Placement], None],
    act: Recording,
) -> Placement:
    """Agree on other terms, if `check` raises nothing; raises Problem 404, 409, 422."""
    known = await placement_store.get(connection, placement_id)
    if known is not None and known.profile_id is not None:
        await placement_store.lock_person(connection, known.profile_id)
    placement = await _locked(connection, placement_id)
    check(placement)
    changed = _allowed(lambda: placement.change(terms, now))
    await _check_hours(connection, changed[0])
    await _record(act, connection, placement, changed_fields(placement.terms, terms))
    return await _save(connection, changed, now)


async def end(
    connection: Connection,
    placement_id: UUID,
    ended_on: date,
    reason: EndedReason,
    now: datetime,
    act: Recording,
) -> Placement:
    """End a placement; raises Problem 404, 409, 422."""
    placement = await _locked(connection, placement_id)
    ended = _allowed(lambda: placement.end(ended_on, reason, now))
    await _record(act, connection, placement, ENDING)
    return await _save(connection, ended, now)


async def forget(connection: Connection, profile_ids: Collection[UUID], now: datetime) -> None:
    """Erase people: their placements keep no id of theirs."""
    placements = await placement_store.remove_people(connection, profile_ids, now)
    await record(connection, [_forgotten(placement) for placement in placements])
    for placement in placements:
        await _save(connection, placement.forget(now), now)
    await erasure.erase(connection, (*ERASURE, *erasure.CHASSIS), profile_ids)


def people_of(placements: Iterable[Placement]) -> list[UUID]:
    """Return whose placements these are, of who is not erased."""
    return [one.profile_id for one in placements if one.profile_id is not None]


def _forgotten(placement: Placement) -> Act:
    return Act(
        actor=ERASING,
        action=Action.CHANGE,
        object_kind="placement",
        object_id=placement.placement_id,
        people=people_of([placement]),
        fields=["profile_id"],
    )


async def _record(
    act: Recording, connection: Connection, placement: Placement, fields: Collection[str]
) -> None:
    await act.record(connection, placement.placement_id, people=people_of([placement]), fields=fields)


async def _locked(connection: Connection, placement_id: UUID) -> Placement:
    placement = await placement_store.get_for_update(connection, placement_id)
    if placement is None:
        raise not_found("placement")
    return placement


async def _save(connection: Connection, change: PlacementChange, now: datetime) -> Placement:
    placement, event = change
    await placement_store.save(connection, placement)
    await outbox.publish(connection, SERVICE, [event], now)
    return placement


async def _check_hours(connection: Connection, placement: Placement) -> None:
    """Raise Problem 422 where its person, whose row is locked, has no hours left for it."""
    if placement.profile_id is None:
        return
    theirs = await placement_store.of_person(connection, placement.profile_id, placement.terms.starts_on)
    others = [one for one in theirs if one.placement_id != placement.placement_id]
    _allowed(lambda: require_hours(placement, others))


def _refused(pointer: str, detail: str) -> Problem:
    return Problem(422, INVALID, [(pointer, detail)])


def _allowed(rule: Callable[[], T]) -> T:
    try:
        return rule()
    except WrongState as reason:
        raise Problem(409, str(reason)) from None
    except PositionsFull:
        raise Problem(409, "all positions of the assignment are taken") from None
    except EndsOutside:
        raise _refused("/ended_on", "must lie between starts_on and ends_on") from None
    except TooManyHours as found:
        detail = f"with their other placements that is {found.hours} hours a week; {MAX_HOURS} at most"
        raise _refused("/hours", detail) from None
