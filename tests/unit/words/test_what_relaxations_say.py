"""What would bring an opdracht more people: a question to its recruiter."""

from typing import Any

import pytest
from contracts.events import Relaxation
from support.mails import OPDRACHT
from words import relaxations


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
            "Kan de opdracht starten op vrijdag 15 januari 2027? Dan passen er 2 mensen meer.",
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
    assert relaxations.advice(Relaxation(change=change, adds=adds), OPDRACHT) == says
