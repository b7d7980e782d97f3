"""The desk at 5,000 open opdrachten, 200,000 matches and 100,000 professionals: its pages, and its streams.

The events go through the code that takes them from the topics, into the database of a stack whose other
services know nothing of them: what these compute is measured where they are.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
from chassis.database import Pool, open_pool
from contracts.events import AssignmentOpened, ContactUpdated, Data, NoticeSettled, ProfileUpdated
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, Decision, NoticeKind, NoticeOutcome, Role
from performance.people import facts, opdrachten
from performance.rows import Row, alone
from stack import issuer
from stack.layout import Layout
from support.desks import Pair, an_event, tell
from support.people import profile_body
from support.ports import BENCH
from support.stacks import start_stack, stop, wait_for_line
from uuid_utils.compat import uuid7

PEOPLE = 100_000
OPEN = 5_000
MATCHES_EACH = 40
BATCH = 500
ROUNDS = 40
STREAMS = 500
STREAMS_A_SUBJECT = 5
SECONDS = 60
EXAMPLES = opdrachten()
Opening = Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]


def run(folder: Path) -> list[Row]:
    """Measure; a database of its own lies in a folder."""
    process = start_stack(BENCH, folder, "stack")
    try:
        wait_for_line(process, "platform is up")
        return asyncio.run(_measure(Layout(BENCH, folder)))
    finally:
        stop(process)


async def _measure(layout: Layout) -> list[Row]:
    pid = int((layout.folder("run") / "desk.pid").read_text())
    async with open_pool(layout.database_url("desk")) as pool:
        assignment_ids, profile_ids = await _fill(pool)
        await pool.execute("ANALYZE")
        pages = await _pages(layout, assignment_ids, profile_ids)
        process = psutil.Process(pid)
        before = process.memory_info().rss
        late = await _streams(pool, layout)
        memory = (process.memory_info().rss - before) / STREAMS / 1024
    return [
        alone("desk_page_p95", max(pages.values()), "ms"),
        *(alone(f"desk_page_{name}_p95", value, "ms") for name, value in pages.items()),
        alone("desk_streams", STREAMS if late <= 1 else 0, "streams"),
        alone("desk_alert_to_all_streams", late * 1000, "ms"),
        alone("desk_memory_a_stream", memory, "KiB"),
    ]


async def _fill(pool: Pool) -> tuple[list[UUID], list[UUID]]:
    rng, now = random.Random(1), datetime.now(UTC)
    profile_ids = [uuid7() for _ in range(PEOPLE)]
    drawn = iter(facts(PEOPLE))
    contact = profile_body(rng, "Iemand")["contact"]
    for start in range(0, PEOPLE, BATCH):
        some = profile_ids[start : start + BATCH]
        said: list[Data] = [
            ProfileUpdated.model_validate({**next(drawn), "profile_id": one, "version": 1}, strict=False)
            for one in some
        ]
        said += [
            ContactUpdated.model_validate(
                contact
                | {
                    "profile_id": one,
                    "version": 1,
                    "name": f"Naam {number}",
                    "email": f"n{number}@example.org",
                },
                strict=False,
            )
            for number, one in enumerate(some, start)
        ]
        await tell(pool, [an_event(event, now) for event in said], now)
    assignment_ids = []
    for _ in range(0, OPEN, 100):
        opened = [_opened(rng, now) for _ in range(100)]
        assignment_ids += [one.assignment_id for one in opened]
        await tell(pool, [an_event(event, now) for event in opened], now)
    for number, assignment_id in enumerate(assignment_ids):
        await _propose(pool, rng, assignment_id, rng.sample(profile_ids, MATCHES_EACH), number)
    return assignment_ids, profile_ids


def _opened(rng: random.Random, now: datetime) -> AssignmentOpened:
    of_one: AssignmentFacts = rng.choice(EXAMPLES)
    open_until = {"respond_by": now + timedelta(hours=rng.uniform(24, 500))}
    return AssignmentOpened(
        assignment_id=uuid7(), version=1, opened_at=now, **dict(of_one.model_copy(update=open_until))
    )


async def _propose(
    pool: Pool, rng: random.Random, assignment_id: UUID, profile_ids: list[UUID], number: int
) -> None:
    now = datetime.now(UTC)
    pairs = [Pair(assignment_id, one) for one in profile_ids]
    events = [an_event(pair.proposed(now, rng.uniform(50, 90)), now) for pair in pairs]
    outcomes = [NoticeOutcome.ACCEPTED, NoticeOutcome.ACCEPTED, NoticeOutcome.UNWANTED]
    events += [
        an_event(
            NoticeSettled(
                notice_id=uuid7(),
                kind=NoticeKind.MATCH,
                outcome=rng.choice(outcomes),
                due_at=now,
                at=now,
                **pair.ids,
            ),
            now,
        )
        for pair in pairs
    ]
    if number % 4 == 0:
        events.append(an_event(pairs[0].answered(now, Answer.INTERESTED), now))
    if number % 8 == 0:
        events.append(an_event(pairs[1].decided(now, Decision.NOMINATED), now))
    await tell(pool, events, now + timedelta(days=1))


async def _pages(layout: Layout, assignment_ids: list[UUID], profile_ids: list[UUID]) -> dict[str, float]:
    rng = random.Random(2)
    paths: dict[str, Callable[[], str]] = {
        "today": lambda: "/?wie=iedereen",
        "list": lambda: f"/opdrachten?pagina={rng.randint(1, 50)}",
        "search": lambda: "/opdrachten?q=adviseur&sort=interesse",
        "people": lambda: f"/opdrachten/{rng.choice(assignment_ids)}",
        "course": lambda: f"/opdrachten/{rng.choice(assignment_ids)}?tab=verloop",
        "person": lambda: f"/opdrachten/{rng.choice(assignment_ids)}/mensen/{rng.choice(profile_ids)}",
    }
    token = issuer.token(layout, Role.RECRUITER, "bench")
    taken: dict[str, float] = {}
    async with httpx.AsyncClient(
        base_url=layout.url("desk"), headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS
    ) as http:
        for name, path in paths.items():
            times = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                (await http.get(path())).raise_for_status()
                times.append((time.perf_counter() - started) * 1000)
            taken[name] = statistics.quantiles(times, n=20)[-1]
    return taken


async def _streams(pool: Pool, layout: Layout) -> float:
    """Open the streams, and return how long after an alert was committed the last of them has it."""
    tokens = [
        issuer.token(layout, Role.RECRUITER, f"bench-{number}")
        for number in range(STREAMS // STREAMS_A_SUBJECT)
    ]
    opened = [_stream(layout, tokens[number // STREAMS_A_SUBJECT]) for number in range(STREAMS)]
    async with _all(opened) as readers:
        rng, now = random.Random(3), datetime.now(UTC)
        await tell(pool, [an_event(_opened(rng, now), now)])
        started = time.perf_counter()
        await asyncio.gather(*(_heard(reader) for reader in readers))
        return time.perf_counter() - started


async def _stream(layout: Layout, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", layout.ports["desk"])
    writer.write(f"GET /alerts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    await reader.readuntil(b": listening")
    return reader, writer


async def _heard(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(SECONDS):
        await reader.readuntil(b"event: AssignmentOpened.v1")


@asynccontextmanager
async def _all(opening: list[Opening]) -> AsyncIterator[list[asyncio.StreamReader]]:
    opened = [await one for one in opening]
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.close()
