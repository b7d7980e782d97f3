"""Where everything is: ports by STACK_PORT_BASE, folders by STACK_DIR."""

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVICES = ("profiles", "assignments", "matching", "notifications", "desk")
FREE_BYTES_NEEDED = 1_500_000_000


class CannotStart(Exception):
    """Something on this machine is in the way; the text says what, and what to do."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let the stacks of this environment take turns at what they share: one block runs, others wait."""
    shared = Path(sys.prefix) / "share"
    shared.mkdir(exist_ok=True)
    with (shared / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Layout:
    """Ports and folders of one stack."""

    base: int
    directory: Path

    @classmethod
    def from_environment(cls) -> "Layout":
        """Read STACK_PORT_BASE and STACK_DIR; raises CannotStart where they make no sense."""
        text = os.environ.get("STACK_PORT_BASE", "8100")
        if not text.isdigit() or not 1024 <= int(text) <= 65000:
            raise CannotStart("STACK_PORT_BASE must be a number from 1024 to 65000, such as 8100")
        return cls(int(text), Path(os.environ.get("STACK_DIR", ".stack")).absolute())

    @property
    def ports(self) -> dict[str, int]:
        """Return the port of each listener."""
        offsets = {
            "desk": 0,
            "profiles": 1,
            "assignments": 2,
            "matching": 3,
            "notifications": 4,
            "identity": 5,
            "mail": 25,
            "smtp": 26,
            "postgres": 32,
            "kafka": 92,
            "kafka-controller": 93,
        }
        return {name: self.base + offset for name, offset in offsets.items()}

    def url(self, name: str) -> str:
        """Return the HTTP address of a process."""
        return f"http://localhost:{self.ports[name]}"

    def folder(self, name: str) -> Path:
        """Return a folder of the stack, made where it is missing."""
        path = self.directory / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def database_url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.ports['postgres']}/{database}"

    @property
    def kafka(self) -> str:
        """Return the broker's address."""
        return f"127.0.0.1:{self.ports['kafka']}"

    def check_machine(self) -> None:
        """Raise CannotStart where a port is taken or the disk is full."""
        for name, port in self.ports.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise CannotStart(
                        f"port {port} ({name}) is taken. Is another stack running? End what uses it, or"
                        f" choose other ports: STACK_PORT_BASE={self.base + 1000} make run"
                    ) from None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"STACK_DIR {self.directory} cannot be made: {error.strerror}") from None
        stat = os.statvfs(self.directory)
        if stat.f_bavail * stat.f_frsize < FREE_BYTES_NEEDED:
            raise CannotStart(
                f"the disk under {self.directory} has less than 1.5 GB free. Make room, or choose another"
                " folder: STACK_DIR=/elsewhere make run"
            )
