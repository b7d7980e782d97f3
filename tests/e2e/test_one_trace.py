"""One trace from the request over the outbox, Kafka, matching and notifications to the mail."""

import random
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
    found: list[Span] = []

    async def lead_back() -> bool:
        found[:] = upwards([one for one in collector.spans if one.trace == TRACE])
        return bool(found) and found[-1].service == "assignments"

    with suppress(AssertionError):
        await until(lead_back)
    names = [(one.service, one.name) for one in found]
    assert names[-1:]
    assert names[-1][0] == "assignments", names
    assert ("notifications", "process notifications") in names
    assert ("matching", "process matching") in names


def upwards(spans: list[Span]) -> list[Span]:
    """Return the span of a mail, and those above it, as far as they are known."""
    known = {one.id: one for one in spans}
    found = [one for one in spans if one.name == "send mail"][:1]
    while found and found[-1].parent in known:
        found.append(known[found[-1].parent])
    return found
