"""Profiles, which the profiles service keeps."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.owners.api import Answer, Owner, Owners


async def read(owners: Owners, token: str, profile_id: UUID) -> Answer:
    """Ask for a profile as it is now; `etag` is its version. Raises Unreachable."""
    return await owners.ask(Owner.PROFILES, "GET", f"/profiles/{profile_id}", token=token)


async def create(owners: Owners, token: str, body: Mapping[str, Any], key: str) -> Answer:
    """Register somebody; `key`: one for each form. Raises Unreachable."""
    return await owners.ask(Owner.PROFILES, "POST", "/profiles", token=token, body=body, key=key)


async def change(
    owners: Owners, token: str, profile_id: UUID, body: Mapping[str, Any], version: str
) -> Answer:
    """Change what the body names, from a version on. Raises Unreachable."""
    path = f"/profiles/{profile_id}"
    return await owners.ask(Owner.PROFILES, "PATCH", path, token=token, body=body, if_match=version)


async def erase(owners: Owners, token: str, profile_id: UUID) -> Answer:
    """Erase somebody, everywhere. Raises Unreachable."""
    return await owners.ask(Owner.PROFILES, "DELETE", f"/profiles/{profile_id}", token=token)


async def export(owners: Owners, token: str, profile_id: UUID) -> Answer:
    """Ask for all that is held on somebody. Raises Unreachable."""
    return await owners.ask(Owner.PROFILES, "GET", f"/profiles/{profile_id}/export", token=token)
