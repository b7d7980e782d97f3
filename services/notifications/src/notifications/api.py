"""The HTTP side of notifications for programs: what was sent to whom, and what came back."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from chassis.database import Connection
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, not_found, problems
from chassis.http.requests import BODY_PROBLEMS, Cursor, JsonBody, Limit, Page, page, read_body
from chassis.http.resources import Database
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from notifications import responses
from notifications.domain import address, clock
from notifications.domain.address import normalised
from notifications.domain.forecast import forecast
from notifications.domain.mail_id import MailIds
from notifications.domain.notice import Kind, NoticeState
from notifications.domain.recruiter import RecruiterWishes
from notifications.domain.report import Returned, TooLarge
from notifications.domain.report import read as read_report
from notifications.domain.timeline import steps
from notifications.mail import returned
from notifications.notifying import Delays
from notifications.responses import (
    DeliveryView,
    ForecastItem,
    ForecastRequest,
    ForecastView,
    MailView,
    RecruiterPreferences,
    Released,
    ReportTaken,
    SentAgain,
    SuppressionView,
    TimelineView,
)
from notifications.sending_again import NoSuchNotice, NotPossible, Planned, send_again
from notifications.store import bodies, contacts, deliveries, matches, queue, recruiters, suppressions
from notifications.store.deliveries import Delivery, Filters
from notifications.store.suppressions import Suppression

REPORT_SECONDS = 5.0  # after which what was sent is no report
BYTES = {"schema": {"type": "string", "format": "binary"}}
REPORT = {"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}}


def _delays(request: Request) -> Delays:
    delays: Delays = request.app.state.resources.delays
    return delays


def _mail_ids(request: Request) -> MailIds:
    ids: MailIds = request.app.state.resources.mail_ids
    return ids


Reader = Annotated[Caller, Depends(allow(Role.RECRUITER, Role.OPERATOR))]
Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
Operator = Annotated[Caller, Depends(allow(Role.OPERATOR))]

router = APIRouter(tags=["notifications"], responses=problems(401, 403, 503))


@router.get("/deliveries", responses=problems(422))
async def list_deliveries(
    _caller: Reader,
    pool: Database,
    limit: Limit = 50,
    cursor: Cursor = None,
    assignment_id: Annotated[UUID | None, Query(description="Only those on this opdracht.")] = None,
    profile_id: Annotated[UUID | None, Query(description="Only those to this professional.")] = None,
    kind: Annotated[Kind | None, Query(description="Only those of this kind.")] = None,
    outcome: Annotated[NoticeState | None, Query(description="Only those that stand so.")] = None,
) -> Page[DeliveryView]:
    """List what was sent.

    To whom, when and with what outcome, and what is still to be sent; the newest first.
    """
    filters = Filters(assignment_id, profile_id, kind, outcome)

    async def fetch(before: UUID | None, rows: int) -> list[Delivery]:
        async with pool.acquire() as connection:
            return await deliveries.list_before(connection, before, rows, filters)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.notice_id))
    return Page(items=[responses.delivery(item) for item in items], next=following)


NoticeId = Annotated[UUID, Path(description="The notice's id.")]


@router.get("/deliveries/{notice_id}/body", responses=problems(404))
async def show_body(notice_id: NoticeId, _caller: Reader, pool: Database) -> MailView:
    """Show a mail as it was sent.

    The last one of this notice, or the digest that told it; links in it carry no token. It is gone where its
    professional, or somebody whom it tells of, was erased.
    """
    async with pool.acquire() as connection:
        sent = await bodies.get(connection, notice_id)
    if sent is None:
        raise not_found("mail")
    return responses.mail(sent)


@router.post(
    "/deliveries/{notice_id}/again",
    status_code=202,
    response_model=SentAgain,
    responses=problems(404, 409, 413, 422),
)
async def send_once_more(
    notice_id: NoticeId, caller: Recruiter, delays: Annotated[Delays, Depends(_delays)], once: Idempotent
) -> Response:
    """Send once more what did not arrive.

    It bounced, was refused, missed, suppressed, or not taken in two days, and may still be told: the opdracht
    is open, the professional wants it, their address takes mail.
    """

    async def effect(connection: Connection) -> Answer:
        match await send_again(connection, notice_id, delays.selection, datetime.now(UTC)):
            case Planned(due_at):
                return Answer(202, SentAgain(notice_id=notice_id, due_at=due_at))
            case NotPossible(because):
                raise Problem(409, because)
            case NoSuchNotice():
                raise not_found("notice")

    return await once(caller, effect)


def _domain(name: str) -> str:
    try:
        return address.domain(name)
    except ValueError:
        raise Problem(422, "a parameter is not valid", [("/query/domain", "must be a domain")]) from None


Domain = Query(min_length=1, max_length=253, description="Only addresses of this domain.")


@router.get("/suppressions", responses=problems(422))
async def list_suppressions(
    _caller: Reader,
    pool: Database,
    limit: Limit = 50,
    cursor: Cursor = None,
    domain: Annotated[str | None, Domain] = None,
) -> Page[SuppressionView]:
    """List the addresses that get no mail.

    With the cause: the mail server does not know it, a mail came back, or was complained of. Addresses of
    recruiters are among them.
    """

    wanted = None if domain is None else _domain(domain)

    async def fetch(after: UUID | None, rows: int) -> list[Suppression]:
        async with pool.acquire() as connection:
            return await suppressions.list_after(connection, after, rows, wanted)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.suppression_id))
    return Page(items=[responses.suppression(item) for item in items], next=following)


@router.delete("/suppressions/{suppression_id}", status_code=204, responses=problems(404))
async def release(
    suppression_id: Annotated[
        UUID, Path(description="The suppression's id, or that of a professional whose address it is.")
    ],
    _caller: Recruiter,
    pool: Database,
) -> None:
    """Release an address.

    It gets mail again, also about open opdrachten that it was not told of.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await suppressions.release(connection, suppression_id, datetime.now(UTC)):
            raise not_found("suppression")


@router.delete("/suppressions", responses=problems(422))
async def release_domain(_caller: Recruiter, pool: Database, domain: Annotated[str, Domain]) -> Released:
    """Release all addresses of a domain.

    They get mail again, also about open opdrachten that they were not told of.
    """
    wanted = _domain(domain)
    async with pool.acquire() as connection, connection.transaction():
        return Released(released=await suppressions.release_domain(connection, wanted, datetime.now(UTC)))


@router.post("/reports", status_code=202, openapi_extra=REPORT, responses=problems(413))
async def report(
    request: Request, _caller: Operator, ids: Annotated[MailIds, Depends(_mail_ids)], pool: Database
) -> ReportTaken:
    """Report a mail that came back.

    The body is what came back to the mails' sender, as it came: a bounce (RFC 3464, RFC 6533) or a complaint
    (RFC 5965) that carries the seal of the mail which it is about. What is no report of a mail of ours, such
    as the answer of somebody who is away, is not taken; that one is delayed is noted at its delivery.
    """
    what = await _told(await read_body(request), ids)
    return ReportTaken(taken=await returned.take(pool, what, datetime.now(UTC)))


@router.post("/forecast", responses=problems(*BODY_PROBLEMS))
async def foresee(
    _caller: Reader, pool: Database, body: Annotated[ForecastRequest, Depends(JsonBody(ForecastRequest))]
) -> ForecastView:
    """Show what would become of the mails.

    Who would be mailed now, who later and when, and who not at all, if this opdracht were published and these
    professionals proposed now. Nothing is stored or sent.
    """
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        known = await contacts.recipients(connection, [one.profile_id for one in body.people])
        mailboxes = {one.mailbox for one in known.values()}
        sent_today = await queue.sent_since(connection, mailboxes, clock.midnight(now))
    items = []
    for one in body.people:
        recipient = known.get(one.profile_id)
        sent = sent_today.get(recipient.mailbox, 0) if recipient else 0
        told = forecast(recipient, one.score, body.urgency, body.respond_by, sent, now)
        items.append(ForecastItem(profile_id=one.profile_id, prospect=told.prospect, at=told.at))
    return ForecastView(items=items)


async def _told(content: bytes, ids: MailIds) -> Returned:
    """Read a report beside everything else: whoever writes it may be anybody."""
    with suppress(TimeoutError):
        async with asyncio.timeout(REPORT_SECONDS):
            return await asyncio.to_thread(read_report, content, ids)
    return TooLarge()


def _own_mailbox(caller: Caller) -> str:
    if caller.email is None:
        raise Problem(403, "the token names no e-mail address (claim `email`)")
    return normalised(caller.email)


@router.get("/recruiter-preferences")
async def show_recruiter_preferences(caller: Recruiter, pool: Database) -> RecruiterPreferences:
    """Show how one's own mail comes.

    Of the recruiter whose address the token names (claim `email`).
    """
    mailbox = _own_mailbox(caller)
    async with pool.acquire() as connection:
        wishes = await recruiters.wishes(connection, [mailbox])
    return responses.recruiter_preferences(wishes.get(mailbox, RecruiterWishes()))


@router.put("/recruiter-preferences", responses=problems(*BODY_PROBLEMS))
async def choose_recruiter_preferences(
    caller: Recruiter,
    delays: Annotated[Delays, Depends(_delays)],
    pool: Database,
    body: Annotated[RecruiterPreferences, Depends(JsonBody(RecruiterPreferences))],
) -> RecruiterPreferences:
    """Choose how one's own mail comes.

    It counts at once, also for what waits: who wants no summaries gets none of what was gathered.
    """
    mailbox, now = _own_mailbox(caller), datetime.now(UTC)
    wishes = RecruiterWishes(body.summary, body.interest, body.quiet_hours)
    async with pool.acquire() as connection, connection.transaction():
        await recruiters.save_wishes(connection, mailbox, wishes)
        await recruiters.plan_anew(connection, mailbox, wishes, delays.summary, now)
    return body


@router.get("/matches/{match_id}/timeline", responses=problems(404))
async def show_timeline(
    match_id: Annotated[UUID, Path(description="The match's id.")], _caller: Reader, pool: Database
) -> TimelineView:
    """Show what happened to a match.

    The oldest first: did she get it, and what became of it?
    """
    async with pool.acquire() as connection:
        match = await matches.get(connection, match_id)
        if match is None:
            raise not_found("match")
        notified = await deliveries.of_matches(connection, [match_id])
    return responses.timeline(match_id, steps(match, notified.get(match_id, [])))
