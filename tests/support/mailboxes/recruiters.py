"""A recruiter's mail, by the address of the opdracht's recruiter, over all opdrachten, as they prefer it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.vocabulary import Answer, NoticeKind, NoticeOutcome, WithdrawalReason

from support.mailboxes import facts, planning, wall_clock
from support.mailboxes.notices import Notice, Send, Stage, Wait
from support.mailboxes.post import Post
from support.mailboxes.state import Assignment, Pair

NO_NEWS_WITHIN = timedelta(hours=1)
REMIND_BEFORE = timedelta(days=7)
DEFAULT = facts.RecruiterPreferencesChosen(at=datetime.min.replace(tzinfo=UTC), email="")


@dataclass
class Recruiters:
    """`summary_of`: each recruiter's open summary; `outcome_of_match`: how the notice of a match to its
    professional stands, for the numbers in a recruiter's mail."""

    post: Post
    outcome_of_match: Callable[[UUID], object]
    summary_of: dict[str, Notice] = field(default_factory=dict)
    reminder_of: dict[UUID, Notice] = field(default_factory=dict)

    def wishes(self, address: str) -> facts.RecruiterPreferencesChosen:
        return self.post.state.recruiters.get(address, DEFAULT)

    def proposed(self, pair: Pair, now: datetime) -> None:
        """A new match is gathered, unless its person was shown to this recruiter for this opdracht within
        the last hour, or the recruiter wants no summaries. The first one opens a summary, over all of the
        recruiter's opdrachten."""
        address = self.post.state.assignment(pair).recruiter
        shown = pair.shown_at is not None and now - pair.shown_at < NO_NEWS_WITHIN
        due = self._summary_due(address, now)
        if shown or due is None:
            return
        summary = self.summary_of.get(address)
        if summary is None or not summary.is_open:
            summary = self.summary_of[address] = self.post.add(NoticeKind.SUMMARY, due, to=address)
        summary.matches[pair.match_id] = None

    def _summary_due(self, address: str, now: datetime) -> datetime | None:
        match self.wishes(address).summary:
            case "direct":
                return now + self.post.delays.summary
            case "hourly":
                return wall_clock.next_hour(now)
            case "daily":
                return wall_clock.next_morning(now)
            case "none":
                return None

    def answered(
        self, pair: Pair, said_yes: bool, steps_back: bool, reason: str | None, now: datetime
    ) -> None:
        """Interest is told at once, or at 07:30, as the recruiter prefers; so is not what stands already.
        A no after a yes, an invitation or a nomination is told at once, with its reason."""
        if pair.says_yes:
            self.post.cancel(pair.match_id, NoticeKind.RETREAT)
            waits = any(self.post.open(pair.match_id, NoticeKind.INTEREST))
            if not said_yes and not pair.interest_told and not waits:
                self._add(NoticeKind.INTEREST, pair, self._interest_due(pair, now))
        elif steps_back:
            self._add(NoticeKind.RETREAT, pair, now, {"reason": reason})

    def _interest_due(self, pair: Pair, now: datetime) -> datetime:
        wishes = self.wishes(self.post.state.assignment(pair).recruiter)
        return now if wishes.interest == "direct" else wall_clock.next_morning(now)

    def withdrawn(self, pair: Pair, fact: facts.Withdrawn, now: datetime) -> None:
        """Somebody who said yes, or whom the recruiter had chosen, fell off: told at once, with the rules;
        of who was erased, without a name. What closed needs no telling."""
        if (pair.says_yes or pair.is_chosen) and fact.reason is not WithdrawalReason.ASSIGNMENT_CLOSED:
            named = fact.reason is not WithdrawalReason.PROFILE_ERASED
            self._add(NoticeKind.RETREAT, pair, now, {"rules": fact.rules, "named": named})

    def lacking(self, assignment_id: UUID, now: datetime) -> None:
        self.post.add(NoticeKind.WARNING, now, assignment_id=assignment_id)

    def remind(self, assignment: Assignment, now: datetime) -> None:
        """A reminder comes 7 days before the opdracht closes by itself; anew where `respond_by` moved."""
        old = self.reminder_of.get(assignment.assignment_id)
        if old is not None and old.is_open:
            old.end(NoticeOutcome.CANCELLED)
        due = assignment.facts.respond_by + self.post.delays.selection - REMIND_BEFORE
        if due > now:
            self.reminder_of[assignment.assignment_id] = self.post.add(
                NoticeKind.EXPIRING, due, assignment_id=assignment.assignment_id
            )

    def prefer(self, address: str, now: datetime) -> None:
        """What waits goes by the new preferences from now on; no summaries, none of what was gathered."""
        for notice in self.post.notices:
            if notice.stage is not Stage.WAITING or notice.profile_id is not None:
                continue
            if self._address(notice) != address:
                continue
            if notice.kind is NoticeKind.SUMMARY:
                due = self._summary_due(address, now)
                if due is None:
                    notice.end(NoticeOutcome.UNWANTED)
                else:
                    notice.wait(Wait(notice.way, due))
            elif notice.kind is NoticeKind.INTEREST:
                assert notice.match_id is not None
                pair = self.post.state.pairs[notice.match_id]
                notice.wait(Wait(notice.way, self._interest_due(pair, now)))
            elif notice.kind is not NoticeKind.EXPIRING:
                notice.wait(Wait(notice.way, now))

    def judge(self, notice: Notice, now: datetime) -> Send | Wait | NoticeOutcome:
        outcome = self._why_not(notice, now)
        if outcome is not None:
            return outcome
        address = self._address(notice)
        if address in self.post.state.suppressed:
            return NoticeOutcome.SUPPRESSED
        until = planning.outside_quiet(self.wishes(address).quiet_hours, now)
        if until > now:
            return Wait(notice.way, until)
        if notice.kind is NoticeKind.SUMMARY:
            news = self._news_of(notice)
            numbers = {pair.assignment_id: self.numbers(pair.assignment_id) for pair in news}
            return Send(address, tuple(sorted(pair.match_id for pair in news)), {"numbers": numbers})
        tells = dict(notice.tells)
        if notice.kind is NoticeKind.WARNING:
            assert notice.assignment_id is not None
            tells["numbers"] = self.numbers(notice.assignment_id)
        return Send(address, (notice.match_id,) if notice.match_id else (), tells)

    def _why_not(self, notice: Notice, now: datetime) -> NoticeOutcome | None:
        state = self.post.state
        if notice.kind is NoticeKind.SUMMARY:
            return None if self._news_of(notice) else NoticeOutcome.CANCELLED
        assert notice.assignment_id is not None
        assignment = state.assignments[notice.assignment_id]
        if notice.kind is NoticeKind.WARNING:
            if not assignment.is_reacting(now):
                return NoticeOutcome.EXPIRED
            interested = any(p.live and p.says_yes for p in state.of_assignment(notice.assignment_id))
            return NoticeOutcome.CANCELLED if interested else None
        if notice.kind is NoticeKind.EXPIRING:
            return None if assignment.closed is None else NoticeOutcome.CANCELLED
        assert notice.match_id is not None
        pair = state.pairs[notice.match_id]
        if notice.kind is NoticeKind.INTEREST:
            holds = pair.live and pair.says_yes and not state.person(pair).erased
        else:  # a retreat, unless the pair is live again
            holds = not pair.live or pair.answer is Answer.DECLINED
        return None if holds else NoticeOutcome.CANCELLED

    def _news_of(self, summary: Notice) -> list[Pair]:
        """Return what a summary tells: who still matches, but not whose interest was mailed, or is being."""
        pairs = [self.post.state.pairs[match_id] for match_id in summary.matches]
        return [
            pair
            for pair in pairs
            if pair.live
            and self.post.state.assignment(pair).closed is None
            and not self.post.state.person(pair).erased
            and not pair.interest_told
            and not any(
                one.stage is Stage.IN_THE_AIR for one in self.post.open(pair.match_id, NoticeKind.INTEREST)
            )
        ]

    def numbers(self, assignment_id: UUID) -> dict[str, Any]:
        """Count, of one opdracht: how many match; of how many the mail arrived, or how it stands instead."""
        live = [pair for pair in self.post.state.of_assignment(assignment_id) if pair.live]
        untold = Counter(str(self.outcome_of_match(pair.match_id)) for pair in live if not pair.told_at)
        return {"match": len(live), "mailed": len(live) - untold.total(), "not mailed": dict(untold)}

    def accepted(self, notice: Notice, send: Send, now: datetime) -> None:
        pairs = [self.post.state.pairs[match_id] for match_id in send.matches]
        for pair in pairs:
            match notice.kind:
                case NoticeKind.SUMMARY:
                    pair.shown_at = now
                case NoticeKind.INTEREST:
                    pair.interest_told = True
                case NoticeKind.RETREAT:
                    pair.interest_told = False

    def _address(self, notice: Notice) -> str:
        if notice.to is not None and notice.kind is NoticeKind.SUMMARY:
            return notice.to
        assert notice.assignment_id is not None
        return self.post.state.assignments[notice.assignment_id].recruiter

    def _add(
        self, kind: NoticeKind, pair: Pair, due: datetime, tells: Mapping[str, Any] | None = None
    ) -> None:
        self.post.add(kind, due, match_id=pair.match_id, assignment_id=pair.assignment_id, tells=tells or {})
