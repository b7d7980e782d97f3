"""News for who answered: it waits for the end of the quiet hours, but for no digest, no limit of a day, no
minimum score, and it comes to who wants no mail about new opdrachten, unless they chose to end it too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.facts import AssignmentFacts
from contracts.vocabulary import (
    Answer,
    ClosedReason,
    Decision,
    NoticeKind,
    NoticeOutcome,
    WithdrawalReason,
)

from support.mailboxes import facts, planning
from support.mailboxes.notices import Notice, Send, Wait
from support.mailboxes.post import Post
from support.mailboxes.state import Pair

GATHER_CHANGES = timedelta(minutes=10)
FELL_OFF = frozenset(
    {
        WithdrawalReason.ASSIGNMENT_CHANGED,
        WithdrawalReason.PROFILE_CHANGED,
        WithdrawalReason.POLICY_CHANGED,
    }
)
OF_A_DECISION = {
    Decision.INVITED: NoticeKind.INVITED,
    Decision.NOMINATED: NoticeKind.NOMINATED,
    Decision.REJECTED: NoticeKind.REJECTED,
}
GOOD = (NoticeKind.INVITED, NoticeKind.NOMINATED)


@dataclass
class News:
    """`gathering`: the opdrachten of which a change is not told yet, and when it will be; `told_by`: the
    notice of each decision that stands, None where it is not told."""

    post: Post
    gathering: dict[UUID, datetime] = field(default_factory=dict)
    told_by: dict[UUID, list[Notice | None]] = field(default_factory=dict)

    def answered(self, pair: Pair, said_yes: bool, now: datetime) -> None:
        """A yes is confirmed at once, a later no on the page only, and ends what it overtakes."""
        if pair.answer is Answer.DECLINED:
            self.post.cancel(
                pair.match_id, NoticeKind.ANSWERED, NoticeKind.CHANGED, NoticeKind.DROPPED, *GOOD
            )
        elif not said_yes:
            self._add(NoticeKind.ANSWERED, pair, now)

    def changed(self, assignment_id: UUID, old: AssignmentFacts, new: AssignmentFacts, now: datetime) -> None:
        """Changes of facts that mails told are gathered for 10 minutes from the first one that is not told
        yet, or told at once where `respond_by` is within 10 minutes."""
        if not facts.differences(old, new):
            return
        due = self.gathering.setdefault(assignment_id, now + GATHER_CHANGES)
        is_near = now < new.respond_by <= now + GATHER_CHANGES
        self.gathering[assignment_id] = now if is_near else due

    def tell_changes(self, now: datetime) -> None:
        """Tell gathered changes whose moment has come, to everyone who says yes and whose pair is live."""
        for assignment_id in [one for one, due in self.gathering.items() if due <= now]:
            del self.gathering[assignment_id]
            for pair in self.post.state.of_assignment(assignment_id):
                waits = any(self.post.open(pair.match_id, NoticeKind.CHANGED))
                if pair.live and pair.says_yes and not waits:
                    self._add(NoticeKind.CHANGED, pair, now)

    def withdrawn(self, pair: Pair, fact: facts.Withdrawn, now: datetime) -> None:
        """Who said yes is told which rules no longer hold, unless the opdracht closed or they were erased."""
        if pair.says_yes and fact.reason in FELL_OFF:
            self._add(NoticeKind.DROPPED, pair, now, {"rules": fact.rules})

    def decided(self, pair: Pair, fact: facts.Decided, now: datetime) -> None:
        """A decision is told if the recruiter says so, or says nothing and the latest answer is yes. It is
        held for a while, and replaces one that has not left."""
        told_by = self.told_by.setdefault(pair.match_id, [])
        if fact.decision is Decision.REOPENED:
            self._reopened(pair, told_by, now)
            return
        self.post.cancel(pair.match_id, *OF_A_DECISION.values())
        tell = pair.says_yes if fact.tell is None else fact.tell
        tells = {"message": fact.message, "reason_code": fact.reason_code}
        due = now + self.post.delays.news
        told_by.append(self._add(OF_A_DECISION[fact.decision], pair, due, tells) if tell else None)
        pair.decisions.append(fact.decision)
        if fact.decision is Decision.REJECTED:
            pair.live = False

    def _reopened(self, pair: Pair, told_by: list[Notice | None], now: datetime) -> None:
        """The latest decision is taken back: before its mail left that is cancelled, and after it a short
        correction follows."""
        if not pair.decisions:
            return
        taken_back, notice = pair.decisions.pop(), told_by.pop()
        if notice is not None and (notice.is_open or notice.stage is NoticeOutcome.REFUSED):
            notice.end(NoticeOutcome.CANCELLED)  # also one that would be tried again
        elif notice is not None and notice.stage is NoticeOutcome.ACCEPTED:
            self._add(NoticeKind.REOPENED, pair, now, {"takes_back": taken_back})

    def closed(self, assignment_id: UUID, reason: ClosedReason, now: datetime) -> None:
        """Everyone who says yes hears how it ended, a little later, save who was, or is about to be, told of
        a rejection."""
        for pair in self.post.state.of_assignment(assignment_id):
            if pair.says_yes and not self._is_told_a_rejection(pair):
                self._add(NoticeKind.CLOSED, pair, now + self.post.delays.news, {"reason": reason})

    def _is_told_a_rejection(self, pair: Pair) -> bool:
        if pair.decision is not Decision.REJECTED:
            return False
        notice = self.told_by[pair.match_id][-1]
        return notice is not None and (notice.is_open or notice.stage is NoticeOutcome.ACCEPTED)

    def judge(self, notice: Notice, now: datetime) -> Send | Wait | NoticeOutcome:
        assert notice.match_id is not None
        state, pair = self.post.state, self.post.state.pairs[notice.match_id]
        person = state.person(pair)
        if person.erased or self._is_overtaken(notice, pair):
            return NoticeOutcome.CANCELLED
        if person.address in state.suppressed:
            return NoticeOutcome.SUPPRESSED
        if person.address in state.no_news:
            return NoticeOutcome.UNWANTED
        until = planning.outside_quiet(person.preferences.quiet_hours, now)
        if until > now:
            return Wait(notice.way, until)
        tells = notice.tells
        if notice.kind is NoticeKind.CHANGED:
            tells = {"changes": self._untold(pair)}
        return Send(person.address, (pair.match_id,), tells)

    def accepted(self, notice: Notice) -> None:
        assert notice.match_id is not None
        pair = self.post.state.pairs[notice.match_id]
        if notice.kind is NoticeKind.CHANGED:
            pair.told_facts = self.post.state.assignment(pair).facts
        elif notice.kind is NoticeKind.DROPPED:
            pair.fell_off = True

    def _is_overtaken(self, notice: Notice, pair: Pair) -> bool:
        if notice.kind is NoticeKind.CHANGED:
            gone = not pair.live or not pair.says_yes
            return gone or self.post.state.assignment(pair).closed is not None or not self._untold(pair)
        return notice.kind is NoticeKind.DROPPED and pair.live

    def _untold(self, pair: Pair) -> dict[str, tuple[object, object]]:
        """Return what differs between the facts that this person was told last, and now."""
        assert pair.told_facts is not None
        return facts.differences(pair.told_facts, self.post.state.assignment(pair).facts)

    def _add(
        self, kind: NoticeKind, pair: Pair, due: datetime, tells: Mapping[str, Any] | None = None
    ) -> Notice:
        return self.post.add(
            kind,
            due,
            match_id=pair.match_id,
            assignment_id=pair.assignment_id,
            profile_id=pair.profile_id,
            tells=tells or {},
        )
