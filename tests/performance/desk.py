"""The desk at 5,000 open opdrachten, their matches and 100,000 professionals: its pages, the reach while one
types, its list at 500,000 matches, and its streams.

Professionals and opdrachten are put on the topics, and matching proposes as it always does. Notifications
rests, so what it would tell (answers, notices) is put on its topics as well, and of its mails, which one page
shows, the rows are made.
"""

import asyncio
import json
import math
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
from aiokafka import AIOKafkaProducer
from chassis.database import Pool, open_pool
from contracts.envelope import type_of
from contracts.events import AssignmentOpened, ContactUpdated, Data, ProfileUpdated
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, Decision, NoticeOutcome, Role
from desk.domain import form as forms
from desk.domain.overview import Order, Tab
from desk.owners.api import Owner, Owners
from desk.pages import mails
from desk.store import overview
from notifications.app import build as notifications
from notifications.settings import NotificationsSettings
from performance import bare_desk
from performance.feeding import a_producer, as_record, caught_up, on_a_stack, resting
from performance.people import DATA, facts, opdrachten
from performance.rows import RUNS, Row, alone, better, medians
from stack import issuer
from stack.layout import Layout
from support.desks import Pair, an_event, tell
from support.openapi import SETTINGS
from support.owned import desk_of
from support.people import profile_body
from support.served import served
from support.stacks import Stack, process_of, until
from uuid_utils.compat import uuid7

from contracts import topics

PEOPLE = 100_000
OPEN = 5_000
MATCHES = 200_000
MANY_MATCHES = 500_000
AT_ONCE = 100
ROUNDS = 100
STREAMS = 500
STREAMS_A_SUBJECT = 5
SECONDS = 60
TYPED_BY = 3  # recruiters who type at the same time
EXAMPLES = opdrachten()
NAMES = [json.loads(line)["contact"]["name"] for line in (DATA / "professionals.ndjson").open()]
Opening = Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]


def run(folder: Path) -> list[Row]:
    """Measure, on a stack of its own in a folder."""
    return on_a_stack(folder, _measure)


async def _measure(stack: Stack) -> list[Row]:
    layout = stack.layout
    process = psutil.Process(process_of(layout, "desk"))
    with resting(stack, "notifications"):
        async with open_pool(layout.database_url("desk")) as pool, a_producer(stack) as producer:
            rows = [_memory("desk_memory_at_rest", process)]
            pairs = await _fill(stack, pool, producer)
            rows += [alone("desk_matches", len(pairs), "matches"), _memory("desk_memory", process)]
            rows += await _pages(layout, pairs)
            rows.append(await _page_of_mails(layout, pool, pairs))
            with bare_desk.running(layout.database_url("desk"), await bare_desk.statements()) as bare:
                rows += await _list_beside_bare(layout, bare)
                rows += await _streams(producer, pool, layout, process, bare)
            rows.append(await _list_of_many(pool, len(pairs)))
    return rows


def _memory(name: str, process: psutil.Process) -> Row:
    return alone(name, process.memory_info().rss / 2**20, "MiB")


async def _fill(stack: Stack, pool: Pool, producer: AIOKafkaProducer) -> list[Pair]:
    """Put the world on the topics, wait until the desk knows it, and return its matches."""
    rng = random.Random(1)
    contact = profile_body(rng, "Iemand")["contact"]
    for number, one in enumerate(facts(PEOPLE)):
        said = {"profile_id": uuid7(), "version": 1}
        reached = contact | {"name": _a_name(rng), "email": f"n{number}@example.org"}
        await _put(producer, ProfileUpdated.model_validate(one | said, strict=False))
        await _put(producer, ContactUpdated.model_validate(reached | said, strict=False))
    await producer.flush()
    await until(lambda: caught_up(stack, "matching", topics.PROFILES), 300)
    await until(lambda: caught_up(stack, "desk", topics.PROFILES, topics.CONTACTS), 300)
    now = datetime.now(UTC)
    for _ in range(OPEN):
        await _put(producer, _opened(rng, now))
    await producer.flush()
    await until(lambda: caught_up(stack, "matching", topics.ASSIGNMENTS), 900)
    await until(lambda: _all_published(stack), 300)
    await until(lambda: caught_up(stack, "desk", topics.ASSIGNMENTS, topics.MATCHES), 300)
    pairs = [Pair(*row) for row in await pool.fetch(_PAIRS)]
    for pair in await _more(pool, rng, MATCHES - len(pairs)):
        await _put(producer, pair.proposed(now))
        pairs.append(pair)
    for data in _told(rng, pairs):
        await _put(producer, data)
    await producer.flush()
    await until(lambda: caught_up(stack, "desk", topics.ANSWERS, topics.NOTICES, topics.MATCHES), 300)
    await pool.execute("ANALYZE")
    return pairs


_PAIRS = "SELECT assignment_id, profile_id FROM matches ORDER BY assignment_id, profile_id"


def _a_name(rng: random.Random) -> str:
    """Return one of some 34,000 names: a first one and a double last one."""
    first, one, other = (rng.choice(NAMES) for _ in range(3))
    return f"{first.partition(' ')[0]} {one.partition(' ')[2]}-{other.partition(' ')[2]}"


async def _more(pool: Pool, rng: random.Random, count: int) -> list[Pair]:
    """Return more pairs, as many for each opdracht, beyond its thirty seats: as those that were overtaken."""
    people = [row[0] for row in await pool.fetch("SELECT profile_id FROM people")]
    each = math.ceil(max(0, count) / OPEN)
    opdrachten_ids = [row[0] for row in await pool.fetch("SELECT assignment_id FROM assignments")]
    return [Pair(one, person) for one in opdrachten_ids for person in rng.sample(people, each)]


async def _put(producer: AIOKafkaProducer, data: Data) -> None:
    topic = topics.TOPIC_OF[type_of(data)]
    name, record = as_record(topic, getattr(data, topic.key_of(type_of(data))), type_of(data), data)
    await producer.send(name, **record)


async def _all_published(stack: Stack) -> bool:
    async with open_pool(stack.layout.database_url("matching")) as pool:
        return not await pool.fetchval("SELECT exists(SELECT FROM outbox)")


def _opened(rng: random.Random, now: datetime) -> AssignmentOpened:
    of_one: AssignmentFacts = rng.choice(EXAMPLES)
    open_until = {"respond_by": now + timedelta(hours=rng.uniform(24, 500))}
    return AssignmentOpened(
        assignment_id=uuid7(), version=1, opened_at=now, **dict(of_one.model_copy(update=open_until))
    )


def _told(rng: random.Random, pairs: Sequence[Pair]) -> Iterator[Data]:
    """Each is told or does not want to be; one in 160 is interested, and half of these are nominated."""
    outcomes = [NoticeOutcome.ACCEPTED, NoticeOutcome.ACCEPTED, NoticeOutcome.UNWANTED]
    for number, pair in enumerate(pairs):
        now = datetime.now(UTC)
        yield pair.settled(now, rng.choice(outcomes))
        if number % 160 == 0:
            yield pair.answered(now, Answer.INTERESTED)
        if number % 320 == 0:
            yield pair.decided(now, Decision.NOMINATED)


async def _pages(layout: Layout, pairs: Sequence[Pair]) -> list[Row]:
    """Measure pages one by one, and the reach while some type at the same time."""
    rng = random.Random(2)

    def opdracht(more: str = "") -> str:
        return f"/opdrachten/{rng.choice(pairs).ids['assignment_id']}{more}"

    def person() -> str:
        ids = rng.choice(pairs).ids
        return f"/opdrachten/{ids['assignment_id']}/mensen/{ids['profile_id']}"

    paths: dict[str, Callable[[], str]] = {
        "today": lambda: "/?wie=iedereen",
        "list": lambda: f"/opdrachten?pagina={rng.randint(1, 50)}",
        "search": lambda: "/opdrachten?q=adviseur&sort=interesse",
        "people": opdracht,
        "near": lambda: opdracht("?tab=bijna"),
        "reach": lambda: opdracht("?tab=bereik"),
        "course": lambda: opdracht("?tab=verloop"),
        "record": lambda: opdracht("?tab=verantwoording"),
        "person": person,
        "everybody": lambda: f"/mensen?q={quote(_a_name(rng))}",
    }
    taken: dict[str, float] = {}
    async with _browser(layout) as http:
        for name, path in paths.items():
            taken[name] = _p95([await _timed(http.get(path())) for _ in range(ROUNDS)])
        typing = [_typing(http, rng) for _ in range(TYPED_BY)]
        typed = _p95([one for times in await asyncio.gather(*typing) for one in times])
    return [
        alone("desk_page_p95", max(taken.values()), "ms"),
        *(alone(f"desk_page_{name}_p95", value, "ms") for name, value in taken.items()),
        alone("desk_reach_while_typing_p95", typed, "ms"),
    ]


async def _list_beside_bare(layout: Layout, port: int) -> list[Row]:
    """Measure the list and its floor in turns."""
    runs = []
    async with _browser(layout) as desk, httpx.AsyncClient(base_url=f"http://localhost:{port}") as bare:
        for _ in range(RUNS):
            times, floor = [], []
            for number in range(ROUNDS):
                path = f"/opdrachten?pagina={1 + number % 50}"
                times.append(await _timed(desk.get(path)))
                floor.append(await _timed(bare.get(path)))
            p50 = statistics.median(times), statistics.median(floor)
            runs.append(
                [
                    better("desk_list_p50", p50[0], "ms", "query_and_template", p50[1]),
                    better("desk_list_p95", _p95(times), "ms", "query_and_template", _p95(floor)),
                ]
            )
    return medians(runs)


def _browser(layout: Layout) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {issuer.token(layout, Role.RECRUITER, 'bench')}"}
    return httpx.AsyncClient(base_url=layout.url("desk"), headers=headers, timeout=SECONDS)


async def _page_of_mails(layout: Layout, pool: Pool, pairs: Sequence[Pair]) -> Row:
    """Measure the page of mails and what notifications answers it, both in this process."""
    rng = random.Random(5)

    def one_of(name: str, key: str) -> str:
        return f"/mails?{name}={rng.choice(pairs).ids[key]}"

    paths: tuple[Callable[[], str], ...] = (
        lambda: "/mails",
        lambda: "/mails?uitkomst=bounced",
        lambda: one_of("opdracht", "assignment_id"),
        lambda: one_of("persoon", "profile_id"),
    )
    async with open_pool(layout.database_url("notifications")) as mailed:
        await _mail(mailed, rng, pairs)
        answering = served(notifications(NotificationsSettings(**SETTINGS)), mailed)
        async with answering as http, desk_of(pool, Told(http), mails.router) as browser:
            times = [await _timed(browser.get(path())) for _ in range(ROUNDS) for path in paths]
    return alone("desk_page_mails_p95", _p95(times), "ms")


class Told(Owners):
    """Owners of whom one alone answers, by this client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__({})
        self._clients = {Owner.NOTIFICATIONS: http}


async def _mail(pool: Pool, rng: random.Random, pairs: Sequence[Pair]) -> None:
    """Write of each match the notice that told it; one in fifty came back."""
    now = datetime.now(UTC)

    def rows() -> Iterator[tuple[Any, ...]]:
        for pair in {one.match_id: one for one in pairs}.values():  # some were made up twice
            state = "bounced" if rng.random() < 0.02 else "accepted"
            yield uuid7(), "match", *pair.ids.values(), state, "iemand@example.org", 1, now, now, now

    what = ("notice_id", "kind", *pairs[0].ids, "state", "address", "attempts")
    await pool.copy_records_to_table(
        "notices", records=rows(), columns=[*what, "due_at", "caused_at", "settled_at"]
    )
    await pool.execute("ANALYZE notices")


async def _typing(http: httpx.AsyncClient, rng: random.Random) -> list[float]:
    """Return the ms of the reach after each change of somebody who types."""
    times = []
    for _ in range(ROUNDS):
        form = forms.typed(rng.choice(EXAMPLES).model_dump(mode="json"))
        sent = form | {"actie": "bereken", "hours_min": str(rng.randint(8, 24))}
        times.append(await _timed(http.post("/opdrachten/nieuw", data=sent, headers={"HX-Request": "true"})))
        await asyncio.sleep(0.4)  # the form waits so long for the next letter
    return times


async def _timed(asking: Awaitable[httpx.Response]) -> float:
    started = time.perf_counter()
    (await asking).raise_for_status()
    return (time.perf_counter() - started) * 1000


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


async def _list_of_many(pool: Pool, known: int) -> Row:
    """Measure the list of opdrachten in the database alone, once it knows many more matches."""
    opdracht_ids = [row[0] for row in await pool.fetch("SELECT assignment_id FROM assignments WHERE open")]
    people = [row[0] for row in await pool.fetch("SELECT profile_id FROM people")]
    rng, now = random.Random(4), datetime.now(UTC)
    for _ in range(0, MANY_MATCHES - known, AT_ONCE):
        assignment_id = rng.choice(opdracht_ids)
        pairs = [Pair(assignment_id, profile_id) for profile_id in rng.sample(people, AT_ONCE)]
        events = [an_event(data, now) for pair in pairs for data in (pair.proposed(now), *_told(rng, [pair]))]
        await tell(pool, events, now + timedelta(days=1))
    await pool.execute("VACUUM ANALYZE")  # as PostgreSQL does by itself where they come over weeks
    times = []
    async with pool.acquire() as connection:
        for number in range(ROUNDS):
            started = time.perf_counter()
            await overview.lines(
                connection, Tab.OPEN, bare_desk.EVERYTHING, Order.CLOSES, 1 + number % 50, now
            )
            times.append((time.perf_counter() - started) * 1000)
    return alone("desk_list_of_500k_matches_p95", _p95(times), "ms")


async def _streams(
    producer: AIOKafkaProducer, pool: Pool, layout: Layout, process: psutil.Process, bare: int
) -> list[Row]:
    """Open the streams, and measure how long after an opdracht is on its topic each of them has it, and
    what the desk holds meanwhile; beside as many bare ones, which NOTIFY brings the same."""
    rng = random.Random(3)
    tokens = [
        issuer.token(layout, Role.RECRUITER, f"bench-{number}")
        for number in range(STREAMS // STREAMS_A_SUBJECT)
    ]

    async def put() -> None:
        await _put(producer, _opened(rng, datetime.now(UTC)))

    async def notify() -> None:
        told = _opened(rng, datetime.now(UTC)).model_dump_json()
        await pool.execute("SELECT pg_notify($1, $2)", bare_desk.CHANNEL, told)

    opened = [_stream(layout.ports["desk"], tokens[number // STREAMS_A_SUBJECT]) for number in range(STREAMS)]
    async with _all(opened) as readers:
        runs = [await _told_to(readers, put) for _ in range(RUNS)]
        memory = _memory("desk_memory_with_streams", process)
    async with _all([_stream(bare) for _ in range(STREAMS)]) as readers:
        floors = [await _told_to(readers, notify) for _ in range(RUNS)]
    measured = [
        [
            better("desk_alert_to_the_first", min(heard), "ms", "notify_and_stream", min(floor)),
            better("desk_alert_to_all", max(heard), "ms", "notify_and_stream", max(floor)),
        ]
        for heard, floor in zip(runs, floors, strict=True)
    ]
    return [alone("desk_streams", STREAMS, "streams"), *medians(measured), memory]


async def _told_to(readers: list[asyncio.StreamReader], tell: Callable[[], Awaitable[None]]) -> list[float]:
    """Tell of an opdracht, and return the ms until each has it; then let its matches pass by."""
    started = time.perf_counter()
    await tell()
    heard = await asyncio.gather(*(_heard(reader, started) for reader in readers))
    await asyncio.sleep(1)
    return heard


async def _stream(port: int, token: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /alerts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    await reader.readuntil(b": listening")
    return reader, writer


async def _heard(reader: asyncio.StreamReader, started: float) -> float:
    async with asyncio.timeout(SECONDS):
        await reader.readuntil(b"event: AssignmentOpened.v1")
    return (time.perf_counter() - started) * 1000


@asynccontextmanager
async def _all(opening: list[Opening]) -> AsyncIterator[list[asyncio.StreamReader]]:
    opened = [await one for one in opening]
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.close()
