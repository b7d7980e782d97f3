"""A professional's profile: contact and matching facts under one version."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events import ContactUpdated, ProfileUpdated
from contracts.facts import Contact, ProfileFacts


@dataclass(frozen=True)
class Profile:
    """The state of one profile. `version` rises by one with each change."""

    profile_id: UUID
    version: int
    contact: Contact
    facts: ProfileFacts
    created_at: datetime
    updated_at: datetime

    @classmethod
    def create(cls, profile_id: UUID, contact: Contact, facts: ProfileFacts, now: datetime) -> "Profile":
        """Return a new profile, at version 1."""
        return cls(profile_id, 1, contact, facts, now, now)

    def change(self, contact: Contact, facts: ProfileFacts, now: datetime) -> "Profile":
        """Return the profile with new contents, one version up."""
        return replace(self, version=self.version + 1, contact=contact, facts=facts, updated_at=now)

    def published(self) -> tuple[ProfileUpdated, ContactUpdated]:
        """Return the two events that tell of this version: what matches, and who it is, apart."""
        identity: dict[str, Any] = {"profile_id": self.profile_id, "version": self.version}
        return (
            ProfileUpdated.model_construct(**identity, **dict(self.facts)),
            ContactUpdated.model_construct(**identity, **dict(self.contact)),
        )
