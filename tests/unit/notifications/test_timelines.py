"""What happened to a match, in order and in Dutch."""

from datetime import timedelta

from contracts.vocabulary import Answer, ClosedReason, Decision
from notifications.domain import timeline
from notifications.domain.match import Answered, Decided
from notifications.domain.notice import TO_RECRUITERS, WAITING, Kind, NoticeState
from notifications.domain.timeline import Notified, steps
from notifications.words import timelines
from support.notifying import FACTS, a_match, an_assignment

NOW = FACTS.respond_by - timedelta(days=1)


def test_a_timeline_is_in_order_and_what_has_no_moment_stands_last() -> None:
    closed = an_assignment(ClosedReason.FILLED)
    match = a_match(
        assignment=closed,
        answered=Answered(Answer.INTERESTED, "graag", NOW),
        decided=Decided(Decision.NOMINATED, "past", NOW + timedelta(hours=2)),
    )
    sent = Notified(Kind.MATCH, NoticeState.ACCEPTED, NOW - timedelta(hours=1), None, "250 ok")
    waits = Notified(Kind.NOMINATED, NoticeState.PENDING, None, NOW + timedelta(hours=9), None)
    found = steps(match, [waits, sent])
    assert [timelines.step(step) for step in found] == [
        "Opdracht geopend",
        "Voorgesteld",
        "Mail over de opdracht: aangenomen door de mailserver",
        "Heeft interesse",
        "Voorgedragen",
        "Mail over de voordracht: staat klaar",
        "Opdracht ingevuld",
    ]
    assert [timeline.moment(step) for step in found[-2:]] == [NOW + timedelta(hours=9), None]


def test_every_notice_to_a_professional_and_every_outcome_has_words() -> None:
    for kind in set(Kind) - TO_RECRUITERS:
        for state in NoticeState:
            due_at = NOW if state in WAITING else None
            assert timelines.step(Notified(kind, state, None, due_at, None))
