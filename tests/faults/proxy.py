"""A TCP proxy between two parts, which cuts, delays, stalls or drops what goes through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

CHUNK_BYTES = 1 << 16


class Weather(StrEnum):
    """How the way between the two is."""

    FINE = "fine"
    REFUSING = "refusing"  # whoever comes is shown the door
    STALLING = "stalling"  # bytes are held back, none is lost
    DROPPING = "dropping"  # bytes vanish, and nobody is told: as behind a router that lost its table
    SLOW = "slow"


class Proxy:
    """Listens on `port` and hands everything on to `target`, both on this machine.

    Connections through which bytes vanished are cut once the weather changes, as TCP would end them later.
    """

    def __init__(self, name: str, port: int, target: int) -> None:
        self.name = name
        self.port = port
        self._target = target
        self._weather = Weather.FINE
        self._delay = 0.0
        self._fine = asyncio.Event()
        self._fine.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._spoilt: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(reader, writer))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        server = await asyncio.start_server(serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.become(Weather.REFUSING)
            await asyncio.gather(*self._serving)

    def become(self, weather: Weather, delay: float = 0.1) -> None:
        """Change the weather for connections that are open and to come. `delay`: seconds a chunk, if slow."""
        self._weather, self._delay = weather, delay
        if weather is Weather.REFUSING:
            self.cut()
        if weather is not Weather.DROPPING:
            for writer in self._spoilt:
                writer.transport.abort()
            self._spoilt.clear()
        if weather is Weather.STALLING:
            self._fine.clear()
        else:
            self._fine.set()

    def cut(self) -> int:
        """Reset every connection that is open; return how many there were."""
        count = len(self._open) // 2
        for writer in list(self._open):
            writer.transport.abort()
        return count

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather is Weather.REFUSING:
            writer.transport.abort()
            return
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, there}
        try:
            await asyncio.gather(self._hand_on(reader, there), self._hand_on(there_reader, writer))
        finally:
            for end in (writer, there):
                self._open.discard(end)
                self._spoilt.discard(end)
                end.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                await self._fine.wait()
                if self._weather is Weather.SLOW:
                    await asyncio.sleep(self._delay)
                if self._weather is Weather.DROPPING:
                    self._spoilt |= {writer}
                    continue
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            if writer.can_write_eof() and not writer.transport.is_closing():
                writer.write_eof()
