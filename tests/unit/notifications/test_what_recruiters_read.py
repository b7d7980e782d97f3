"""What recruiters read: how many were told, and what would help most."""

from typing import Any

import pytest
from contracts.events import Relaxation
from contracts.vocabulary import Answer, Decision
from notifications.domain.match import Answered
from notifications.domain.notice import NoticeState, ToldCounts
from notifications.words import to_recruiters
from support.mails import NOW, OPDRACHT, decided, the_match


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


@pytest.mark.parametrize(
    ("change", "adds", "says"),
    [
        (
            {"rate_max_cents": 9550},
            4,
            "Verhoog je het maximum naar € 95,50 per uur? Dan passen er 4 mensen meer.",
        ),
        (
            {"open_to_growth": True},
            1,
            "Mag het ook iemand zijn voor wie dit een stap omhoog is? Dan past er 1 persoon meer.",
        ),
        (
            {"starts_on": "2027-01-15"},
            2,
            "Kan de opdracht starten op 15 januari 2027? Dan passen er 2 mensen meer.",
        ),
        ({"onsite_days": 0}, 2, "Kan het werk helemaal op afstand? Dan passen er 2 mensen meer."),
        (
            {"onsite_days": 1},
            2,
            "Hoeft iemand maar 1 dag per week te komen? Dan passen er 2 mensen meer.",
        ),
        ({"hours_min": 16}, 2, "Mag het ook vanaf 16 uur per week? Dan passen er 2 mensen meer."),
        (
            {"contract_forms": ["zzp", "detachering", "loondienst"]},
            2,
            "Mag het ook via loondienst? Dan passen er 2 mensen meer.",
        ),
        (
            {"required_specialisms": []},
            2,
            "Is verkiezingscommunicatie niet meer verplicht? Dan passen er 2 mensen meer.",
        ),
        (
            {"rate_max_cents": 12000, "onsite_days": 1},
            9,
            "Verhoog je het maximum naar € 120 per uur, en hoeft iemand maar 1 dag per week te komen?"
            " Dan passen er 9 mensen meer.",
        ),
        (
            {"hours_min": 16, "contract_forms": ["zzp", "detachering", "loondienst"]},
            9,
            "Mag het ook vanaf 16 uur per week, en mag het ook via loondienst? Dan passen er 9 mensen meer.",
        ),
        ({"something_new": 1}, 2, "Maak je een eis soepeler? Dan passen er 2 mensen meer."),
        ({}, 2, "Maak je een eis soepeler? Dan passen er 2 mensen meer."),
    ],
)
def test_advice_is_a_question_and_what_a_yes_brings(change: dict[str, Any], adds: int, says: str) -> None:
    assert to_recruiters.advice(Relaxation(change=change, adds=adds), OPDRACHT) == says


def test_whoever_waits_for_a_decision_is_named_with_how_far_they_are() -> None:
    matches = [the_match(), the_match(name=None, decided=decided(Decision.NOMINATED))]
    assert to_recruiters.waiting(matches) == ["Anna Bakker: heeft interesse", "Iemand: voorgedragen"]


def test_whoever_steps_back_after_a_decision_was_told_how_far_they_were() -> None:
    declined = Answered(Answer.DECLINED, None, NOW)
    assert to_recruiters.stood(the_match(answered=declined)) == ""
    nominated = the_match(answered=declined, decided=decided(Decision.NOMINATED))
    assert to_recruiters.stood(nominated) == " Er was al een voordracht bij de opdrachtgever."
