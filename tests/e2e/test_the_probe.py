"""`opdracht probe` goes through, tells which step does not, and nobody sees anything of it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from contracts.probe import PROFILE_ID
from contracts.vocabulary import ProfileStatus, Role
from opdrachtctl import probe_bodies
from stack import probing
from support.meetings import a_match, mails_to
from support.stacks import Stack, process_of, standing_still, until

STEPS = ("token", "resume", "open", "match", "mail", "close", "pause")
TRACES = (str(PROFILE_ID), probe_bodies.ORGANISATION.lower(), probing.ADDRESS)
ROOMS = (
    *("/", "/opdrachten", "/opdrachten?staat=open", "/opdrachten?staat=gesloten", "/opdrachten/nieuw"),
    *("/mensen", "/mensen?q=Proef", "/mensen?q=Oceaan", "/mensen?q=proef%40example.org"),
    *("/mails", "/mails/adressen", "/plaatsingen", "/selectie", "/opleidingen", "/instellingen"),
    *("/alerts/history", f"/mensen/{PROFILE_ID}"),
)


async def opdracht_probe(stack: Stack, **settings: str) -> tuple[int, dict[str, Any]]:
    """Run the command; return its exit status, and the line that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "opdrachtctl", "probe"),
        env={**os.environ, **probing.settings(stack.layout), **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, json.loads(said)


async def test_a_probe_fails_within_two_minutes_where_matching_stands_still_and_goes_through_after(
    stack: Stack,
) -> None:
    status, said = await opdracht_probe(stack)
    assert (status, said["failed"], said["because"]) == (0, None, None), said
    assert tuple(said["seconds"]) == STEPS
    assert min(said["seconds"].values()) >= 0

    with standing_still(process_of(stack.layout, "matching")):
        async with asyncio.timeout(120):
            status, said = await opdracht_probe(stack)
    assert (status, said["failed"]) == (1, "match"), said
    assert {"close", "pause"} <= set(said["seconds"])

    async def goes_through() -> bool:
        return (await opdracht_probe(stack))[0] == 0

    await until(goes_through, 120)


async def test_the_step_that_fails_is_named(stack: Stack) -> None:
    with standing_still(process_of(stack.layout, "notifications")):
        status, said = await opdracht_probe(stack, PROBE_PATIENCE_SECONDS="30")
    assert (status, said["failed"]) == (1, "mail"), said
    nobody = "http://localhost:9"
    status, said = await opdracht_probe(stack, ASSIGNMENTS_URL=nobody)
    assert (status, said["failed"], said["because"]) == (1, "open", "ConnectError"), said
    assert "pause" in said["seconds"]
    status, said = await opdracht_probe(stack, **{"PROBE_TOKEN": "e30.e30."})
    assert (status, said["failed"], said["because"]) == (1, "resume", "GET localhost: 401"), said


@pytest.fixture
async def under_way(stack: Stack) -> AsyncIterator[str]:
    """A probe whose opdracht is open, whose profile is active, and whose mail has come; its opdracht."""
    profile = f"/profiles/{PROFILE_ID}"

    async def bring_to(status: ProfileStatus) -> None:
        body = probe_bodies.profile(probing.ADDRESS, status)
        async with stack.client("profiles") as http:
            present = await http.get(profile)
            if present.status_code == 404:
                (await http.post("/profiles", json=body)).raise_for_status()
            else:
                headers = {"If-Match": present.headers["ETag"]}
                (await http.put(profile, json=body, headers=headers)).raise_for_status()

    await bring_to(ProfileStatus.ACTIVE)
    body = probe_bodies.opdracht(probing.ADDRESS, "onderweg", datetime.now(UTC) + timedelta(minutes=10))
    opened = (await stack.post("assignments", "/assignments", body)).json()["assignment_id"]

    async def mailed() -> bool:
        return bool(await mails_to(stack, probing.ADDRESS, "onderweg"))

    await until(mailed)
    yield opened
    await stack.post("assignments", f"/assignments/{opened}/close", {"reason": "withdrawn"})
    await bring_to(ProfileStatus.PAUSED)


async def test_nobody_sees_anything_of_a_probe(stack: Stack, under_way: str) -> None:
    ordinary, somebody, _ = await a_match(stack, "Gezien")
    await until(lambda: _is_shown(stack, ordinary))
    assert set(await stack.matches(ordinary)) == {UUID(somebody)}
    assert set(await stack.matches(under_way)) == {PROFILE_ID}
    async with stack.client("desk") as desk:
        for room in (*ROOMS, f"/opdrachten/{under_way}", f"/opdrachten/{ordinary}", f"/mensen/{somebody}"):
            answer = await desk.get(room)
            assert answer.status_code == (404 if under_way in room or str(PROFILE_ID) in room else 200), room
            _check(room, answer.text, under_way)
    reads = {
        "profiles": ("/profiles?limit=200", f"/profiles/{somebody}/colleagues"),
        "assignments": ("/assignments?limit=200", "/assignments?state=open&limit=200", "/placements"),
        "notifications": ("/deliveries?limit=200", "/suppressions"),
        "matching": (
            *("/selection", "/selection/held-back?group=level&value=junior"),
            *(f"/assignments/{ordinary}/{what}" for what in ("matches", "near", "reach")),
            *(f"/profiles/{somebody}/{what}" for what in ("matches", "near", "levers", "outlook")),
        ),
    }
    for service, paths in reads.items():
        async with stack.client(service) as http:
            for path in paths:
                answer = await http.get(path)
                assert answer.status_code in {200, 404}, (path, answer.text)
                _check(path, answer.text, under_way)
    assert await mails_to(stack, probing.ADDRESS, "nieuwe match") == []


async def test_a_probe_is_in_no_number_of_what_matching_says(stack: Stack) -> None:
    ordinary, somebody, _ = await a_match(stack, "Telbaar")
    before = await _numbers(stack, ordinary, somebody)
    status, said = await opdracht_probe(stack)
    assert status == 0, said
    assert await _numbers(stack, ordinary, somebody) == before


async def test_a_pair_of_the_probe_and_somebody_else_fails_the_rule_probe_and_no_other_pair_shows_it(
    stack: Stack, under_way: str
) -> None:
    ordinary, somebody, _ = await a_match(stack, "Gewoon")
    async with stack.client("matching") as http:
        for assignment_id, profile_id in ((ordinary, PROFILE_ID), (under_way, somebody)):
            found = (await http.get(f"/assignments/{assignment_id}/why-not/{profile_id}")).json()
            assert found["rules"][0] == {"rule": "probe", "holds": False, "facts": {}}
            assert (found["candidate"], found["score"], len(found["rules"])) == (False, None, 12)
        for assignment_id, profile_id in ((ordinary, somebody), (under_way, str(PROFILE_ID))):
            found = (await http.get(f"/assignments/{assignment_id}/why-not/{profile_id}")).json()
            assert found["candidate"]
            assert "probe" not in [one["rule"] for one in found["rules"]]
            assert len(found["rules"]) == 11


async def test_the_probe_is_one_profile_that_is_not_erased_and_nobody_becomes_it(stack: Stack) -> None:
    await opdracht_probe(stack)
    body = probe_bodies.profile("nog.een.proef@example.org", ProfileStatus.PAUSED)
    ordinary, somebody, _ = await a_match(stack, "Zichzelf")
    async with stack.client("profiles") as http:
        assert (await http.post("/profiles", json=body)).status_code == 409
        assert (await http.delete(f"/profiles/{PROFILE_ID}")).status_code == 409
        etag = (await http.get(f"/profiles/{somebody}")).headers["ETag"]
        changes = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        answer = await http.patch(f"/profiles/{somebody}", json={"facts": {"probe": True}}, headers=changes)
        assert answer.json()["errors"][0]["pointer"] == "/facts/probe"
    own = str(UUID(int=PROFILE_ID.int + 1))
    async with stack.client("profiles", Role.PROFESSIONAL, own) as http:
        assert (await http.post("/profiles", json=body)).status_code == 409
    async with stack.client("assignments") as http:
        etag = (await http.get(f"/assignments/{ordinary}")).headers["ETag"]
        changes = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        answer = await http.patch(f"/assignments/{ordinary}", json={"probe": True}, headers=changes)
        assert answer.json()["errors"][0]["pointer"] == "/probe"


async def _is_shown(stack: Stack, assignment_id: str) -> bool:
    async with stack.client("desk") as http:
        return (await http.get(f"/opdrachten/{assignment_id}")).status_code == 200


def _check(where: str, text: str, opdracht: str) -> None:
    if "?q=" in where:  # what was searched for is said
        assert "0 mensen" in text, where
        return
    shown = text.lower()
    for trace in (*TRACES, opdracht):
        assert trace not in shown, (where, trace, shown[max(0, shown.find(trace) - 200) :][:400])


async def _numbers(stack: Stack, ordinary: str, somebody: str) -> list[Any]:
    paths = (
        *(f"/assignments/{ordinary}/reach", f"/assignments/{ordinary}/near", "/selection"),
        *(f"/profiles/{somebody}/{what}" for what in ("near", "levers", "outlook")),
    )
    async with stack.client("matching") as http:
        return [(await http.get(path)).raise_for_status().json() for path in paths]
