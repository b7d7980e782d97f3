"""Opdrachten at their owner: drafts and open ones, which share their ids, and the places that it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason

from desk.owners.api import Answer, Fault, Owner, Owners, Unreachable

MISSING = "is missing"


class State(StrEnum):
    """Where an opdracht is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Stored:
    """An opdracht as its owner has it. `fields`: its facts as JSON, of a draft as they were typed; `faults`:
    what a draft lacks and what is wrong in it; `is_told`: by the topics, for the owner is away."""

    assignment_id: UUID
    version: str
    state: State
    fields: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()
    is_told: bool = False


async def find(owners: Owners, token: str, assignment_id: UUID) -> Stored | None:
    """Return an opdracht, draft or not; None where there is none. Raises Unreachable."""
    answer = await owners.ask(Owner.ASSIGNMENTS, "GET", f"/drafts/{assignment_id}", token=token)
    if answer.ok:
        return draft(answer)
    answer = await owners.ask(Owner.ASSIGNMENTS, "GET", f"/assignments/{assignment_id}", token=token)
    if answer.status == 404:
        return None
    if not answer.ok:
        raise Unreachable(Owner.ASSIGNMENTS)
    return Stored(
        assignment_id=assignment_id,
        version=str(answer.body["version"]),
        state=State(answer.body["state"]),
        fields={name: answer.body[name] for name in AssignmentFacts.model_fields if name in answer.body},
    )


def draft(answer: Answer) -> Stored:
    """Read a draft that the owner answered."""
    body = answer.body
    missing = [Fault(pointer, MISSING) for pointer in body["missing"]]
    wrong = [Fault(one["pointer"], one["detail"]) for one in body["errors"]]
    return Stored(
        UUID(body["draft_id"]), str(body["version"]), State.DRAFT, body["fields"], (*missing, *wrong)
    )


async def begin(owners: Owners, token: str, fields: Mapping[str, Any], key: str) -> Answer:
    """Begin a draft; `key`: one for each form."""
    return await owners.ask(Owner.ASSIGNMENTS, "POST", "/drafts", token=token, body=fields, key=key)


async def keep(
    owners: Owners, token: str, assignment_id: UUID, version: str, fields: Mapping[str, Any]
) -> Answer:
    """Change a draft: the fields replace those of this version."""
    path = f"/drafts/{assignment_id}"
    return await owners.ask(Owner.ASSIGNMENTS, "PUT", path, token=token, body=fields, if_match=version)


async def give_up(owners: Owners, token: str, assignment_id: UUID) -> Answer:
    """Delete a draft."""
    return await owners.ask(Owner.ASSIGNMENTS, "DELETE", f"/drafts/{assignment_id}", token=token)


async def publish(owners: Owners, token: str, assignment_id: UUID, key: str) -> Answer:
    """Open a draft; `key`: one for each form."""
    path = f"/drafts/{assignment_id}/publish"
    return await owners.ask(Owner.ASSIGNMENTS, "POST", path, token=token, key=key)


async def change(
    owners: Owners, token: str, assignment_id: UUID, version: str, patch: Mapping[str, Any]
) -> Answer:
    """Change an opdracht by a merge patch of this version."""
    path = f"/assignments/{assignment_id}"
    return await owners.ask(Owner.ASSIGNMENTS, "PATCH", path, token=token, body=patch, if_match=version)


async def copy(owners: Owners, token: str, assignment_id: UUID, key: str) -> Answer:
    """Copy an opdracht as a new draft; `key`: one for each form."""
    path = f"/assignments/{assignment_id}/copy"
    return await owners.ask(Owner.ASSIGNMENTS, "POST", path, token=token, key=key)


async def close(owners: Owners, token: str, assignment_id: UUID, reason: ClosedReason) -> Answer:
    """Close an opdracht."""
    path = f"/assignments/{assignment_id}/close"
    return await owners.ask(Owner.ASSIGNMENTS, "POST", path, token=token, body={"reason": reason})


@dataclass(frozen=True)
class FoundPlace:
    """A place as facts take it, and the name of it that was sought: its own or another."""

    place: Mapping[str, Any]
    by: str


async def places(owners: Owners, token: str, beginning: str) -> list[FoundPlace]:
    """Return the places of which a name begins so: those of that very name, then the largest. Raises
    Unreachable."""
    sought = beginning.strip()[:100]
    if not sought:
        return []
    answer = await owners.ask(Owner.ASSIGNMENTS, "GET", "/places", token=token, params={"q": sought})
    if not answer.ok:
        return []
    items = answer.body["items"]
    names = answer.body.get("found", [item["name"] for item in items])  # absent: each by its own name
    return [FoundPlace(*one) for one in zip(items, names, strict=True)]


async def place(owners: Owners, token: str, name: str) -> Mapping[str, Any] | None:
    """Return the place of a name, or the largest that begins so; None where there is none. Raises
    Unreachable."""
    found = await places(owners, token, name)
    return found[0].place if found else None
