"""When somebody said that mails may come: what says so, to which address, in whatever order it is heard."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from contracts.events import ContactUpdated
from contracts.facts import Contact, OwnFacts
from profiles.domain.profile import Profile
from support import people as random_facts

NOW = datetime(2027, 6, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ANNA, OTHER = "anna@example.org", "anders@example.org"
SAID = datetime(2027, 1, 2, tzinfo=UTC)
UNSAID = "left out"


def a_contact(email: str = ANNA, confirmed_at: Any = None) -> Contact:
    body = random_facts.profile_body(random.Random(1), "Anna")["contact"] | {"email": email}
    if confirmed_at != UNSAID:
        body["confirmed_at"] = confirmed_at and confirmed_at.isoformat()
    return Contact.model_validate_json(json.dumps(body))


def a_profile(confirmed_at: Any = None) -> Profile:
    body = random_facts.profile_body(random.Random(1), "Anna")
    facts = OwnFacts.model_validate_json(json.dumps(body["facts"]))
    return Profile.create(uuid4(), a_contact(confirmed_at=confirmed_at), facts, NOW)[0]


def moved(profile: Profile, confirmed_at: Any, *, shown: bool = False) -> Any:
    contact = a_contact(OTHER, confirmed_at)
    return profile.change(contact, profile.facts, LATER, shown=shown)[0].contact.confirmed_at


@pytest.mark.parametrize("confirmed_at", [None, SAID, UNSAID])
def test_what_is_null_and_what_is_left_out_stay_two_things_on_the_topic(confirmed_at: Any) -> None:
    events = Profile.create(uuid4(), a_contact(confirmed_at=confirmed_at), a_profile().facts, NOW)[1]
    (event,) = [one for one in events if isinstance(one, ContactUpdated)]
    said = json.loads(event.model_dump_json())
    assert ("confirmed_at" in said) is (confirmed_at != UNSAID)
    again = ContactUpdated.model_validate_json(event.model_dump_json())
    assert again.confirmed_at == event.confirmed_at
    assert (again.confirmed_at is None) is (confirmed_at is None)


def test_a_yes_from_their_address_is_kept_and_told_once() -> None:
    profile, events = a_profile().confirm("Anna@Example.org", LATER, LATER)
    (contact,) = [one for one in events if isinstance(one, ContactUpdated)]
    assert (profile.contact.confirmed_at, contact.confirmed_at, profile.version) == (LATER, LATER, 2)
    again, none = profile.confirm(ANNA, LATER, LATER)
    assert (again.contact, again.version, none) == (profile.contact, 2, ())


@pytest.mark.parametrize("confirmed_at", [SAID, UNSAID])
def test_who_was_not_asked_is_none_the_newer_for_it(confirmed_at: Any) -> None:
    profile = a_profile(confirmed_at)
    confirmed, events = profile.confirm(ANNA, LATER, LATER)
    assert (confirmed.contact, confirmed.version, events) == (profile.contact, 1, ())


def test_an_address_that_is_not_theirs_confirms_nothing() -> None:
    profile = a_profile()
    assert profile.confirm(OTHER, LATER, LATER) == (profile, ())


def test_a_yes_of_before_they_were_asked_anew_confirms_nothing() -> None:
    confirmed, _ = a_profile().confirm(ANNA, LATER, LATER)
    anew, _ = confirmed.change(a_contact(), confirmed.facts, LATER + timedelta(hours=1))
    for at in (LATER, LATER + timedelta(minutes=59)):
        assert anew.confirm(ANNA, at, LATER + timedelta(hours=2))[0].contact.confirmed_at is None
    at = LATER + timedelta(hours=2)
    assert anew.confirm(ANNA, at, at)[0].contact.confirmed_at == at


def test_another_change_meanwhile_takes_no_yes_away() -> None:
    profile = a_profile()
    changed, _ = profile.change(profile.contact, profile.facts, LATER + timedelta(hours=1))
    assert changed.confirm(ANNA, LATER, LATER)[0].contact.confirmed_at == LATER


def test_another_address_by_somebody_else_is_to_be_confirmed_anew() -> None:
    assert moved(a_profile(SAID), SAID) is None
    assert moved(a_profile(), None) is None


def test_unless_it_is_said_when_that_was_or_the_change_is_by_whoever_has_the_address() -> None:
    assert moved(a_profile(SAID), LATER) == LATER
    assert moved(a_profile(), SAID) == SAID
    assert moved(a_profile(SAID), SAID, shown=True) == LATER
    assert moved(a_profile(), None, shown=True) == LATER


def test_who_is_mailed_without_being_asked_stays_so_at_another_address() -> None:
    profile = a_profile(UNSAID)
    changed, _ = profile.change(a_contact(OTHER, UNSAID), profile.facts, LATER)
    assert not changed.contact.says_confirmed
