"""Trainings and colleagues, which the profiles service keeps. All of it raises Unreachable."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from desk.owners.api import Answer, Owner, Owners, Unreachable

MOST = 200  # of a page of a list
PAGES = 5  # of trainings: more than these nobody reads


async def trainings(
    owners: Owners, token: str, specialisms: Sequence[str] = (), certificates: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """Return all trainings, or those that give one of these."""
    asked = {"specialism": list(specialisms), "certificate": list(certificates)}
    return await _all(owners, token, "/trainings", {name: one for name, one in asked.items() if one})


async def colleagues(owners: Owners, token: str, wanted: Mapping[str, str], cursor: str | None) -> Answer:
    """Ask for a page of colleagues; 403 tells that who asks is not visible."""
    params = {"limit": "50", **wanted, **({"cursor": cursor} if cursor else {})}
    return await owners.ask(Owner.PROFILES, "GET", "/colleagues", token=token, params=params)


async def ask(owners: Owners, token: str, profile_id: UUID, question: str, key: str) -> Answer:
    """Ask a colleague a question, once it was agreed that the address is shown."""
    body = {"question": question, "show_address": True}
    path = f"/colleagues/{profile_id}/question"
    return await owners.ask(Owner.PROFILES, "POST", path, token=token, body=body, key=key)


async def training(owners: Owners, token: str, training_id: UUID) -> Answer:
    """Ask for a training as it is now; `etag` is its version."""
    return await owners.ask(Owner.PROFILES, "GET", f"/trainings/{training_id}", token=token)


async def enter(owners: Owners, token: str, body: Mapping[str, Any], key: str) -> Answer:
    """Enter a training."""
    return await owners.ask(Owner.PROFILES, "POST", "/trainings", token=token, body=body, key=key)


async def change(
    owners: Owners, token: str, training_id: UUID, body: Mapping[str, Any], version: str
) -> Answer:
    """Change a training, from a version on."""
    path = f"/trainings/{training_id}"
    return await owners.ask(Owner.PROFILES, "PUT", path, token=token, body=body, if_match=version)


async def delete(owners: Owners, token: str, training_id: UUID) -> Answer:
    """Delete a training."""
    return await owners.ask(Owner.PROFILES, "DELETE", f"/trainings/{training_id}", token=token)


async def _all(
    owners: Owners, token: str, path: str, asked: Mapping[str, Sequence[str]]
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    params: dict[str, Any] = {"limit": MOST, **asked}
    for _ in range(PAGES):
        answer = await owners.ask(Owner.PROFILES, "GET", path, token=token, params=params)
        if not answer.ok:
            raise Unreachable(Owner.PROFILES)
        found += answer.body["items"]
        if answer.body["next"] is None:
            break
        params["cursor"] = answer.body["next"]
    return found
