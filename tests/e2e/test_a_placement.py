"""From agreed to erased: what a placement makes of the opdracht, of somebody's facts and of their matches."""

from datetime import date, timedelta
from typing import Any

import httpx
from contracts.vocabulary import Role
from support.meetings import a_match
from support.stacks import Stack, until

ANY = {"If-Match": "*"}
TODAY = date.today()
TERMS: dict[str, Any] = {
    "starts_on": str(TODAY - timedelta(days=7)),
    "ends_on": str(TODAY + timedelta(days=200)),
    "hours": 36,
    "rate_cents": 11000,
    "contract_form": "zzp",
}


async def agreed(stack: Stack, assignment_id: str, profile_id: str) -> dict[str, Any]:
    """Place somebody, as soon as the service knows them."""
    path, body = f"/assignments/{assignment_id}/placements", {"profile_id": profile_id, **TERMS}
    async with stack.client("assignments") as http:

        async def placed() -> httpx.Response | None:
            answer = await http.post(path, json=body)
            return answer if answer.status_code == 201 else None

        return dict((await until(placed)).json())


async def test_from_agreed_to_erased(stack: Stack) -> None:
    assignment_id, profile_id, _ = await a_match(stack, "Geplaatst")
    placement = await agreed(stack, assignment_id, profile_id)
    async with (
        stack.client("profiles") as profiles,
        stack.client("assignments") as assignments,
        stack.client("matching") as matching,
    ):

        async def facts() -> dict[str, Any]:
            return dict((await profiles.get(f"/profiles/{profile_id}")).json()["effective_facts"])

        async def offers(**expected: Any) -> None:
            async def as_expected() -> bool:
                return expected.items() <= (await facts()).items()

            await until(as_expected, what=f"the effective facts have {expected}")

        async def stands(state: str | None) -> None:
            async def as_expected() -> bool:
                items = (await matching.get(f"/assignments/{assignment_id}/matches")).json()["items"]
                return {one["profile_id"]: one["state"] for one in items}.get(profile_id) == state

            await until(as_expected, what=f"the match stands as {state}")

        opdracht = (await assignments.get(f"/assignments/{assignment_id}")).json()
        assert (opdracht["state"], opdracht["closed_reason"]) == ("closed", "filled")
        await stands("placed")
        free_from = str(date.fromisoformat(TERMS["ends_on"]) + timedelta(days=1))
        before = (await profiles.get(f"/profiles/{profile_id}")).json()["facts"]
        await offers(available_from=max(before["available_from"], free_from), hours_max=40)
        (entry,) = [one for one in (await facts())["portfolio"] if one["placement_id"]]
        assert entry["placement_id"] == placement["placement_id"]

        path = f"/placements/{placement['placement_id']}"
        assert (await assignments.put(path, json={**TERMS, "hours": 24}, headers=ANY)).status_code == 200
        await offers(hours_max=16, available_from=before["available_from"])
        own = stack.headers(Role.PROFESSIONAL, profile_id)
        listed = (await assignments.get("/placements", headers=own)).json()["items"]
        assert [one["placement_id"] for one in listed] == [placement["placement_id"]]

        ended = {"ended_on": str(TODAY), "reason": "cancelled"}
        assert (await assignments.post(f"{path}/end", json=ended)).status_code == 200
        await offers(hours_max=40, available_from=before["available_from"])
        assert not [one for one in (await facts())["portfolio"] if one["placement_id"]]
        await stands(None)  # the opdracht is closed

        assert (await profiles.delete(f"/profiles/{profile_id}")).status_code == 204

        async def forgotten() -> bool:
            return (await assignments.get(path)).json()["profile_id"] is None

        await until(forgotten, what="the placement names nobody")
        held = (await assignments.get(f"/profiles/{profile_id}/held")).json()["held"]
        assert "placements" not in held
