"""Links by which a professional shows that another address is theirs: asked for and redeemed by the desk, and
mailed as links to sign in are.

Whoever asks learns nothing: the answer is the same whoever has the address, and its mail alone says it.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.audit import Action, Actor
from chassis.database import Connection
from chassis.http.audited import Recording, audited
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, problems
from chassis.http.requests import BODY_PROBLEMS, JsonBody
from chassis.http.resources import Database
from contracts.requests import Address
from contracts.values import Frozen
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from uuid_utils.compat import uuid7

from notifications.answers.links import OurLinks, Purpose
from notifications.signing_in import Desk, LinkSent
from notifications.store import erasure, sign_in_links
from notifications.store.sign_in_links import LIVES

router = APIRouter(
    prefix="/address-links", tags=["signing in"], responses=problems(401, 403, *BODY_PROBLEMS, 503)
)


class AddressWanted(Frozen):
    """Who wants to be mailed at another address."""

    profile_id: UUID
    email: Address


class AddressLink(Frozen):
    """A link that somebody opened and confirmed, who is signed in: the token in it."""

    profile_id: UUID
    token: Annotated[str, Field(max_length=500)]


class AddressShown(BaseModel):
    """Which address is theirs."""

    email: Annotated[str, Field(description="The address that the link was mailed to.")]


@router.post("", status_code=202, response_model=LinkSent)
async def ask(
    caller: Desk,
    body: Annotated[AddressWanted, Depends(JsonBody(AddressWanted))],
    once: Idempotent,
    act: Annotated[Recording, audited(Action.SEND, "address link")],
) -> Response:
    """Mail a link to another address of a professional.

    It works once, for fifteen minutes, for them alone. The answer is the same whoever has the address; a few
    links of one address, and of one professional, live at once, and more are not mailed.
    """

    async def effect(connection: Connection) -> Answer:
        await erasure.lock_out_erasure(connection)
        link_id = uuid7()
        await sign_in_links.add(connection, link_id, body.email, datetime.now(UTC), body.profile_id)
        await act.record(connection, link_id, people=[body.profile_id])
        return Answer(202, LinkSent(seconds=int(LIVES.total_seconds())))

    return await once(caller, effect)


@router.post("/redeem", responses=problems(410))
async def redeem(
    _caller: Desk,
    body: Annotated[AddressLink, Depends(JsonBody(AddressLink))],
    pool: Database,
    links: OurLinks,
    act: Annotated[Recording, audited(Action.CHANGE, "address link")],
) -> AddressShown:
    """Redeem a link to another address.

    A link that is forged, used, too old or somebody else's is a 410, whatever it was.
    """
    link, now = links.read(Purpose.ADDRESS, body.token), datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        address = None
        if link is not None:
            address = await sign_in_links.redeem_address(connection, link.subject, body.profile_id, now)
        if link is None or address is None:
            raise Problem(410, "this link was used, or works no more")
        actor = Actor.by_link(body.profile_id)
        await act.record(connection, link.subject, people=[body.profile_id], actor=actor)
    return AddressShown(email=address)
