"""A client's mail takes time in proportion to its length, whatever it says."""

import re
import sys
from types import FrameType

import pytest
from desk.reading import client, days, demands, mail, period, place, read, role, terms
from support.reading import TODAY, every, places, reading

PATTERNS = {
    f"{module.__name__}.{name}": value
    for module in (client, days, demands, mail, period, place, role, terms)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}
ESCAPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_no_pattern_repeats_without_a_bound(pattern: re.Pattern[str]) -> None:
    bare = ESCAPED.sub("", pattern.pattern)
    assert not re.search(r"[*+]|\{\d*,\}", bare)


HOSTILE = (
    "a",
    "1",
    " ",
    ">",
    "\n",
    "- ",
    "24-",
    "1-1-2027 ",
    "€ 95 - ",
    "uur ",
    "van: x\n",
    "Gemeente Aa en De ",
    "maandag en ",
    "x. ",
    "een adviseur ",
    "eis wens participatie ",
    "in 's-",
    "2 a b c ",
    "per 1 ",
    "zzp geen ",
    "senior/",
    "m.v.g.\n",
    "voor 3 maanden ",
    "Zoek een adviseur voor aan de ",
    "twee dagen op ",
    "Xx aan ",
    "'",
    "groet ",
    "geen haast spoed ",
)


def steps(text: str) -> int:
    """Return how many calls reading takes, Python's and C's."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    known = places()[:50]
    sys.setprofile(count)
    try:
        read(text, TODAY, known)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_a_hostile_text_takes_at_most_twice_the_steps(piece: str) -> None:
    size = 3_000
    once, twice = steps(piece * (size // len(piece))), steps(piece * (2 * size // len(piece)))
    assert twice <= 2.1 * once + 500


def test_a_hostile_text_of_100_kilobytes_is_read() -> None:
    text = "".join(piece * (100_000 // len(HOSTILE) // len(piece)) for piece in HOSTILE)
    for found in every(reading(text)):
        assert found.words.end <= len(text)
