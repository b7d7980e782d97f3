"""A connection whose other end hears nothing more of it, as of a machine that vanished."""

import ctypes
import socket
import struct
from typing import Any

from asyncpg.pool import PoolConnectionProxy
from chassis.database import Connection

SO_ATTACH_FILTER = 26
DROP_EVERYTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # one instruction of a packet filter: take no byte


def socket_of(connection: Connection) -> Any:
    """Return a connection's socket."""
    itself: Any = connection
    if isinstance(connection, PoolConnectionProxy):
        itself = itself._con
    found = itself._transport.get_extra_info("socket")
    assert found is not None
    return found


def cut(connected: Any) -> None:
    """Let nothing through to this end of a connection: what is sent to it is never confirmed.

    Linux does so before its TCP sees a packet, so both ends find that the other is silent.
    """
    program = ctypes.create_string_buffer(DROP_EVERYTHING)
    where = struct.pack("HP", 1, ctypes.addressof(program))  # struct sock_fprog
    with socket.socket(fileno=connected.fileno()) as one:
        try:
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, where)
        finally:
            one.detach()


def watch_no_more(connected: Any) -> None:
    """Let this end wait for the other as long as the system does by itself."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
