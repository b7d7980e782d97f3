"""What happened to a match, in order and in Dutch; facts, moments and amounts."""

from datetime import UTC, datetime, timedelta

import pytest
from contracts.vocabulary import Answer, ClosedReason, Decision, Level
from notifications.domain import timeline
from notifications.domain.match import Answered, Decided, Ended
from notifications.domain.notice import TO_RECRUITERS, WAITING, Kind, NoticeState
from notifications.domain.timeline import Notified, steps
from notifications.words import nl
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
    assert [nl.step(step) for step in found] == [
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
            assert nl.step(Notified(kind, state, None, due_at, None))


def test_dutch_reads_as_people_write_it() -> None:
    assert nl.terms(["redactie"]) == "redactie"
    assert nl.terms(["redactie", "campagnes"]) == "redactie en campagnes"
    assert nl.choices(["zzp", "detachering", "loondienst"]) == "zzp, detachering of loondienst"
    assert [nl.level(level) for level in Level] == [
        "communicatiemedewerker (junior)",
        "communicatieadviseur (medior)",
        "senior communicatieadviseur",
        "strategisch communicatieadviseur",
    ]
    assert nl.euros(8500) == "€ 85"
    assert nl.euros(123456) == "€ 1.234,56"
    assert nl.score(61.2) == "61"
    assert nl.points(6.67) == "6,7"
    assert nl.kilometres(71.8) == "72 km hemelsbreed"
    assert nl.kilometres(0.2) == "minder dan 1 km hemelsbreed"
    assert nl.hours(24, 24) == "24 uur per week"
    assert nl.moment(datetime(2027, 7, 1, 10, 0, tzinfo=UTC)) == "donderdag 1 juli 2027, 12:00 uur"


@pytest.mark.parametrize(
    ("at", "reads"),
    [
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "zondag 31 oktober 2027, 02:30 uur zomertijd"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "zondag 31 oktober 2027, 02:30 uur wintertijd"),
        (datetime(2027, 10, 31, 2, 0, tzinfo=UTC), "zondag 31 oktober 2027, 03:00 uur"),
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "zondag 28 maart 2027, 01:59 uur"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "zondag 28 maart 2027, 03:00 uur"),
    ],
)
def test_a_moment_in_the_hour_that_comes_twice_names_its_zone(at: datetime, reads: str) -> None:
    assert nl.moment(at) == reads
    assert nl.short_moment(at).endswith(reads.partition(" uur")[2])


@pytest.mark.parametrize(
    ("phone", "dialled"), [("06 1234 5678", "0612345678"), ("+31 (0)6-12", "+310612"), ("tel. 050", "050")]
)
def test_a_telephone_number_is_dialled_by_its_digits(phone: str, dialled: str) -> None:
    assert nl.dial(phone) == dialled


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (Ended(declined=0, rejected=0, fell_off=0), ""),
        (
            Ended(declined=1, rejected=0, fell_off=0),
            "Er paste één professional bij deze opdracht, maar die zei nee. Nu past er niemand meer.",
        ),
        (
            Ended(declined=2, rejected=0, fell_off=1),
            "Er pasten 3 professionals: 2 zeiden nee en 1 viel af"
            " omdat de opdracht of het profiel veranderde. Nu past er niemand meer.",
        ),
        (
            Ended(declined=1, rejected=2, fell_off=0),
            "Er pasten 3 professionals: 1 zei nee en 2 zijn afgewezen. Nu past er niemand meer.",
        ),
    ],
)
def test_why_nobody_is_left_on_the_board(ended: Ended, says: str) -> None:
    assert nl.nobody_left(ended) == says
