"""One trace from the request over the outbox, Kafka, matching and notifications to the mail."""

import random

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

    async def path() -> list[Span] | None:
        mail = next((one for one in spans() if one.name == "send mail"), None)
        return None if mail is None else upwards(mail)

    def spans() -> list[Span]:
        return [one for one in collector.spans if one.trace == TRACE]

    def upwards(span: Span) -> list[Span] | None:
        known = {one.id: one for one in spans()}
        found = [span]
        while found[-1].parent in known:
            found.append(known[found[-1].parent])
        return found if found[-1].service == "assignments" else None

    names = [(one.service, one.name) for one in await until(path)]
    assert names[0] == ("notifications", "send mail")
    assert ("notifications", "process notifications") in names
    assert ("matching", "process matching") in names
    assert names[-1][0] == "assignments"
