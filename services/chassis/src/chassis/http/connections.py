"""Connections within bounds: how many there are, and how long each may take to say and to take in what.

uvicorn bounds the size of headers (h11: 16 KiB) and the time between two requests, and nothing else.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_SECONDS = 10.0
BODY_SECONDS = 30.0
LINGER_SECONDS = 2.0  # for a body that was answered before its end: time to see the answer
TAKE_IN_SECONDS = 30.0  # until a client that reads nothing is given up
MAX_CONNECTIONS = 900  # below the 1,024 files that many systems let a process open
LATE = h11.Response(status_code=408, headers=[("connection", "close"), ("content-length", "0")])


class BoundedConnection(H11Protocol):
    """A connection that ends where its client is late with a request's headers or body, or reads no answer.

    Over MAX_CONNECTIONS, the one that has waited for a request longest makes room; where none waits, the new
    one has come too late. Those who ask are never kept out by those who only hold on.
    """

    # Narrower than asyncio's, as uvicorn's own is.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._step: tuple[Any, ...] | None = None
        self._opened_at = self.loop.time()
        self._look()
        if len(self.connections) > MAX_CONNECTIONS:
            others = [
                one for one in self.connections if isinstance(one, BoundedConnection) and one is not self
            ]
            waiting = [one for one in others if one.waits]
            min(waiting, key=lambda one: one._opened_at, default=self).transport.abort()

    @property
    def waits(self) -> bool:
        """Whether it has no request in hand."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Take what the client sends, and see how far it is."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request, or not for long for the end of a body that nobody wants."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        super().connection_lost(exc)
        for timer in (self._deadline, self._stalled):
            if timer is not None:
                timer.cancel()

    def _look(self) -> None:
        """Set the deadline of the step that the client is at: a request's headers, its body, or none."""
        step = (self.conn.their_state, self.cycle, self.waits)
        if step == self._step:
            return
        self._step = step
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        body = LINGER_SECONDS if self.waits else BODY_SECONDS
        seconds = {h11.IDLE: HEADERS_SECONDS, h11.SEND_BODY: body}.get(self.conn.their_state)
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self._end_late)

    def _end_late(self) -> None:
        if self.transport.is_closing():
            return
        said_something = self.conn.trailing_data[0] or not self.waits
        if said_something and self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(self.conn.send(LATE) + self.conn.send(h11.EndOfMessage()))
        if not self.waits:  # its route hears that the client is gone
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def pause_writing(self) -> None:
        """Give the client some time to take in what waits for it."""
        super().pause_writing()
        self._stalled = self.loop.call_later(TAKE_IN_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """See that it reads."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
