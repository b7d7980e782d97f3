"""Links by which a professional signs in, without a password: asked for and redeemed by the desk, mailed
here.

Whoever asks learns nothing: the answer is the same, and comes as fast, whoever has the address. Its mail
alone says whether somebody has.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import structlog
from chassis.audit import Action, Actor
from chassis.database import UNAVAILABLE, Connection, Pool
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, problems
from chassis.http.requests import BODY_PROBLEMS, JsonBody
from chassis.http.resources import Database
from chassis.telemetry import where
from chassis.timers import Timer
from contracts.requests import Address
from contracts.values import Frozen
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from uuid_utils.compat import uuid7

from notifications import staying
from notifications.answers.links import OurLinks, Purpose
from notifications.mail.mime import Mail
from notifications.mail.smtp import Outcome, TryLater
from notifications.store import erasure, sign_in_links
from notifications.store.sign_in_links import LIVES, ToMail

log = structlog.get_logger()

POLL_SECONDS = 1.0
AGAIN = timedelta(seconds=10)  # after the mail server could not take one
KEPT = timedelta(days=1)  # that somebody asked, for the limit and whoever asks why no mail came

Desk = Annotated[Caller, Depends(allow(Role.DESK))]
router = APIRouter(
    prefix="/sign-in-links", tags=["signing in"], responses=problems(401, 403, *BODY_PROBLEMS, 503)
)


class LinkWanted(Frozen):
    """Who wants to sign in."""

    email: Address


class LinkSent(BaseModel):
    """What is said to everybody."""

    seconds: Annotated[int, Field(description="How long the link works, where one is mailed.")]


class Link(Frozen):
    """A link that somebody opened and confirmed: the token in it."""

    token: Annotated[str, Field(max_length=500)]


class Proven(BaseModel):
    """Whose address it is."""

    email: Annotated[str, Field(description="The address that the link was mailed to.")]
    profile_id: Annotated[UUID | None, Field(description="Null where nobody is registered with it.")]


@router.post("", status_code=202, response_model=LinkSent)
async def ask(
    caller: Desk,
    body: Annotated[LinkWanted, Depends(JsonBody(LinkWanted))],
    once: Idempotent,
    act: Annotated[Recording, audited(Action.SEND, "sign-in link")],
) -> Response:
    """Mail somebody a link to sign in with.

    It works once, for fifteen minutes. The answer is the same whoever has the address; a few links of one
    address live at once, and more are not mailed.
    """

    async def effect(connection: Connection) -> Answer:
        link_id = uuid7()
        await sign_in_links.add(connection, link_id, body.email, datetime.now(UTC))
        await act.record(connection, link_id)
        return Answer(202, LinkSent(seconds=int(LIVES.total_seconds())))

    return await once(caller, effect)


@router.post("/redeem", responses=problems(410))
async def redeem(
    _caller: Desk,
    body: Annotated[Link, Depends(JsonBody(Link))],
    pool: Database,
    links: OurLinks,
    act: Annotated[Recording, audited(Action.SIGN_IN, "sign-in link")],
) -> Proven:
    """Redeem a link.

    Whose address it is, or that it is new. A professional who signs in confirms that they stay. A link that
    is forged, used or too old is a 410, whatever it was.
    """
    link, now = links.read(Purpose.SIGN_IN, body.token), datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        found = None if link is None else await sign_in_links.redeem(connection, link.subject, now)
        if link is None or found is None:
            raise Problem(410, "this link was used, or works no more")
        if found.profile_id is not None:
            await staying.take_in(connection, found.profile_id, now)
        people = [] if found.profile_id is None else [found.profile_id]
        actor = Actor.by_link(found.profile_id) if found.profile_id else None
        await act.record(connection, link.subject, people=people, actor=actor)
    return Proven(email=found.address, profile_id=found.profile_id)


class Mailer:
    """Mails links that were asked for: `compose` writes a mail, `transport` hands it to the mail server."""

    def __init__(
        self,
        pool: Pool,
        compose: Callable[[ToMail, datetime], Mail],
        transport: Callable[[Mail], Awaitable[Outcome]],
    ) -> None:
        self._pool = pool
        self._compose = compose
        self._transport = transport

    async def run(self) -> None:
        """Mail until cancelled, whatever fails."""
        with Timer("links to sign in", POLL_SECONDS) as timer:
            while True:
                sent = 0
                try:
                    sent = await self.mail_due(datetime.now(UTC))
                    timer.succeed()
                except UNAVAILABLE as error:
                    log.warning("links to sign in wait", **where(error))
                except Exception as error:
                    log.error("links to sign in wait", **where(error))
                if not sent:
                    await asyncio.sleep(POLL_SECONDS)

    async def mail_due(self, now: datetime) -> int:
        """Mail what is due at a moment, and forget what ended long before; return how many there were."""
        async with self._pool.acquire() as connection:
            await sign_in_links.delete_ended(connection, now - KEPT)
            claimed = await sign_in_links.claim(connection, now)
        later = await asyncio.gather(*(self._mail(one, now) for one in claimed))
        if claimed:
            async with self._pool.acquire() as connection:
                for again_at in (None, now + AGAIN):
                    ids = [
                        one.link_id
                        for one, wait in zip(claimed, later, strict=True)
                        if wait == (again_at is not None)
                    ]
                    await sign_in_links.settle(connection, ids, again_at)
        return len(claimed)

    async def _mail(self, link: ToMail, now: datetime) -> bool:
        """Mail one; tell whether it is to be tried again."""
        try:
            outcome = await self._transport(self._compose(link, now))
        except Exception as error:
            log.error("link to sign in not mailed", link_id=str(link.link_id), **where(error))
            return True
        return isinstance(outcome, TryLater)
