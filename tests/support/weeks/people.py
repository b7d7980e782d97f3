"""The forty professionals of a world: how they are told, how their lives go, and what they answer."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from contracts.facts import Preferences, ProfileFacts
from contracts.vocabulary import Answer, Frequency, NoticeKind, ProfileStatus

from support import people as random_facts
from support.mailboxes import facts, wall_clock
from support.mailboxes.notices import Mail
from support.mailboxes.state import Page, Person
from support.weeks import World
from support.weeks.matching import ProfileChanged
from support.weeks.recruiters import Recruiters

FREQUENCIES = ["direct"] * 4 + ["daily"] * 2 + ["weekly"] * 2 + ["none", "direct"]
SHARED = {36: "P0@Example.org", 37: "p1@example.ORG", 38: "p8@example.org", 39: "p4@example.org"}
UNUSUAL = {34: "anke@faß.example", 35: "νίκος@παράδειγμα.example"}
LATECOMERS = range(28, 33)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TELLS_OF_MATCHES = {NoticeKind.MATCH, NoticeKind.LATER, NoticeKind.DIGEST}


def address(number: int) -> str:
    return SHARED.get(number) or UNUSUAL.get(number) or f"p{number}@example.org"


class People:
    """Plans the lives of forty people, and answers their mail."""

    def __init__(self, world: World, recruiters: Recruiters) -> None:
        self.world, self.rng = world, world.rng
        self.recruiters = recruiters
        self.ids = [UUID(int=self.rng.getrandbits(122)) for _ in range(40)]
        self.profiles: dict[UUID, ProfileFacts] = {}
        for number, profile_id in enumerate(self.ids):
            at = world.start + timedelta(hours=6, seconds=number)
            if number in LATECOMERS:
                at += (number - LATECOMERS.start + 1) * 6 * DAY + self.rng.randrange(20) * HOUR
            world.plan(at, partial(self._register, number, profile_id))
        self._plan_lives()

    def _plan_lives(self) -> None:
        changes = [
            (self._move, 5),
            (self._write_in_capitals, 2),
            (self._unsubscribe, 4),
            (self._choose, 12),
            (self._end_the_news, 2),
            (self._pause, 4),
            (self._be_erased, 2),
            (self._raise_the_rate, 8),
        ]
        for change, times in changes:
            for profile_id in self.rng.sample(self.ids, times):
                at = self.world.within(3 * DAY, 38 * DAY)
                self.world.plan(at, partial(self._if_here, profile_id, change))

    def _if_here(self, profile_id: UUID, change: Any) -> None:
        person = self.world.state.people.get(profile_id)
        if person is not None and not person.erased:
            change(person)

    def _register(self, number: int, profile_id: UUID) -> None:
        preferences = Preferences(
            frequency=Frequency(FREQUENCIES[number % len(FREQUENCIES)]),
            min_score=float(self.rng.choice([0, 0, 0, 65, 75])),
            quiet_hours=number % 3 != 0,
        )
        self._write(Person(profile_id, f"Persoon {number}", address(number), preferences))
        body = random_facts.profile_facts(self.rng) | {"status": "active"}
        self._profile(profile_id, ProfileFacts.model_validate(body, strict=False))

    def _write(self, person: Person) -> None:
        """Publish a contact in full."""
        self.world.happen(
            facts.ContactKnown(
                at=self.world.now,
                profile_id=person.profile_id,
                name=person.name,
                email=person.email,
                preferences=person.preferences,
            )
        )

    def _profile(self, profile_id: UUID, changed: ProfileFacts) -> None:
        self.profiles[profile_id] = changed
        self.world.happen(ProfileChanged(at=self.world.now, profile_id=profile_id, facts=changed))

    def _chosen(self, person: Person, preferences: Preferences, **more: Any) -> None:
        """Choose on the page; the profiles service publishes it a little later."""
        self.world.happen(
            facts.PreferencesChosen(
                at=self.world.now, profile_id=person.profile_id, preferences=preferences, **more
            )
        )
        self.world.plan(self.world.now + 2 * timedelta(seconds=1), partial(self._echo, person.profile_id))

    def _echo(self, profile_id: UUID) -> None:
        self._if_here(profile_id, self._write)

    def _move(self, person: Person) -> None:
        self._write(replace(person, email=person.email.replace("@", "-nieuw@")))

    def _write_in_capitals(self, person: Person) -> None:
        self._write(replace(person, email=person.email.upper()))

    def _unsubscribe(self, person: Person) -> None:
        self.world.happen(facts.Unsubscribed(at=self.world.now, profile_id=person.profile_id))
        self.world.plan(self.world.now + timedelta(seconds=2), partial(self._echo, person.profile_id))
        if self.rng.random() < 0.5:
            back = partial(self._if_here, person.profile_id, self._choose)
            self.world.plan(self.world.within(DAY, 9 * DAY), back)

    def _choose(self, person: Person) -> None:
        others = [one for one in Frequency if one is not person.preferences.frequency]
        wishes = Preferences(
            frequency=self.rng.choice(others[:3]),
            min_score=float(self.rng.choice([0, 0, 70])),
            quiet_hours=self.rng.random() < 0.6,
        )
        if self.rng.random() < 0.5:
            self._chosen(person, wishes)
        else:
            self._write(replace(person, preferences=wishes))

    def _end_the_news(self, person: Person) -> None:
        self._chosen(person, person.preferences, news=False)

    def _pause(self, person: Person) -> None:
        """Pause on the page; matching hears of it, and of the day on which it ends."""
        days = self.rng.randint(2, 12)
        until = wall_clock.day_of(self.world.now + days * DAY)
        self._chosen(person, person.preferences, paused_until=until)
        paused = partial(self._set_status, person.profile_id, ProfileStatus.PAUSED)
        self.world.plan(self.world.now + timedelta(seconds=3), paused)
        resumed = partial(self._set_status, person.profile_id, ProfileStatus.ACTIVE)
        self.world.plan(self.world.now + days * DAY, resumed)

    def _set_status(self, profile_id: UUID, status: ProfileStatus) -> None:
        if not self.world.state.people[profile_id].erased:
            changed = self.profiles[profile_id].model_copy(update={"status": status})
            self._profile(profile_id, changed)

    def _be_erased(self, person: Person) -> None:
        self.world.happen(facts.ContactErased(at=self.world.now, profile_id=person.profile_id))

    def _raise_the_rate(self, person: Person) -> None:
        """Ask more, and a few hours or days later less again."""
        profile = self.profiles[person.profile_id]
        more = profile.model_copy(update={"rate_min_cents": profile.rate_min_cents + 2000})
        self._profile(person.profile_id, more)
        back = partial(self._if_here, person.profile_id, self._lower_the_rate)
        self.world.plan(self.world.within(10 * MINUTE, 3 * DAY), back)

    def _lower_the_rate(self, person: Person) -> None:
        profile = self.profiles[person.profile_id]
        less = profile.model_copy(update={"rate_min_cents": profile.rate_min_cents - 2000})
        self._profile(person.profile_id, less)

    def read(self, mail: Mail) -> None:
        """Read a mail on matches, and answer some of it, soon or later, perhaps too late."""
        if mail.kind not in TELLS_OF_MATCHES:
            return
        for match_id in mail.matches:
            answer = self.rng.choices(["yes", "no", "later", ""], [45, 15, 12, 28])[0]
            most = self.rng.choice([10 * MINUTE, 5 * HOUR, 4 * DAY])
            if answer:
                self.world.plan(self.world.within(MINUTE, most), partial(self._answer, match_id, answer))

    def _answer(self, match_id: UUID, answer: str) -> None:
        pair = self.world.state.pairs[match_id]
        if self.world.state.person(pair).erased or (pair.says_yes and not pair.live):
            return
        if answer == "later":
            self.world.happen(facts.AskedLater(at=self.world.now, match_id=match_id))
            return
        given = Answer.INTERESTED if answer == "yes" else Answer.DECLINED
        reason = self.rng.choice([None, "Het past nu toch niet."]) if answer == "no" else None
        self.world.happen(facts.Answered(at=self.world.now, match_id=match_id, answer=given, reason=reason))
        if self.world.walk.pages[-1][1] is not Page.TAKEN:
            return
        if answer == "yes":
            self.recruiters.hear_of_interest(match_id)
        second = self.rng.choices(["", "yes" if answer == "no" else "no", "later"], [65, 28, 7])[0]
        if second:
            most = self.rng.choice([HOUR, 10 * DAY])
            self.world.plan(self.world.within(MINUTE, most), partial(self._answer, match_id, second))
