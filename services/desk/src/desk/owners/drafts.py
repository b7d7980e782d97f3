"""Drafts of opdrachten, which the assignments service keeps: they may be incomplete, and are on no topic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.owners.api import Owner, Owners, Unreachable

MOST = 200  # the largest page that the service answers


@dataclass(frozen=True)
class Draft:
    """A draft. `fields`: as they were typed; `missing`: how many are still to be filled in or mended."""

    assignment_id: UUID
    fields: Mapping[str, Any]
    missing: int
    changed_at: datetime

    @property
    def title(self) -> str | None:
        """Its title, where it has one that can be read."""
        return _text(self.fields.get("title"))

    @property
    def organisation(self) -> str | None:
        """Its client's name."""
        return _text(_part(self.fields, "organisation").get("name"))

    @property
    def recruiter(self) -> str | None:
        """Its recruiter's e-mail address, in lower case."""
        email = _text(_part(self.fields, "recruiter").get("email"))
        return email and email.lower()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _part(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = fields.get(name)
    return part if isinstance(part, dict) else {}


async def listed(owners: Owners, token: str) -> list[Draft]:
    """Return the drafts, the oldest first; raises Unreachable."""
    answer = await owners.ask(Owner.ASSIGNMENTS, "GET", "/drafts", token=token, params={"limit": MOST})
    return [_draft(item) for item in answer.body["items"]] if answer.ok else []


async def count(owners: Owners, token: str) -> int:
    """Return how many drafts there are; raises Unreachable."""
    answer = await owners.ask(Owner.ASSIGNMENTS, "GET", "/draft-count", token=token)
    if not answer.ok:
        raise Unreachable(Owner.ASSIGNMENTS)  # of a release that cannot tell yet
    return int(answer.body["count"])


def _draft(item: Mapping[str, Any]) -> Draft:
    return Draft(
        assignment_id=UUID(item["draft_id"]),
        fields=item["fields"],
        missing=len(item["missing"]) + len(item["errors"]),
        changed_at=datetime.fromisoformat(item["updated_at"]),
    )
