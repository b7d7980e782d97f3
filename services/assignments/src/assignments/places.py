"""Dutch places of over five hundred people with their coordinates (GeoNames, CC BY 4.0), the largest first,
found by the beginning of their name.

A place has its official name; in Fryslân that may be the Frisian one. `also` in the table holds the others,
with semicolons between: Frisian or Dutch (the province's list of names, March 2024), common or English.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated
from unicodedata import combining, normalize

from chassis.http.auth import Caller, allow
from chassis.http.problems import problems
from contracts.values import Place
from contracts.vocabulary import PEOPLE
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

MOST = 20

Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]

router = APIRouter(prefix="/places", tags=["places"], responses=problems(401, 403, 503))


class Places(BaseModel):
    """The places that go by such a name. `items`: each as an assignment's facts take it; `found`: the name by
    which each was found, in the same order."""

    items: list[Place]
    found: list[str]


@router.get("", responses=problems(422))
async def find_places(
    _caller: Anyone,
    q: Annotated[str, Query(min_length=1, max_length=100, description="The beginning of a name.")],
) -> Places:
    """Find a place by the beginning of its name.

    Letter case, accents and apostrophes do not matter; a place has its other names as well, such as Den
    Bosch, Bergum or The Hague. At most 20: first those of exactly that name, then the largest.
    """
    begins = _folded(q)
    found = [(name, known.place) for known in _places() if (name := known.name_beginning(begins))]
    found.sort(key=lambda one: _folded(one[0]) != begins)  # which keeps the largest first
    return Places(items=[place for _, place in found[:MOST]], found=[name for name, _ in found[:MOST]])


@dataclass(frozen=True)
class _Known:
    """A place, and its names with what they are compared as."""

    place: Place
    names: Sequence[tuple[str, str]]

    def name_beginning(self, folded: str) -> str | None:
        """Return the first of its names that begins so, one that is no longer before the others."""
        fits = [(name, as_) for name, as_ in self.names if as_.startswith(folded)]
        return next((name for name, as_ in fits if as_ == folded), fits[0][0] if fits else None)


@cache
def _places() -> Sequence[_Known]:
    text = (files("assignments") / "places.csv").read_text(encoding="utf-8")
    return list(map(_known, csv.DictReader(text.splitlines())))


def _known(row: Mapping[str, str]) -> _Known:
    names = [row["name"], *filter(None, row["also"].split(";"))]
    place = Place(name=row["name"], latitude=float(row["latitude"]), longitude=float(row["longitude"]))
    return _Known(place, [(name, _folded(name)) for name in names])


def _folded(name: str) -> str:
    plain = "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))
    return re.sub(r"[^\w]+", " ", plain).strip()
