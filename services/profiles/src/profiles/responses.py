"""What the API answers."""

from datetime import datetime
from uuid import UUID

from contracts.facts import Contact, OwnFacts, ProfileFacts
from contracts.values import Day, Frozen, Moment, Version

from profiles.domain.profile import Profile


class ProfileVersion(Frozen):
    """Which version of which profile a change made."""

    profile_id: UUID
    version: Version


class ProfileView(ProfileVersion):
    """A profile: who it is, and what matching may know.

    `facts`: as they were written; `effective_facts`: as they follow today from these and from their work,
    which is what matching goes by.
    """

    contact: Contact
    facts: OwnFacts
    effective_facts: ProfileFacts


class ProfileExport(ProfileView):
    """All that this service holds on a person. `confirmed_at`: when they last confirmed that they stay;
    `erased_on`: the day on which they are erased, who are asked whether they do."""

    created_at: Moment
    updated_at: Moment
    confirmed_at: Moment | None
    erased_on: Day | None


def version(profile: Profile) -> ProfileVersion:
    """Show which version of which profile there is now."""
    return ProfileVersion(profile_id=profile.profile_id, version=profile.version)


def view(profile: Profile, now: datetime) -> ProfileView:
    """Show a profile."""
    return ProfileView(
        profile_id=profile.profile_id,
        version=profile.version,
        contact=profile.contact,
        facts=profile.facts,
        effective_facts=profile.effective(now),
    )


def export(profile: Profile, now: datetime) -> ProfileExport:
    """Show all that is held on a person."""
    return ProfileExport(
        profile_id=profile.profile_id,
        version=profile.version,
        contact=profile.contact,
        facts=profile.facts,
        effective_facts=profile.effective(now),
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        confirmed_at=profile.confirmed_at,
        erased_on=profile.erased_on,
    )
