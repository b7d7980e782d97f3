"""What a recruiter is still writing: some of an opdracht's fields, right or not yet."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

# What a copy leaves to be said anew.
OF_ITS_TIME = ("starts_on", "ends_on", "respond_by")


@dataclass(frozen=True)
class Draft:
    """An opdracht's fields so far, as JSON. `version` rises by one with each change.

    Once they make a whole, it is an assignment in the state `draft`, with the same id; nobody but its
    recruiters knows of either.
    """

    draft_id: UUID
    version: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    def change(self, fields: dict[str, Any], now: datetime) -> "Draft":
        """Replace the fields."""
        return replace(self, version=self.version + 1, fields=fields, updated_at=now)


def copied(facts: dict[str, Any]) -> dict[str, Any]:
    """Return an opdracht's fields for a copy of it: without its dates."""
    return {name: value for name, value in facts.items() if name not in OF_ITS_TIME}
