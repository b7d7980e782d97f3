"""A server of somebody else's that answers as it is told: too slowly, without end, or what nobody expects."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from chassis.http.published import MOST_BYTES

from support.ports import free_port

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass
class Server:
    """An HTTP server that answers as `respond` does. `paths`: of the requests that it had; `asked`: set by
    each."""

    port: int
    respond: Respond
    paths: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> int:
        return len(self.paths)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.paths.append(head.split()[1].decode())
            self.asked.set()
            await self.respond(writer)
            await writer.drain()
        writer.close()


def answering(body: bytes, status: str = "200 OK", **headers: str) -> Respond:
    """Answer with a body, as servers do."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)

    return respond


@asynccontextmanager
async def serving(respond: Respond) -> AsyncIterator[Server]:
    """Run a server until the end of the block, whatever it is in the middle of."""
    made = Server(free_port(), respond)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(made.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", made.port)
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def never(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    await _drip(writer)


async def dripping_body(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    await _drip(writer)


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n{")


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def nothing(_writer: asyncio.StreamWriter) -> None:
    pass


def misbehaving(good: bytes) -> dict[str, Respond]:
    """Return ways to answer none of which gives `good`, though some hold it: what is done, and how."""
    bomb = gzip.compress(b" " * 50_000_000 + good)
    return {
        "never answers": never,
        "drips its head": dripping_head,
        "drips its body": dripping_body,
        "an endless body": endless_body,
        "an endless head": endless_head,
        "hangs up in the body": hanging_up,
        "hangs up at once": nothing,
        "speaks no HTTP": no_http,
        "a redirect elsewhere": answering(good, "302 Found", Location="http://127.0.0.1:1/jwks"),
        "a redirect to itself": answering(good, "307 Temporary Redirect", Location="/"),
        "a redirect to a file": answering(good, "301 Moved Permanently", Location="file:///etc/passwd"),
        "a body with an error": answering(good, "500 Internal Server Error"),
        "a body that is not there": answering(good, "404 Not Found"),
        "no body": answering(b"", "204 No Content"),
        "too long a body": answering(good + b" " * MOST_BYTES),
        "a compressed body": answering(bomb, Content_Encoding="gzip"),
        "a wrong type": answering(b"<html>", Content_Type="text/html"),
    }
