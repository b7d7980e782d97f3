"""HTTP in, mail and live alerts out: exactly what docs/reference/matching.md says."""

import asyncio
import json
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from support import people as random_facts
from support import reference
from support.meetings import demanding, somebody
from support.stacks import Stack, until

PROFESSIONALS = 60
ASSIGNMENTS = 8


async def everyone(stack: Stack) -> dict[UUID, dict[str, Any]]:
    """Return the facts of every profile in the stack, as matching goes by them."""
    profiles = await stack.items("profiles", "/profiles")
    return {UUID(one["profile_id"]): one["effective_facts"] for one in profiles}


async def read_alerts(
    stack: Stack, seen: dict[int, tuple[str, Any]], listening: asyncio.Event, last_id: int | None = None
) -> None:
    """Read the stream into `seen` until cancelled: id → (type, data). `listening`: it has begun."""
    headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
    async with (
        stack.client("desk") as http,
        http.stream("GET", "/alerts", headers=headers, timeout=httpx.Timeout(30, read=60)) as answer,
    ):
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            listening.set()
            if line:
                name, _, value = line.partition(":")
                event[name] = value.strip()
            elif "id" in event:
                seen[int(event["id"])] = (event["event"], json.loads(event["data"]))
                event = {}


async def live_are_right(stack: Stack, assignments: dict[str, dict[str, Any]]) -> bool:
    """Compare the live matches with the reference: seats ⊆ live ⊆ candidates, scores to 0.01."""
    people = await everyone(stack)
    for assignment_id, body in assignments.items():
        live = await stack.matches(assignment_id)
        candidates = reference.ranked(people, body)
        if not reference.seats(candidates) <= set(live) <= {one for one, _, _ in candidates}:
            return False
        scores = {one: score for one, score, _ in candidates}
        if any(abs(match["score"] - scores[one]) > 0.01 for one, match in live.items()):
            return False
    return True


async def test_interleaved_professionals_and_assignments_meet_exactly(stack: Stack) -> None:
    rng = random.Random(20261124)
    seen: dict[int, tuple[str, Any]] = {}
    listening = asyncio.Event()
    reading = asyncio.create_task(read_alerts(stack, seen, listening))
    async with asyncio.timeout(60):
        await listening.wait()
    people: dict[UUID, str | None] = {}  # with whom is mailed; others' professionals wait for their digest
    opened: dict[str, dict[str, Any]] = {}

    async def add_professional(number: int) -> None:
        frequency = rng.choice(["direct", "direct", "none"])
        body = random_facts.profile_body(rng, f"Meet{number}", frequency=frequency)
        answer = await stack.post("profiles", "/profiles", body)
        address = body["contact"]["email"] if frequency == "direct" else None
        people[UUID(answer.json()["profile_id"])] = address

    async def add_assignment() -> None:
        # urgent, so that everyone hears at once: else the fourth mail of a day waits for the digest
        body = {**random_facts.assignment_facts(rng), "title": "Ontmoeting", "urgency": "spoed"}
        answer = await stack.post("assignments", "/assignments", {**body, "open": True})
        opened[answer.json()["assignment_id"]] = body

    steps = [add_professional(number) for number in range(PROFESSIONALS)]
    steps += [add_assignment() for _ in range(ASSIGNMENTS)]
    rng.shuffle(steps)
    await asyncio.gather(*steps)

    await until(lambda: live_are_right(stack, opened), what="live matches are the reference's")
    live = {assignment_id: await stack.matches(assignment_id) for assignment_id in opened}
    pairs = {(one, assignment_id) for assignment_id, found in live.items() for one in found if one in people}
    assert len(pairs) > 20
    for found in live.values():
        for match in found.values():
            points = sum(part["points"] for part in match["explanation"])
            assert abs(points - match["score"]) < 0.04

    async def all_streamed() -> bool:
        proposed = {
            (UUID(data["profile_id"]), data["assignment_id"])
            for kind, data in seen.values()
            if kind == "MatchProposed.v1"
        }
        return pairs <= proposed

    await until(all_streamed, what="each proposal on the stream")

    async def mailed() -> list[str]:
        told = [mail for mail in await stack.mails() if ": Ontmoeting" in mail["subject"]]
        addresses = [mail["recipients_envelope"][0] for mail in told]
        return [address for address in addresses if address.startswith("meet")]

    async def all_settled() -> bool:
        notices = await stack.items("notifications", "/deliveries")
        of_matches = [one for one in notices if one["kind"] == "match" and one["assignment_id"] in opened]
        ours = [one for one in of_matches if UUID(one["profile_id"]) in people]
        waiting = [one for one in ours if one["outcome"] in {"pending", "sending"}]
        return not waiting and pairs <= {(UUID(one["profile_id"]), one["assignment_id"]) for one in ours}

    await until(all_settled, what="an outcome for each professional and match")
    assert sorted(await mailed()) == sorted(filter(None, (people[one] for one, _ in pairs)))
    reading.cancel()

    # what was missed while away comes on resuming, without a gap
    half = sorted(seen)[len(seen) // 2]
    again: dict[int, tuple[str, Any]] = {}
    reading = asyncio.create_task(read_alerts(stack, again, asyncio.Event(), last_id=half))

    async def caught_up() -> bool:
        return max(again, default=0) >= max(seen)

    await until(caught_up)
    reading.cancel()
    assert {number: again[number] for number in again if number <= max(seen)} == {
        number: event for number, event in seen.items() if number > half
    }


async def test_changes_on_both_sides_keep_the_matches_right(stack: Stack) -> None:
    rng = random.Random(5)
    opened: dict[str, dict[str, Any]] = {}
    versions: dict[str, int] = {}
    people: list[str] = []
    for number in range(25):
        body = random_facts.profile_body(rng, f"Change{number}", frequency="none")
        people.append((await stack.post("profiles", "/profiles", body)).json()["profile_id"])
    for _ in range(3):
        body = random_facts.assignment_facts(rng)
        answer = (await stack.post("assignments", "/assignments", {**body, "open": True})).json()
        opened[answer["assignment_id"]] = body
        versions[answer["assignment_id"]] = 1

    async def change_profile(profile_id: str) -> None:
        async with stack.client("profiles") as http:
            if rng.random() < 0.2:
                assert (await http.delete(f"/profiles/{profile_id}")).status_code == 204
                return
            body = random_facts.profile_body(rng, f"Veranderd-{profile_id}", frequency="none")
            answer = await http.put(f"/profiles/{profile_id}", json=body, headers={"If-Match": '"1"'})
            assert answer.json() == {"profile_id": profile_id, "version": 2}

    async def change_assignment(assignment_id: str) -> None:
        opened[assignment_id] = random_facts.assignment_facts(rng)
        async with stack.client("assignments") as http:
            answer = await http.put(
                f"/assignments/{assignment_id}",
                json=opened[assignment_id],
                headers={"If-Match": f'"{versions[assignment_id]}"'},
            )
        assert answer.status_code == 200, answer.text
        versions[assignment_id] += 1

    changes = [change_profile(one) for one in people[:15]] + [change_assignment(one) for one in opened]
    rng.shuffle(changes)
    await asyncio.gather(*changes)
    await until(lambda: live_are_right(stack, opened), what="live matches are the reference's")

    closing = next(iter(opened))
    await stack.post("assignments", f"/assignments/{closing}/close", {"reason": "filled"})

    async def none_live() -> bool:
        return not await stack.matches(closing)

    await until(none_live)


async def test_reach_why_not_and_near_say_what_the_reference_says(stack: Stack) -> None:
    rng = random.Random(99)
    body = {**random_facts.assignment_facts(rng), "onsite_days": 2, "rate_max_cents": 9000}
    async with stack.client("matching") as http:
        people = await everyone(stack)
        expected = reference.reach(people, body)
        answer: dict[str, Any] = {}

        async def told_of_everyone() -> bool:
            answer.update((await http.post("/reach", json=body)).json())
            return all(answer[name] == expected[name] for name in expected)

        with suppress(AssertionError):  # matching may not have heard of the last of them
            await until(told_of_everyone, seconds=30)
        assert {name: answer[name] for name in expected} == expected
        ranked = reference.ranked(people, body)
        assert [UUID(one["profile_id"]) for one in answer["best"]] == [one for one, _, _ in ranked[:10]]
        opened = await stack.post("assignments", "/assignments", {**body, "open": True})
        assignment_id = opened.json()["assignment_id"]

        async def known() -> bool:
            return (await http.get(f"/assignments/{assignment_id}/reach")).status_code == 200

        await until(known)
        answer = (await http.get(f"/assignments/{assignment_id}/reach")).json()
        assert {name: answer[name] for name in expected} == expected
        sooner = (await http.get(f"/assignments/{assignment_id}/reach?relaxations=false")).json()
        assert {name: sooner[name] for name in expected} == expected | {"relaxations": []}
        for profile_id in list(people)[:20]:
            why = (await http.get(f"/assignments/{assignment_id}/why-not/{profile_id}")).json()
            rules = reference.rules(people[profile_id], body)
            assert {rule["rule"]: rule["holds"] for rule in why["rules"]} == rules
            passes = all(rules.values())
            assert why["score"] == (reference.score(people[profile_id], body) if passes else None)
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await http.get(f"/assignments/{assignment_id}/near?limit=7{cursor}")).json()
            found += page["items"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert len(found) > 7
        assert [
            (UUID(one["profile_id"]), [missed["rule"] for missed in one["missing"]], one["score_if"])
            for one in found
        ] == reference.near(people, body)


async def test_an_assignment_selects_after_its_respond_by_and_then_expires_by_itself(stack: Stack) -> None:
    profile = await stack.post(
        "profiles", "/profiles", somebody(random.Random(1), "Selectie", frequency="none")
    )
    profile_id = UUID(profile.json()["profile_id"])
    soon = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
    body = {**demanding(random.Random(1)), "respond_by": soon}
    assignment_id = (await stack.post("assignments", "/assignments", body)).json()["assignment_id"]

    async def matched() -> bool:
        return profile_id in await stack.matches(assignment_id)

    async with stack.client("assignments") as http:

        async def shown(*wanted: str | None) -> bool:
            one = (await http.get(f"/assignments/{assignment_id}")).json()
            return (one["state"], one["phase"], one["closed_reason"]) == wanted

        assert await shown("open", "reacting", None)
        await until(matched)
        await until(partial(shown, "open", "selecting", None))
        assert await matched()
        await until(partial(shown, "closed", None, "expired"))

    async def none_live() -> bool:
        return not await stack.matches(assignment_id)

    await until(none_live)
