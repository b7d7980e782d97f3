"""What each service holds on a person, each asked for its part."""

import asyncio
from typing import Any
from uuid import UUID

from desk.owners.api import Owner, Owners, Unreachable


async def held(owners: Owners, token: str, profile_id: UUID) -> dict[str, Any]:
    """Return every owner's part, by its name; raises Unreachable where one is missing."""

    async def part(owner: Owner) -> Any:
        answer = await owners.ask(owner, "GET", f"/profiles/{profile_id}/held", token=token)
        if not answer.ok:
            raise Unreachable(owner)
        return answer.body["held"]

    return dict(zip(Owner, await asyncio.gather(*map(part, Owner)), strict=True))
