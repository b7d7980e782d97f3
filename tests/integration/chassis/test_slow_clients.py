"""Clients that are late, hold on or read nothing, against a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from chassis.http import connections
from chassis.http.connections import BoundedConnection
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from support.ports import free_port
from support.stacks import until

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FILL = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


class Seen:
    """What the app saw."""

    def __init__(self) -> None:
        self.gone = 0
        self.sent = 0


def an_app(seen: Seen) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def ask() -> str:
        return "hello"

    @app.post("/body")
    async def body(request: Request) -> int:
        try:
            return len(await request.body())
        except ClientDisconnect:
            seen.gone += 1
            raise

    @app.get("/stream")
    async def stream() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 65536
                    seen.sent += 1
                    await asyncio.sleep(0)
            finally:
                seen.gone += 1

        return StreamingResponse(chunks())

    return app


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[int, Seen, uvicorn.Server]]:
    for name, seconds in (
        ("HEADERS_SECONDS", 0.5),
        ("BODY_SECONDS", 1.0),
        ("LINGER_SECONDS", 0.2),
        ("TAKE_IN_SECONDS", 0.5),
    ):
        monkeypatch.setattr(connections, name, seconds)
    port, seen = free_port(), Seen()
    config = uvicorn.Config(
        an_app(seen), port=port, http=BoundedConnection, ws="none", log_config=None, timeout_keep_alive=60
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())

    async def started() -> bool:
        return running.started

    await until(started)
    yield port, seen, running
    running.should_exit = True
    await task


@asynccontextmanager
async def connected(port: int, *parts: bytes) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(parts))
    await writer.drain()
    yield reader, writer
    writer.close()


async def rest(streams: Streams) -> bytes:
    """Return what comes until the server ends the connection."""
    async with asyncio.timeout(30):
        return await streams[0].read()


Server = tuple[int, Seen, Any]


@pytest.mark.parametrize("part", [b"GET / HTTP/1.1\r\nHost:", b"G", b"POST /body HTTP/1.1\r\nContent-"])
async def test_headers_that_do_not_end_are_408(server: Server, part: bytes) -> None:
    async with connected(server[0], part) as streams:
        assert (await rest(streams)).startswith(b"HTTP/1.1 408 ")


async def test_headers_that_drip_are_408_all_the_same(server: Server) -> None:
    async with connected(server[0], b"GET / HTTP/1.1\r\n") as (reader, writer):

        async def drip() -> None:
            while True:
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert (await rest((reader, writer))).startswith(b"HTTP/1.1 408 ")
        dripping.cancel()


async def test_who_says_nothing_is_told_nothing_and_let_go(server: Server) -> None:
    async with connected(server[0]) as streams:
        assert await rest(streams) == b""


async def test_a_body_that_does_not_end_is_408_and_its_route_hears_that_the_client_is_gone(
    server: Server,
) -> None:
    port, seen, _ = server
    async with connected(port, FILL, b"12345") as streams:
        assert (await rest(streams)).startswith(b"HTTP/1.1 408 ")

    async def gone() -> bool:
        return seen.gone == 1

    await until(gone)


async def test_a_body_that_no_route_reads_ends_too(server: Server) -> None:
    nothing = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n12345"
    async with connected(server[0], nothing) as streams:
        assert (await rest(streams)).startswith(b"HTTP/1.1 404 ")


async def test_a_second_request_on_a_connection_has_its_own_deadlines(server: Server) -> None:
    async with connected(server[0], ASK) as (reader, writer):
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(connections.HEADERS_SECONDS * 2)  # it may wait: no request has begun
        writer.write(FILL + b"12345")
        writer.write(b"67890")
        assert (await reader.readuntil(b"\r\n\r\n10")).lstrip(b'"').startswith(b"HTTP/1.1 200 ")
        writer.write(ASK[:10])
        assert b"HTTP/1.1 408 " in await rest((reader, writer))


async def test_requests_that_follow_each_other_closely_are_all_answered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEADERS_SECONDS", 60.0)  # the last waits for fifty answers
    async with connected(server[0], ASK * 50, ASK[:-1]) as (reader, writer):
        for _ in range(50):
            await reader.readuntil(b"hello")
        writer.write(ASK[-1:])
        await reader.readuntil(b"hello")


async def test_who_does_not_read_an_answer_is_given_up(server: Server) -> None:
    port, seen, _ = server
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", port))
        await asyncio.get_running_loop().sock_sendall(deaf, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")

        async def gone() -> bool:
            return seen.gone == 1

        await until(gone)
    assert seen.sent < 1000


async def test_who_only_holds_on_makes_room_for_who_asks(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, _, running = server
    for name in ("HEADERS_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(connections, name, 60.0)
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 5)
    async with connected(port, FILL) as busy:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for number in range(30):
            async with connected(port, ASK) as (reader, _):
                assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200 "), number
            assert len(running.server_state.connections) <= 6
        busy[1].write(b"1234567890")
        assert (await busy[0].readuntil(b"\r\n\r\n10")).startswith(b"HTTP/1.1 200 ")
        ended = [await rest(one) for one in held[:25]]
        assert ended == [b""] * 25
        for _, writer in held:
            writer.close()
