"""The HTTP side of matching."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action, changed_fields
from chassis.database import Connection, Pool
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, not_found, problems
from chassis.http.requests import BODY_PROBLEMS, Cursor, JsonBody, Limit, Page, page
from chassis.http.resources import Database, Resources
from chassis.unreadable import UnreadableRow
from contracts.events import Appointment
from contracts.facts import AssignmentFacts
from contracts.requests import AssignmentRequest
from contracts.values import Frozen, Text
from contracts.vocabulary import Decision, ReasonCode, Role, Rule
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from matching import responses
from matching.deciding import NoSuchMatch, decide_on
from matching.domain import near, reach, selection
from matching.domain.decision import Decided, NotPossible, Verdict
from matching.domain.match import Match, Pair
from matching.domain.selection import Place
from matching.engine.assignments import NOBODY, Assignments
from matching.engine.columnar import Array
from matching.engine.profiles import Population
from matching.reconciling import Reconciler
from matching.replica import Replica
from matching.responses import HeldBackView, MatchView, NearView, ReachView, SelectionView, WhyNotView
from matching.store import matches
from matching.store.assignments import get_facts, is_known


@dataclass(frozen=True, kw_only=True)
class MatchingResources(Resources):
    """What matching's routes need: this replica's copy of the population, and what keeps matches right."""

    replica: Replica
    reconciler: Reconciler
    places: Sequence[Place]


# A coroutine although it awaits nothing: FastAPI runs a plain function in a thread.
async def opened(request: Request) -> MatchingResources:
    """Return what the service has open."""
    resources: MatchingResources = request.app.state.resources
    return resources


class DecisionBody(Frozen):
    """What the recruiter decides, why, and what the professional is told."""

    decision: Decision
    reason: Annotated[Text, Field(min_length=1, description="For the recruiter's own side: never mailed.")]
    message: Annotated[
        Annotated[Text, Field(min_length=1)] | None,
        Field(description="To the professional, as written; null: the standard text of the decision."),
    ] = None
    tell: Annotated[
        bool | None,
        Field(description="Whether the professional is told; null: if the latest answer is `interested`."),
    ] = None
    reason_code: Annotated[
        ReasonCode | None, Field(description="Adds its sentence to the standard text.")
    ] = None
    appointment: Annotated[
        Appointment | None, Field(description="When and where the conversation is; only with `invited`.")
    ] = None

    @field_validator("appointment")
    @classmethod
    def _only_with_an_invitation(cls, value: Appointment | None, info: ValidationInfo) -> Appointment | None:
        if value is not None and info.data.get("decision") not in (None, Decision.INVITED):
            raise PydanticCustomError("appointment", "must be null: only `invited` has an appointment")
        return value

    @property
    def verdict(self) -> Verdict:
        """Return it as the domain takes it."""
        return Verdict(
            decision=self.decision,
            reason=self.reason,
            message=self.message,
            tell=self.tell,
            reason_code=self.reason_code,
            appointment=self.appointment,
        )


Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]
MOST_LOOKED_AT = 100  # open assignments, of what holds a group back
Opened = Annotated[MatchingResources, Depends(opened)]
Draft = Annotated[AssignmentRequest, Depends(JsonBody(AssignmentRequest))]
Body = Annotated[DecisionBody, Depends(JsonBody(DecisionBody))]
AssignmentId = Annotated[UUID, Path(description="The assignment's id.")]
ProfileId = Annotated[UUID, Path(description="The professional's id.")]
MissedRule = Annotated[Rule | None, Query(description="Only who misses this rule; without: whichever.")]
AskedAfter = Annotated[
    list[UUID] | None, Query(max_length=200, description="Professionals to tell of whether they would fit.")
]
WithRelaxations = Annotated[
    bool, Query(description="Whether relaxations are tried; without them the answer comes sooner.")
]
MatchId = Annotated[UUID, Path(description="The match's id, as the assignment's list of matches gives it.")]

router = APIRouter(tags=["matching"], responses=problems(401, 403, 503))


@router.get("/assignments/{assignment_id}/matches", responses=problems(404, 422))
async def list_matches(
    assignment_id: AssignmentId,
    _caller: Reader,
    pool: Database,
    act: Annotated[Recording, audited(Action.LIST, "matches")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MatchView]:
    """List an assignment's live matches.

    Who is proposed now, the best first, each with what its score is made of and how it stands; from
    `respond_by` on those among whom the recruiter selects; and who is placed. `next` leads to the page after
    this one.
    """
    async with pool.acquire() as connection:
        if not await is_known(connection, assignment_id):
            raise not_found("assignment")

    async def fetch(after: tuple[float, UUID] | None, rows: int) -> list[Match]:
        async with pool.acquire() as connection:
            return await matches.live_matches(connection, assignment_id, after, rows)

    items, following = await page(
        fetch, limit, cursor, parse_rank, lambda found: rank(found.score, found.profile_id)
    )
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=[found.profile_id for found in items])
    return Page(items=[responses.match(found) for found in items], next=following)


@router.get("/assignments/{assignment_id}/reach", responses=problems(404, 422))
async def reach_of_assignment(
    assignment_id: AssignmentId,
    _caller: Reader,
    pool: Database,
    opened: Opened,
    act: Annotated[Recording, audited(Action.LIST, "reach")],
    relaxations: WithRelaxations = True,
) -> ReachView:
    """Show an assignment's reach.

    How many professionals are candidates, how many each rule keeps out, and how many each relaxation
    would newly bring. Nothing is published.
    """
    facts = await _facts(pool, assignment_id)
    population = await _up_to_date(opened.replica, probe=facts.probe)
    pairs = await _pairs(pool, assignment_id)
    ended = _rows(population, pairs, lambda pair: pair.ended)
    answer = reach.reach(population, facts, ended, eased=relaxations)
    view = responses.reach(answer, Assignments.single(facts, ended), assignment_id, pairs)
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=view.people)
    return view


@router.post("/reach", responses=problems(*BODY_PROBLEMS))
async def reach_of_draft(
    _caller: Reader,
    draft: Draft,
    pool: Database,
    opened: Opened,
    act: Annotated[Recording, audited(Action.LIST, "reach")],
    profile_id: AskedAfter = None,
) -> ReachView:
    """Show the reach of a draft.

    As for an assignment that exists, for one that is sent along; and `fitting` tells who of `profile_id`
    would be a candidate. Nothing is stored or published.
    """
    answer = reach.reach(await _up_to_date(opened.replica, probe=draft.probe), draft)
    view = responses.reach(answer, Assignments.single(draft), None, {}, profile_id or ())
    async with pool.acquire() as connection:
        await act.record(connection, people=view.people)
    return view


@router.get("/assignments/{assignment_id}/near", responses=problems(404, 422))
async def near_assignment(
    assignment_id: AssignmentId,
    _caller: Reader,
    pool: Database,
    opened: Opened,
    act: Annotated[Recording, audited(Action.LIST, "near")],
    rule: MissedRule = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NearView]:
    """List who nearly fits an assignment.

    Who misses exactly one rule, or none but scores below the threshold; the best `score_if` first. Nobody
    who is paused, has declined, was rejected, or is live. A closed assignment is answered by its last facts.
    """
    facts = await _facts(pool, assignment_id)
    population = await _up_to_date(opened.replica, probe=facts.probe)
    pairs = await _pairs(pool, assignment_id)
    assignment = Assignments.single(facts, _rows(population, pairs, lambda pair: pair.ended))
    live = _rows(population, pairs, lambda pair: pair.live or pair.placed)
    found = near.near(population.profiles, assignment, live, rule)

    async def fetch(after: tuple[float, UUID] | None, count: int) -> list[NearView]:
        return responses.near(found.first(count, after), assignment)

    items, following = await page(
        fetch, limit, cursor, parse_rank, lambda item: rank(item.score_if, item.profile_id)
    )
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=[item.profile_id for item in items])
    return Page(items=items, next=following)


@router.get("/assignments/{assignment_id}/why-not/{profile_id}", responses=problems(404))
async def why_not(
    assignment_id: AssignmentId,
    profile_id: ProfileId,
    _caller: Reader,
    pool: Database,
    opened: Opened,
    act: Annotated[Recording, audited(Action.READ, "explanation")],
) -> WhyNotView:
    """Explain one pair.

    Every rule and whether it holds, with the facts that it looked at; the score where all of them hold.
    """
    facts = await _facts(pool, assignment_id)
    await _up_to_date(opened.replica)
    if profile_id in opened.replica.unreadable:
        raise UnreadableRow
    probe = profile_id in opened.replica.probes
    population = opened.replica.peers(probe=probe)
    if profile_id not in population:
        raise not_found("profile")
    pair = (await _pairs(pool, assignment_id)).get(profile_id)
    profile = population.profiles.select(population.rows_of([profile_id]))
    ended = profile.row if pair is not None and pair.ended and not pair.placed else NOBODY
    row = Assignments.single(facts, ended)
    async with pool.acquire() as connection:
        await act.record(connection, assignment_id, people=[profile_id])
    live = pair is not None and (pair.live or pair.placed)
    return responses.why_not(profile, row, live=live, apart=probe != facts.probe)


@router.get("/selection")
async def selection_rates(_caller: Reader, pool: Database, opened: Opened) -> SelectionView:
    """Show who is proposed how often.

    For each level, contract form, province, and those who want a step up: how many of the active
    professionals were proposed at least once, for an opdracht that is open or closed less than a year ago.
    A reason to look, not a verdict.
    """
    population, proposed, grown = await _proposed(pool, opened)
    # Beside the event loop: a province for each of a million takes a second.
    rates = await asyncio.to_thread(selection.rates, population.profiles, opened.places, proposed, grown)
    return responses.selected(rates)


@router.get("/selection/held-back", responses=problems(404, 422))
async def what_holds_back(
    _caller: Reader,
    pool: Database,
    opened: Opened,
    group: Annotated[str, Query(max_length=50, description="The kind of group, such as `province`.")],
    value: Annotated[str, Query(max_length=100, description="Which of its kind.")],
) -> HeldBackView:
    """Show what holds a group back.

    Of its active professionals who were not proposed: which rule how many of them miss, and no other, for at
    least one of the assignments that opened last.
    """
    population, proposed, grown = await _proposed(pool, opened)
    everything = opened.replica.open.assignments
    looked_at = everything.part(max(0, len(everything) - MOST_LOOKED_AT), len(everything))
    found = await asyncio.to_thread(
        selection.held_back,
        population.profiles,
        opened.places,
        (group, value),
        grown if group == "growth" else proposed,
        looked_at,
    )
    if found is None:
        raise not_found("group")
    return responses.held_back((group, value), found)


@router.post(
    "/matches/{match_id}/decision",
    response_model=MatchView,
    responses=problems(404, 409, *BODY_PROBLEMS),
)
async def decide(
    match_id: MatchId,
    caller: Recruiter,
    body: Body,
    opened: Opened,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.DECIDE, "match")],
) -> Response:
    """Decide on a match.

    The recruiter invites, nominates or rejects, says why, and may say it to the professional. That is
    possible in any order and again, as long as the match is live, also after `respond_by`. A rejection ends
    the match, and its seat goes to the next in rank. `reopened` takes the latest decision back, as long as
    the assignment is open: the match stands as before, and whoever was rejected is proposed again.
    """

    async def effect(connection: Connection) -> Answer:
        now = datetime.now(UTC)
        match await decide_on(connection, match_id, body.verdict, caller.name, now, caller.subject):
            case Decided(match=decided):
                fields = ("state", *changed_fields(None, body))
                await act.record(connection, match_id, people=[decided.profile_id], fields=fields)
                return Answer(200, responses.match(decided))
            case NotPossible(because=because):
                raise Problem(409, because)
            case NoSuchMatch():
                raise not_found("match")

    answer = await once(caller, effect)
    opened.reconciler.wake()
    return answer


async def _facts(pool: Pool, assignment_id: UUID) -> AssignmentFacts:
    """Return an assignment's facts; raises Problem 404 where it is not known."""
    async with pool.acquire() as connection:
        facts = await get_facts(connection, assignment_id)
    if facts is None:
        raise not_found("assignment")
    return facts


async def _proposed(pool: Pool, opened: MatchingResources) -> tuple[Population, Array, Array]:
    """Return the population, and the rows of who was proposed at least once, and for a step up."""
    population = await _up_to_date(opened.replica)
    async with pool.acquire() as connection:
        proposals = await matches.ever_proposed(connection)
    proposed = population.rows_of([item.profile_id for item in proposals])
    return population, proposed, population.rows_of([item.profile_id for item in proposals if item.growth])


async def _up_to_date(replica: Replica, *, probe: bool = False) -> Population:
    """Return the population, or that of the probe."""
    await replica.catch_up()
    return replica.peers(probe=probe)


async def _pairs(pool: Pool, assignment_id: UUID) -> dict[UUID, Pair]:
    async with pool.acquire() as connection:
        return (await matches.pairs_of(connection, [assignment_id]))[assignment_id]


def _rows(population: Population, pairs: Mapping[UUID, Pair], wanted: Callable[[Pair], bool]) -> Array:
    """Return the rows of the profiles whose pair is wanted."""
    return population.rows_of([profile_id for profile_id, pair in pairs.items() if wanted(pair)])


def rank(score: float, other_id: UUID) -> str:
    """Write a place in a ranked list as a position."""
    return f"{score!r} {other_id}"


def parse_rank(text: str) -> tuple[float, UUID]:
    """Read a position back; raises ValueError where it is none."""
    score, other_id = text.split(" ")
    return float(score), UUID(other_id)
