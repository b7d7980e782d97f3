"""Routes that are called, and what the services wrote down of each."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from desk.owners.api import Owner

from support.acts import Recorded, Route, last_id, recorded, routes
from support.five_services import Services

TOKEN = {"Authorization": "Bearer recruiter:tester"}
ANY = {**TOKEN, "If-Match": "*"}
OPERATOR = {"Authorization": "Bearer operator:tester"}
OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
TESTER = ("https://issuer.example", "tester")

Call = Callable[[], Awaitable[httpx.Response]]


class Calls:
    """What is called, and what was written down of it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.done: dict[str, list[Recorded]] = {}

    def client(self, service: str) -> httpx.AsyncClient:
        return self.services.owners.client(Owner(service))

    async def __call__(
        self,
        route: str,
        *,
        headers: Mapping[str, str] = TOKEN,
        body: Any = None,
        content: bytes | None = None,
        query: str = "",
        http: httpx.AsyncClient | None = None,
        ids: Mapping[str, object] | None = None,
    ) -> httpx.Response:
        """Call a route, and keep what was written down."""
        service, method, path = route.split(" ")
        address = path.format(**(ids or {})) + query
        request: dict[str, Any] = {"headers": headers}
        if body is not None:
            request["json"] = body
        if content is not None:
            request["content"] = content
        client = http or self.client(service)

        async def call() -> httpx.Response:
            return await client.request(method, address, **request)

        return await self.keep(route, call)

    async def keep(self, route: str, call: Call) -> httpx.Response:
        """Keep what is written down while a route is called in some other way."""
        pool = self.services.pools[route.partition(" ")[0]]
        before = await last_id(pool)
        answer = await call()
        assert answer.status_code < 400, (route, answer.status_code, answer.text[:2000])
        self.done[route] = await recorded(pool, before)
        return answer

    def check(self, service: str, actors: Mapping[str, tuple[str, str]] | None = None) -> None:
        """Hold what was written down against what the routes declare; each was called."""
        declared = {str(route): route for route in routes() if route.service == service and route.declared}
        assert self.done.keys() == declared.keys()
        for name, route in declared.items():
            row = _row_of(route, self.done[name])
            assert (row.issuer, row.subject) == (actors or {}).get(name, TESTER), name


def _row_of(route: Route, rows: list[Recorded]) -> Recorded:
    """Return the one row of the act that a route declares."""
    assert route.declared is not None
    wanted = (route.declared.action, route.declared.object_kind)
    found = [row for row in rows if (row.action, row.object_kind) == wanted]
    assert len(found) == 1, (str(route), wanted, rows)
    return found[0]
