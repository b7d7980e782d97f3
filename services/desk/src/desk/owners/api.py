"""Calls the owners' public APIs with the signed-in person's own token.

What cannot be reached raises Unreachable, which costs a page one of its parts, never the page.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote

import httpx
from chassis.http.audited import FETCH_MODE

SECONDS = 3.0  # for a whole answer: an owner that hangs holds a page no longer
TOO_MUCH = 429  # it is there, and cannot now


class Owner(StrEnum):
    """A service that the desk asks."""

    PROFILES = "profiles"
    ASSIGNMENTS = "assignments"
    MATCHING = "matching"
    NOTIFICATIONS = "notifications"


class Unreachable(Exception):
    """An owner does not answer in time, or answers that it cannot now. A command may have been done."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(f"{owner} cannot be reached")
        self.owner = owner


@dataclass(frozen=True)
class Fault:
    """A field that the owner refuses: a JSON pointer, and what would be right (in English)."""

    pointer: str
    detail: str


@dataclass(frozen=True)
class Answer:
    """What an owner answered. `body`: its JSON, None without any; `etag`: the version, unquoted."""

    status: int
    body: Any
    etag: str | None = None
    faults: tuple[Fault, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status < 400

    @property
    def came_before(self) -> bool:
        """Whether the key came before with other words: that was done, although nobody heard of it."""
        return self.status == 422 and not self.faults


class Owners:
    """One client for each owner; connections are kept."""

    def __init__(self, urls: Mapping[Owner, str]) -> None:
        self._clients = {
            owner: httpx.AsyncClient(base_url=url, timeout=None, follow_redirects=False)
            for owner, url in urls.items()
        }
        self._always: Mapping[str, str] = {}

    def fetched(self) -> Self:
        """Return the owners as a page asks them that keeps itself up to date: they record what is new."""
        owners = copy(self)
        owners._always = {FETCH_MODE: "cors"}
        return owners

    async def ask(
        self,
        owner: Owner,
        method: str,
        path: str,
        *,
        token: str,
        body: Any = None,
        params: Mapping[str, str | int | Sequence[str]] | None = None,
        if_match: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """Call an owner; raises Unreachable where it does not answer in time, or cannot (429, 5xx).

        `if_match`: the version to change; `key`: the Idempotency-Key; both may be any text that a form sent.
        Numbers that are not finite are sent as they are: the owner says at which field. Every other status is
        an answer.
        """
        headers = {"Authorization": f"Bearer {token}", **self._always}
        if if_match is not None:
            headers["If-Match"] = f'"{quote(if_match, safe="")}"'
        if key is not None:
            headers["Idempotency-Key"] = quote(key, safe="")
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = (
                "application/merge-patch+json" if method == "PATCH" else "application/json"
            )
        try:
            async with asyncio.timeout(SECONDS):
                sent = await self._clients[owner].request(
                    method, path, content=content, params=params, headers=headers
                )
        except (httpx.HTTPError, TimeoutError):
            raise Unreachable(owner) from None
        if sent.is_server_error or sent.status_code == TOO_MUCH:
            raise Unreachable(owner)
        return _read(owner, sent)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()


class _Told(dict[str, Any]):
    """An object of an answer. Asked for a field that it lacks, its owner is of a release that cannot tell it:
    that costs a page what its being away would."""

    def __init__(self, owner: Owner, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self._owner = owner

    def __missing__(self, name: str) -> Any:
        raise Unreachable(self._owner)


def _read(owner: Owner, sent: httpx.Response) -> Answer:
    try:
        body = sent.json(object_hook=lambda fields: _Told(owner, fields)) if sent.content else None
    except ValueError:
        raise Unreachable(owner) from None
    problems = body.get("errors", []) if sent.is_error and isinstance(body, dict) else []
    faults = tuple(Fault(one["pointer"], one["detail"]) for one in problems)
    etag = sent.headers.get("etag", "").strip('"') or None
    return Answer(sent.status_code, body, etag, faults)
