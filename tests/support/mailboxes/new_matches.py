"""New matches: one mail a match and address, at the moment that its professional chose, or the last allowed
moment before `respond_by`; what could not be told is told when its cause goes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.vocabulary import Answer, Frequency, NoticeKind, NoticeOutcome, Urgency

from support.mailboxes import planning
from support.mailboxes.notices import Notice, Send, Stage, Wait, Way
from support.mailboxes.post import Post
from support.mailboxes.state import Pair, Person

HOURLY = timedelta(hours=1)
MAY_COME_BACK = frozenset(
    {
        NoticeOutcome.UNWANTED,
        NoticeOutcome.SUPPRESSED,
        NoticeOutcome.REFUSED,
        NoticeOutcome.BOUNCED,
        NoticeOutcome.MISSED,
    }
)


@dataclass(frozen=True)
class Grounds:
    """What a plan rests on: when it changes, the match is planned again."""

    address: str
    is_suppressed: bool
    frequency: Frequency
    quiet_hours: bool
    scores_enough: bool
    respond_by: datetime

    def address_is_good_again(self, before: "Grounds") -> bool:
        """Another address, or the same one released."""
        return self.address != before.address or (before.is_suppressed and not self.is_suppressed)


@dataclass
class NewMatches:
    post: Post
    of_match: dict[UUID, Notice] = field(default_factory=dict)

    def proposed(self, pair: Pair, now: datetime) -> None:
        """A pair lives, and did not before. It is told once; what ended untold is wanted again, and
        who was told that it fell off is told that it came back."""
        notice = self.of_match.get(pair.match_id)
        if notice is None:
            notice = self.of_match[pair.match_id] = self.post.add(
                NoticeKind.MATCH,
                None,
                match_id=pair.match_id,
                assignment_id=pair.assignment_id,
                profile_id=pair.profile_id,
            )
            self._plan(notice, now)
        elif pair.fell_off:
            pair.fell_off, notice.again, notice.kind = False, True, NoticeKind.MATCH
            pair.told_at.clear()
            self._plan(notice, now)
        elif notice.stage in {NoticeOutcome.CANCELLED, NoticeOutcome.EXPIRED}:
            self._plan(notice, now)

    def ask_later(self, pair: Pair, now: datetime) -> datetime | None:
        """Tell of an open match again in its professional's next digest; return when. None: too late, or no
        mail is wanted."""
        person, assignment = self.post.state.person(pair), self.post.state.assignment(pair)
        is_open = pair.live and pair.answer is None and pair.decision is None
        if person.erased or not is_open or not assignment.is_reacting(now):
            return None
        frequency = self.post.state.frequency(person)
        at = planning.asked_later(frequency, assignment.facts.respond_by, now)
        if at is not None:
            notice = self.of_match[pair.match_id]
            notice.kind = NoticeKind.LATER
            self._plan(notice, now)
        return at

    def ended(self, pair: Pair) -> None:
        """Withdrawn, answered, rejected: what was not sent is not sent. What is in the air is judged when it
        is tried again."""
        notice = self.of_match.get(pair.match_id)
        if notice is not None and notice.stage is Stage.WAITING:
            notice.end(NoticeOutcome.CANCELLED)

    def reconsider(self, now: datetime) -> None:
        """Plan again whatever rests on other grounds by now: other preferences, another or a released
        address, a score that crossed the minimum, another `respond_by`.

        A mail that was begun goes on; it is judged when it is tried again. What cannot come back now (its
        match is withdrawn, say) does when it can, if its grounds are others then.
        """
        for notice in self.of_match.values():
            may_end = notice.stage in MAY_COME_BACK
            if notice.stage is not Stage.WAITING and not (may_end and self._may_come_back(notice, now)):
                continue
            before, notice.grounds = notice.grounds, self._grounds(notice)
            assert isinstance(before, Grounds)
            if before == notice.grounds:
                continue
            of_the_address = notice.stage in {NoticeOutcome.REFUSED, NoticeOutcome.BOUNCED}
            if not of_the_address or notice.grounds.address_is_good_again(before):
                self._plan(notice, now)

    def judge(self, notice: Notice, now: datetime) -> Send | Wait | NoticeOutcome:
        """Judge a mail whose moment has come; everything is looked at again."""
        if notice.kind is NoticeKind.DIGEST:
            return self._judge_digest(notice, now)
        outcome = self._why_not(notice, now)
        if outcome is not None:
            return outcome
        if notice.stage is Stage.IN_THE_AIR:
            later = self._until_quiet_ends(notice, [notice], now)
        else:
            planned = self._moment(notice, now)
            later = None if isinstance(planned, Wait) and planned.until == now else planned
        pair = self._pair(notice)
        return later or Send(self._person(notice).address, (pair.match_id,), {})

    def gather(self, profile_id: UUID, now: datetime) -> None:
        """Gather all of a professional's matches that are due for a digest into one."""
        parts = [
            one
            for one in self.of_match.values()
            if one.profile_id == profile_id and one.way is Way.DIGEST and _is_due(one, now)
        ]
        for part in parts:
            part.stage, part.due = Stage.GATHERED, None
        self.post.add(NoticeKind.DIGEST, now, way=Way.DIGEST, profile_id=profile_id, parts=parts)

    def try_again(self, notice: Notice, now: datetime) -> None:
        """Look, an hour after it was refused for our fault, whether it may be tried again."""
        if self._may_come_back(notice, now):
            notice.stage = Stage.WAITING
        else:
            is_closed = self.post.state.assignment(self._pair(notice)).closed is not None
            notice.due = None if is_closed else now + HOURLY

    def accepted(self, notice: Notice, to: str) -> None:
        """The mail left: it told these facts, at this address."""
        for part in notice.parts or [notice]:
            pair = self._pair(part)
            pair.told_at.add(to)
            pair.told_facts = self.post.state.assignment(pair).facts
            if part is not notice:
                part.to = to
                part.end(NoticeOutcome.ACCEPTED)

    def refused(self, notice: Notice, now: datetime, *, our_fault: bool) -> None:
        """Refused for our fault, it is tried again hourly, in the same way; a digest is gathered anew."""
        for part in notice.parts or [notice]:
            part.end(NoticeOutcome.REFUSED)
            part.grounds = self._grounds(part)
            part.due = now + HOURLY if our_fault else None

    def gave_up(self, notice: Notice) -> None:
        for part in notice.parts:
            part.end(NoticeOutcome.EXPIRED)

    def returned(self, notice: Notice, to: str, outcome: NoticeOutcome) -> None:
        """A mail came back, so it told nothing; or its reader complained."""
        for part in notice.parts or [notice]:
            if outcome is NoticeOutcome.BOUNCED:
                self._pair(part).told_at.discard(to)
            if part.stage is NoticeOutcome.ACCEPTED:
                part.end(outcome)
                part.grounds = self._grounds(part)

    def _plan(self, notice: Notice, now: datetime) -> None:
        notice.grounds = self._grounds(notice)
        planned = self._why_not(notice, now) or self._moment(notice, now)
        if isinstance(planned, Wait):
            notice.end(NoticeOutcome.CANCELLED)  # whatever it was before, it begins anew
            notice.stage = Stage.WAITING
            notice.wait(planned)
        else:
            notice.end(planned)

    def _why_not(self, notice: Notice, now: datetime) -> NoticeOutcome | None:
        """Return how it ends where it is not to be told, in this order; None where it is."""
        pair, person = self._pair(notice), self._person(notice)
        assignment = self.post.state.assignment(pair)
        grounds = self._grounds(notice)
        if person.erased or not pair.live or assignment.closed is not None or self._is_answered(notice):
            return NoticeOutcome.CANCELLED
        if notice.kind is NoticeKind.MATCH and person.address in pair.told_at:
            return NoticeOutcome.CANCELLED
        if grounds.is_suppressed:
            return NoticeOutcome.SUPPRESSED
        if grounds.frequency is Frequency.NONE or not grounds.scores_enough:
            return NoticeOutcome.UNWANTED
        return None if assignment.is_reacting(now) else NoticeOutcome.MISSED

    def _moment(self, notice: Notice, now: datetime) -> Wait | NoticeOutcome:
        person, grounds = self._person(notice), self._grounds(notice)
        if notice.kind is NoticeKind.LATER:
            return planning.plan_later(
                grounds.frequency,
                quiet_hours=grounds.quiet_hours,
                respond_by=grounds.respond_by,
                now=now,
            )
        facts = self.post.state.assignment(self._pair(notice)).facts
        return planning.plan(
            grounds.frequency,
            quiet_hours=grounds.quiet_hours,
            urgent=facts.urgency is Urgency.SPOED,
            direct_today=self.post.direct_today(person.address, now),
            respond_by=grounds.respond_by,
            now=now,
        )

    def _judge_digest(self, digest: Notice, now: datetime) -> Send | Wait | NoticeOutcome:
        """A digest tells what is still true and wanted; nothing leaves in the quiet hours."""
        for part in list(digest.parts):
            outcome = self._why_not(part, now)
            if outcome is not None:
                part.end(outcome)
                digest.parts.remove(part)
        later = self._until_quiet_ends(digest, digest.parts, now)
        if not digest.parts:
            return NoticeOutcome.CANCELLED
        matches = sorted(part.match_id for part in digest.parts if part.match_id is not None)
        return later or Send(self._person(digest).address, tuple(matches), {})

    def _until_quiet_ends(
        self, notice: Notice, parts: list[Notice], now: datetime
    ) -> Wait | NoticeOutcome | None:
        """Return 07:00 where it is quiet; what closes before that is missed, and leaves `parts`."""
        until = planning.outside_quiet(self._person(notice).preferences.quiet_hours, now)
        if until == now:
            return None
        for part in list(parts):
            if until >= self.post.state.assignment(self._pair(part)).facts.respond_by:
                parts.remove(part)
                part.end(NoticeOutcome.MISSED)
        return Wait(notice.way, until) if parts else NoticeOutcome.MISSED

    def _may_come_back(self, notice: Notice, now: datetime) -> bool:
        """While the match is live and unanswered, the opdracht open and before `respond_by`."""
        pair = self._pair(notice)
        reacting = self.post.state.assignment(pair).is_reacting(now)
        return pair.live and reacting and not self._is_answered(notice)

    def _is_answered(self, notice: Notice) -> bool:
        """Who answered needs no mail about the new match; who said yes, was told that it fell off, and
        whose pair came back, does."""
        answer = self._pair(notice).answer
        return answer is Answer.DECLINED or (answer is Answer.INTERESTED and not notice.again)

    def _grounds(self, notice: Notice) -> Grounds:
        pair, person, state = self._pair(notice), self._person(notice), self.post.state
        return Grounds(
            address=person.address,
            is_suppressed=person.address in state.suppressed,
            frequency=state.frequency(person),
            quiet_hours=person.preferences.quiet_hours,
            scores_enough=pair.score >= person.preferences.min_score,
            respond_by=state.assignment(pair).facts.respond_by,
        )

    def _pair(self, notice: Notice) -> Pair:
        assert notice.match_id is not None
        return self.post.state.pairs[notice.match_id]

    def _person(self, notice: Notice) -> Person:
        assert notice.profile_id is not None
        return self.post.state.people[notice.profile_id]


def _is_due(notice: Notice, now: datetime) -> bool:
    return notice.stage is Stage.WAITING and notice.due is not None and notice.due <= now
