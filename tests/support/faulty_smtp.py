"""A mail server that refuses, stalls or hangs up as a test says, and counts what it took."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes


class Server:
    """Speaks SMTP, save where `fault` says otherwise: it gets the command and answers, or hangs up (None)."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.fault: Callable[[str], str | None] = lambda _command: ""
        self.seen: Counter[str] = Counter()  # every mail whose content came whole, by Message-ID
        self.taken: Counter[str] = Counter()  # and was answered with 250
        self._open: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        async with server:
            yield
            for writer in self._open:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 ready\r\n")
            while line := (await reader.readline()).decode().strip():
                command = line.split(":")[0].split(" ")[0].upper()
                if not await self._answer(command, reader, writer):
                    break
        self._open.discard(writer)
        writer.close()

    async def _answer(self, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        usual = {"DATA": "354 go on", "QUIT": "221 bye", "EHLO": "250-me\r\n250 8BITMIME"}.get(
            command, "250 ok"
        )
        answer = self.fault(command)
        if answer is None:
            return False
        writer.write(f"{answer or usual}\r\n".encode())
        if command != "DATA" or answer:
            return command != "QUIT"
        content = await reader.readuntil(b"\r\n.\r\n")
        name = str(message_from_bytes(content)["Message-ID"])
        self.seen[name] += 1
        answer = self.fault("CONTENT")
        if answer is None:
            return False
        if not answer:
            self.taken[name] += 1
        writer.write(f"{answer or '250 taken'}\r\n".encode())
        return True
