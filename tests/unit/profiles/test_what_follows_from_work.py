"""The effective facts, held against a plain reference that looks at each day by itself."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.events import PlacementAgreed, ProfileUpdated
from contracts.facts import MAX_PORTFOLIO, Commitment, Contact, OwnFacts, OwnPortfolioEntry, ProfileFacts
from contracts.vocabulary import (
    CommitmentKind,
    ContractForm,
    EndedReason,
    Level,
    OrganisationType,
    PlacementState,
    ProfileStatus,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles.domain.effective import Placement, day_of, effective, next_change, own_availability
from profiles.domain.profile import Profile
from support import people

START, LENGTH = date(2027, 1, 1), 50
DAYS = [START + timedelta(days=number) for number in range(LENGTH)]
DAY = st.sampled_from(DAYS)
LAST = DAYS[-1] + timedelta(days=30)  # all work that ends has ended then
NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def facts_of(**changes: Any) -> OwnFacts:
    body = people.profile_facts(random.Random(3))
    wanted = {
        "status": "active",
        "hours_min": 16,
        "hours_max": 32,
        "available_from": "2026-12-01",
        "available_until": None,
        "portfolio": [],
    }
    return OwnFacts.model_validate_json(json.dumps({**body, **wanted, **changes}, default=str))


@st.composite
def own_facts(draw: st.DrawFn) -> OwnFacts:
    least, most = sorted([draw(st.integers(1, 40)), draw(st.integers(1, 40))])
    available_from = draw(DAY)
    return facts_of(
        status=draw(st.sampled_from(["active", "paused"])),
        hours_min=least,
        hours_max=most,
        available_from=available_from,
        available_until=draw(
            st.none() | st.integers(0, 60).map(lambda days: available_from + timedelta(days=days))
        ),
        commitments=draw(st.lists(commitments(), max_size=3)),
    )


@st.composite
def commitments(draw: st.DrawFn) -> dict[str, Any]:
    first = draw(DAY)
    until = draw(st.none() | st.integers(0, 30).map(lambda days: first + timedelta(days=days)))
    return {"hours": draw(st.integers(1, 24)), "from": first, "until": until, "kind": "vast"}


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    first = draw(DAY)
    return Placement(
        placement_id=draw(st.uuids()),
        version=1,
        organisation_type=OrganisationType.ZORG,
        level=Level.SENIOR,
        first=first,
        last=first + timedelta(days=draw(st.integers(0, 20))),
        hours=draw(st.integers(1, 40)),
        cancelled=draw(st.booleans()),
    )


WORK = st.lists(placements(), max_size=5, unique_by=lambda one: one.placement_id)


def taken(facts: OwnFacts, work: list[Placement], day: date) -> int:
    """Count the hours a week that are taken on a day."""
    beside = [one.hours for one in facts.commitments if one.first_day <= day <= (one.until or date.max)]
    return sum(beside) + sum(one.hours for one in work if not one.cancelled and one.first <= day <= one.last)


def free_from(facts: OwnFacts, work: list[Placement], day: date) -> int:
    """Count the hours a week that are free from a day on, day by day."""
    end = max(day, LAST)
    days = [day + timedelta(days=number) for number in range((end - day).days + 1)]
    return facts.hours_max - max(taken(facts, work, one) for one in days)


def reference(facts: OwnFacts, work: list[Placement], day: date) -> tuple[ProfileStatus, date, int]:
    """Return status, available_from and hours_max as the rule says, by trying each day."""
    free = free_from(facts, work, day)
    if free >= facts.hours_min:
        return facts.status, facts.available_from, free
    tried = day
    while free_from(facts, work, tried) < facts.hours_min:
        tried += timedelta(days=1)
        if tried > LAST:
            return ProfileStatus.PAUSED, facts.available_from, facts.hours_max
    start = max(facts.available_from, tried)
    if facts.available_until is not None and start > facts.available_until:
        return ProfileStatus.PAUSED, facts.available_from, facts.hours_max
    return facts.status, start, free_from(facts, work, start)


def availability(facts: ProfileFacts) -> tuple[ProfileStatus, date, int]:
    return facts.status, facts.available_from, facts.hours_max


@settings(deadline=None)
@given(own_facts(), WORK, DAY)
def test_hours_and_days_are_those_of_the_reference_and_the_rest_is_as_it_was_written(
    facts: OwnFacts, work: list[Placement], day: date
) -> None:
    found = effective(facts, work, day)
    assert availability(found) == reference(facts, work, day)
    changing = {"status", "available_from", "hours_max", "portfolio"}
    for name in ProfileFacts.model_fields.keys() - changing:
        assert getattr(found, name) == getattr(facts, name)
    assert ProfileFacts.model_validate_json(found.model_dump_json()) == found


@settings(deadline=None)
@given(own_facts(), WORK, DAY)
def test_no_hour_is_promised_twice(facts: OwnFacts, work: list[Placement], day: date) -> None:
    """Whoever is offered, on each day from which they are, has all the offered hours beside their work."""
    found = effective(facts, work, day)
    if found.status is ProfileStatus.PAUSED:
        return
    offered_from = max(day, found.available_from)
    for number in range((LAST - offered_from).days + 1):
        then = offered_from + timedelta(days=number)
        assert taken(facts, work, then) + found.hours_max <= facts.hours_max
    assert facts.hours_min <= found.hours_max <= facts.hours_max


@settings(deadline=None, max_examples=60)
@given(own_facts(), WORK, DAY)
def test_nothing_changes_before_the_day_that_is_foretold_and_on_that_day_something_does(
    facts: OwnFacts, work: list[Placement], day: date
) -> None:
    foretold = next_change(facts, work, day)
    now, turn = effective(facts, work, day), foretold or date.max
    for number in range(1, (LAST - day).days + 1):
        then = day + timedelta(days=number)
        if then < turn:
            assert effective(facts, work, then) == now
    assert (foretold is None) == (not work and not facts.commitments)
    if turn < date.max:
        assert turn > day
        assert effective(facts, work, turn) != now


def test_without_work_the_facts_are_as_they_were_written() -> None:
    entries = [{"organisation_type": "zorg", "level": "senior", "started_on": "2030-01-01"}]
    facts = facts_of(portfolio=entries)
    assert effective(facts, [], START) == ProfileFacts.model_validate_json(facts.model_dump_json())
    assert own_availability(facts, effective(facts, [], START)) is None
    assert next_change(facts, [], START) is None


def at_work(number: int = 1, **changes: Any) -> Placement:
    made = Placement(
        placement_id=UUID(int=number),
        version=1,
        organisation_type=OrganisationType.GEMEENTE,
        level=Level.MEDIOR,
        first=date(2027, 1, 4),
        last=date(2027, 4, 30),
        hours=24,
        cancelled=False,
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("own", "work", "expected"),
    [
        ({"hours_min": 8}, [at_work()], ("active", "2026-12-01", 8)),
        ({}, [at_work()], ("active", "2027-05-01", 32)),
        ({}, [at_work(first=date(2028, 1, 1), last=date(2028, 1, 1))], ("active", "2028-01-02", 32)),
        ({"available_from": "2027-09-01"}, [at_work()], ("active", "2027-09-01", 32)),
        ({"available_until": "2027-05-01"}, [at_work()], ("active", "2027-05-01", 32)),
        ({"available_until": "2027-04-30"}, [at_work()], ("paused", "2026-12-01", 32)),
        ({}, [at_work(cancelled=True)], ("active", "2026-12-01", 32)),
        (
            {"commitments": [{"hours": 12, "from": "2026-01-01", "until": None, "kind": "vast"}]},
            [at_work(hours=12)],
            ("active", "2027-05-01", 20),
        ),
        (
            {"commitments": [{"hours": 20, "from": "2026-01-01", "kind": "eigen"}]},
            [],
            ("paused", "2026-12-01", 32),
        ),
        (
            {},
            [at_work(), at_work(2, first=date(2027, 4, 1), last=date(2027, 12, 31), hours=16)],
            ("active", "2027-05-01", 16),
        ),
        ({}, [at_work(last=date.max)], ("paused", "2026-12-01", 32)),
    ],
)
def test_examples_by_hand(own: dict[str, Any], work: list[Placement], expected: tuple[str, str, int]) -> None:
    status, available_from, hours = availability(effective(facts_of(**own), work, date(2027, 1, 10)))
    assert (status, available_from.isoformat(), hours) == expected


def test_the_portfolio_grows_by_itself_and_a_placement_that_is_cancelled_takes_it_back() -> None:
    own = {
        "organisation_type": "zorg",
        "level": "senior",
        "started_on": "2020-01-01",
        "ended_on": "2020-02-01",
    }
    said = {"placement_id": str(UUID(int=1)), "specialisms": ["redactie"], "result": "Meer kiezers."}
    facts = facts_of(portfolio=[own, {**own, "started_on": "2027-01-04", "ended_on": None, **said}])

    def entries(work: list[Placement], day: date) -> list[tuple[Any, ...]]:
        found = effective(facts, work, day).portfolio
        assert not any(isinstance(entry, OwnPortfolioEntry) for entry in found)
        return [(one.placement_id, one.started_on, one.ended_on, one.specialisms) for one in found[1:]]

    work = at_work()
    assert entries([work], date(2027, 1, 3)) == []
    assert entries([work], date(2027, 1, 4)) == [(UUID(int=1), work.first, None, ["redactie"])]
    assert entries([work], work.last) == [(UUID(int=1), work.first, None, ["redactie"])]
    assert entries([work], date(2027, 5, 1)) == [(UUID(int=1), work.first, work.last, ["redactie"])]
    assert entries([at_work(cancelled=True)], date(2027, 5, 1)) == []
    other = at_work(2)
    assert [one[0] for one in entries([other], date(2027, 5, 1))] == [UUID(int=1), UUID(int=2)]
    assert entries([], date(2027, 1, 3)) == []  # it is known when it comes


def test_a_portfolio_is_never_longer_than_a_topic_takes() -> None:
    own = {"organisation_type": "zorg", "level": "senior", "started_on": "2020-01-01"}
    facts = facts_of(portfolio=[own] * MAX_PORTFOLIO)
    found = effective(facts, [at_work(number) for number in range(3)], date(2027, 5, 1))
    assert len(found.portfolio) == MAX_PORTFOLIO
    assert [entry.placement_id for entry in found.portfolio[-3:]] == [UUID(int=number) for number in range(3)]


def test_the_day_is_that_of_amsterdam() -> None:
    assert day_of(datetime(2027, 1, 3, 22, 59, tzinfo=UTC)) == date(2027, 1, 3)
    assert day_of(datetime(2027, 1, 3, 23, 0, tzinfo=UTC)) == date(2027, 1, 4)
    assert day_of(datetime(2027, 7, 3, 22, 0, tzinfo=UTC)) == date(2027, 7, 4)


def test_what_is_published_is_what_follows_and_beside_it_what_was_written_and_nothing_of_the_rest() -> None:
    commitment = {"hours": 8, "from": "2026-01-01", "until": None, "kind": "vast"}
    entry = {"organisation_type": "zorg", "level": "senior", "started_on": "2020-01-01"}
    words = {
        "organisation_name": "Zorggroep Geheim",
        "title": "Geheime opdracht",
        "result": "Geheim resultaat",
    }
    facts = facts_of(hours_min=8, commitments=[commitment], portfolio=[{**entry, **words}])
    contact = Contact.model_validate_json(
        json.dumps(people.profile_body(random.Random(1), "Werk")["contact"])
    )
    profile, _ = Profile.create(UUID(int=9), contact, facts, NOW)
    settled, (updated, _) = replace(profile, placements=(at_work(hours=16),)).settle(NOW)
    assert isinstance(updated, ProfileUpdated)
    written = updated.model_dump_json()
    assert not any(word in written for word in ("eheim", "commitments", "vast"))
    event = ProfileUpdated.model_validate_json(written)
    assert (event.version, event.hours_max) == (2, 8)
    assert event.own is not None
    assert (event.own.hours_max, event.own.available_from) == (32, facts.available_from)
    assert [one.placement_id for one in event.portfolio] == [None, UUID(int=1)]
    assert (settled.facts, settled.due_on) == (facts, date(2027, 5, 1))
    assert json.loads(facts.model_dump_json())["commitments"] == [commitment]


def history() -> list[PlacementAgreed]:
    """Return what is said of a placement that is agreed, changed and cancelled."""
    agreed = PlacementAgreed(
        placement_id=UUID(int=1),
        version=1,
        assignment_id=UUID(int=7),
        profile_id=UUID(int=9),
        organisation_type=OrganisationType.GEMEENTE,
        level=Level.MEDIOR,
        starts_on=date(2027, 1, 4),
        ends_on=date(2027, 4, 30),
        hours=24,
        rate_cents=9000,
        contract_form=ContractForm.ZZP,
        state=PlacementState.AGREED,
    )
    longer = agreed.model_copy(update={"version": 2, "ends_on": date(2027, 6, 30)})
    cancelled = {"version": 3, "ended_on": date(2027, 2, 1), "ended_reason": EndedReason.CANCELLED}
    return [agreed, longer, longer.model_copy(update={"state": PlacementState.ENDED, **cancelled})]


def test_a_placement_that_is_agreed_changed_and_cancelled_leaves_no_trace() -> None:
    facts, day = facts_of(), date(2027, 3, 1)
    states = [Placement.published(one) for one in history()]
    untouched = effective(facts, [], day)
    assert [effective(facts, [one], day) == untouched for one in states] == [False, False, True]


def test_a_commitment_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="must not be before from"):
        Commitment.model_validate_json('{"hours":8,"from":"2027-01-02","until":"2027-01-01","kind":"vast"}')
    assert (
        Commitment.model_validate_json('{"hours":8,"from":"2027-01-02","kind":"eigen"}').kind
        is CommitmentKind.EIGEN
    )
