"""A client's mail as the desk reads it, on the day for which the tests' mails were written."""

import csv
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from contracts.values import Place
from desk.reading import Found, KnownPlace, Reading, read

PLACES = Path(__file__).parents[2] / "services/assignments/src/assignments/places.csv"
TODAY = date(2026, 11, 24)
FIELDS = [field.name for field in fields(Reading)]


@cache
def places() -> tuple[KnownPlace, ...]:
    """Return every place that the platform knows."""
    return tuple(
        KnownPlace(
            Place(name=row["name"], latitude=float(row["latitude"]), longitude=float(row["longitude"])),
            tuple(filter(None, row["also"].split(";"))),
        )
        for row in csv.DictReader(PLACES.read_text(encoding="utf-8").splitlines())
    )


def reading(text: str, today: date = TODAY) -> Reading:
    """Return what a mail says."""
    return read(text, today, places())


def values(found: Found[Any] | tuple[Found[Any], ...] | None) -> set[Any]:
    """Return the values of a field, places and texts as they are compared."""
    every = found if isinstance(found, tuple) else (found,) if found else ()
    plain = [one.value.name if isinstance(one.value, Place) else one.value for one in every]
    return {one.casefold() if isinstance(one, str) else one for one in plain if one is not None}


def every(found: Reading) -> Iterator[Found[Any]]:
    """Yield everything that was found."""
    for name in FIELDS:
        value = getattr(found, name)
        yield from value if isinstance(value, tuple) else [value] if value else []
