"""Somebody is placed: both sides hear of it, they say how it goes on the page, and the recruiter is told."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
from support.meetings import a_match, mails_to
from support.stacks import ANSWER_SECONDS, Stack, until

TODAY = date.today()
TERMS: dict[str, Any] = {
    "starts_on": str(TODAY - timedelta(days=15)),
    "ends_on": str(TODAY + timedelta(days=200)),
    "hours": 36,
    "rate_cents": 11000,
    "contract_form": "zzp",
}


async def mail_about(stack: Stack, address: str, words: str) -> dict[str, Any]:
    """Wait for a mail to an address whose subject has some words; return it."""

    async def found() -> dict[str, Any] | None:
        mails = await mails_to(stack, address, words)
        return mails[0] if mails else None

    return await until(found, what=f"a mail: {words}")


async def test_from_agreed_to_heard(stack: Stack) -> None:
    assignment_id, profile_id, address = await a_match(stack, "Begeleid")
    async with stack.client("assignments") as http:
        recruiter = (await http.get(f"/assignments/{assignment_id}")).json()["recruiter"]["email"]

        async def placed() -> bool:
            body = {"profile_id": profile_id, **TERMS}
            answer = await http.post(f"/assignments/{assignment_id}/placements", json=body)
            return answer.status_code == 201

        await until(placed, what="the placement")
    agreed = await mail_about(stack, address, "je gaat aan de slag!")
    assert "36 uur per week" in await stack.mail_text(agreed["id"])
    await mail_about(stack, recruiter, "is geplaatst")

    asked = await mail_about(stack, address, "hoe bevalt het tot nu toe?")
    link = re.search(r"(http://\S+/check-in/[^\s?]+)", await stack.mail_text(asked["id"]))
    assert link is not None
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as browser:
        assert "Hoe gaat het?" in (await browser.get(link[1])).text
        said = await browser.post(link[1], data={"answer": "wil-praten", "sentence": "Ik loop vast."})
        assert "Je vraag is meteen doorgestuurd" in said.text
    told = await mail_about(stack, recruiter, "wil praten")
    assert "Ik loop vast." in await stack.mail_text(told["id"])
