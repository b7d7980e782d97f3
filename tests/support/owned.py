"""The desk's pages on a PostgreSQL alone, with owners that answer what a test says."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
from chassis.database import Pool
from chassis.http.openapi import WebApp
from contracts.vocabulary import Role
from desk.owners.api import Owner, Owners
from desk.pages import away
from fastapi import APIRouter

from support.served import Doorkeeper


class Answering(Owners):
    """Owners that answer by method and path; what they are not told of is away, unless `otherwise` is another
    status. `asked`: what came."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(Owner, "http://owner"))
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.asked: list[httpx.Request] = []
        self.otherwise = 503
        transport = httpx.MockTransport(self._answer)
        self._clients = {
            owner: httpx.AsyncClient(transport=transport, base_url="http://owner") for owner in Owner
        }

    def tell(
        self, method: str, path: str, body: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Say what an owner answers."""
        self.answers[method, path] = httpx.Response(status, json=body, headers=headers)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.get((request.method, request.url.path)) or httpx.Response(self.otherwise)


@asynccontextmanager
async def desk_of(
    pool: Pool,
    owners: Owners,
    *routers: APIRouter,
    role: Role = Role.RECRUITER,
    subject: str = "tester",
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve rooms of the desk to somebody with this role. `subject`: of a professional the
    profile's id."""
    app = WebApp()
    for router in routers:
        app.include_router(router)
    away.install(app)
    app.state.authenticator = Doorkeeper()
    app.state.resources = SimpleNamespace(pool=pool, owners=owners)
    headers = {"Authorization": f"Bearer {role}:{subject}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as browser:
        yield browser
