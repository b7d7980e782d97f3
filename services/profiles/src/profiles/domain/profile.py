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
from profiles.domain.staying import is_placed

PREFERENCES = set(Preferences.model_fields)


@dataclass(frozen=True)
class Profile:
    """The state of one profile. `version` rises by one with each change.

    `facts`: as the person wrote them; what is published follows from them and from `placements`, and changes
    on the day `due_on` (`effective.next_change`). `preferences_chosen_at`: the latest choice on the
    preferences page; `resume_on`: when a pause ends; `mailbox`: the key of the address, which no other
    profile has; None where one had it before the rule.
    `links_from`: the version from which on links in mails hold; `confirmed_at`: when the person last
    confirmed that they stay, None where that is not known; `erased_on`: the day on which they are erased, who
    are asked whether they do; `asked_since`: from when on they are asked whether mails may come to this
    address, who have not said so.
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
    links_from: int = 1
    confirmed_at: datetime | None = None
    erased_on: date | None = None
    asked_since: datetime | None = None

    @property
    def is_visible(self) -> bool:
        """Return whether colleagues may find the person."""
        return self.facts.network is not None and self.facts.network.visible

    @property
    def last_confirmed(self) -> datetime:
        """Return from when on it counts how long the person has confirmed nothing."""
        return self.confirmed_at or self.updated_at

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
            confirmed_at=now,
            asked_since=now if contact.confirmed_at is None else None,
        )
        return profile._published(now)

    def change(self, contact: Contact, facts: OwnFacts, now: datetime, *, shown: bool = False) -> "Change":
        """Return the profile with new contents, one version up: whoever changes it confirms it. With another
        address, links to the former one end, and mails wait until it is confirmed, of who is asked first or
        confirmed the former one. `shown`: the address is that of whoever changes it.
        """
        changed, mailbox = self._next(contact, facts, now)._confirmed(now), mailbox_key(contact.email)
        if mailbox != mailbox_key(self.contact.email):
            if contact.says_confirmed and contact.confirmed_at == self.contact.confirmed_at:
                contact = contact.model_copy(update={"confirmed_at": now if shown else None})
            links_from = max(changed.version, self.links_from + 1)
            changed = replace(
                changed, contact=contact, mailbox=mailbox, links_from=links_from, asked_since=None
            )
        asked_since = (changed.asked_since or now) if contact.confirmed_at is None else None
        return replace(changed, asked_since=asked_since)._published(now)

    def choose(self, choice: PreferencesChosen, now: datetime) -> "Change":
        """Return the profile with the professional's own choice; where a later choice is known, with no more
        of it than that links end, and itself, without an event, where they do not.
        """
        links_from = max(self.links_from, choice.links_from or 1)
        if self.preferences_chosen_at is not None and self.preferences_chosen_at >= choice.chosen_at:
            if links_from == self.links_from:
                return self, ()
            return replace(self._next(self.contact, self.facts, now), links_from=links_from)._published(now)
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
            changed._confirmed(choice.chosen_at),
            preferences_chosen_at=choice.chosen_at,
            resume_on=choice.paused_until,
            links_from=links_from,
        )._published(now)

    def resume(self, now: datetime) -> "Change":
        """Return the profile after its pause."""
        facts = self.facts.model_copy(update={"status": ProfileStatus.ACTIVE})
        return self._next(self.contact, facts, now)._published(now)

    def settle(self, now: datetime) -> "Change":
        """Return the profile with what follows from its work now: that has changed, or a day has passed. Who
        is placed is not asked any more whether they stay."""
        erased_on = None if is_placed(self.placements, day_of(now)) else self.erased_on
        return replace(self._next(self.contact, self.facts, now), erased_on=erased_on)._published(now)

    def effective(self, now: datetime) -> ProfileFacts:
        """Return the facts that hold now, as they are published."""
        return effective(self.facts, self.placements, day_of(now))

    def ask(self, erased_on: date, now: datetime) -> "Change":
        """Return the profile of somebody who is asked whether they stay, and erased on a day if they do not
        say so."""
        return replace(self, version=self.version + 1, erased_on=erased_on)._published(now)

    def confirm(self, email: str, at: datetime, now: datetime) -> "Change":
        """Return the profile of somebody who confirmed, from a mail to this address, that they stay and that
        mails may come: a new version where either was asked. An address that is not theirs confirms nothing,
        nor does what they said of it before they were asked anew.
        """
        if mailbox_key(email) != mailbox_key(self.contact.email):
            return self, ()
        confirmed = self._confirmed(at)
        if self.contact.confirmed_at is None and (self.asked_since is None or at >= self.asked_since):
            contact = self.contact.model_copy(update={"confirmed_at": at})
            confirmed = replace(confirmed, contact=contact, asked_since=None)
        elif confirmed.erased_on == self.erased_on:
            return confirmed, ()
        return replace(confirmed, version=self.version + 1)._published(now)

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

    def _confirmed(self, at: datetime) -> "Profile":
        """A confirmation of before the last one changes nothing: who was asked since was asked in spite of
        it."""
        if self.confirmed_at is not None and at <= self.confirmed_at:
            return self
        return replace(self, confirmed_at=at, erased_on=None)

    def _published(self, now: datetime) -> "Change":
        """Return the profile with the events of its version: what matches, and who it is, apart."""
        identity: dict[str, Any] = {"profile_id": self.profile_id, "version": self.version}
        facts = self.effective(now)
        own = own_availability(self.facts, facts)
        due_on = next_change(self.facts, self.placements, day_of(now))
        return replace(self, due_on=due_on), (
            ProfileUpdated.model_construct(**identity, **dict(facts), own=own),
            ContactUpdated.model_construct(
                **identity,
                chosen_at=self.preferences_chosen_at,
                links_from=self.links_from,
                erased_on=self.erased_on,
                silent_since=None if self.erased_on is None else self.last_confirmed,
                **dict(self.contact),
            ),
        )


def erased(profile_id: UUID) -> tuple[Tombstone, ...]:
    """Return the events that erase somebody everywhere."""
    return tuple(Tombstone(topic, profile_id) for topic in (KEYS, PROFILES, CONTACTS))


Change = tuple[Profile, tuple[ProfileUpdated | ContactUpdated, ...]]
