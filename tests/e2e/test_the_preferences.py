"""A professional chooses how to be told, from the mail: it reaches the profile and matching."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
from support.meetings import a_match, mails_to
from support.stacks import Stack, until


async def links(stack: Stack, address: str, name: str) -> tuple[str, str, dict[str, str]]:
    """Return the links to preferences and to end all mail, and the headers, of somebody's first mail."""
    mail = (await until(lambda: mails_to(stack, address, f"Opdracht voor {name}")))[0]
    text = await stack.mail_text(mail["id"])
    source = (await stack.mail_text(mail["id"], "source")).replace("\n ", " ")
    headers = dict(re.findall(r"^(List-[A-Za-z-]+): *(.+?)\r?$", source, re.MULTILINE))
    preferences = re.search(r"aanpassen: (http://\S+/preferences/\S+)", text)
    unsubscribe = re.search(r"meer: +(http://\S+/unsubscribe/\S+)", text)
    assert preferences is not None
    assert unsubscribe is not None
    return preferences[1], unsubscribe[1], headers


async def profile(stack: Stack, profile_id: str) -> dict[str, Any]:
    async with stack.client("profiles") as http:
        shown: dict[str, Any] = (await http.get(f"/profiles/{profile_id}")).json()
    return shown


async def chosen(stack: Stack, profile_id: str) -> tuple[str, dict[str, Any]]:
    """Return a profile's status and preferences."""
    now = await profile(stack, profile_id)
    return now["facts"]["status"], now["contact"]["preferences"]


async def test_one_click_ends_all_mail_and_a_look_changes_nothing(stack: Stack) -> None:
    _, profile_id, address = await a_match(stack, "Uitschrijven", min_score=12)
    _, unsubscribe, headers = await links(stack, address, "Uitschrijven")
    assert headers["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    async with httpx.AsyncClient(timeout=30) as http:
        assert "Geen mail meer?" in (await http.get(unsubscribe)).text
        before = await profile(stack, profile_id)
        assert before["contact"]["preferences"]["frequency"] == "direct"
        answer = await http.post(unsubscribe, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Je krijgt geen mail meer" in answer.text
        forged = unsubscribe[:-3] + "abc"
        assert (await http.get(forged)).status_code == 404
        assert (await http.post(forged)).status_code == 404
        foreign = unsubscribe.replace("/unsubscribe/", "/preferences/")
        assert (await http.get(foreign)).status_code == 404

    async def kept() -> bool:
        wishes = {"frequency": "none", "min_score": 12.0, "quiet_hours": False}
        return await chosen(stack, profile_id) == ("active", wishes)

    await until(kept)
    assert (await profile(stack, profile_id))["version"] == before["version"] + 1


async def test_a_choice_reaches_the_profile_and_a_pause_ends_the_proposals(stack: Stack) -> None:
    assignment_id, profile_id, address = await a_match(stack, "Voorkeuren")
    preferences, _, _ = await links(stack, address, "Voorkeuren")
    tomorrow = (date.today() + timedelta(days=2)).isoformat()
    async with httpx.AsyncClient(timeout=30) as http:
        page = await http.get(preferences)
        assert page.status_code == 200
        assert "Je voorkeuren" in page.text
        for wrong in (
            {"frequency": "soms"},
            {"frequency": "daily", "min_score": "101"},
            {"frequency": "daily", "paused_until": "2020-01-01"},
        ):
            assert (await http.post(preferences, data=wrong)).status_code == 422
        wanted = {"frequency": "weekly", "min_score": "55,5", "quiet_hours": "yes", "paused_until": tomorrow}
        answer = await http.post(preferences, data=wanted)
        assert answer.status_code == 200
        assert "Bewaard" in answer.text
        assert "op pauze tot" in answer.text

        async def paused() -> bool:
            wishes = {"frequency": "weekly", "min_score": 55.5, "quiet_hours": True}
            return await chosen(stack, profile_id) == ("paused", wishes)

        await until(paused)

        async def withdrawn() -> bool:
            return not [one for one in await stack.matches(assignment_id) if str(one) == profile_id]

        await until(withdrawn)
        await http.post(preferences, data={"frequency": "direct", "min_score": "0"})

        async def active() -> bool:
            status, _ = await chosen(stack, profile_id)
            return status == "active"

        await until(active)

    async def proposed() -> bool:
        return bool([one for one in await stack.matches(assignment_id) if str(one) == profile_id])

    await until(proposed)
