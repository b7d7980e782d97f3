"""What the mail of six weeks must be like, whoever works it out: promises that hold over whole worlds; and
that these worlds leave nothing out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

import pytest
from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import NoticeKind, NoticeOutcome, Urgency
from notifications.domain.notice import GUIDANCE
from support.mailboxes import Mailboxes, facts, mailboxes, wall_clock
from support.mailboxes.notices import Mail
from support.mailboxes.simulation import TO_RECRUITERS
from support.weeks import World
from support.weeks.living import six_weeks

STARTS = ("2027-03-01 00:00", "2027-10-04 00:00")  # each has a clock change in it
NEW = {NoticeKind.MATCH, NoticeKind.LATER, NoticeKind.DIGEST}
DIRECT = {NoticeKind.MATCH, NoticeKind.LATER}


@pytest.fixture(scope="module", params=[(start, seed) for start in STARTS for seed in (1, 2)])
def lived(request: pytest.FixtureRequest) -> tuple[World, Mailboxes]:
    start, seed = request.param
    return six_weeks(seed, wall_clock.read(start))


class Known:
    """What was known when a mail left, kept up to date by the facts before it."""

    def __init__(self) -> None:
        self.preferences: dict[UUID, Preferences] = {}
        self.asked: dict[UUID, AssignmentFacts] = {}
        self.closed: set[UUID] = set()
        self.profile_of: dict[UUID, UUID] = {}
        self.assignment_of: dict[UUID, UUID] = {}

    def learn(self, fact: facts.Fact) -> None:
        match fact:
            case facts.ContactKnown() | facts.PreferencesChosen():
                self.preferences[fact.profile_id] = fact.preferences
            case facts.AssignmentOpened() | facts.AssignmentChanged():
                self.asked[fact.assignment_id] = fact.facts
            case facts.AssignmentClosed():
                self.closed.add(fact.assignment_id)
            case facts.Proposed():
                self.profile_of[fact.match_id] = fact.profile_id
                self.assignment_of[fact.match_id] = fact.assignment_id

    def facts_of(self, match_id: UUID) -> AssignmentFacts:
        return self.asked[self.assignment_of[match_id]]


def walk(lived: tuple[World, Mailboxes]) -> Iterator[tuple[Mail, Known]]:
    """Return each mail, with what was known when it left."""
    world, boxes = lived
    known, coming = Known(), list(world.history)
    for mail in sorted(boxes.mails, key=lambda mail: mail.leaves):
        while coming and coming[0].at <= mail.leaves:
            known.learn(coming.pop(0))
        yield mail, known


def test_the_history_alone_leads_to_the_same_mailboxes(lived: tuple[World, Mailboxes]) -> None:
    world, boxes = lived
    again = mailboxes(world.history, world.server, until=world.end, delays=world.delays)
    assert again.mails == boxes.mails
    assert [notice.stage for notice in again.notices] == [notice.stage for notice in boxes.notices]
    assert again.pages == boxes.pages


def test_the_same_seed_is_the_same_world() -> None:
    start = wall_clock.read(STARTS[0])
    (one, mails), (other, same_mails), (another, _) = (six_weeks(seed, start) for seed in (1, 1, 2))
    assert one.history == other.history
    assert mails.mails == same_mails.mails
    assert one.history != another.history


def test_nobody_is_told_of_a_new_match_when_it_is_too_late(lived: tuple[World, Mailboxes]) -> None:
    for mail, known in walk(lived):
        if mail.kind in NEW:
            for match_id in mail.matches:
                assert mail.leaves < known.facts_of(match_id).respond_by
                assert known.assignment_of[match_id] not in known.closed


def test_nothing_reaches_a_professional_in_their_quiet_hours(lived: tuple[World, Mailboxes]) -> None:
    for mail, known in walk(lived):
        if mail.kind not in TO_RECRUITERS:
            wishes = known.preferences[known.profile_of[mail.matches[0]]]
            assert not (wishes.quiet_hours and wall_clock.is_quiet(mail.leaves)), wall_clock.written(
                mail.leaves
            )


def test_nobody_gets_a_fourth_direct_mail_of_a_day_unless_it_is_urgent_or_cannot_wait(
    lived: tuple[World, Mailboxes],
) -> None:
    sent: Counter[tuple[str, date]] = Counter()
    for mail, known in walk(lived):
        if mail.kind in DIRECT:
            sent[mail.to, wall_clock.day_of(mail.leaves)] += 1
            asked = known.facts_of(mail.matches[0])
            may_wait = wall_clock.next_morning(mail.leaves) < asked.respond_by
            if asked.urgency is not Urgency.SPOED and may_wait:
                assert sent[mail.to, wall_clock.day_of(mail.leaves)] <= 3


def test_digests_leave_at_half_past_seven_but_for_the_mail_servers_bad_days(
    lived: tuple[World, Mailboxes],
) -> None:
    for mail in lived[1].mails:
        if mail.kind is NoticeKind.DIGEST and mail.leaves == mail.earliest:
            local = wall_clock.written(mail.leaves)
            assert local.endswith("07:30") or (local.endswith(":30") and "12:30" <= local[-5:] <= "15:30")


def test_a_match_is_told_once_an_address_unless_later_was_asked_or_it_had_fallen_off_or_come_back(
    lived: tuple[World, Mailboxes],
) -> None:
    world, boxes = lived
    again: dict[UUID, list[datetime]] = defaultdict(list)
    for fact in world.history:
        if isinstance(fact, facts.AskedLater):
            again[fact.match_id].append(fact.at)
    for mail in boxes.mails:
        if mail.kind is NoticeKind.DROPPED:
            again[mail.matches[0]].append(mail.leaves)
    last: dict[tuple[str, UUID], datetime] = {}
    for mail in boxes.mails:
        for match_id in mail.matches if mail.kind in NEW else ():
            before = last.get((mail.to, match_id))
            returned = before is not None and world.server.comes_back(mail.to, before) is not None
            if before is not None and not returned:
                assert any(before <= at <= mail.leaves for at in again[match_id])
            last[mail.to, match_id] = mail.leaves


def test_every_change_that_is_told_is_one_and_the_same_is_never_told_twice(
    lived: tuple[World, Mailboxes],
) -> None:
    told: dict[UUID, dict[str, object]] = defaultdict(dict)
    for mail, _ in walk(lived):
        if mail.kind is not NoticeKind.CHANGED:
            continue
        (match_id,) = mail.matches
        assert mail.tells["changes"]
        for name, (old, new) in mail.tells["changes"].items():
            assert old != new
            assert told[match_id].get(name, old) != new
            told[match_id][name] = new


def test_the_worlds_leave_nothing_out() -> None:
    kinds: Counter[NoticeKind] = Counter()
    outcomes: set[object] = set()
    late = 0
    for start in STARTS:
        for seed in (1, 2):
            _, boxes = six_weeks(seed, wall_clock.read(start))
            kinds.update(mail.kind for mail in boxes.mails)
            outcomes |= {notice.stage for notice in boxes.notices if notice.kind is NoticeKind.MATCH}
            late += sum(mail.leaves > mail.earliest for mail in boxes.mails)
    # Later goes in a digest; addresses, guidance, questions have their own tests; nobody is silent for long.
    elsewhere = {
        NoticeKind.LATER,
        NoticeKind.MOVED,
        NoticeKind.LEFT,
        NoticeKind.CONSENT,
        NoticeKind.STAY,
    } | GUIDANCE
    elsewhere |= {NoticeKind.QUESTION}
    assert set(kinds) >= set(NoticeKind) - elsewhere, "a kind never left"
    assert outcomes >= set(NoticeOutcome) - {NoticeOutcome.EXPIRED}
    assert late > 30, "mails that left later than they were due"
