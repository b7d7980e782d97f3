"""The story of a changed address, over the stack: whoever has the former mailbox answers no more, and can say
that it was not them; the recruiter is told, and puts it right."""

import re
from typing import Any
from uuid import uuid4

from contracts.vocabulary import Role
from support.meetings import a_match, mails_to
from support.stacks import Stack, until


async def links_in(stack: Stack, mail: dict[str, Any]) -> dict[str, str]:
    text = await stack.mail_text(mail["id"])
    return {
        found[1]: found[0]
        for found in re.findall(r"(http://\S+?/(m|preferences|unsubscribe|not-me)/[\w.-]+)", text)
    }


async def test_an_address_that_somebody_else_changed_is_put_right(stack: Stack) -> None:
    name = f"Verhuisd{uuid4().hex[:8]}"
    _, profile_id, former = await a_match(stack, name)
    present = f"nieuw-{former}"
    first = (await until(lambda: mails_to(stack, former, name)))[0]
    old = await links_in(stack, first)
    assert old.keys() == {"m", "preferences", "unsubscribe"}

    async with stack.client("profiles") as http:
        found = await http.get(f"/profiles/{profile_id}")
        body = {part: found.json()[part] for part in ("contact", "facts")}
        body["contact"]["email"] = present
        headers = {"If-Match": found.headers["ETag"]}
        changed = await http.put(f"/profiles/{profile_id}", json=body, headers=headers)
        assert changed.status_code == 200, changed.text

    left = (await until(lambda: mails_to(stack, former, "Je mailadres is veranderd")))[0]
    await until(lambda: mails_to(stack, present, "Vanaf nu mailen we je op dit adres"))
    async with stack.client("notifications") as http:
        for link in old.values():
            assert (await http.get(link)).status_code == 404
        forms = {"m": {"answer": "declined"}, "preferences": {"frequency": "none"}, "unsubscribe": {}}
        for purpose, form in forms.items():
            assert (await http.post(old[purpose], data=form)).status_code == 404

        links = await links_in(stack, left)
        assert links.keys() == {"not-me"}
        assert "Dit was ik niet" in (await http.get(links["not-me"])).text
        assert "we kijken het na" in (await http.post(links["not-me"])).text

        async def is_suppressed() -> list[dict[str, Any]]:
            every = await stack.items("notifications", "/suppressions")
            return [one for one in every if one["profile_id"] == profile_id]

        (suppression,) = await until(is_suppressed)
        assert (suppression["email"], suppression["cause"]) == (present, "complained")

    async def is_shown() -> list[dict[str, Any]]:
        async with stack.client("desk") as desk:
            items = (await desk.get("/alerts/history?limit=200")).json()["items"]
        mine = [one["data"] for one in items if one["data"].get("profile_id") == profile_id]
        return [one for one in mine if one.get("outcome") == "complained"]

    (shown,) = await until(is_shown)
    assert shown["kind"] == "left"

    async def has_ended_links() -> bool:
        """Where the profiles service took it over, no restored database brings a link back."""
        async with stack.client("profiles") as profiles:
            return (await profiles.get(f"/profiles/{profile_id}")).headers["ETag"] == '"3"'

    await until(has_ended_links)
    async with stack.client("notifications", Role.RECRUITER) as http:
        released = await http.delete(f"/suppressions/{suppression['suppression_id']}")
        assert released.status_code == 204
