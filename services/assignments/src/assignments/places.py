"""Dutch places of over five hundred people with their coordinates (GeoNames, CC BY 4.0), the largest first,
found by the beginning of their name."""

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated
from unicodedata import combining, normalize

from chassis.http.auth import Caller, allow
from chassis.http.problems import problems
from contracts.values import Place
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

MOST = 20

Anyone = Annotated[Caller, Depends(allow(*Role))]

router = APIRouter(prefix="/places", tags=["places"], responses=problems(401, 403, 503))


class Places(BaseModel):
    """The places whose name begins so, the largest first, each as an assignment's facts take it."""

    items: list[Place]


@router.get("", responses=problems(422))
async def find_places(
    _caller: Anyone,
    q: Annotated[str, Query(min_length=1, max_length=100, description="The beginning of a name.")],
) -> Places:
    """Find a place by the beginning of its name.

    Letter case, accents and apostrophes do not matter; a place has its other common names as well, such as
    Den Bosch. At most 20.
    """
    begins = _folded(q)
    found = [place for names, place in _places() if any(name.startswith(begins) for name in names)]
    return Places(items=found[:MOST])


@cache
def _places() -> Sequence[tuple[tuple[str, ...], Place]]:
    text = (files("assignments") / "places.csv").read_text(encoding="utf-8")
    return [
        (
            tuple(_folded(name) for name in (row["name"], row["also"]) if name),
            Place(
                name=row["name"],
                latitude=float(row["latitude"]),
                longitude=float(row["longitude"]),
            ),
        )
        for row in csv.DictReader(text.splitlines())
    ]


def _folded(name: str) -> str:
    plain = "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))
    return re.sub(r"[^\w]+", " ", plain).strip()
