"""What a service holds on a person, for the person: GDPR, article 15. The list of its erasure says where."""

from typing import Annotated, Any
from uuid import UUID

from contracts.values import Frozen
from contracts.vocabulary import PEOPLE, Role
from fastapi import APIRouter, Depends, Path
from pydantic import Field

from chassis.audit.acts import Action
from chassis.erasure import ErasureRule, held
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.problems import Problem, problems
from chassis.http.resources import Database

STAFF = (Role.RECRUITER, Role.OPERATOR)


class HeldView(Frozen):
    """A service's part of what is held on a person."""

    profile_id: UUID
    service: str
    held: Annotated[
        dict[str, list[dict[str, Any]]],
        Field(description="The person's rows by table; a table that has none is left out."),
    ]


def router(service: str, rules: tuple[ErasureRule, ...]) -> APIRouter:
    """Return the route of a service with this list."""
    made = APIRouter(tags=["held"], responses=problems(401, 403, 404, 503))

    @made.get("/profiles/{profile_id}/held")
    async def show(
        profile_id: Annotated[UUID, Path(description="The professional's id.")],
        caller: Annotated[Caller, Depends(allow(*PEOPLE))],
        pool: Database,
        act: Annotated[Recording, audited(Action.EXPORT, "profile")],
    ) -> HeldView:
        """Show what this service holds on a professional.

        Everything of theirs in its database, as it lies there; nothing of somebody who is not known. A
        professional sees the own part only.
        """
        if caller.roles.isdisjoint(STAFF) and caller.subject.lower() != str(profile_id):
            raise Problem(403, "a professional reaches the own profile only")
        async with pool.acquire() as connection:
            rows = await held(connection, rules, profile_id)
            await act.record(connection, profile_id, people=[profile_id])
        return HeldView(profile_id=profile_id, service=service, held=rows)

    return made
