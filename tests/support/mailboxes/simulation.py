"""Walks through a history, fact by fact and mail by mail, and says what is in every mailbox.

Plain and slow on purpose: after each fact everything that waits is looked at again. Written apart from the
product, from its rules, to compare it with.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.vocabulary import NoticeKind, NoticeOutcome, Urgency

from support.mailboxes import facts
from support.mailboxes.addresses import normalised
from support.mailboxes.facts import Delays, Fact
from support.mailboxes.mail_server import Accepted, MailServer, Refused, TryLater, ends_an_address
from support.mailboxes.new_matches import HOURLY, NewMatches
from support.mailboxes.news import News
from support.mailboxes.notices import Mail, Notice, Send, Stage, Wait, Way
from support.mailboxes.post import NEW_MATCH, Post
from support.mailboxes.recruiters import Recruiters
from support.mailboxes.state import Assignment, Page, State

TO_RECRUITERS = frozenset(
    {
        NoticeKind.SUMMARY,
        NoticeKind.INTEREST,
        NoticeKind.WARNING,
        NoticeKind.RETREAT,
        NoticeKind.EXPIRING,
    }
)
GIVE_UP_AFTER = timedelta(hours=48)


def growing_pause(attempts: int) -> timedelta:
    """Return how long after so many temporary failures a mail is tried again."""
    return timedelta(seconds=min(5 * 2 ** (attempts - 1), 900))


@dataclass(frozen=True)
class Mailboxes:
    """`mails`: as they left; `notices`: each with how it ended; `pages`: what each answer's page said;
    `moments`: at which anything was due; `attempts`: each time that a mail was handed to the server."""

    mails: list[Mail]
    notices: list[Notice]
    pages: list[tuple[Fact, Page | datetime]]
    moments: list[datetime]
    attempts: list[tuple[datetime, str]]

    def of(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == normalised(address)]

    def outcome(self, match_id: UUID, kind: NoticeKind = NoticeKind.MATCH) -> Stage | NoticeOutcome | None:
        """Return how the latest notice of this kind on a match stands; None where there is none."""
        of_kind = [one for one in self.notices if (one.match_id, one.kind) == (match_id, kind)]
        return of_kind[-1].stage if of_kind else None


def mailboxes(
    history: Iterable[Fact],
    server: MailServer | None = None,
    *,
    until: datetime,
    delays: Delays | None = None,
    pause: Callable[[int], timedelta] = growing_pause,
) -> Mailboxes:
    """Return every mail of a history up to a moment. Facts of one moment come in their order.

    `pause`: how long after the n-th temporary failure a mail is tried again.
    """
    walk = Walk(server or MailServer(), delays or Delays(), pause)
    coming = sorted(history, key=lambda fact: fact.at)
    while (now := walk.next_moment(coming)) is not None and now <= until:
        while coming and coming[0].at == now:
            walk.hear(coming.pop(0), now)
        walk.look(now)
    return walk.mailboxes


@dataclass
class Walk:
    """The reference at one moment of a history."""

    server: MailServer
    delays: Delays
    pause: Callable[[int], timedelta]
    state: State = field(default_factory=State)
    pages: list[tuple[Fact, Page | datetime]] = field(default_factory=list)
    moments: set[datetime] = field(default_factory=set)
    attempts: list[tuple[datetime, str]] = field(default_factory=list)
    returns: list[tuple[datetime, int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.post = Post(self.state, self.delays)
        self.new_matches = NewMatches(self.post)
        self.news = News(self.post)
        of_match = self.new_matches.of_match
        self.recruiters = Recruiters(self.post, lambda match_id: of_match[match_id].stage)

    @property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(self.post.mails, self.post.notices, self.pages, sorted(self.moments), self.attempts)

    def next_moment(self, coming: list[Fact]) -> datetime | None:
        """Return when something happens or is due next."""
        moments = [notice.due for notice in self.post.notices if notice.due is not None]
        moments += self.news.gathering.values()
        moments += [at for at, *_ in self.returns]
        moments += [coming[0].at] if coming else []
        return min(moments, default=None)

    def hear(self, fact: Fact, now: datetime) -> None:
        """Take in what happened, and plan again what rests on it."""
        match fact:
            case facts.ContactKnown():
                self.state.learn_contact(fact.profile_id, fact.name, fact.email, fact.preferences)
            case facts.ContactErased():
                self._erase(fact.profile_id)
            case facts.PreferencesChosen():
                self.state.choose(fact.profile_id, fact.preferences, news=fact.news)
            case facts.Unsubscribed():
                self.state.unsubscribe(fact.profile_id)
            case facts.AssignmentOpened() | facts.AssignmentChanged():
                self._know(fact, now)
            case facts.AssignmentClosed():
                self.state.assignments[fact.assignment_id].closed = fact.reason
                self.news.closed(fact.assignment_id, fact.reason, now)
            case facts.Proposed():
                pair, is_new = self.state.propose(fact)
                if is_new:
                    self.new_matches.proposed(pair, now)
                    self.recruiters.proposed(pair, now)
            case facts.Withdrawn():
                self._withdraw(fact, now)
            case facts.Answered():
                self._answer(fact, now)
            case facts.AskedLater():
                self._ask_later(fact, now)
            case facts.Decided():
                pair = self.state.pairs[fact.match_id]
                self.news.decided(pair, fact, now)
                if not pair.live:
                    self.new_matches.ended(pair)
            case facts.InterestLacking():
                self.recruiters.lacking(fact.assignment_id, now)
            case facts.AddressReleased():
                self.state.suppressed.discard(normalised(fact.email))
            case facts.RecruiterPreferencesChosen():
                self.state.recruiters[normalised(fact.email)] = fact
                self.recruiters.prefer(normalised(fact.email), now)
        self.new_matches.reconsider(now)

    def _erase(self, profile_id: UUID) -> None:
        self.state.people[profile_id].erased = True
        for notice in self.post.notices:
            if notice.profile_id == profile_id and notice.is_open:
                notice.end(NoticeOutcome.CANCELLED)

    def _know(self, fact: facts.AssignmentOpened | facts.AssignmentChanged, now: datetime) -> None:
        old = self.state.assignments.get(fact.assignment_id)
        new = self.state.assignments[fact.assignment_id] = Assignment(fact.assignment_id, fact.facts)
        if old is not None:
            self.news.changed(fact.assignment_id, old.facts, new.facts, now)
        if old is None or old.facts.respond_by != new.facts.respond_by:
            self.recruiters.remind(new, now)

    def _withdraw(self, fact: facts.Withdrawn, now: datetime) -> None:
        pair = self.state.pairs[fact.match_id]
        if not pair.live or fact.revision < pair.revision:
            return
        pair.live, pair.withdrawn = False, True
        self.new_matches.ended(pair)
        self.news.withdrawn(pair, fact, now)
        self.recruiters.withdrawn(pair, fact, now)

    def _answer(self, fact: facts.Answered, now: datetime) -> None:
        pair = self.state.pairs[fact.match_id]
        said_yes, steps_back = pair.says_yes, pair.live and (pair.says_yes or pair.is_chosen)
        page = self.state.answered(pair, fact.answer, fact.reason, now)
        self.pages.append((fact, page))
        if page is Page.TAKEN:
            self.new_matches.ended(pair)
            self.news.answered(pair, said_yes, now)
            self.recruiters.answered(pair, said_yes, steps_back, fact.reason, now)

    def _ask_later(self, fact: facts.AskedLater, now: datetime) -> None:
        """Who said yes already is told that it stands; nothing changes."""
        pair = self.state.pairs[fact.match_id]
        if pair.live and pair.says_yes:
            self.pages.append((fact, Page.STANDS))
        else:
            self.pages.append((fact, self.new_matches.ask_later(pair, now) or Page.TOO_LATE))

    def look(self, now: datetime) -> None:
        """Do what is due: judge all of it first, then send what goes out."""
        self.moments.add(now)
        self._take_returns(now)
        self.news.tell_changes(now)
        while due := [one for one in self.post.notices if one.due is not None and one.due <= now]:
            for notice in due:
                if notice.stage is NoticeOutcome.REFUSED:
                    self._try_again(notice, now)
            sends = [(notice, self._judge(notice, now)) for notice in sorted(due, key=self._order)]
            for notice, send in sends:
                if send is not None:
                    self._send(notice, send, now)
            self.new_matches.reconsider(now)

    def _try_again(self, notice: Notice, now: datetime) -> None:
        """What was refused for our fault an hour ago waits again, if it is still to be told."""
        if notice.kind in NEW_MATCH:
            self.new_matches.try_again(notice, now)
        elif self._has_tried_long_enough(notice, now):
            notice.end(NoticeOutcome.REFUSED)
        else:
            notice.stage = Stage.WAITING

    def _order(self, notice: Notice) -> tuple[bool, bool, datetime, int]:
        """Summaries last, as they leave out whose interest is told; urgent opdrachten first, for whom the
        limit of a day is not; then what is due longest."""
        assignment = self.state.assignments.get(notice.assignment_id) if notice.assignment_id else None
        urgent = assignment is not None and assignment.facts.urgency is Urgency.SPOED
        return notice.kind is NoticeKind.SUMMARY, not urgent, notice.due or datetime.max, notice.number

    def _judge(self, notice: Notice, now: datetime) -> Send | None:
        """Return what goes out; everything else waits, is gathered, or ends."""
        if notice.due is None or notice.due > now:
            return None  # it was gathered, or ended, since
        if self._has_tried_long_enough(notice, now):
            self.new_matches.gave_up(notice)
            notice.end(NoticeOutcome.EXPIRED)
            return None
        if notice.kind in NEW_MATCH and notice.way is Way.DIGEST and notice.stage is Stage.WAITING:
            assert notice.profile_id is not None
            self.new_matches.gather(notice.profile_id, now)
            return None
        decision = self._part_of(notice).judge(notice, now)
        match decision:
            case Send():
                notice.stage, notice.to = Stage.IN_THE_AIR, decision.to
                return decision
            case Wait():
                notice.wait(decision)
            case _:
                notice.end(decision)
        return None

    def _has_tried_long_enough(self, notice: Notice, now: datetime) -> bool:
        """Two days after the first attempt a mail is given up."""
        return notice.first_attempt is not None and now - notice.first_attempt > GIVE_UP_AFTER

    def _part_of(self, notice: Notice) -> NewMatches | News | Recruiters:
        if notice.kind in {*NEW_MATCH, NoticeKind.DIGEST}:
            return self.new_matches
        return self.recruiters if notice.kind in TO_RECRUITERS else self.news

    def _send(self, notice: Notice, send: Send, now: datetime) -> None:
        self.attempts.append((now, send.to))
        verdict = self.server.answer(send.to, now)
        match verdict:
            case Accepted():
                self._accepted(notice, send, now)
            case TryLater():
                notice.attempts += 1
                notice.first_attempt = notice.first_attempt or now
                notice.due = now + self.pause(notice.attempts)
            case Refused():
                self._refused(notice, send, now, our_fault=not verdict.is_about_the_recipient)

    def _accepted(self, notice: Notice, send: Send, now: datetime) -> None:
        mail = Mail(
            to=send.to,
            kind=notice.kind,
            matches=send.matches,
            assignment_id=notice.assignment_id,
            earliest=notice.earliest,
            leaves=now,
            tells=send.tells,
        )
        self.post.mails.append(mail)
        part = self._part_of(notice)
        if isinstance(part, NewMatches):
            part.accepted(notice, send.to)
        elif isinstance(part, News):
            part.accepted(notice)
        else:
            part.accepted(notice, send, now)
        notice.end(NoticeOutcome.ACCEPTED)
        back = self.server.comes_back(send.to, now)
        if back is not None:
            self.returns.append((now + back.after, notice.number, send.to, back.status))

    def _refused(self, notice: Notice, send: Send, now: datetime, *, our_fault: bool) -> None:
        """An address that does not exist gets nothing more. What was our fault is tried again hourly: a new
        match as long as it can be told, everything else for two days."""
        if not our_fault:
            self.state.suppressed.add(send.to)
        first_attempt = notice.first_attempt or now
        notice.end(NoticeOutcome.REFUSED)
        if notice.kind in {*NEW_MATCH, NoticeKind.DIGEST}:
            self.new_matches.refused(notice, now, our_fault=our_fault)
        elif our_fault:
            notice.first_attempt, notice.due = first_attempt, now + HOURLY

    def _take_returns(self, now: datetime) -> None:
        """A mail comes back, or is complained of. An address that does not exist gets nothing more, nor does
        one whose reader complained."""
        for back in [one for one in self.returns if one[0] <= now]:
            self.returns.remove(back)
            _, number, address, status = back
            notice = self.post.notices[number]
            complaint = status == "complaint"
            outcome = NoticeOutcome.COMPLAINED if complaint else NoticeOutcome.BOUNCED
            if notice.kind in {*NEW_MATCH, NoticeKind.DIGEST}:
                self.new_matches.returned(notice, address, outcome)
            if notice.stage is NoticeOutcome.ACCEPTED:
                notice.end(outcome)
            if complaint or ends_an_address(status):
                self.state.suppressed.add(address)
            self.new_matches.reconsider(now)
