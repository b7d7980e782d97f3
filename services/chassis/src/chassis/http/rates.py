"""How often somebody may call: a subject by its token, and an address, each with a bucket of tokens.

A bucket holds as many requests as a second allows, unless it is told how many, and fills as fast. The desk
calls for everybody who is signed in there, so its address has none (their subjects have). It is known by
where its connection comes from, never by a header: whoever forges that address never sees the answer, so
cannot even connect. `names` of it are looked up in the cluster's DNS, and only once an address has used up
its bucket.
"""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from chassis.http.problems import too_many

MOST_BUCKETS = 10_000
RESOLVE_EVERY_SECONDS = 10
RESOLVE_WITHIN_SECONDS = 1
SITE_BITS = 64  # of an IPv6 address: whoever has one has all that begin so


class Buckets:
    """Token buckets by key, bounded in number: what was used longest ago is forgotten, which has most likely
    filled up meanwhile. `per_second` 0: no limit; `most`: how many a full one holds, else those of a
    second."""

    def __init__(
        self, per_second: float, clock: Callable[[], float] = time.monotonic, *, most: float = 0
    ) -> None:
        self._rate = per_second
        self._most = most or max(per_second, 1.0)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, at that moment

    def take(self, key: str) -> bool:
        """Take one request out of the key's bucket; False where it is empty."""
        if not self._rate:
            return True
        now, most = self._clock(), self._most
        left, since = self._left.pop(key, (most, now))
        left = min(most, left + (now - since) * self._rate)
        taken = left >= 1
        self._left[key] = (left - 1 if taken else left, now)
        if len(self._left) > MOST_BUCKETS:
            self._left.popitem(last=False)
        return taken

    @property
    def seconds(self) -> int:
        """Return after how many whole seconds an empty bucket holds a request again."""
        return max(1, round(1 / self._rate)) if self._rate else 1


class Exempt:
    """Addresses without a limit: networks, or names that lead to them."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._names: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                self._networks.append(ip_network(entry))
            except ValueError:
                self._names.append(entry)
        self._resolved: set[str] = set()
        self._resolved_at = -float("inf")
        self._lock = asyncio.Lock()

    async def has(self, peer: str) -> bool:
        """Tell whether a connection from this address is exempt."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if any(address in network for network in self._networks):
            return True
        if self._names:
            await self._resolve()
        return str(address) in self._resolved

    async def _resolve(self) -> None:
        """Look the names up, now and then; where that fails, what was known counts on."""
        async with self._lock:
            if time.monotonic() - self._resolved_at < RESOLVE_EVERY_SECONDS:
                return
            loop = asyncio.get_running_loop()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(RESOLVE_WITHIN_SECONDS):
                    found = [
                        await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM) for name in self._names
                    ]
                self._resolved = {str(one[4][0]) for answers in found for one in answers}
            self._resolved_at = time.monotonic()


class Rates:
    """The limits of a service: set as `app.state.rates`."""

    def __init__(self, per_subject: float, per_address: float, exempt: Sequence[str] = ()) -> None:
        self._subjects = Buckets(per_subject)
        self._addresses = Buckets(per_address)
        self._exempt = Exempt(exempt)

    def take_subject(self, subject: str) -> None:
        """Count a request of a token's subject; raises Problem 429 over its limit."""
        if not self._subjects.take(subject):
            raise too_many("you send too many requests at once", self._subjects.seconds)

    async def take_address(self, client: str, peer: str) -> None:
        """Count a request of a client, which came over a connection from `peer`: the client's own, or that
        of a proxy that is trusted to name it. Raises Problem 429 over its limit."""
        if not self._addresses.take(site_of(client)) and not await self._exempt.has(peer):
            raise too_many("too many requests at once come from your address", self._addresses.seconds)


def site_of(client: str) -> str:
    """Return what a client's address counts as: itself, or of IPv6 its network."""
    with suppress(ValueError):
        address = ip_address(client)
        if address.version == 6:
            return str(ip_network((address, SITE_BITS), strict=False))
    return client[:100]
