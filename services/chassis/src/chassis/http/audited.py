"""What each route is for the audit, declared where the route is: `act: Annotated[Recording, audited(…)]`.

A test knows every route that declares nothing, and why; the others it calls, and finds what each recorded.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.vocabulary import Role
from fastapi import Depends, Request

from chassis.audit.acts import FETCHED, Act, Action, Actor, record, record_new
from chassis.database import Connection
from chassis.http.auth import Caller


def actor_of(caller: Caller) -> Actor:
    """Return a caller as an actor; roles that are none of ours are left out."""
    ours = sorted(caller.roles & set(Role))
    return Actor(caller.issuer, caller.subject, " ".join(ours) or None)


FETCH_MODE = "Sec-Fetch-Mode"


def is_fetched(request: Request) -> bool:
    """Tell whether a page fetches this by itself, as browsers say; who is silent about it is somebody."""
    return request.headers.get(FETCH_MODE, "navigate") != "navigate"


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

        `actor`: who acts, where that is not the caller by token. Of what a page fetches by itself, that alone
        which the record does not say (`record_new`).
        """
        act = Act(
            actor=actor or actor_of(self.request.state.caller),
            action=self.action,
            object_kind=self.object_kind,
            object_id=object_id,
            people=people,
            fields=fields,
        )
        if self.action in FETCHED and is_fetched(self.request):
            await record_new(connection, act)
        else:
            await record(connection, [act])

    async def record_shown(self, connection: Connection, people: Collection[UUID]) -> None:
        """Write down whom an answer that goes on shows now, as far as the record does not say it."""
        actor = actor_of(self.request.state.caller)
        act = Act(actor=actor, action=self.action, object_kind=self.object_kind, people=people)
        await record_new(connection, act)


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
