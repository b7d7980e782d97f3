"""Places, which the assignments service knows."""

from collections.abc import Mapping
from typing import Any

from desk.owners.api import Owner, Owners


async def find(owners: Owners, token: str, name: str) -> Mapping[str, Any] | None:
    """Return the place of a name, or the largest that begins so; None where there is none. Raises
    Unreachable."""
    answer = await owners.ask(
        Owner.ASSIGNMENTS, "GET", "/places", token=token, params={"q": name.strip()[:100]}
    )
    found: list[Mapping[str, Any]] = answer.body["items"] if answer.ok else []
    exact = (place for place in found if place["name"].lower() == name.strip().lower())
    return next(exact, found[0] if found else None)
