"""What a change makes of a profile, and of which events it consists."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from contracts.envelope import Tombstone
from contracts.events import ContactUpdated, PreferencesChosen, ProfileUpdated
from contracts.facts import Contact, OwnFacts, Preferences
from contracts.topics import CONTACTS, KEYS, PROFILES
from contracts.vocabulary import Frequency, ProfileStatus
from profiles.domain.profile import Profile
from support import people as random_facts

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
WISHES = Preferences(frequency=Frequency.DAILY, min_score=60, quiet_hours=True)


def a_profile() -> Profile:
    body = random_facts.profile_body(random.Random(1), "Anna")
    facts = OwnFacts.model_validate_json(json.dumps({**body["facts"], "status": "active"}))
    contact = Contact.model_validate_json(json.dumps(body["contact"]))
    profile, _ = Profile.create(uuid4(), contact, facts, NOW)
    return profile


def choice(profile: Profile, at: datetime, paused_until: date | None = None) -> PreferencesChosen:
    return PreferencesChosen(
        profile_id=profile.profile_id, paused_until=paused_until, chosen_at=at, **WISHES.model_dump()
    )


def test_a_choice_counts_once_and_an_older_one_not_at_all() -> None:
    profile = a_profile()
    chosen, events = profile.choose(choice(profile, NOW), NOW)
    assert (chosen.version, chosen.contact.preferences) == (2, WISHES)
    assert [event.version for event in events] == [2, 2]
    assert chosen.choose(choice(profile, NOW), NOW) == (chosen, ())
    assert chosen.choose(choice(profile, NOW - timedelta(seconds=1)), NOW) == (chosen, ())


def test_a_pause_ends_by_itself_or_by_the_next_choice_but_not_one_of_somebody_else() -> None:
    profile, later = a_profile(), NOW + timedelta(hours=1)
    paused, _ = profile.choose(choice(profile, NOW, date(2027, 2, 1)), NOW)
    assert (paused.facts.status, paused.resume_on) == (ProfileStatus.PAUSED, date(2027, 2, 1))
    resumed, _ = paused.resume(NOW)
    assert (resumed.facts.status, resumed.resume_on) == (ProfileStatus.ACTIVE, None)
    chosen, _ = paused.choose(choice(profile, later), later)
    assert chosen.facts.status is ProfileStatus.ACTIVE
    put, _ = profile.change(
        profile.contact, profile.facts.model_copy(update={"status": ProfileStatus.PAUSED}), NOW
    )
    chosen, _ = put.choose(choice(profile, later), later)
    assert chosen.facts.status is ProfileStatus.PAUSED
    opened, _ = paused.change(paused.contact, replace(profile).facts, NOW)
    assert (opened.facts.status, opened.resume_on) == (ProfileStatus.ACTIVE, None)


def test_every_change_tells_what_matches_and_who_it_is_apart_under_one_version() -> None:
    profile = a_profile()
    _, (facts, contact) = profile.change(profile.contact, profile.facts, NOW)
    assert type(facts) is ProfileUpdated
    assert type(contact) is ContactUpdated
    assert (facts.version, contact.version) == (2, 2)


def test_an_erasure_empties_every_topic_of_the_profile() -> None:
    profile = a_profile()
    erased = [Tombstone(topic, profile.profile_id) for topic in (KEYS, PROFILES, CONTACTS)]
    assert list(profile.erase()) == erased


def moved(profile: Profile, email: str) -> Profile:
    contact = profile.contact.model_copy(update={"email": email})
    changed, events = profile.change(contact, profile.facts, NOW)
    (said,) = [event for event in events if isinstance(event, ContactUpdated)]
    assert said.links_from == changed.links_from
    return changed


def test_links_end_with_another_address_and_nothing_else_that_changes() -> None:
    profile = a_profile()
    assert profile.links_from == 1
    renamed, _ = profile.change(profile.contact.model_copy(update={"name": "Anna B."}), profile.facts, NOW)
    assert (renamed.version, renamed.links_from) == (2, 1)
    shouted = moved(renamed, renamed.contact.email.upper())
    assert (shouted.version, shouted.links_from) == (3, 1)
    away = moved(shouted, "anna@elders.example")
    assert (away.version, away.links_from) == (4, 4)
    back = moved(away, profile.contact.email)
    assert (back.version, back.links_from) == (5, 5)


def test_links_end_where_the_professional_says_so_and_never_begin_earlier() -> None:
    profile, later = a_profile(), NOW + timedelta(hours=1)
    said = choice(profile, NOW).model_copy(update={"links_from": 3})
    ended, (_, told) = profile.choose(said, NOW)
    assert (ended.version, ended.links_from) == (2, 3)
    assert isinstance(told, ContactUpdated)
    assert told.links_from == 3
    of_before, _ = ended.choose(choice(profile, later), later)
    assert of_before.links_from == 3
    away = moved(ended, "anna@elders.example")
    assert (away.version, away.links_from) == (3, 4)  # above what was said, however low the version
