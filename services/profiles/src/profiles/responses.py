"""What the API answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from contracts.facts import Contact, OwnFacts, ProfileFacts
from contracts.values import Day, Frozen, Moment, Version
from pydantic import Field

from profiles.domain.profile import Profile
from profiles.trail import Traced


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


class ActView(Frozen):
    """Who did what, and when. Ids and names of fields only."""

    service: str
    number: Annotated[int, Field(description="Its place in the chain of its service.")]
    at: Moment
    issuer: Annotated[
        str,
        Field(
            description="Who knows the actor: the `iss` of the token; `link`: whoever has a mail's link;"
            " `platform`: a service by itself."
        ),
    ]
    subject: Annotated[str, Field(description="The actor: the token's `sub`, a profile's id, a job's name.")]
    role: Annotated[str | None, Field(description="The actor's roles, with spaces between.")]
    action: str
    object_kind: str
    object_id: UUID | None
    fields: Annotated[list[str], Field(description="The names of the fields that changed.")]
    trace_id: str | None


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


def act(traced: Traced) -> ActView:
    """Show an act."""
    return ActView(
        service=traced.service,
        number=traced.number,
        at=traced.at,
        issuer=traced.issuer,
        subject=traced.subject,
        role=traced.role,
        action=traced.action,
        object_kind=traced.object_kind,
        object_id=traced.object_id,
        fields=list(traced.fields),
        trace_id=traced.trace_id,
    )
