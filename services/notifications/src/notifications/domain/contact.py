"""A professional as this service knows them, and how they choose to be told. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import PreferencesChosen
from contracts.facts import Preferences
from contracts.vocabulary import Frequency

from notifications.domain.address import normalised
from notifications.domain.clock import today


class UnsubscribeReason(StrEnum):
    """Why somebody ended their mail: counted, and stored with nobody."""

    NO_FIT = "no_fit"
    TOO_MUCH = "too_much"
    SETTLED = "settled"
    OTHER = "other"


@dataclass(frozen=True)
class Recipient:
    """A professional who is to be told. `suppressed`: why no mail goes to this address; else None. `news`:
    whether they want to hear of opdrachten that they answered; `preferences` are on all others. `links_from`:
    the generation that links to them are written in; `called`: how they are greeted, where they said so;
    `unconfirmed`: they are asked whether mails may come, and have not said so."""

    name: str
    email: str
    preferences: Preferences
    suppressed: str | None = None
    news: bool = True
    links_from: int = 1
    called: str | None = None
    unconfirmed: bool = False

    @property
    def mailbox(self) -> str:
        """Return the address, normalised."""
        return normalised(self.email)


@dataclass(frozen=True)
class Contact:
    """A professional who chooses how to be told. `paused_until`: the first day on which they want
    opdrachten again; None where they do now. `news`: whether they want to hear of opdrachten that they
    answered. `version`: the profile's; `links_from`: the generation of links to them that holds;
    `unconfirmed`: as of `Recipient`."""

    profile_id: UUID
    name: str
    preferences: Preferences
    paused_until: date | None
    news: bool = True
    version: int = 1
    links_from: int = 1
    unconfirmed: bool = False

    def choose(
        self, wishes: Preferences, paused_until: date | None, now: datetime, *, news: bool | None = None
    ) -> tuple["Contact", PreferencesChosen]:
        """Choose how to be told from now on. `news` stays as it is where it is None."""
        event = PreferencesChosen(
            profile_id=self.profile_id,
            paused_until=paused_until,
            chosen_at=now,
            links_from=self.links_from,
            **wishes.model_dump(),
        )
        chosen = replace(
            self,
            preferences=wishes,
            paused_until=paused_until,
            news=self.news if news is None else news,
        )
        return chosen, event

    def unsubscribe(self, now: datetime, *, news: bool | None = None) -> tuple["Contact", PreferencesChosen]:
        """Choose no mail about new opdrachten, and leave the other preferences as they are; `news` as in
        `choose`."""
        wishes = self.preferences.model_copy(update={"frequency": Frequency.NONE})
        return self.choose(wishes, self._pause(now), now, news=news)

    def end_links(self, now: datetime) -> tuple["Contact", PreferencesChosen]:
        """End the links that were written so far, and leave all preferences as they are. The generation that
        begins is the contact's next version, which the profiles service takes over."""
        begun = replace(self, links_from=max(self.version, self.links_from) + 1)
        return begun.choose(self.preferences, self._pause(now), now)

    def _pause(self, now: datetime) -> date | None:
        """Return until when they still pause; one that is over is none."""
        is_over = self.paused_until is not None and self.paused_until <= today(now)
        return None if is_over else self.paused_until
