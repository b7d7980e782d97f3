"""What a span says: OpenTelemetry's conventions on HTTP and messaging, and nothing of whom it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from chassis.service import web_app
from chassis.settings import Settings
from chassis.telemetry import LINKED_TRACES, messaging, span
from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from support.log_lines import spans
from support.openapi import SETTINGS

ADDRESS = "wilhelmina@proefkonijn.example"
TRACE, PARENT = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7
TRACEPARENT = f"00-{TRACE:032x}-{PARENT:016x}-01"

router = APIRouter()


@router.get("/people/{person}")
async def person(person: str) -> None: ...


@router.post("/people/{person}/broken")
async def break_down(person: str) -> None:
    raise RuntimeError(ADDRESS)


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


async def spans_of(method: str, path: str, **settings: Any) -> list[ReadableSpan]:
    app = web_app("things", Settings(**SETTINGS | settings), _nothing, router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with spans() as made:
        async with httpx.AsyncClient(transport=transport, base_url="http://things") as http:
            await http.request(method, path, headers={"traceparent": TRACEPARENT})
        return [*made()]


def said(one: ReadableSpan) -> dict[str, Any]:
    return dict(one.attributes or {})


async def test_a_request_is_one_span_under_its_callers_with_the_route_and_not_the_path() -> None:
    (made,) = await spans_of("GET", f"/people/{ADDRESS}?wie={ADDRESS}")
    assert (made.name, made.kind) == ("GET /people/{person}", SpanKind.SERVER)
    assert made.parent is not None
    assert (made.parent.trace_id, made.parent.span_id) == (TRACE, PARENT)
    assert said(made) == {
        "http.request.method": "GET",
        "http.route": "/people/{person}",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    assert made.status.status_code is StatusCode.UNSET


async def test_a_request_that_fails_is_an_error_of_its_status_and_tells_nothing_of_why() -> None:
    (made,) = await spans_of("POST", f"/people/{ADDRESS}/broken")
    assert said(made)["error.type"] == "RuntimeError"
    assert said(made)["http.response.status_code"] == 500
    assert made.status.status_code is StatusCode.ERROR
    assert ADDRESS not in made.to_json()


async def test_a_request_for_nothing_has_no_route() -> None:
    (made,) = await spans_of("GET", f"/nothing/{ADDRESS}")
    assert (made.name, said(made)["http.response.status_code"]) == ("GET", 404)
    assert "http.route" not in said(made)


async def test_a_request_of_a_probe_has_no_span() -> None:
    for path in ("/livez", "/metrics"):
        assert await spans_of("GET", path) == []


def test_an_error_leaves_its_type_in_a_span() -> None:
    with spans() as made:
        with pytest.raises(ValueError, match=ADDRESS), span("work"):
            raise ValueError(ADDRESS)
        (failed,) = made()
    assert said(failed) == {"error.type": "ValueError"}
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, None)
    assert failed.events == ()


def test_a_batch_goes_on_with_its_first_events_trace_and_is_linked_to_the_others() -> None:
    parents = [None, *(f"00-{number:032x}-{number:016x}-01" for number in range(1, 100) for _ in range(2))]
    with spans() as made:
        with span("batch", parents=parents):
            pass
        (batch,) = made()
    assert batch.parent is not None
    assert batch.parent.trace_id == 1
    assert [link.context.trace_id for link in batch.links] == [*range(2, LINKED_TRACES + 1)]


def test_an_operation_on_kafka_is_named_as_by_convention() -> None:
    of_kafka = {"messaging.system": "kafka"}
    send = {"messaging.operation.name": "send", "messaging.operation.type": "send"}
    process = {"messaging.operation.name": "process", "messaging.operation.type": "process"}
    group = {"messaging.consumer.group.name": "matching"}
    topic = {"messaging.destination.name": "profiles"}
    assert messaging("send", ["profiles"]) == of_kafka | send | topic
    assert messaging("process", ["profiles"], "matching") == of_kafka | process | group | topic
    assert messaging("process", ["assignments", "profiles"], "matching") == of_kafka | process | group
