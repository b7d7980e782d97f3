"""The stream of alerts over HTTP, live and past."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.problems import Problem, problems, too_many
from chassis.http.requests import Cursor, Limit, Page, page
from chassis.http.resources import Database
from contracts.values import Frozen, Moment
from fastapi import APIRouter, Depends, Header, Query, Request
from sse_starlette import EventSourceResponse
from starlette.types import Receive, Scope, Send

from desk.live.stream import STREAMS_OF_ONE, Stream, TooManyStreams
from desk.sign_in.session import SignedIn, Staff
from desk.store import alerts
from desk.store.alerts import Alert

PING_SECONDS = 15
RETRY_SECONDS = 5  # a tab that was closed may have made room
LARGEST_ID = 2**63 - 1  # of a bigint


def _stream(request: Request) -> Stream:
    stream: Stream = request.app.state.resources.stream
    return stream


def alert_id(text: str) -> int:
    """Read an alert's id; raises ValueError for what no alert can have."""
    if not text.isdecimal() or len(text) > len(str(LARGEST_ID)) or int(text) > LARGEST_ID:
        raise ValueError("must be the `id` of an alert")
    return int(text)


class _Streaming(EventSourceResponse):
    """A stream that holds one of its reader's places from its begin to its end."""

    def __init__(self, stream: Stream, who: SignedIn, events: AsyncIterator[bytes]) -> None:
        super().__init__(events, ping=PING_SECONDS, headers={"Cache-Control": "no-store"})
        self._place = stream.place(who.caller.subject, who.session)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._place:
                await super().__call__(scope, receive, send)
        except TooManyStreams:
            raise too_many(
                f"you have {STREAMS_OF_ONE} streams open: close one first", RETRY_SECONDS
            ) from None


class AlertView(Frozen):
    """An event: `type` is its `ce_type`, `data` its data; `at` is when it reached the stream."""

    id: int
    type: str
    data: dict[str, Any]
    at: Moment


router = APIRouter(tags=["alerts"], responses=problems(401, 403, 422, 503))


@router.get(
    "/alerts",
    response_class=EventSourceResponse,
    responses=problems(429)
    | {200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
)
async def listen(
    who: Staff,
    stream: Annotated[Stream, Depends(_stream)],
    pool: Database,
    act: Annotated[Recording, audited(Action.LIST, "alerts")],
    last_event_id: Annotated[str | None, Header(description="The last `id` that was seen.")] = None,
    after: Annotated[
        int | None, Query(ge=0, le=LARGEST_ID, description="As `Last-Event-ID`, which counts first.")
    ] = None,
) -> EventSourceResponse:
    """Stream alerts.

    From now on, or from after `Last-Event-ID` (or `after`) without a gap: `event` is the event's type, `id`
    rises, `data` is JSON. What an alert tells can be read by then. The stream ends with the session that
    opened it; five may be open at once.
    """
    try:
        start = after if last_event_id is None else alert_id(last_event_id)
    except ValueError as error:
        raise Problem(422, "a parameter is not valid", [("/header/last-event-id", str(error))]) from None
    async with pool.acquire() as connection:
        await act.record(connection)

    async def record(shown: Sequence[Alert]) -> None:
        if people := _people(shown):
            async with pool.acquire() as connection:
                await act.record_shown(connection, people)

    return _Streaming(stream, who, stream.events(start, who.session, record))


def _people(items: Sequence[Alert]) -> list[UUID]:
    return [UUID(one.data["profile_id"]) for one in items if one.data.get("profile_id")]


@router.get("/alerts/history")
async def list_past(
    _who: Staff,
    pool: Database,
    act: Annotated[Recording, audited(Action.LIST, "alerts")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertView]:
    """List past alerts.

    The newest first; those about somebody who was erased are gone.
    """

    async def fetch(before: int | None, rows: int) -> list[Alert]:
        async with pool.acquire() as connection:
            return await alerts.before(connection, before, rows)

    items, following = await page(fetch, limit, cursor, alert_id, lambda last: str(last.id))
    async with pool.acquire() as connection:
        await act.record(connection, people=_people(items))
    views = [AlertView(id=item.id, type=item.type, data=item.data, at=item.at) for item in items]
    return Page(items=views, next=following)
