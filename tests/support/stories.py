"""Short stories about people and opdrachten, told in times on the wall, and the mail that they lead to.

    story = Story("2027-02-02 12:00")
    story.person("anna", frequency="daily")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-03 07:30 digest A"]

People go by their names (their address is `name@example.org`), opdrachten by their titles; the recruiter is
rik, unless another one is named.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import (
    Answer,
    ClosedReason,
    Decision,
    Frequency,
    NoticeKind,
    ReasonCode,
    Rule,
    WithdrawalReason,
)

from support.mailboxes import Delays, Mailboxes, facts, mailboxes, wall_clock
from support.mailboxes.facts import Fact
from support.mailboxes.mail_server import MailServer, Return, Spell, Verdict
from support.mailboxes.notices import Mail
from support.mailboxes.simulation import TO_RECRUITERS

EVERYBODY = UUID(int=0)
LONG_AFTER = timedelta(days=60)
FACTS: dict[str, Any] = {
    "title": "A",
    "description": "Een opdracht.",
    "organisation": {"name": "Gemeente Voorbeeld", "type": "gemeente"},
    "level": "medior",
    "open_to_growth": False,
    "required_specialisms": [],
    "desired_specialisms": [],
    "dossiers": [],
    "required_certificates": [],
    "starts_on": date(2027, 12, 1),
    "ends_on": date(2028, 6, 1),
    "hours_min": 16,
    "hours_max": 32,
    "place": {"name": "Utrecht", "latitude": 52.09, "longitude": 5.12},
    "onsite_days": 2,
    "rate_max_cents": 9500,
    "contract_forms": ["zzp"],
    "urgency": "normaal",
    "reason": "",
    "respond_by": datetime(2027, 12, 20, 11, tzinfo=UTC),
    "positions": 1,
    "weights": None,
    "recruiter": {"name": "Rik", "email": "rik@example.org"},
}


class Story:
    """`now` is where the story is; every fact that is told happens there."""

    def __init__(self, start: str, delays: Delays | None = None) -> None:
        self.now = wall_clock.read(start)
        self.delays = delays or Delays()
        self.history: list[Fact] = []
        self.spells: list[Spell] = []
        self.returns: list[Return] = []
        self._revisions: dict[UUID, int] = {}
        self._facts: dict[UUID, AssignmentFacts] = {}
        self._titles: dict[UUID, str] = {}
        self._preferences: dict[str, Preferences] = {}

    def at(self, moment: str) -> None:
        """Go on to a moment."""
        self.now = wall_clock.read(moment)

    def person(
        self,
        name: str,
        *,
        frequency: str = "direct",
        min_score: float = 0,
        quiet: bool = False,
        email: str | None = None,
    ) -> None:
        """A professional registers, or their profile is changed: to these preferences and this address."""
        self._preferences[name] = _preferences(frequency, min_score, quiet)
        self._happens(
            facts.ContactKnown(
                at=self.now,
                profile_id=person_id(name),
                name=name,
                email=email or f"{name}@example.org",
                preferences=self._preferences[name],
            )
        )

    def chooses(
        self,
        name: str,
        *,
        frequency: str = "direct",
        min_score: float = 0,
        quiet: bool = False,
        news: bool = True,
    ) -> None:
        """A professional chooses on the page of the preferences."""
        chosen = _preferences(frequency, min_score, quiet)
        self._happens(
            facts.PreferencesChosen(at=self.now, profile_id=person_id(name), preferences=chosen, news=news)
        )

    def unsubscribes(self, name: str) -> None:
        self._happens(facts.Unsubscribed(at=self.now, profile_id=person_id(name)))

    def erased(self, name: str, *titles: str) -> None:
        """A professional is erased, and matching withdraws their matches."""
        self._happens(facts.ContactErased(at=self.now, profile_id=person_id(name)))
        for title in titles:
            self.falls_off(title, name, WithdrawalReason.PROFILE_ERASED)

    def opens(self, title: str, /, *, recruiter: str = "rik", **changes: Any) -> None:
        """An opdracht opens, with some facts of its own; `respond_by` as on the wall."""
        changes = {"title": title, "recruiter": {"name": recruiter, "email": f"{recruiter}@example.org"}} | (
            _read(changes)
        )
        assignment_id = self.assignment_id(title)
        self._titles[assignment_id] = title
        self._facts[assignment_id] = AssignmentFacts.model_validate({**FACTS, **changes}, strict=False)
        self._happens(
            facts.AssignmentOpened(at=self.now, assignment_id=assignment_id, facts=self._facts[assignment_id])
        )

    def changes(self, title: str, /, **changes: Any) -> None:
        assignment_id = self.assignment_id(title)
        body = self._facts[assignment_id].model_dump() | _read(changes)
        self._facts[assignment_id] = AssignmentFacts.model_validate(body, strict=False)
        self._happens(
            facts.AssignmentChanged(
                at=self.now, assignment_id=assignment_id, facts=self._facts[assignment_id]
            )
        )

    def closes(self, title: str, reason: str = "filled", *live: str) -> None:
        """An opdracht closes, and matching withdraws the matches of these people."""
        assignment_id = self.assignment_id(title)
        self._happens(
            facts.AssignmentClosed(at=self.now, assignment_id=assignment_id, reason=ClosedReason(reason))
        )
        for name in live:
            self.falls_off(title, name, WithdrawalReason.ASSIGNMENT_CLOSED)

    def matches(self, title: str, *names: str, score: float = 80) -> None:
        """Matching proposes people, or a next revision of what is live."""
        for name in names:
            match_id = self.match_id(title, name)
            self._revisions[match_id] = self._revisions.get(match_id, 0) + 1
            self._happens(
                facts.Proposed(
                    at=self.now,
                    match_id=match_id,
                    assignment_id=self.assignment_id(title),
                    profile_id=person_id(name),
                    revision=self._revisions[match_id],
                    score=score,
                )
            )

    def falls_off(
        self,
        title: str,
        name: str,
        reason: WithdrawalReason = WithdrawalReason.ASSIGNMENT_CHANGED,
        *rules: Rule,
        revision: int | None = None,
    ) -> None:
        """Matching withdraws a match: its latest revision, or an earlier one that was overtaken."""
        match_id = self.match_id(title, name)
        revision = revision or self._revisions[match_id]
        self._happens(
            facts.Withdrawn(at=self.now, match_id=match_id, revision=revision, reason=reason, rules=rules)
        )

    def says(self, name: str, answer: str, title: str, reason: str | None = None) -> None:
        """A professional answers `yes`, `no` or `later`."""
        match_id = self.match_id(title, name)
        if answer == "later":
            self._happens(facts.AskedLater(at=self.now, match_id=match_id))
        else:
            given = {"yes": Answer.INTERESTED, "no": Answer.DECLINED}[answer]
            self._happens(facts.Answered(at=self.now, match_id=match_id, answer=given, reason=reason))

    def decides(
        self,
        decision: str,
        title: str,
        name: str,
        *,
        message: str | None = None,
        tell: bool | None = None,
        reason_code: ReasonCode | None = None,
    ) -> None:
        """The recruiter decides on a match."""
        self._happens(
            facts.Decided(
                at=self.now,
                match_id=self.match_id(title, name),
                decision=Decision(decision),
                message=message,
                tell=tell,
                reason_code=reason_code,
            )
        )

    def nobody_is_interested(self, title: str) -> None:
        self._happens(facts.InterestLacking(at=self.now, assignment_id=self.assignment_id(title)))

    def releases(self, email: str) -> None:
        self._happens(facts.AddressReleased(at=self.now, email=email))

    def recruiter_prefers(self, name: str = "rik", **preferences: Any) -> None:
        self._happens(
            facts.RecruiterPreferencesChosen(at=self.now, email=f"{name}@example.org", **preferences)
        )

    def server_says(self, verdict: Verdict, since: str, until: str, *addresses: str) -> None:
        """The mail server answers so for a time, to these addresses or to all."""
        to = frozenset(addresses) or None
        self.spells.append(Spell(wall_clock.read(since), wall_clock.read(until), verdict, to))

    def comes_back(
        self, address: str, since: str, until: str, status: str, after: timedelta = timedelta(minutes=5)
    ) -> None:
        """What the server takes for an address in this time comes back, or is complained of."""
        self.returns.append(Return(address, wall_clock.read(since), wall_clock.read(until), after, status))

    @property
    def told(self) -> Mailboxes:
        """Everything that this story leads to."""
        until = max(fact.at for fact in self.history) + LONG_AFTER
        server = MailServer(tuple(self.spells), tuple(self.returns))
        return mailboxes(self.history, server, until=until, delays=self.delays)

    def mailbox(self, who: str, *without: str) -> list[str]:
        """Return somebody's mails: when each left, its kind, and the opdrachten that it is about."""
        kinds = {NoticeKind(kind) for kind in without}
        return [self._line(mail) for mail in self.told.of(_address(who)) if mail.kind not in kinds]

    def mail(self, who: str, kind: str) -> Mail:
        """Return the last mail of a kind to somebody."""
        return [mail for mail in self.told.of(_address(who)) if mail.kind is NoticeKind(kind)][-1]

    def outcome(self, title: str, name: str, kind: str = "match") -> str:
        return str(self.told.outcome(self.match_id(title, name), NoticeKind(kind)))

    def pages(self) -> list[str]:
        """Return what each answer's page said, in order; a moment where it will be told later."""
        pages = [page for _, page in self.told.pages]
        return [wall_clock.written(page) if isinstance(page, datetime) else str(page) for page in pages]

    def assignment_id(self, title: str) -> UUID:
        return uuid5(EVERYBODY, title)

    def match_id(self, title: str, name: str) -> UUID:
        return uuid5(self.assignment_id(title), str(person_id(name)))

    def _line(self, mail: Mail) -> str:
        titles = [self._titles[mail.assignment_id]] if mail.assignment_id is not None else []
        if mail.matches:
            of_match = {
                self.match_id(title, name): f"{title}/{name}" if mail.kind in TO_RECRUITERS else title
                for title in self._titles.values()
                for name in self._preferences
            }
            titles = sorted(of_match[match_id] for match_id in mail.matches)
        return " ".join([wall_clock.written(mail.leaves), str(mail.kind), *titles])

    def _happens(self, fact: Fact) -> None:
        self.history.append(fact)


def person_id(name: str) -> UUID:
    return uuid5(EVERYBODY, f"person {name}")


def _address(who: str) -> str:
    return who if "@" in who else f"{who}@example.org"


def _preferences(frequency: str, min_score: float, quiet: bool) -> Preferences:
    return Preferences(frequency=Frequency(frequency), min_score=min_score, quiet_hours=quiet)


def _read(changes: dict[str, Any]) -> dict[str, Any]:
    respond_by = changes.get("respond_by")
    return changes if respond_by is None else {**changes, "respond_by": wall_clock.read(respond_by)}
