"""One trace from the request over the outbox, Kafka, matching and notifications to the mail."""

import random
from collections.abc import Sequence
from contextlib import suppress

from support.collecting import Collector, Span
from support.meetings import a_match, demanding, mails_to
from support.stacks import Stack, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


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


def led_to(spans: Sequence[Span]) -> set[tuple[str, str]]:
    """Return the services and names of the spans that the request led to. A batch is under its first event
    and linked to the others, so that what comes of it may be in the trace of another request."""
    ids = {one.id for one in spans if one.trace == TRACE and one.service == "assignments"}
    known = 0
    while known < len(ids):
        known = len(ids)
        ids |= {one.id for one in spans if one.under & ids}
    return {(one.service, one.name) for one in spans if one.id in ids}
