"""Facts, moments and amounts in Dutch; and how the matches of an opdracht ended."""

from datetime import UTC, date, datetime, timedelta

import pytest
from contracts.vocabulary import Level
from words import nl


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
        ({"declined": 0, "rejected": 0, "fell_off": 0}, ""),
        (
            {"declined": 1, "rejected": 0, "fell_off": 0},
            "Er paste één professional bij deze opdracht, maar die zei nee. Nu past er niemand meer.",
        ),
        (
            {"declined": 2, "rejected": 0, "fell_off": 1},
            "Er pasten 3 professionals: 2 zeiden nee en 1 viel af"
            " omdat de opdracht of het profiel veranderde. Nu past er niemand meer.",
        ),
        (
            {"declined": 1, "rejected": 2, "fell_off": 0},
            "Er pasten 3 professionals: 1 zei nee en 2 zijn afgewezen. Nu past er niemand meer.",
        ),
    ],
)
def test_why_nobody_is_left_on_the_board(ended: dict[str, int], says: str) -> None:
    assert nl.nobody_left(**ended) == says


def test_a_day_that_people_plan_by_says_which_day_of_the_week_it_is() -> None:
    assert nl.day("2027-01-20") == "woensdag 20 januari 2027"
    assert nl.past_day(date(2019, 9, 3)) == "3 september 2019"
    assert nl.short_moment(datetime(2027, 1, 20, 11, 0, tzinfo=UTC)) == "wo 20-01-2027 12:00"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=60), "over 8 weken"),
        (timedelta(days=13), "over 13 dagen"),
        (timedelta(hours=43), "over 1 dag en 19 uur"),
        (timedelta(hours=24, minutes=59), "over 1 dag"),
        (timedelta(hours=5, minutes=59), "over 5 uur"),
        (timedelta(minutes=1, seconds=5), "over 1 minuut"),
        (timedelta(seconds=-1), "nu"),
    ],
)
def test_how_long_an_opdracht_is_still_open(left: timedelta, words: str) -> None:
    now = datetime(2027, 1, 20, 11, 0, tzinfo=UTC)
    assert nl.time_left(now + left, now) == words
