"""What a professional asks the owners for themselves: each `Answer` is of their own token."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.owners.api import Answer, Owner, Owners, Unreachable


async def answer(owners: Owners, token: str, match_id: UUID, given: str, reason: str | None) -> Answer:
    """Answer a match: `interested`, `declined` or `later`. Raises Unreachable, as all here."""
    body = {"answer": given, "reason": reason}
    return await owners.ask(
        Owner.NOTIFICATIONS, "POST", f"/matches/{match_id}/answer", token=token, body=body
    )


async def near(owners: Owners, token: str, profile_id: UUID) -> list[Mapping[str, Any]]:
    """Return the open opdrachten that nearly fit, the best first."""
    path = f"/profiles/{profile_id}/near"
    body = await _told(owners, token, Owner.MATCHING, path, {"limit": 5})
    return list(body["items"])


async def levers(owners: Owners, token: str, profile_id: UUID) -> Mapping[str, Any]:
    """Return what small changes would bring."""
    return await _told(owners, token, Owner.MATCHING, f"/profiles/{profile_id}/levers")


async def outlook(owners: Owners, token: str, profile_id: UUID) -> Mapping[str, Any]:
    """Return the career view."""
    return await _told(owners, token, Owner.MATCHING, f"/profiles/{profile_id}/outlook")


async def what_if(owners: Owners, token: str, profile_id: UUID, changes: Mapping[str, Any]) -> Answer:
    """Ask what other facts would bring: a merge patch over the present ones."""
    path = f"/profiles/{profile_id}/what-if"
    return await owners.ask(Owner.MATCHING, "POST", path, token=token, body={"changes": changes})


async def running(owners: Owners, token: str, profile_id: UUID, today: str) -> list[Mapping[str, Any]]:
    """Return the placements that run on a day."""
    params = {"profile_id": str(profile_id), "running_on": today}
    body = await _told(owners, token, Owner.ASSIGNMENTS, "/placements", params)
    return list(body["items"])


async def acts(owners: Owners, token: str, profile_id: UUID, cursor: str | None) -> Mapping[str, Any]:
    """Return who saw or changed what of them, a page of it."""
    params: dict[str, str | int] = {"limit": 50} | ({"cursor": cursor} if cursor else {})
    return await _told(owners, token, Owner.PROFILES, f"/profiles/{profile_id}/audit", params)


async def parts_of_the_career(
    owners: Owners, token: str, profile_id: UUID
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """Return the career view and the levers; None for what cannot be told now."""

    async def part(asked: Any) -> Mapping[str, Any] | None:
        try:
            told: Mapping[str, Any] = await asked
        except Unreachable:
            return None
        return told

    view, best = await asyncio.gather(
        part(outlook(owners, token, profile_id)), part(levers(owners, token, profile_id))
    )
    return view, best


async def _told(
    owners: Owners, token: str, owner: Owner, path: str, params: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    answer = await owners.ask(owner, "GET", path, token=token, params=params)
    if not answer.ok:
        raise Unreachable(owner)  # it has not heard (yet) of who is signed in
    body: Mapping[str, Any] = answer.body
    return body
