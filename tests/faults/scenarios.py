"""Short plays that lead straight into one kind of trouble, without waiting for chance. Each returns at once
after its work; the checker looks when all is at rest."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

from chassis.crash_points import Point
from stack.layout import SERVICES
from support.stacks import until

from faults import database_faults, topics
from faults.deployment import Platform
from faults.directed import work
from faults.ledger import Ledger
from faults.processes import Process
from faults.rest import rest
from faults.strangers import READ, Stranger
from faults.workload import Workload

SEATS = 25
FREED = 6


@dataclass(frozen=True)
class Stage:
    """What a play has to work with."""

    platform: Platform
    workload: Workload
    ledger: Ledger


Play = Callable[[Stage], Awaitable[None]]


async def a_calm_day(stage: Stage) -> None:
    """Work, and nothing breaks: then nothing is done twice either."""
    for _ in range(3):
        await work(stage.workload)
    # Once it rests, mails whose outcome nobody wrote down would go out again.
    await rest(stage.platform, stage.ledger, 60)


async def slow_commits(stage: Stage) -> None:
    """Commits take long, some longer than others: ids are handed out in another order than rows appear in."""
    await database_faults.install(stage.platform)
    with stage.ledger.fault(database_faults.SLOW.name):
        async with AsyncExitStack() as slow:
            for service in SERVICES:
                how = database_faults.happening(stage.platform, service, database_faults.SLOW)
                await slow.enter_async_context(how)
            for _ in range(4):
                changes = (stage.workload.change_person() for _ in range(12))
                await asyncio.gather(work(stage.workload), *changes)


async def everything_once_more(stage: Stage) -> None:
    """Every record comes again, the latest first: late copies, in another order than they were written in."""
    for _ in range(2):
        await work(stage.workload)
    for _ in range(6):
        await stage.workload.change_opdracht()
    await stage.workload.erase_person()
    await rest(stage.platform, stage.ledger)
    log = await topics.read(stage.platform.layout.kafka)
    records = [entry.record for name in READ for entry in log.entries[name]]
    records.sort(key=lambda record: record.written_at, reverse=True)
    with stage.ledger.fault("copies of every record"):
        stranger = Stranger(stage.platform, stage.ledger, stage.workload.rng)
        await stranger.repeat(records)


async def seats_fall_free(stage: Stage) -> None:
    """Those with a seat pause, a few at a time, while others wait for one."""
    await _until_seats_are_taken(stage)
    for assignment_id in list(stage.ledger.opdrachten):
        for match in (await _live(stage, assignment_id))[:FREED]:
            one = stage.ledger.people[UUID(match["profile_id"])]
            facts = {**one.body["facts"], "status": "paused"}
            async with one.lock:
                await stage.workload.put_person(one, {**one.body, "facts": facts})


async def one_change_and_a_crash(stage: Stage) -> None:
    """Matching takes in one change and dies once Kafka knows it; nothing else happens that would mend it."""
    await _until_seats_are_taken(stage)
    (matching,) = stage.platform.replicas("matching")
    with stage.ledger.fault(f"crash at {Point.CONSUMER_ACKNOWLEDGED} of matching"):
        ended = len(matching.exits)
        matching.once = {"CRASH_AT": Point.CONSUMER_ACKNOWLEDGED}
        matching.send(signal.SIGKILL)
        await until(lambda: _ended(matching, ended + 1))
        await stage.platform.ready([matching])
        assignment_id = next(iter(stage.ledger.opdrachten))
        (best, *_) = await _live(stage, assignment_id)
        one = stage.ledger.people[UUID(best["profile_id"])]
        facts = {**one.body["facts"], "status": "paused"}
        await stage.workload.put_person(one, {**one.body, "facts": facts})
        await until(lambda: _ended(matching, ended + 2))
    await stage.platform.ready()


async def _ended(process: Process, times: int) -> bool:
    return len(process.exits) >= times


async def the_recruiter_rejects(stage: Stage) -> None:
    """Those with a seat are rejected, while others wait for one."""
    await _until_seats_are_taken(stage)
    for assignment_id in list(stage.ledger.opdrachten):
        for match in (await _live(stage, assignment_id))[:FREED]:
            await stage.workload.decide_on(UUID(match["match_id"]), "rejected")


async def _live(stage: Stage, assignment_id: UUID) -> list[dict[str, str]]:
    path = f"/assignments/{assignment_id}/matches?limit=100"
    answer = await stage.platform.call("matching", "GET", path)
    items: list[dict[str, str]] = answer.json().get("items", [])
    return items


async def _until_seats_are_taken(stage: Stage) -> None:
    """Bring in more people than one opdracht has seats, and wait until they are taken."""
    await asyncio.gather(*(stage.workload.new_person() for _ in range(40)))

    async def taken() -> bool:
        live = [await _live(stage, one) for one in stage.ledger.opdrachten]
        return any(len(one) >= SEATS for one in live)

    await until(taken, 60, "the seats of an opdracht are taken")
    await rest(stage.platform, stage.ledger)


async def two_change_one_profile(stage: Stage) -> None:
    """Several clients change the same profile from the same version: one of them may."""
    people = list(stage.ledger.people.values())[:8]
    for one in people:
        bodies = [
            {**one.body, "facts": {**one.body["facts"], "rate_min_cents": 8_000 + 50 * number}}
            for number in range(6)
        ]
        headers = {"If-Match": f'"{one.version}"'}
        answers = await asyncio.gather(
            *(
                stage.platform.call(
                    "profiles", "PUT", f"/profiles/{one.profile_id}", replica=n, json=body, headers=headers
                )
                for n, body in enumerate(bodies)
            )
        )
        accepted = [number for number, answer in enumerate(answers) if answer.status_code == 200]
        if len(accepted) != 1:
            stage.ledger.unexpected.append(f"{len(accepted)} of 6 changes of one version were taken")
        one.body, one.version = bodies[accepted[0]], one.version + 1


async def matching_goes_back(stage: Stage) -> None:
    """Matching's database is restored from a copy: it reads on from where the copy is."""
    await _goes_back(stage, "matching")


async def profiles_go_back(stage: Stage) -> None:
    """The database of profiles is that of a moment ago, as after a failover that lost the last commits; what
    it had published since lies on its own topics."""
    await _goes_back(stage, "profiles")


async def _goes_back(stage: Stage, service: str) -> None:
    platform = stage.platform
    await rest(platform, stage.ledger)
    await _while_down(platform, service, _COPY)
    await work(stage.workload)
    await rest(platform, stage.ledger)
    with stage.ledger.fault(f"postgres takes {service} back"):
        await _while_down(platform, service, _DROP, _RENAME)
    await work(stage.workload)


async def _while_down(platform: Platform, service: str, *statements: str) -> None:
    """Change the databases while the service is down, for these must not be in use."""
    for one in platform.replicas(service):
        await one.stop()
    connection = await platform.database("postgres")
    try:
        for statement in statements:
            await connection.execute(statement.format(service=service))
    finally:
        await connection.close()
    for one in platform.replicas(service):
        await one.start()
    await platform.ready()


_COPY = """
CREATE DATABASE "{service}_before" TEMPLATE "{service}"
"""
_DROP = """
DROP DATABASE "{service}" WITH (FORCE)
"""
_RENAME = """
ALTER DATABASE "{service}_before" RENAME TO "{service}"
"""

# What a whole run plays, each on a platform of its own.
PLAYS: tuple[tuple[Play, int], ...] = (  # and how many replicas of each service
    (a_calm_day, 1),
    (slow_commits, 2),
    (everything_once_more, 2),
    (seats_fall_free, 2),
    (the_recruiter_rejects, 2),
    (one_change_and_a_crash, 1),
    (two_change_one_profile, 2),
    (matching_goes_back, 1),
    (profiles_go_back, 1),
)
