"""The HTTP side of matching for a professional: what fits, nearly fits, would fit, and the career view."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action
from chassis.database import Pool
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.problems import Problem, not_found, problems, unavailable
from chassis.http.requests import BODY_PROBLEMS, INVALID, Cursor, Limit, Page, Part, PartBody, page
from chassis.http.resources import Database
from contracts.facts import ProfileFacts
from contracts.values import Day, Frozen
from contracts.vocabulary import PEOPLE, Role
from fastapi import APIRouter, Depends, Query

from contracts import requests
from matching import career_responses, responses
from matching.api import MatchingResources, Opened, ProfileId, parse_rank, rank
from matching.career_responses import LeversView, NearAssignmentView, OutlookView, WhatIfView
from matching.domain.match import Match
from matching.domain.near import near_for
from matching.domain.outlook.levers import levers
from matching.domain.outlook.market import Market
from matching.domain.outlook.view import outlook
from matching.domain.outlook.what_if import what_if
from matching.engine.assignments import Assignments
from matching.engine.profiles import Profiles
from matching.replica import AMSTERDAM, Replica
from matching.responses import MatchView
from matching.store.matches import live_matches_of_profile
from matching.store.own_pairs import OwnPairs, pairs_of_profile
from matching.store.placements import placements_for
from matching.store.profiles import get_facts

STAFF = frozenset({Role.RECRUITER, Role.OPERATOR})


Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]


class WhatIfBody(Frozen):
    """The facts that would be others, as a merge patch (RFC 7396) over the present ones."""

    changes: requests.ProfileFacts


async def own(profile_id: ProfileId, caller: Anyone) -> UUID:
    """Return whom a path is about: for staff anybody, for a professional only themselves."""
    if caller.roles.isdisjoint(STAFF) and caller.subject.lower() != str(profile_id):
        raise Problem(403, "a professional reaches the own profile only")
    return profile_id


async def day(
    caller: Anyone,
    today: Annotated[
        Day | None,
        Query(description="Another day to look from, for staff; without: today in the Netherlands."),
    ] = None,
) -> date:
    """Return the day that a career is looked at from."""
    if today is not None and caller.roles.isdisjoint(STAFF):
        raise Problem(403, "only a recruiter or an operator names another day")
    return today or datetime.now(UTC).astimezone(AMSTERDAM).date()


Own = Annotated[UUID, Depends(own)]
Today = Annotated[date, Depends(day)]
OwnMatches = Annotated[Recording, audited(Action.READ, "matches")]
OwnCareer = Annotated[Recording, audited(Action.READ, "career")]
Changes = Annotated[Part[WhatIfBody], Depends(PartBody(WhatIfBody))]

router = APIRouter(prefix="/profiles/{profile_id}", tags=["career"], responses=problems(401, 403, 404, 503))


@router.get("/matches", responses=problems(422))
async def list_own_matches(
    profile_id: Own, pool: Database, act: OwnMatches, limit: Limit = 50, cursor: Cursor = None
) -> Page[MatchView]:
    """List a professional's live matches.

    The best first, each with what its score is made of and how it stands. A professional sees the own ones.
    """
    await _facts(pool, profile_id, act)

    async def fetch(after: tuple[float, UUID] | None, rows: int) -> list[Match]:
        async with pool.acquire() as connection:
            return await live_matches_of_profile(connection, profile_id, after, rows)

    items, following = await page(
        fetch, limit, cursor, parse_rank, lambda found: rank(found.score, found.assignment_id)
    )
    return Page(items=[responses.match(found) for found in items], next=following)


@router.get("/near", responses=problems(422))
async def near_profile(
    profile_id: Own,
    pool: Database,
    opened: Opened,
    act: OwnCareer,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NearAssignmentView]:
    """List what nearly fits a professional.

    Open assignments of which exactly one rule is missed, or none and the score is below the threshold; the
    best `score_if` first. Nothing for who is paused, and nothing that is live or over for the professional.
    """
    facts, pairs = await _facts(pool, profile_id, act), await _pairs(pool, profile_id)
    profile = Profiles.single(facts)
    found = near_for(profile, await _open(opened.replica, pairs.live | pairs.ended))

    async def fetch(after: tuple[float, UUID] | None, count: int) -> list[NearAssignmentView]:
        return career_responses.near(profile, found.first(count, after))

    items, following = await page(
        fetch, limit, cursor, parse_rank, lambda item: rank(item.score_if, item.assignment_id)
    )
    return Page(items=items, next=following)


@router.post("/what-if", responses=problems(*BODY_PROBLEMS))
async def ask_what_if(
    profile_id: Own, pool: Database, opened: Opened, changes: Changes, act: OwnCareer
) -> WhatIfView:
    """Show what other facts would bring.

    Which open assignments would newly fit, and which no longer, if the facts were changed by a merge patch
    (RFC 7396). The result is checked as the facts of `PUT /profiles/{id}` are. Nothing is stored.
    """
    if "changes" not in changes.fields:
        raise Problem(422, INVALID, [("/changes", "say which facts would be others")])
    facts, pairs = await _facts(pool, profile_id, act), await _pairs(pool, profile_id)
    changed = changes.merged_into({"changes": facts.model_dump(mode="json")}).changes
    assignments = await _open(opened.replica, pairs.ended)
    now, then = Profiles.single(facts), Profiles.single(changed)
    # Beside the event loop: there may be very many to explain.
    return await asyncio.to_thread(lambda: career_responses.what_if(then, what_if(now, then, assignments)))


@router.get("/levers", responses=problems(422))
async def show_levers(
    profile_id: Own, pool: Database, opened: Opened, today: Today, act: OwnCareer
) -> LeversView:
    """Show what small changes would bring.

    Each step of one fact that would make open assignments fit, the best first, and the best two together.
    `change` is what `what-if` takes, and what a change of the profile would be. To ask less is shown only
    where nothing else brings anything.
    """
    facts, pairs = await _facts(pool, profile_id, act), await _pairs(pool, profile_id)
    market = await _market(opened)
    found = await asyncio.to_thread(levers, facts, market.open_without(pairs.ended), market.of_year(today))
    return career_responses.levers(found)


@router.get("/outlook", responses=problems(422))
async def show_outlook(
    profile_id: Own, pool: Database, opened: Opened, today: Today, act: OwnCareer
) -> OutlookView:
    """Show a professional's career view.

    What the portfolio says, and what the assignments of the last year say to somebody with these facts: each
    number with the counts that it rests on, and none where fewer than five assignments are behind it.
    """
    facts, pairs = await _facts(pool, profile_id, act), await _pairs(pool, profile_id)
    market = await _market(opened)
    async with pool.acquire() as connection:
        placements = await placements_for(connection, profile_id, facts.level)
    everybody = opened.replica.population.profiles
    found = await asyncio.to_thread(outlook, facts, market, everybody, today, pairs.ended, placements)
    return career_responses.outlook(found)


async def _facts(pool: Pool, profile_id: UUID, act: Recording) -> ProfileFacts:
    """Return a profile's facts, and write down who looks; raises Problem 404 where it is not known, and for
    the probe's, which has no career."""
    async with pool.acquire() as connection:
        facts = await get_facts(connection, profile_id)
        if facts is None or facts.probe:
            raise not_found("profile")
        await act.record(connection, profile_id, people=[profile_id])
    return facts


async def _pairs(pool: Pool, profile_id: UUID) -> OwnPairs:
    async with pool.acquire() as connection:
        return await pairs_of_profile(connection, profile_id)


async def _open(replica: Replica, without: frozenset[UUID]) -> Assignments:
    """Return the open assignments without some, after a catch-up, in arrays of their own."""
    await replica.catch_up()
    return Assignments.joined(replica.open.without(without))


async def _market(opened: MatchingResources) -> Market:
    """Return all assignments, after a catch-up; raises Problem 503 until the closed ones have been read."""
    await opened.replica.catch_up()
    market = opened.replica.market()
    if market is None:
        raise unavailable("the closed assignments of the last year are being read; try again")
    return market
