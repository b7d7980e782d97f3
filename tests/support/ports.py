"""The ports that tests listen on: five hundred from TEST_PORT_BASE for each worker of pytest-xdist, below
those that the system hands out.

A port of the system's own range may be anybody's between the moment that it is found free and the moment that
it is listened on.
"""

import itertools
import os
import socket
from contextlib import suppress

EPHEMERAL = 32768  # where Linux begins to hand out ports to whoever asks for any
PORTS = 500  # of a worker
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # from 0; without workers 0 too
FIRST, LAST = int(os.environ.get("TEST_PORT_BASE", "18100")), EPHEMERAL - PORTS * (WORKER + 1)
if not 1024 <= FIRST <= LAST:
    raise ValueError(f"TEST_PORT_BASE must be a number from 1024 to {LAST}, not {FIRST}")

BASE = FIRST + PORTS * WORKER

STACK = BASE
POSTGRES = BASE + 50
SECOND_STACK = BASE + 100
PRODUCTION = BASE + 200
FAULTS = BASE + 205
BENCH = BASE + 300
_servers = itertools.cycle(range(BASE + 400, BASE + 500))


def free_port() -> int:
    """Return a port on which nobody listens, another one each time."""
    for _ in range(100):
        port = next(_servers)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError(f"no port from {BASE + 400} to {BASE + 499} is free")
