"""Who is asked whether they stay, when, what confirms it, and who is erased."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from contracts.events import ConfirmationLacking, ContactUpdated, PreferencesChosen
from contracts.facts import Contact, OwnFacts
from contracts.vocabulary import Frequency, Level, OrganisationType
from profiles.domain.effective import Placement
from profiles.domain.profile import Profile
from profiles.domain.staying import asked_if_confirmed_before, day_of_erasure, goes
from support import people as random_facts

NOW = datetime(2027, 6, 1, 1, tzinfo=UTC)
DAY, YEAR = timedelta(days=1), timedelta(days=365)
ERASED_ON = date(2027, 7, 1)
ADDRESS = "anna@example.org"


def a_profile(at: datetime = NOW - YEAR) -> Profile:
    body = random_facts.profile_body(random.Random(1), "Anna")
    body["contact"]["email"] = ADDRESS
    contact = Contact.model_validate_json(json.dumps(body["contact"]))
    facts = OwnFacts.model_validate_json(json.dumps(body["facts"]))
    return Profile.create(uuid4(), contact, facts, at)[0]


def asked() -> Profile:
    return a_profile().ask(ERASED_ON, NOW)[0]


def silence(erased_on: date, noticed_at: datetime) -> ConfirmationLacking:
    return ConfirmationLacking(profile_id=uuid4(), erased_on=erased_on, asked_at=NOW, noticed_at=noticed_at)


def a_placement(last: date, *, cancelled: bool = False) -> Placement:
    return Placement(
        placement_id=uuid4(),
        version=1,
        organisation_type=OrganisationType.GEMEENTE,
        level=Level.SENIOR,
        first=date(2027, 1, 4),
        last=last,
        hours=24,
        cancelled=cancelled,
    )


def test_somebody_is_asked_thirty_days_before_their_year_is_over() -> None:
    assert asked_if_confirmed_before(YEAR, NOW) == NOW - 335 * DAY
    assert day_of_erasure(NOW - 335 * DAY, YEAR, NOW) == date(2027, 7, 1)


def test_who_was_silent_for_longer_already_has_thirty_days_too() -> None:
    assert day_of_erasure(NOW - 5 * YEAR, YEAR, NOW) == date(2027, 7, 1)


def test_being_asked_is_a_version_that_tells_the_day_and_since_when() -> None:
    profile, events = a_profile().ask(ERASED_ON, NOW)
    (contact,) = [event for event in events if isinstance(event, ContactUpdated)]
    assert (profile.version, contact.version) == (2, 2)
    assert (contact.erased_on, contact.silent_since) == (ERASED_ON, NOW - YEAR)
    assert profile.updated_at == NOW - YEAR


def test_who_confirms_is_asked_no_more_and_their_year_begins_anew() -> None:
    profile, events = asked().confirm(ADDRESS, NOW, NOW)
    (contact,) = [event for event in events if isinstance(event, ContactUpdated)]
    assert (profile.last_confirmed, profile.erased_on, profile.version) == (NOW, None, 3)
    assert (contact.erased_on, contact.silent_since) == (None, None)


def test_who_confirms_unasked_gets_no_new_version() -> None:
    profile, events = a_profile().confirm(ADDRESS, NOW, NOW)
    assert (profile.last_confirmed, profile.version, events) == (NOW, 1, ())


def test_an_old_confirmation_that_comes_late_changes_nothing() -> None:
    profile = asked()
    assert profile.confirm(ADDRESS, NOW - 2 * YEAR, NOW) == (profile, ())


def test_a_change_and_a_choice_confirm_but_the_end_of_a_pause_does_not() -> None:
    profile = asked()
    changed, _ = profile.change(profile.contact, profile.facts, NOW)
    choice = PreferencesChosen(
        profile_id=profile.profile_id,
        frequency=Frequency.NONE,
        min_score=0,
        quiet_hours=False,
        paused_until=None,
        chosen_at=NOW,
    )
    chosen, _ = profile.choose(choice, NOW)
    for one in (changed, chosen):
        assert (one.last_confirmed, one.erased_on) == (NOW, None)
    assert profile.resume(NOW)[0].erased_on == ERASED_ON


def test_a_profile_of_before_counts_from_its_last_change() -> None:
    profile = Profile(**{**vars(a_profile()), "confirmed_at": None})
    assert profile.last_confirmed == profile.updated_at


@pytest.mark.parametrize(
    ("erased_on", "told", "now", "gone"),
    [
        (ERASED_ON, ERASED_ON, datetime(2027, 7, 1, 1, tzinfo=UTC), True),
        (ERASED_ON, ERASED_ON, datetime(2027, 6, 30, 1, tzinfo=UTC), False),
        (None, ERASED_ON, datetime(2027, 7, 1, 1, tzinfo=UTC), False),
        (date(2028, 7, 1), ERASED_ON, datetime(2028, 7, 1, 1, tzinfo=UTC), False),
    ],
    ids=["on the day", "the day before", "they confirmed", "they were asked again since"],
)
def test_who_goes(erased_on: date | None, told: date, now: datetime, gone: bool) -> None:
    assert goes(erased_on, (), silence(told, now), now) is gone


def test_that_somebody_said_nothing_holds_for_an_hour() -> None:
    noticed = datetime(2027, 7, 1, 1, tzinfo=UTC)
    assert goes(ERASED_ON, (), silence(ERASED_ON, noticed), noticed + timedelta(minutes=59))
    assert not goes(ERASED_ON, (), silence(ERASED_ON, noticed), noticed + timedelta(hours=1))


@pytest.mark.parametrize(
    ("placement", "gone"),
    [
        (a_placement(ERASED_ON), False),
        (a_placement(ERASED_ON - DAY), True),
        (a_placement(ERASED_ON + YEAR, cancelled=True), True),
    ],
    ids=["on the last day", "the day after", "it was cancelled"],
)
def test_who_is_placed_does_not_go(placement: Placement, gone: bool) -> None:
    now = datetime(2027, 7, 1, 1, tzinfo=UTC)
    assert goes(ERASED_ON, (placement,), silence(ERASED_ON, now), now) is gone


@pytest.mark.parametrize(
    ("placement", "erased_on"), [(a_placement(ERASED_ON), None), (a_placement(NOW.date() - DAY), ERASED_ON)]
)
def test_who_is_placed_is_not_asked_any_more(placement: Placement, erased_on: date | None) -> None:
    settled, events = replace(asked(), placements=(placement,)).settle(NOW)
    (contact,) = [event for event in events if isinstance(event, ContactUpdated)]
    assert (settled.erased_on, contact.erased_on) == (erased_on, erased_on)
    assert settled.last_confirmed == NOW - YEAR
