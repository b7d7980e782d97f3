"""What professionals see of each other, if they want to be seen. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.facts import Contact
from contracts.vocabulary import Level, OrganisationType

from profiles.domain.effective import effective
from profiles.domain.profile import Profile

NAMELESS = "Een collega"
QUESTIONS_A_DAY = 3
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Colleague:
    """A professional as colleagues see them: no surname, no address. `called`: how they are called;
    `offers`: the specialisms and dossiers with which they help; `organisation_types`: the kinds of
    organisation that they worked for."""

    profile_id: UUID
    called: str
    level: Level
    offers: tuple[str, ...]
    line: str | None
    organisation_types: tuple[OrganisationType, ...]

    @classmethod
    def of(cls, profile: Profile, day: date) -> "Colleague | None":
        """Return what colleagues see of somebody on a day; None of who does not want to be seen."""
        network = profile.facts.network
        if network is None or not network.visible:
            return None
        facts = effective(profile.facts, profile.placements, day)
        known = {entry.organisation_type for entry in facts.portfolio}
        return cls(
            profile_id=profile.profile_id,
            called=called(profile.contact),
            level=profile.facts.level,
            offers=tuple(network.offers),
            line=network.line,
            organisation_types=tuple(kind for kind in OrganisationType if kind in known),
        )


def called(contact: Contact) -> str:
    """Return how somebody is called: as they say, or else by the first word of their name that can be a first
    name. Titles, initials, prefixes, the last word, and a name whose surname stands first (`Bakker, Jan`)
    give none: then they are a colleague without a name."""
    if "," in contact.name:
        return contact.called or NAMELESS
    words = contact.name.split()[:-1]
    return contact.called or next((word for word in words if _is_first_name(word)), NAMELESS)


def _is_first_name(word: str) -> bool:
    return not word.endswith(".") and word[:1].isupper()


def may_ask_at(asked: list[datetime], now: datetime) -> datetime | None:
    """Return when somebody may ask the next question, None for now. `asked`: when they asked before, the
    latest first."""
    if len(asked) < QUESTIONS_A_DAY:
        return None
    free = asked[QUESTIONS_A_DAY - 1] + A_DAY
    return free if free > now else None
