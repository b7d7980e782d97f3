"""A way to a server that can be cut: connections through it end, and new ones are refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from support.ports import free_port


@dataclass
class Way:
    """`url` leads to the server by this way. `refused`: how many connections were, since it is cut."""

    url: str
    refused: int = 0
    is_cut: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        self.is_cut = True
        for writer in self._open:
            writer.close()

    def mend(self) -> None:
        self.is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
        self._open.discard(writer)


@asynccontextmanager
async def way_to(url: str) -> AsyncIterator[Way]:
    """Open a way to the server of a URL with a host and a port."""
    parts, port = urlsplit(url), free_port()
    assert parts.port is not None
    way = Way(url.replace(f":{parts.port}/", f":{port}/"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if way.is_cut:
            way.refused += 1
            writer.close()
            return
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        if way.is_cut:  # meanwhile
            way.refused += 1
            writer.close()
            back.close()
            return
        await asyncio.gather(way.carry(reader, back), way.carry(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield way
        way.cut()
