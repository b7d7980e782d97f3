"""A professional's profile: contact and matching facts under one version.

Each change returns the new state and the events that tell of it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Tombstone
from contracts.events import ContactUpdated, PreferencesChosen, ProfileUpdated
from contracts.facts import Contact, OwnFacts, Preferences, ProfileFacts
from contracts.topics import CONTACTS, KEYS, PROFILES
from contracts.values import mailbox_key
from contracts.vocabulary import ProfileStatus

from profiles.domain.effective import Placement, day_of, effective, next_change, own_availability

PREFERENCES = set(Preferences.model_fields)


@dataclass(frozen=True)
class Profile:
    """The state of one profile. `version` rises by one with each change.

    `facts`: as the person wrote them; what is published follows from them and from `placements`, and changes
    on the day `due_on` (`effective.next_change`). `preferences_chosen_at`: the latest choice on the
    preferences page; `resume_on`: when a pause ends; `mailbox`: the key of the address, which no other
    profile has; None where one had it before the rule.
    """

    profile_id: UUID
    version: int
    contact: Contact
    facts: OwnFacts
    created_at: datetime
    updated_at: datetime
    preferences_chosen_at: datetime | None = None
    resume_on: date | None = None
    mailbox: str | None = None
    placements: tuple[Placement, ...] = ()
    due_on: date | None = None

    @classmethod
    def create(cls, profile_id: UUID, contact: Contact, facts: OwnFacts, now: datetime) -> "Change":
        """Return a new profile, at version 1."""
        profile = cls(
            profile_id=profile_id,
            version=1,
            contact=contact,
            facts=facts,
            created_at=now,
            updated_at=now,
            mailbox=mailbox_key(contact.email),
        )
        return profile._published(now)

    def change(self, contact: Contact, facts: OwnFacts, now: datetime) -> "Change":
        """Return the profile with new contents, one version up."""
        changed, mailbox = self._next(contact, facts, now), mailbox_key(contact.email)
        if mailbox != mailbox_key(self.contact.email):
            changed = replace(changed, mailbox=mailbox)
        return changed._published(now)

    def choose(self, choice: PreferencesChosen, now: datetime) -> "Change":
        """Return the profile with the professional's own choice; itself, without an event, where a later
        choice is known.
        """
        if self.preferences_chosen_at is not None and self.preferences_chosen_at >= choice.chosen_at:
            return self, ()
        contact = self.contact.model_copy(
            update={"preferences": Preferences(**choice.model_dump(include=PREFERENCES))}
        )
        status = self.facts.status
        if choice.paused_until is not None:
            status = ProfileStatus.PAUSED
        elif self.resume_on is not None:
            status = ProfileStatus.ACTIVE
        changed = self._next(contact, self.facts.model_copy(update={"status": status}), now)
        return replace(
            changed, preferences_chosen_at=choice.chosen_at, resume_on=choice.paused_until
        )._published(now)

    def resume(self, now: datetime) -> "Change":
        """Return the profile after its pause."""
        facts = self.facts.model_copy(update={"status": ProfileStatus.ACTIVE})
        return self._next(self.contact, facts, now)._published(now)

    def settle(self, now: datetime) -> "Change":
        """Return the profile with what follows from its work now: that has changed, or a day has passed."""
        return self._next(self.contact, self.facts, now)._published(now)

    def effective(self, now: datetime) -> ProfileFacts:
        """Return the facts that hold now, as they are published."""
        return effective(self.facts, self.placements, day_of(now))

    def publish_again(self, above: int, now: datetime) -> "Change":
        """Return the profile as it is, under a version above its own and above one that was published."""
        return replace(self, version=max(self.version, above) + 1)._published(now)

    def erase(self) -> tuple[Tombstone, ...]:
        """Return the events that erase the professional everywhere; nothing is left of the profile."""
        return erased(self.profile_id)

    def _next(self, contact: Contact, facts: OwnFacts, now: datetime) -> "Profile":
        resume_on = self.resume_on if facts.status is ProfileStatus.PAUSED else None
        return replace(
            self,
            version=self.version + 1,
            contact=contact,
            facts=facts,
            updated_at=now,
            resume_on=resume_on,
        )

    def _published(self, now: datetime) -> "Change":
        """Return the profile with the events of its version: what matches, and who it is, apart."""
        identity: dict[str, Any] = {"profile_id": self.profile_id, "version": self.version}
        facts = self.effective(now)
        own = own_availability(self.facts, facts)
        due_on = next_change(self.facts, self.placements, day_of(now))
        return replace(self, due_on=due_on), (
            ProfileUpdated.model_construct(**identity, **dict(facts), own=own),
            ContactUpdated.model_construct(
                **identity, chosen_at=self.preferences_chosen_at, **dict(self.contact)
            ),
        )


def erased(profile_id: UUID) -> tuple[Tombstone, ...]:
    """Return the events that erase somebody everywhere."""
    return tuple(Tombstone(topic, profile_id) for topic in (KEYS, PROFILES, CONTACTS))


Change = tuple[Profile, tuple[ProfileUpdated | ContactUpdated, ...]]
