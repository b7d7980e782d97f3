"""What people and other systems do to the platform while it breaks, from a seed.

A client whose answer does not come tries again, with the same Idempotency-Key where there is one; what it was
answered stands in the ledger.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
from notifications.answers.links import Purpose

from faults import bodies
from faults.deployment import Platform
from faults.ledger import Kind, Ledger, Opdracht, Person
from faults.strangers import Stranger

PATIENCE_SECONDS = 120
MOST_AT_ONCE = 16
EXPECTED = {200, 201, 204, 404, 409, 412}
NEVER_UNDERSTOOD = {400, 401, 403, 405, 415, 422, 428, 500}
PEOPLE = 60
OPDRACHTEN = 3
MOST_OPDRACHTEN = 6

Send = Callable[[int], Awaitable[httpx.Response]]


class Workload:
    """Clients of one platform. Every choice comes from `rng`."""

    def __init__(self, platform: Platform, ledger: Ledger, rng: random.Random) -> None:
        self.platform = platform
        self.ledger = ledger
        self.rng = rng
        self.done = 0
        self._number = 0
        self._running: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []

    async def populate(self, people: int = PEOPLE, opdrachten: int = OPDRACHTEN) -> None:
        """Bring in whom and what a run begins with."""
        await asyncio.gather(*(self.new_opdracht() for _ in range(opdrachten)))
        for start in range(0, people, MOST_AT_ONCE):
            await asyncio.gather(*(self.new_person() for _ in range(min(MOST_AT_ONCE, people - start))))

    async def drive(self, rate: float, ended: asyncio.Event, stranger: Stranger | None = None) -> None:
        """Do something `rate` times a second until the end is told; then finish what is under way.

        A `stranger` brings one record in a hundred that nobody can read, and as many late copies.
        """
        operations: dict[Callable[[], Awaitable[None]], int] = {
            self.new_person: 6,
            self.change_person: 30,
            self.erase_person: 4,
            self.new_opdracht: 2,
            self.change_opdracht: 4,
            self.close_opdracht: 1,
            self.answer: 20,
            self.decide: 12,
            self.choose_preferences: 4,
        }
        if stranger is not None:
            operations |= {stranger.be_hostile: 1, stranger.repeat_some: 1, stranger.be_odd: 2}
        while not ended.is_set():
            (operation,) = self.rng.choices(list(operations), list(operations.values()))
            if len(self._running) < MOST_AT_ONCE:
                self._begin(operation)
            await asyncio.sleep(self.rng.expovariate(rate))
        await self.finish()

    def _begin(self, operation: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await operation()
            self.done += 1

        def end(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                self._errors.append(error)

        task = asyncio.create_task(run())
        self._running.add(task)
        task.add_done_callback(end)

    async def finish(self) -> None:
        """Wait for what is under way; an error of ours is raised."""
        await asyncio.gather(*self._running)
        if self._errors:
            raise self._errors[0]

    async def _insist(self, what: str, send: Send) -> httpx.Response | None:
        """Send until there is an answer that is not of an outage; None where none came in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        attempt = self.rng.randrange(4)
        while time.monotonic() < deadline:
            try:
                answer = await send(attempt)
            except httpx.HTTPError:
                await asyncio.sleep(0.3)
            else:
                self.ledger.answers[answer.status_code] += 1
                early = answer.status_code == 401 and self.ledger.was_on(
                    "clock"
                )  # for its clock, our token is
                if answer.status_code in NEVER_UNDERSTOOD and not early:
                    self.ledger.unexpected.append(f"{what}: {answer.status_code} {answer.text[:200]}")
                if answer.status_code < 500 and not early:
                    return answer
                await asyncio.sleep(0.3)
            attempt += 1
        self.ledger.unexpected.append(f"{what}: no answer in {PATIENCE_SECONDS} s")
        return None

    async def _post(self, service: str, path: str, body: Any) -> httpx.Response | None:
        headers = {"Idempotency-Key": f"{self.rng.getrandbits(64):x}"}
        return await self._insist(
            f"POST {path}",
            lambda n: self.platform.call(service, "POST", path, replica=n, json=body, headers=headers),
        )

    async def _put(self, service: str, path: str, version: int, body: Any) -> httpx.Response | None:
        headers = {"If-Match": f'"{version}"'}
        return await self._insist(
            f"PUT {service}",
            lambda n: self.platform.call(service, "PUT", path, replica=n, json=body, headers=headers),
        )

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def new_person(self) -> None:
        body = bodies.person(self.rng, self._next())
        answer = await self._post("profiles", "/profiles", body)
        if answer is not None and answer.status_code == 201:
            profile_id = UUID(answer.json()["profile_id"])
            self.ledger.people[profile_id] = Person(profile_id, body)
            self.ledger.acknowledge(Kind.PROFILE, profile_id, 1)

    def _somebody(self) -> Person | None:
        living = [one for one in self.ledger.people.values() if one.erased_at is None]
        return self.rng.choice(living) if living else None

    async def change_person(self) -> None:
        if (one := self._somebody()) is None:
            return
        async with one.lock:
            if one.erased_at is not None:
                return
            body = bodies.changed_person(self.rng, one.body)
            await self.put_person(one, body)

    async def put_person(self, one: Person, body: dict[str, Any]) -> None:
        """Change somebody to this body. Whose answer got lost is refused as stale, and looks how it is."""
        path = f"/profiles/{one.profile_id}"
        answer = await self._put("profiles", path, one.version, body)
        if answer is not None and answer.status_code == 200:
            one.body, one.version = body, answer.json()["version"]
            self.ledger.acknowledge(Kind.PROFILE, one.profile_id, one.version)
        elif answer is not None and answer.status_code == 412:
            stands = await self._insist(
                "GET a profile", lambda n: self.platform.call("profiles", "GET", path, replica=n)
            )
            if stands is not None and stands.status_code == 200:
                found = stands.json()
                one.body, one.version = (
                    {"contact": found["contact"], "facts": found["facts"]},
                    found["version"],
                )

    async def erase_person(self) -> None:
        if (one := self._somebody()) is None:
            return
        async with one.lock:
            path = f"/profiles/{one.profile_id}"
            answer = await self._insist(
                "DELETE a profile", lambda n: self.platform.call("profiles", "DELETE", path, replica=n)
            )
            # Whose answer got lost finds nobody there.
            if answer is not None and answer.status_code in (204, 404):
                one.erased_at = time.monotonic()
                self.ledger.acknowledge(Kind.ERASURE, one.profile_id, 0)

    async def new_opdracht(self) -> None:
        open_ones = [one for one in self.ledger.opdrachten.values() if one.open]
        if len(open_ones) >= MOST_OPDRACHTEN:
            return
        body = bodies.opdracht(self.rng, self._next())
        answer = await self._post("assignments", "/assignments", body)
        if answer is not None and answer.status_code == 201:
            assignment_id = UUID(answer.json()["assignment_id"])
            self.ledger.opdrachten[assignment_id] = Opdracht(assignment_id, body)
            self.ledger.acknowledge(Kind.ASSIGNMENT, assignment_id, 1)

    def _some_opdracht(self) -> Opdracht | None:
        open_ones = [one for one in self.ledger.opdrachten.values() if one.open]
        return self.rng.choice(open_ones) if open_ones else None

    async def change_opdracht(self) -> None:
        if (one := self._some_opdracht()) is None:
            return
        async with one.lock:
            body = bodies.changed_opdracht(self.rng, one.body)
            path = f"/assignments/{one.assignment_id}"
            answer = await self._put("assignments", path, one.version, body)
            if answer is not None and answer.status_code == 200:
                one.body, one.version = body, answer.json()["version"]
                self.ledger.acknowledge(Kind.ASSIGNMENT, one.assignment_id, one.version)
            elif answer is not None and answer.status_code == 412:
                stands = await self._insist(
                    "GET an opdracht", lambda n: self.platform.call("assignments", "GET", path, replica=n)
                )
                if stands is not None and stands.status_code == 200:
                    found = stands.json()
                    one.version = found["version"]
                    one.body = {name: found.get(name, value) for name, value in one.body.items()} | {
                        "open": True
                    }

    async def close_opdracht(self) -> None:
        open_ones = [one for one in self.ledger.opdrachten.values() if one.open]
        if len(open_ones) <= OPDRACHTEN:
            return
        one = self.rng.choice(open_ones)
        async with one.lock:
            path = f"/assignments/{one.assignment_id}/close"
            answer = await self._post("assignments", path, {"reason": "withdrawn"})
            if answer is not None and answer.status_code == 200:
                one.open, one.version = False, answer.json()["version"]
                self.ledger.acknowledge(Kind.ASSIGNMENT, one.assignment_id, one.version)

    async def answer(self) -> None:
        """A professional answers from a mail that they got."""
        mails = self.platform.mail.received[-400:]
        tokens = self.rng.choice(mails).tokens() if mails else []
        if not tokens:
            return
        token, said = tokens[0], f"antwoord-{self._next()}"
        given = self.rng.choice(["interested", "interested", "declined"])
        link = self.platform.links.read(Purpose.MATCH, token)
        answer = await self._insist(
            "POST an answer",
            lambda n: self.platform.call(
                "notifications", "POST", f"/m/{token}", replica=n, data={"answer": given, "reason": said}
            ),
        )
        if answer is not None and answer.status_code == 200 and link is not None:
            self.ledger.acknowledge(Kind.ANSWER, link.subject, said, answer=given)

    async def decide(self) -> None:
        """A recruiter decides on whoever is live."""
        if (one := self._some_opdracht()) is None:
            return
        found = await self._insist(
            "GET matches",
            lambda n: self.platform.call(
                "matching", "GET", f"/assignments/{one.assignment_id}/matches?limit=100", replica=n
            ),
        )
        live = found.json()["items"] if found is not None and found.status_code == 200 else []
        if live:
            await self.decide_on(UUID(self.rng.choice(live)["match_id"]), self._decision())

    def _decision(self) -> str:
        return self.rng.choice(["invited", "nominated", "rejected", "rejected", "reopened"])

    async def decide_on(self, match_id: UUID, decision: str) -> None:
        words = f"besluit-{self._next()}"
        body: dict[str, Any] = {"decision": decision, "reason": words}
        if decision != "reopened":
            body |= {"tell": True, "message": f"Bericht {words}."}
        answer = await self._post("matching", f"/matches/{match_id}/decision", body)
        if answer is not None and answer.status_code == 200:
            self.ledger.acknowledge(Kind.DECISION, match_id, words, decision=decision)

    async def choose_preferences(self) -> None:
        """A professional changes the least score that they are told of, by the link in a mail."""
        if (one := self._somebody()) is None:
            return
        token = self.platform.links.write(Purpose.PREFERENCES, one.profile_id).rpartition("/")[2]
        least = round(self._next() / 1000, 3)
        form = {"frequency": one.body["contact"]["preferences"]["frequency"], "min_score": str(least)}
        answer = await self._insist(
            "POST preferences",
            lambda n: self.platform.call(
                "notifications", "POST", f"/preferences/{token}", replica=n, data=form
            ),
        )
        if answer is not None and answer.status_code == 200:
            self.ledger.acknowledge(Kind.PREFERENCES, one.profile_id, least)
