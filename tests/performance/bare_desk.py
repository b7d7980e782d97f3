"""The floors under the desk: its list's rows by the same statements and a template; NOTIFY, and streams.

One process without roles, sessions, an audit trail or other services to ask: a statement is prepared once,
and what is told is written out once for all streams.
"""

import asyncio
import multiprocessing
import multiprocessing.synchronize
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import jinja2
import uvicorn
import uvloop
from desk.domain.overview import Filter, Order, Tab
from desk.store import overview
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route
from support.ports import free_port

CHANNEL = "bare"
EVERYTHING = Filter(words="", recruiter=None, level=None, urgent=False)
PAGE = """<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><title>Opdrachten</title></head><body>
<ul>{% for one in counts %}<li>{{ one["tab"] }} {{ one["count"] }}</li>{% endfor %}</ul>
<table><thead><tr><th>Opdracht</th><th>Niveau</th><th>Sluit</th><th>Stand</th><th>Recruiter</th></tr></thead><tbody>
{% for line in lines %}
<tr><th><a href="/opdrachten/{{ line["assignment_id"] }}">{{ line["title"] }}</a>
{% if line["urgent"] %}<span class="badge">spoed</span>{% endif %}<span>{{ line["organisation"] }}</span></th>
<td>{{ line["level"] }}</td><td><time>{{ line["respond_by"] }}</time></td>
<td>{{ line["fitting"] }} passen · {{ line["mailed"] }} gemaild · {{ line["interested"] }} interesse ·
{{ line["chosen"] }} voorgedragen · {{ line["placed"] }} geplaatst</td><td>{{ line["recruiter"] }}</td></tr>
{% endfor %}
</tbody></table></body></html>
"""


@dataclass(frozen=True)
class Statement:
    """A statement with its arguments."""

    sql: str
    arguments: tuple[Any, ...]


class _Told:
    """Takes a statement as a connection does, and answers nothing."""

    statement: Statement

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Keep the statement."""
        self.statement = Statement(sql, arguments)
        return []


async def statements() -> tuple[Statement, Statement]:
    """Return what the desk asks the database for a page of its list: how many a tab holds, and the lines."""
    told: Any = _Told()
    await overview.counts(told, EVERYTHING, datetime.now(UTC))
    counts: Statement = told.statement
    await overview.lines(told, Tab.OPEN, EVERYTHING, Order.CLOSES, 1, datetime.now(UTC))
    return counts, told.statement


@contextmanager
def running(url: str, asked: tuple[Statement, Statement]) -> Iterator[int]:
    """Serve on a port, which it gives: `/opdrachten?pagina=1`, and `/alerts`, with what NOTIFY tells."""
    context = multiprocessing.get_context("spawn")
    ready, port = context.Event(), free_port()
    process = context.Process(target=_run, args=(url, asked, port, ready), daemon=True)
    process.start()
    try:
        if not ready.wait(60):
            raise TimeoutError("the bare desk does not start")
        yield port
    finally:
        process.kill()  # its streams are open for ever
        process.join(10)


def _run(
    url: str, asked: tuple[Statement, Statement], port: int, ready: multiprocessing.synchronize.Event
) -> None:
    uvloop.run(_serve(url, asked, port, ready))


async def _serve(
    url: str, asked: tuple[Statement, Statement], port: int, ready: multiprocessing.synchronize.Event
) -> None:
    connection = await asyncpg.connect(url)
    counts, lines = [await connection.prepare(one.sql) for one in asked]
    of_counts, (*of_lines, page_size, _) = asked[0].arguments, asked[1].arguments
    template = jinja2.Environment(autoescape=True).from_string(PAGE)
    told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def show(request: Request) -> HTMLResponse:
        skipped = (int(request.query_params["pagina"]) - 1) * page_size
        found = await lines.fetch(*of_lines, page_size, skipped)
        return HTMLResponse(template.render(counts=await counts.fetch(*of_counts), lines=found))

    def tell(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        nonlocal told
        told.set_result(f"event: AssignmentOpened.v1\r\ndata: {payload}\r\n\r\n".encode())
        told = asyncio.get_running_loop().create_future()

    async def events() -> AsyncIterator[bytes]:
        yield b": listening\r\n\r\n"
        while True:
            yield await asyncio.shield(told)

    async def listen(_request: Request) -> StreamingResponse:
        return StreamingResponse(events(), media_type="text/event-stream")

    listening = await asyncpg.connect(url)
    await listening.add_listener(CHANNEL, tell)
    app = Starlette(routes=[Route("/opdrachten", show), Route("/alerts", listen)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, access_log=False, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    ready.set()
    await serving
