"""A mail that came back is known once, shown on the stream, and its address can be released."""

import re
from typing import Any
from uuid import uuid4

from contracts.vocabulary import Role
from support.mails import came_back
from support.meetings import a_match, mails_to
from support.stacks import Stack, until


async def test_a_mail_that_came_back_is_told_of_and_its_address_released(stack: Stack) -> None:
    name = f"Terug{uuid4().hex[:8]}"
    assignment_id, profile_id, address = await a_match(stack, name)
    mail = (await until(lambda: mails_to(stack, address, name)))[0]
    source = await stack.mail_text(mail["id"], "source")
    found = re.search(r"^Message-ID: *(<\S+>)", source, re.MULTILINE | re.IGNORECASE)
    assert found is not None
    ids = {"assignment_id": assignment_id, "profile_id": profile_id}
    async with stack.client("notifications", Role.OPERATOR) as http:
        answer = await http.post("/reports", content=came_back(found[1]))
        assert answer.json() == {"taken": True}
        answer = await http.post("/reports", content=came_back(found[1]))
        assert answer.json() == {"taken": False}
        answer = await http.post("/reports", content=b"Subject: hallo\n\n")
        assert (answer.status_code, answer.json()) == (202, {"taken": False})
        (delivery,) = (await http.get("/deliveries", params=ids)).json()["items"]
    assert (delivery["outcome"], delivery["detail"]) == ("bounced", "the mail came back: 5.1.1")

    async def is_shown() -> list[dict[str, Any]]:
        async with stack.client("desk") as http:
            items = (await http.get("/alerts/history?limit=200")).json()["items"]
        return [one["data"] for one in items if one["data"].get("notice_id") == delivery["notice_id"]]

    (shown,) = await until(is_shown)
    assert (shown["outcome"], shown["profile_id"]) == ("bounced", profile_id)
    async with stack.client("notifications") as http:
        assert (await http.post("/reports", content=came_back(found[1]))).status_code == 403
        assert (await http.delete(f"/suppressions/{profile_id}")).status_code == 204
        suppressed = await stack.items("notifications", "/suppressions")
    assert profile_id not in {one["profile_id"] for one in suppressed}
