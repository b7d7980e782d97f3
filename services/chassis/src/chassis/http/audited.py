"""What each route is for the audit, declared where the route is: `act: Annotated[Recording, audited(…)]`.

A test knows every route that declares nothing, and why; the others it calls, and finds what each recorded.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.vocabulary import Role
from fastapi import Depends, Request

from chassis.audit.acts import Act, Action, Actor, record
from chassis.database import Connection
from chassis.http.auth import Caller


def actor_of(caller: Caller) -> Actor:
    """Return a caller as an actor; roles that are none of ours are left out."""
    ours = sorted(caller.roles & set(Role))
    return Actor(caller.issuer, caller.subject, " ".join(ours) or None)


@dataclass(frozen=True)
class Recording:
    """A request's act, until it is known what it is about."""

    request: Request
    action: Action
    object_kind: str

    async def record(
        self,
        connection: Connection,
        object_id: UUID | None = None,
        *,
        people: Collection[UUID] = (),
        fields: Collection[str] = (),
        actor: Actor | None = None,
    ) -> None:
        """Write the act down, in the caller's transaction; of a read before it is answered.

        `actor`: who acts, where that is not the caller by token.
        """
        done_by = actor or actor_of(self.request.state.caller)
        act = Act(
            actor=done_by,
            action=self.action,
            object_kind=self.object_kind,
            object_id=object_id,
            people=people,
            fields=fields,
        )
        await record(connection, [act])


@dataclass(frozen=True)
class Audited:
    """A dependency that says what a route does, to what kind of object."""

    action: Action
    object_kind: str

    async def __call__(self, request: Request) -> Recording:
        """Return the request's act."""
        return Recording(request, self.action, self.object_kind)


def audited(action: Action, object_kind: str) -> Any:
    """Declare what a route does, to what kind of object."""
    return Depends(Audited(action, object_kind))
