"""The career view, levers, what-if and near of a professional, against the reference on random worlds."""

import json
import random
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.facts import ProfileFacts
from contracts.vocabulary import Certificate, Dossier, Level, OrganisationType, Specialism
from hypothesis import given, settings
from hypothesis import strategies as st
from matching import career_responses
from matching.domain.near import near_for
from matching.domain.outlook.levers import levers
from matching.domain.outlook.market import Market
from matching.domain.outlook.placements import Placement
from matching.domain.outlook.view import outlook
from matching.domain.outlook.what_if import what_if
from matching.engine.profiles import Profiles
from support import career_reference as reference
from support import markets
from support import people as random_facts

seeds = st.integers(0, 2**32).map(random.Random)
TODAY = random_facts.START - timedelta(days=20)
FEW = list(Specialism)[:6]


@dataclass(frozen=True)
class World:
    """One professional among some, and a market; `ended` and `live` are ids of assignments."""

    facts: dict[str, Any]
    people: list[dict[str, Any]]
    market: list[dict[str, Any]]
    ended: frozenset[UUID]
    live: frozenset[UUID]

    @property
    def profile(self) -> ProfileFacts:
        return markets.profile(self.facts)

    @property
    def view(self) -> Market:
        return markets.market(self.market)


def an_entry(rng: random.Random) -> dict[str, Any]:
    started = TODAY + timedelta(days=rng.choice([-1500, -800, -730, -400, -366, -365, -100, -1, 0, 30]))
    ended = rng.choice([None, started, started + timedelta(days=rng.choice([1, 30, 365, 700]))])
    return {
        "organisation_type": rng.choice(["gemeente", "provincie", "ministerie"]),
        "level": rng.choice(list(Level)),
        "started_on": started.isoformat(),
        "ended_on": ended and ended.isoformat(),
        **({"specialisms": random_facts.some(rng, FEW, 2, 1)} if rng.random() < 0.4 else {}),
        **({"dossiers": random_facts.some(rng, list(Dossier)[:3], 2, 1)} if rng.random() < 0.3 else {}),
    }


def an_assignment(rng: random.Random) -> dict[str, Any]:
    opened_on = TODAY - timedelta(days=rng.choice([-1, 0, 1, 100, 364, 365, 366, 500]))
    return random_facts.assignment_facts(rng) | {
        "level": rng.choice(["medior", "medior", "senior", "strategisch"]),
        "required_specialisms": random_facts.some(rng, FEW, 2),
        "required_certificates": random_facts.some(rng, list(Certificate)[:3], 1),
        "id": UUID(int=rng.getrandbits(128)),
        "open": rng.random() < 0.7,
        "opened_on": opened_on,
    }


def a_world(rng: random.Random, count: int, step_down: bool = False) -> World:
    facts = random_facts.profile_facts(rng) | {"portfolio": [an_entry(rng) for _ in range(rng.randint(0, 6))]}
    if step_down:  # somebody for whom little is missing
        facts |= {"level": "medior", "status": "active", "specialisms": random_facts.some(rng, FEW, 4, 2)}
        facts["excluded_organisation_types"] = random_facts.some(rng, list(OrganisationType)[:3], 2)
    market = [an_assignment(rng) for _ in range(count)]
    ids = sorted(one["id"] for one in market)
    ended, live = (frozenset(rng.sample(ids, len(ids) // 10)) for _ in range(2))
    people = [facts, *(random_facts.profile_facts(rng) for _ in range(12))]
    return World(facts, people, market, ended, live)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_levers_and_the_best_pair_are_the_references(rng: random.Random) -> None:
    world = a_world(rng, rng.choice([0, 1, 12, 25]), step_down=rng.random() < 0.7)
    view = world.view
    found = levers(world.profile, view.open_without(world.ended), view.of_year(TODAY))
    shown = json.loads(career_responses.levers(found).model_dump_json())
    assert shown.pop("career") == "2026.1"
    assert shown == reference.levers(world.facts, world.market, TODAY, world.ended)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_what_if_is_the_references_and_explains_what_is_gained(rng: random.Random) -> None:
    world, other = a_world(rng, rng.choice([0, 1, 60])), random_facts.profile_facts(rng)
    changes = {name: other[name] for name in rng.sample(sorted(other), rng.randint(0, 8))}
    if (changes.get("hours_min") or world.facts["hours_min"]) > changes.get(
        "hours_max", world.facts["hours_max"]
    ):
        changes |= {"hours_min": 8, "hours_max": 40}
    changes |= {"available_until": None}
    then = Profiles.single(markets.profile(reference.patched(world.facts, changes)))
    answer = what_if(Profiles.single(world.profile), then, world.view.open_without(world.ended))
    expected = reference.what_if(world.facts, changes, world.market, world.ended)
    shown = career_responses.what_if(then, answer)
    assert (shown.now, shown.then, shown.lost) == (expected["now"], expected["then"], expected["lost"])
    gained = [(item.assignment_id, item.score, item.growth) for item in shown.gained]
    assert gained == expected["gained"]
    for item in shown.gained:
        assert abs(sum(part.points for part in item.explanation) - item.score) < 0.04


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_what_nearly_fits_somebody_is_the_references_in_its_order(rng: random.Random) -> None:
    world = a_world(rng, rng.choice([0, 1, 80]))
    profile = Profiles.single(world.profile)
    found = near_for(profile, world.view.open_without(world.ended | world.live))
    expected = reference.near(world.facts, world.market, world.ended, world.live)
    shown = career_responses.near(profile, found.first(len(found)))
    assert [
        (item.assignment_id, [one.rule for one in item.missing], item.score_if) for item in shown
    ] == expected
    size, after, seen = rng.randint(1, 7), None, []
    while page := career_responses.near(profile, found.first(size, after)):
        seen += page
        after = page[-1].score_if, page[-1].assignment_id
    assert seen == shown


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_every_number_of_the_outlook_is_the_references(rng: random.Random) -> None:
    world = a_world(rng, rng.choice([0, 3, 30, 80]))
    placements = [a_placement(rng) for _ in range(rng.choice([0, 0, 4, 12]))]
    everybody = markets.everybody(world.people)
    of_matching = [Placement(**{**asdict(one), "level": Level(one.level)}) for one in placements]
    found = outlook(world.profile, world.view, everybody, TODAY, world.ended, of_matching)
    shown = career_responses.outlook(found).model_dump()
    expected = reference.outlook(world.facts, world.people, world.market, TODAY, world.ended, placements)
    assert shown.pop("career") == "2026.1"
    words = shown.pop("words")
    assert (shown["variation"].pop("remark") is not None) == expected["variation"].pop("remark")
    assert reference.close(shown, expected)
    assert (words["rate"] == [reference.TOO_FEW]) == (expected["rate"] is None)
    assert ("gaps" in words) == (expected["gaps"]["lead_days"] is None)
    step = expected["next_step"]
    assert ("next_step" in words) == (step is not None and step["q"] is None)


def a_placement(rng: random.Random) -> reference.Placement:
    starts_on = TODAY + timedelta(days=rng.choice([-100, -1, 0, 1]))
    ended = rng.random() < 0.3
    return reference.Placement(
        own=rng.random() < 0.3,
        level=rng.choice(["medior", "senior"]),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=rng.choice([0, 1, 100, 200])),
        rate_cents=rng.choice([8000, 9000, 9500]),
        ended=ended,
        cancelled=ended and rng.random() < 0.5,
    )
