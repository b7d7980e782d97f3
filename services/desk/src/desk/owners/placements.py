"""Placements at their owner, the assignments service."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.owners.api import Answer, Owner, Owners


async def agree(owners: Owners, token: str, assignment_id: UUID, body: Mapping[str, Any], key: str) -> Answer:
    """Place somebody; `key`: one for each form. Raises Unreachable."""
    path = f"/assignments/{assignment_id}/placements"
    return await owners.ask(Owner.ASSIGNMENTS, "POST", path, token=token, body=body, key=key)


async def read(owners: Owners, token: str, placement_id: UUID) -> Answer:
    """Ask for a placement as it is now; `etag` is its version. Raises Unreachable."""
    return await owners.ask(Owner.ASSIGNMENTS, "GET", f"/placements/{placement_id}", token=token)


async def change(
    owners: Owners, token: str, placement_id: UUID, body: Mapping[str, Any], version: str
) -> Answer:
    """Agree on other terms, from a version on. Raises Unreachable."""
    path = f"/placements/{placement_id}"
    return await owners.ask(Owner.ASSIGNMENTS, "PUT", path, token=token, body=body, if_match=version)


async def end(owners: Owners, token: str, placement_id: UUID, body: Mapping[str, Any], key: str) -> Answer:
    """End a placement; `key`: one for each form. Raises Unreachable."""
    path = f"/placements/{placement_id}/end"
    return await owners.ask(Owner.ASSIGNMENTS, "POST", path, token=token, body=body, key=key)
