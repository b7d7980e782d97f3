"""One trace from the request over the outbox, Kafka, matching and notifications to the mail; what its spans
and lines say."""

import random
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from support.collecting import Collector, Span
from support.meetings import a_match, demanding, mails_to
from support.stacks import Stack, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ANOTHER_TRACE = f"{int(TRACE, 16) + 1:032x}"
MESSAGING = {
    "messaging.system",
    "messaging.operation.name",
    "messaging.operation.type",
    "messaging.destination.name",
    "messaging.consumer.group.name",
    "messaging.batch.message_count",
}
HTTP = {"http.request.method", "http.route", "http.response.status_code", "url.scheme"}
SAID = MESSAGING | HTTP | {"kind_of_notice", "error.type"}


async def test_an_assignments_request_and_its_mail_are_one_trace(stack: Stack, collector: Collector) -> None:
    _, _, address = await a_match(stack, "Spoor")
    await until(lambda: mails_to(stack, address, "Opdracht voor Spoor"))
    async with stack.client("assignments") as http:
        body = {**demanding(random.Random("spoor")), "title": "Tweede spoor", "urgency": "spoed"}
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        assert (await http.post("/assignments", json=body, headers=headers)).status_code == 201
    await until(lambda: mails_to(stack, address, "Tweede spoor"))
    found: set[tuple[str, str]] = set()

    async def has_come() -> bool:
        found.update(led_to(collector.spans))
        return ("notifications", "send mail") in found

    with suppress(AssertionError):
        await until(has_come)
    assert found >= {
        ("matching", "process matching"),
        ("notifications", "process notifications"),
        ("notifications", "send mail"),
    }


async def test_what_is_published_and_processed_is_told_by_spans_and_lines(
    stack: Stack, collector: Collector
) -> None:
    async with stack.client("assignments") as http:
        headers = {"traceparent": f"00-{ANOTHER_TRACE}-00f067aa0ba902b7-01"}
        body = {**demanding(random.Random("lijnen")), "title": "Lijnen"}
        assert (await http.post("/assignments", json=body, headers=headers)).status_code == 201

    def those(service: str, name: str) -> list[Span]:
        spans = [one for one in collector.spans if (one.service, one.name) == (service, name)]
        return [one for one in spans if one.trace == ANOTHER_TRACE]

    wanted = {"assignments": ("POST /assignments", "send assignments"), "matching": ("process matching",)}

    async def all_came() -> bool:
        return all(those(service, name) for service, names in wanted.items() for name in names)

    await until(all_came)
    (request,) = those("assignments", "POST /assignments")
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/assignments",
        "http.response.status_code": 201,
        "url.scheme": "http",
    }
    (sent,) = those("assignments", "send assignments")
    assert (sent.kind, sent.under) == ("SPAN_KIND_PRODUCER", frozenset({request.id}))
    assert sent.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "assignments",
        "messaging.batch.message_count": 1,
    }
    processed = those("matching", "process matching")[0]
    assert processed.kind == "SPAN_KIND_CONSUMER"
    assert processed.attributes["messaging.consumer.group.name"] == "matching"

    async def is_written(service: str, event: str) -> bool:
        log = (stack.layout.folder("log") / f"{service}.log").read_text(errors="replace")
        return any(ANOTHER_TRACE in line and f" {event} " in line for line in log.splitlines())

    for service, event in (("assignments", "request"), ("matching", "batch")):
        await until(partial(is_written, service, event), what=f"a line of the {event} in {service}'s log")


async def test_no_span_of_any_service_says_more(stack: Stack, collector: Collector) -> None:
    async with stack.client("desk") as http:
        await http.get("/opdrachten/iets?wie=wilhelmina@proefkonijn.example")
    seen = len(collector.spans)

    async def of_the_desk_came() -> bool:
        return any(one.service == "desk" for one in collector.spans[seen:])

    await until(of_the_desk_came)
    assert {key for one in collector.spans for key in one.attributes} <= SAID


def led_to(spans: Sequence[Span]) -> set[tuple[str, str]]:
    """Return the services and names of the spans that the request led to. A batch is under its first event
    and linked to the others, so that what comes of it may be in the trace of another request."""
    ids = {one.id for one in spans if one.trace == TRACE and one.service == "assignments"}
    known = 0
    while known < len(ids):
        known = len(ids)
        ids |= {one.id for one in spans if one.under & ids}
    return {(one.service, one.name) for one in spans if one.id in ids}
