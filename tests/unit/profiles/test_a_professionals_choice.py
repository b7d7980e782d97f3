"""What a choice on the preferences page makes of a profile."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from contracts.events import PreferencesChosen
from contracts.facts import Contact, Preferences, ProfileFacts
from contracts.vocabulary import Frequency, ProfileStatus
from profiles.domain.profile import Profile
from support import people as random_facts

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
WISHES = Preferences(frequency=Frequency.DAILY, min_score=60, quiet_hours=True)


def a_profile() -> Profile:
    body = random_facts.profile_body(random.Random(1), "Anna")
    facts = ProfileFacts.model_validate_json(json.dumps({**body["facts"], "status": "active"}))
    return Profile.create(uuid4(), Contact.model_validate_json(json.dumps(body["contact"])), facts, NOW)


def choice(profile: Profile, at: datetime, paused_until: date | None = None) -> PreferencesChosen:
    return PreferencesChosen(
        profile_id=profile.profile_id, paused_until=paused_until, chosen_at=at, **WISHES.model_dump()
    )


def test_a_choice_counts_once_and_an_older_one_not_at_all() -> None:
    profile = a_profile()
    chosen = profile.choose(choice(profile, NOW), NOW)
    assert (chosen.version, chosen.contact.preferences) == (2, WISHES)
    assert chosen.choose(choice(profile, NOW), NOW) is chosen
    assert chosen.choose(choice(profile, NOW - timedelta(seconds=1)), NOW) is chosen


def test_a_pause_ends_by_itself_or_by_the_next_choice_but_not_one_of_somebody_else() -> None:
    profile, later = a_profile(), NOW + timedelta(hours=1)
    paused = profile.choose(choice(profile, NOW, date(2027, 2, 1)), NOW)
    assert (paused.facts.status, paused.resume_on) == (ProfileStatus.PAUSED, date(2027, 2, 1))
    assert paused.resume(NOW).facts.status is ProfileStatus.ACTIVE
    assert paused.resume(NOW).resume_on is None
    assert paused.choose(choice(profile, later), later).facts.status is ProfileStatus.ACTIVE
    put = profile.change(
        profile.contact, profile.facts.model_copy(update={"status": ProfileStatus.PAUSED}), NOW
    )
    assert put.choose(choice(profile, later), later).facts.status is ProfileStatus.PAUSED
    opened = paused.change(paused.contact, replace(profile).facts, NOW)
    assert (opened.facts.status, opened.resume_on) == (ProfileStatus.ACTIVE, None)
