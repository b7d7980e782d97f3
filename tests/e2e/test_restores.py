"""A database is put back, or all are, or Kafka is lost: databases and topics agree again, who was erased is
gone, and nobody is mailed a second time. The runbook is docs/operations/Restore.md.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from stack.layout import SERVICES
from support.meetings import demanding, mails_to, somebody
from support.restoring import Parts, parts
from support.stacks import until

NO_FACTS = {"profile_id", "assignment_id", "version", "opened_at", "closed_reason", "open", "own"}


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"\n{what}: {time.monotonic() - begun:.1f} s")


class World:
    """People and opdrachten of one stack, before its databases were copied and after."""

    def __init__(self, made: Parts) -> None:
        self.parts = made
        self.stack = made.stack
        self.people: dict[str, str] = {}  # ids by name
        self.bodies: dict[str, dict[str, Any]] = {}
        self.opdrachten: dict[str, str] = {}
        self.erased: set[str] = set()

    async def add_person(self, name: str) -> None:
        body = somebody(random.Random(name), name)
        body["contact"]["preferences"] |= {"frequency": "direct", "min_score": 0, "quiet_hours": False}
        self.bodies[name] = body
        made = await self.stack.post("profiles", "/profiles", body)
        self.people[name] = made.json()["profile_id"]

    async def change_person(self, name: str, **facts: Any) -> None:
        body = self.bodies[name]
        body["facts"] |= facts
        async with self.stack.client("profiles") as http:
            path = f"/profiles/{self.people[name]}"
            etag = (await http.get(path)).headers["ETag"]
            answer = await http.put(path, json=body, headers={"If-Match": etag})
        assert answer.status_code == 200, answer.text

    async def erase(self, name: str) -> None:
        async with self.stack.client("profiles") as http:
            assert (await http.delete(f"/profiles/{self.people[name]}")).status_code == 204
        self.erased.add(self.people[name])

    async def place(self, name: str, title: str) -> None:
        """Place somebody, as soon as they are known there, for eight hours a week since yesterday."""
        body = {
            "profile_id": self.people[name],
            "starts_on": str(date.today() - timedelta(days=1)),
            "ends_on": "2099-12-31",
            "hours": 8,
            "rate_cents": 9000,
            "contract_form": "zzp",
        }
        async with self.stack.client("assignments") as http:

            async def placed() -> bool:
                path = f"/assignments/{self.opdrachten[title]}/placements"
                return (await http.post(path, json=body)).status_code == 201

            await until(placed, what=f"{name} is placed")

    async def open(self, title: str) -> None:
        body = {**demanding(random.Random(title)), "title": title, "urgency": "spoed", "dossiers": ["wonen"]}
        made = await self.stack.post("assignments", "/assignments", body)
        self.opdrachten[title] = made.json()["assignment_id"]

    async def change(self, title: str, **facts: Any) -> None:
        async with self.stack.client("assignments") as http:
            path = f"/assignments/{self.opdrachten[title]}"
            shown = await http.get(path)
            known = {
                "assignment_id",
                "version",
                "state",
                "phase",
                "closed_reason",
                "created_at",
                "updated_at",
            }
            body = {name: value for name, value in shown.json().items() if name not in {*known, "opened_at"}}
            answer = await http.put(path, json={**body, **facts}, headers={"If-Match": shown.headers["ETag"]})
        assert answer.status_code == 200, answer.text

    async def answer(self, name: str, title: str, answer: str) -> None:
        """Answer from the mail, by its link."""

        async def told() -> list[dict[str, Any]]:
            return await mails_to(self.stack, self.bodies[name]["contact"]["email"], title)

        (mail, *_) = await until(told, what=f"{name} is told of {title}")
        path = re.search(r"/m/[\w.-]+", await self.stack.mail_text(mail["id"]))
        assert path is not None
        async with self.stack.client("notifications", role=None) as http:
            assert (await http.post(path[0], data={"answer": answer})).status_code == 200

    async def decide(self, name: str, title: str, decision: str) -> None:
        match = (await self.stack.matches(self.opdrachten[title]))[UUID(self.people[name])]
        body = {"decision": decision, "reason": "na een gesprek"}
        async with self.stack.client("matching") as http:
            answer = await http.post(f"/matches/{match['match_id']}/decision", json=body)
        assert answer.status_code == 200, answer.text

    async def rest(self) -> None:
        """Wait until all that happened has arrived, twice."""

        async def is_at_rest() -> bool:
            return await self.parts.under_way() is None

        try:
            for _ in range(2):
                await until(is_at_rest, seconds=120)
        except AssertionError:
            left = await self.parts.under_way()
            logs = [f"-- {service}\n{self.parts.log(service)}" for service in SERVICES]
            raise AssertionError("\n".join([f"still under way: {left}", *logs])) from None

    async def pairs(self) -> dict[str, tuple[Any, ...]]:
        """Return how pairs stand, as matching has it, without those of who was erased."""
        rows = await self.parts.rows("matching", _PAIRS, list(self.erased))
        return {str(row["match_id"]): tuple(row)[1:] for row in rows}

    async def content(self) -> dict[str, Any]:
        """Return what the four services say of the world, without versions."""
        people = await self.parts.rows("profiles", "SELECT profile_id, contact, facts FROM profiles")
        opdrachten = await self.parts.rows(
            "assignments", "SELECT assignment_id, state, facts FROM assignments"
        )
        return {
            "people": {str(row["profile_id"]): (row["contact"], row["facts"]) for row in people},
            "opdrachten": {
                str(row["assignment_id"]): (row["state"], _facts(row["facts"])) for row in opdrachten
            },
            "pairs": await self.pairs(),
        }

    async def mails(self) -> Counter[tuple[str, str]]:
        """Return how many mails went to whom, under which subject."""
        mails = await self.stack.mails()
        return Counter((mail["recipients_envelope"][0], mail["subject"]) for mail in mails)

    async def agrees(self) -> None:
        """Check that every copy says what its source says, and each compacted topic too."""
        rows = self.parts.rows
        people = {
            str(row["profile_id"]): row
            for row in await rows("profiles", "SELECT profile_id, version, contact, facts FROM profiles")
        }
        shown = await self.stack.items("profiles", "/profiles")
        facts = {one["profile_id"]: (one["version"], one["effective_facts"]) for one in shown}
        in_matching = await rows(
            "matching", "SELECT profile_id, version, facts FROM profiles WHERE NOT erased"
        )
        assert {
            str(row["profile_id"]): (row["version"], _facts(row["facts"])) for row in in_matching
        } == facts
        on_topic = _living(await self.parts.latest("profiles"))
        assert {key: (value["version"], _facts(value)) for key, value in on_topic.items()} == facts
        contacts = {
            key: (row["version"], row["contact"]["email"], row["contact"]["preferences"])
            for key, row in people.items()
        }
        known = await rows("notifications", "SELECT * FROM contacts WHERE NOT erased")
        assert {
            str(row["profile_id"]): (row["version"], row["email"], row["preferences"]) for row in known
        } == contacts
        on_topic = _living(await self.parts.latest("contacts"))
        assert {
            key: (value["version"], value["email"], value["preferences"]) for key, value in on_topic.items()
        } == contacts
        opdrachten = {
            str(row["assignment_id"]): (row["version"], row["open"], _facts(row["facts"]))
            for row in await rows("assignments", _ASSIGNMENTS)
        }
        for service in ("matching", "notifications"):
            known = await rows(service, "SELECT assignment_id, version, open, facts FROM assignments")
            assert {
                str(row["assignment_id"]): (row["version"], row["open"], _facts(row["facts"]))
                for row in known
            } == opdrachten
        placements = {str(row["placement_id"]): tuple(row)[1:] for row in await rows("assignments", _PLACED)}
        for service in ("profiles", "matching"):
            known = await rows(service, "SELECT placement_id, version, profile_id FROM placements")
            assert {str(row["placement_id"]): tuple(row)[1:] for row in known} == placements
        on_topic = _living(await self.parts.latest("placements"))
        assert {key: value["version"] for key, value in on_topic.items()} == {
            key: version for key, (version, _) in placements.items()
        }
        told = await rows("notifications", _PAIRS, list(self.erased))
        assert {str(row["match_id"]): tuple(row)[1:] for row in told} == await self.pairs()

    async def has_erased(self) -> None:
        """Check that nobody who was erased is anywhere."""
        for profile_id in self.erased:
            async with self.stack.client("profiles") as http:
                assert (await http.get(f"/profiles/{profile_id}")).status_code == 404
            erasures = await self.parts.rows(
                "profiles", "SELECT FROM erasures WHERE profile_id = $1", profile_id
            )
            assert len(erasures) == 1
            for service, table in (("matching", "profiles"), ("notifications", "contacts")):
                query = f"SELECT erased FROM {table} WHERE profile_id = $1"
                assert [row["erased"] for row in await self.parts.rows(service, query, profile_id)] == [True]


def _facts(value: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in value.items() if name not in NO_FACTS}


def _living(found: dict[str, dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    return {key: value for key, value in found.items() if value is not None}


_PLACED = """
SELECT placement_id, version, profile_id FROM placements
"""
_PAIRS = """
SELECT match_id, revision, live, answer, decision FROM matches WHERE revision > 0 AND profile_id <> ALL($1)
"""
_ASSIGNMENTS = """
SELECT assignment_id, version, state = 'open' AS open, facts FROM assignments WHERE state <> 'draft'
"""


async def a_world(made: Parts) -> World:
    """Let a world live: its databases are copied half-way."""
    world = World(made)
    for name in ("Anna", "Bram", "Chris", "Daan", "Eva"):
        await world.add_person(name)
    await world.open("Eerste")
    await world.answer("Anna", "Eerste", "interested")
    await world.rest()
    with timed("copying four databases"):
        await made.stop(*SERVICES)
        for service in SERVICES:
            await made.copy(service)
        await made.start(*SERVICES)
    await world.add_person("Fleur")
    await world.open("Tweede")
    await world.answer("Bram", "Tweede", "declined")
    await world.answer("Chris", "Tweede", "interested")
    await world.answer("Fleur", "Eerste", "interested")
    await world.rest()
    await world.decide("Chris", "Tweede", "rejected")
    await world.decide("Anna", "Eerste", "invited")
    await world.open("Derde")
    await world.rest()
    await world.place("Bram", "Derde")
    await world.change_person("Anna", rate_min_cents=8000)
    await world.change_person("Daan", status="paused")
    await world.rest()
    await world.change_person("Daan", status="active")
    await world.erase("Eva")
    await world.rest()
    return world


async def is_whole(world: World, before: dict[str, Any], mails: Counter[tuple[str, str]]) -> None:
    """Check that the world is as it was before, everywhere, and nobody was mailed again."""
    await world.rest()
    await world.agrees()
    await world.has_erased()
    after = await world.content()
    for part, was in before.items():
        assert after[part].keys() == was.keys(), part
        assert {one: (was[one], now) for one, now in after[part].items() if now != was[one]} == {}
    assert await world.mails() - mails == Counter()


async def goes_on(world: World) -> None:
    """Check that what happens now arrives: with the one who was rejected left out."""
    await world.change_person("Bram", rate_min_cents=7000 + random.randrange(1000))
    await world.rest()
    await world.agrees()
    live = await world.stack.matches(world.opdrachten["Tweede"])
    assert UUID(world.people["Chris"]) not in live
    assert UUID(world.people["Anna"]) in live


async def test_every_restore_ends_with_nothing_lost_and_nobody_mailed_twice() -> None:
    async with parts(SUMMARY_SECONDS="1", NEWS_DELAY_SECONDS="1") as made:
        world = await a_world(made)
        await world.agrees()
        before, mails = await world.content(), await world.mails()
        for service in SERVICES:
            with timed(f"restoring {service}"):
                await made.stop(service)
                await made.put_back(service)
                await made.start(service)
                await is_whole(world, before, mails)
            await goes_on(world)
            before, mails = await world.content(), await world.mails()
        with timed("restoring all at once"):
            await made.stop(*SERVICES)
            for service in SERVICES:
                await made.put_back(service)
            await made.start(*SERVICES)
            await is_whole(world, before, mails)
        await goes_on(world)
        before, mails = await world.content(), await world.mails()
        with timed("matching from an empty database"):
            await made.stop("matching")
            await made.empty("matching")
            await made.start("matching")
            await is_whole(world, before, mails)
        await goes_on(world)


async def test_a_kafka_that_is_lost_is_filled_again_and_nobody_is_mailed_twice() -> None:
    async with parts(SUMMARY_SECONDS="1", NEWS_DELAY_SECONDS="1") as made:
        world = await a_world(made)
        before, mails = await world.content(), await world.mails()
        with timed("Kafka lost, and filled again"):
            await made.stop(*SERVICES)
            await made.restart_kafka_empty()
            await made.start(*SERVICES)
            for service in SERVICES:
                await made.republish(service)
            await is_whole(world, before, mails)
        await goes_on(world)
        before, mails = await world.content(), await world.mails()
        with timed("then matching from an empty database"):
            await made.stop("matching")
            await made.empty("matching")
            await made.start("matching")
            await is_whole(world, before, mails)
        await goes_on(world)
