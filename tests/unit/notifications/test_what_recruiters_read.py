"""What recruiters read: how many were told, and who waits or steps back."""

import pytest
from contracts.vocabulary import Answer, Decision
from notifications.domain.match import Answered
from notifications.domain.notice import NoticeState, ToldCounts
from notifications.words import to_recruiters
from support.mails import NOW, decided, the_match


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (ToldCounts(told=0), "Er past nu niemand."),
        (ToldCounts(told=1), "Er past nu 1 persoon: die is gemaild."),
        (ToldCounts(told=3), "Er passen nu 3 mensen: zij zijn gemaild."),
        (ToldCounts(told=0, waiting=1), "Er past nu 1 persoon: die krijgt nog mail."),
        (
            ToldCounts(told=0, untold={NoticeState.UNWANTED: 1}),
            "Er past nu 1 persoon: die wil deze mail niet.",
        ),
        (
            ToldCounts(
                told=6,
                waiting=4,
                untold={NoticeState.UNWANTED: 2, NoticeState.BOUNCED: 1, NoticeState.SUPPRESSED: 1},
            ),
            "Er passen nu 14 mensen: 6 zijn gemaild, 4 krijgen nog mail, 2 willen deze mail niet"
            " en 2 hebben een adres dat geen mail krijgt.",
        ),
        (
            ToldCounts(told=1, untold={NoticeState.MISSED: 1}),
            "Er passen nu 2 mensen: 1 is gemaild en 1 kon niet meer op tijd mail krijgen.",
        ),
    ],
)
def test_how_many_were_told_and_how_many_were_not_with_why(counts: ToldCounts, says: str) -> None:
    assert to_recruiters.told(counts) == says


def test_whoever_waits_for_a_decision_is_named_with_how_far_they_are() -> None:
    matches = [the_match(), the_match(name=None, decided=decided(Decision.NOMINATED))]
    assert to_recruiters.waiting(matches) == ["Anna Bakker: heeft interesse", "Iemand: voorgedragen"]


def test_whoever_steps_back_after_a_decision_was_told_how_far_they_were() -> None:
    declined = Answered(Answer.DECLINED, None, NOW)
    assert to_recruiters.stood(the_match(answered=declined)) == ""
    nominated = the_match(answered=declined, decided=decided(Decision.NOMINATED))
    assert to_recruiters.stood(nominated) == " Er was al een voordracht bij de opdrachtgever."
