"""A server that speaks TLS under a private authority, and the only way to it: a proxy."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

HOST = "issuer.invalid"  # a name that no DNS knows (RFC 6761)


@dataclass
class Beyond:
    """What answers beyond the proxy, by path: a status and a body. `asked`: what the proxy was asked for, and
    the server."""

    answers: dict[str, tuple[int, Any]]
    authority: Path
    proxy: str = ""
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def beyond(folder: Path, answers: dict[str, tuple[int, Any]]) -> AsyncIterator[Beyond]:
    """Run both until the end of the block."""
    authority = trustme.CA()
    bundle = folder / "ca-bundle.crt"
    authority.cert_pem.write_to_path(str(bundle))
    there = Beyond(answers, bundle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            there.asked.append(path)
            lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
            await reader.readexactly(sum(int(line.partition(":")[2]) for line in lengths))
            status, content = there.answers[path]
            body = json.dumps(content).encode()
            fields = "Content-Type: application/json\r\nConnection: close"
            writer.write(f"HTTP/1.1 {status} .\r\n{fields}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            await writer.drain()
        writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            there.asked.append(" ".join(head.split(" ")[:2]))
            behind, to = await asyncio.open_connection("127.0.0.1", port_of(server))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pass_on(reader, to), pass_on(behind, writer))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
    there.proxy = f"http://127.0.0.1:{port_of(proxy)}"
    try:
        yield there
    finally:
        proxy.close()
        server.close()


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
