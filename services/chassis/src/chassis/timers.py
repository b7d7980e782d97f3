"""When each periodic job of this process last did its work, as the metrics tell it.

A job that hangs, and one that fails again and again, look alike from outside: they log little, and end
nothing. What they have in common is that they did not succeed for long.
"""

import time
from types import TracebackType
from typing import Self

from chassis.metrics import TIMER_INTERVAL, TIMER_LAST_SUCCESS

_running: dict[str, list["Timer"]] = {}


class Timer:
    """A job that is to succeed about every `interval` seconds, while it is entered: otherwise nothing shows.

    Of several of one name, the metrics tell of the one whose success is longest ago.
    """

    def __init__(self, name: str, interval: float) -> None:
        self.name = name
        self._interval = interval
        self._succeeded_at = 0.0

    def __enter__(self) -> Self:
        _running.setdefault(self.name, []).append(self)
        TIMER_INTERVAL.labels(self.name).set(max(one._interval for one in _running[self.name]))
        self.succeed()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        _running[self.name].remove(self)
        if _running[self.name]:
            self._show()
        else:
            TIMER_INTERVAL.remove(self.name)
            TIMER_LAST_SUCCESS.remove(self.name)

    def succeed(self) -> None:
        """Note that the work is done, as far as there was some."""
        self._succeeded_at = time.time()
        if self in _running.get(self.name, ()):
            self._show()

    def _show(self) -> None:
        longest_ago = min(one._succeeded_at for one in _running[self.name])
        TIMER_LAST_SUCCESS.labels(self.name).set(longest_ago)
