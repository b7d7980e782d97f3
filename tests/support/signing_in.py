"""A desk that people sign in to at the real provider of the one-machine stack, without the other services."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from chassis.database import Pool
from chassis.http import problems
from chassis.http.auth import Authenticator
from chassis.http.openapi import WebApp
from chassis.http.resources import Resources
from desk.settings import DeskSettings
from desk.sign_in import routes
from desk.sign_in.session import Recruiter, Staff
from fastapi import FastAPI
from stack.identity import configuration as identity
from stack.layout import Layout
from stack.processes import Program
from stack.supervisor import Supervisor

from support.stacks import until

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ELSEWHERE = "http://elsewhere.example"


@asynccontextmanager
async def provider(layout: Layout) -> AsyncIterator[Supervisor]:
    """Run the stack's provider."""
    supervisor = Supervisor(layout, print)
    await supervisor.start([Program("identity", identity.command(layout))])

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient() as http:
                found = await http.get(f"{layout.url('identity')}/.well-known/openid-configuration")
        except httpx.HTTPError:
            return False
        return found.is_success

    try:
        await until(answers, what="the provider answers")
        yield supervisor
    finally:
        await supervisor.stop()


def settings(layout: Layout, **other: Any) -> DeskSettings:
    given = {
        name.lower(): value for name, value in (identity.trust(layout) | identity.client(layout)).items()
    }
    services = {f"{name}_url": ELSEWHERE for name in ("profiles", "assignments", "matching", "notifications")}
    needed = {
        "allow_insecure": "1",
        "kafka_bootstrap_servers": "nowhere:1",
        "database_url": "postgresql://nowhere",
        "desk_url": layout.url("desk"),
    }
    return DeskSettings(**(given | services | needed | other))


def desk(read: DeskSettings, pool: Pool) -> FastAPI:
    """Return an app with nothing but signing in, a page for staff, and one thing that a recruiter may do."""
    app = WebApp(title="desk")
    problems.install(app)
    app.state.authenticator = Authenticator(read)
    app.state.resources = Resources(pool=pool)
    routes.install(app, read)

    @app.get("/opdrachten")
    @app.get("/alerts/history")
    async def look(who: Staff) -> dict[str, Any]:
        return {"name": who.caller.name, "email": who.caller.email, "token": who.token}

    @app.post("/opdrachten")
    async def change(_who: Recruiter) -> dict[str, str]:
        return {"done": "yes"}

    return app


class Browser:
    """A browser: keeps cookies, and follows where it is sent when told to. `app`: the desk, where it is not
    one that listens."""

    def __init__(self, layout: Layout, app: FastAPI | None = None) -> None:
        self.desk_url = layout.url("desk")
        self.http = httpx.AsyncClient(
            mounts={self.desk_url: httpx.ASGITransport(app)} if app else {},
            base_url=self.desk_url,
            headers=PAGE,
            timeout=30,
        )

    async def sign_in(self, name: str = "recruiter", path: str = "/opdrachten") -> httpx.Response:
        """Open a page, sign in at the provider, and return the page that one comes back to."""
        return await self.follow(await self.http.get(await self.up_to_the_callback(name, path)))

    async def up_to_the_callback(self, name: str = "recruiter", path: str = "/opdrachten") -> str:
        """Open a page, sign in at the provider, and return where it sends the browser."""
        form = await self.follow(await self.http.get(path))
        return await self.fill_in(form, name)

    async def fill_in(self, form: httpx.Response, name: str) -> str:
        transaction = re.search(r'name="transaction_id" value="([^"]+)"', form.text)
        assert transaction is not None, form.text
        person = next(one for one in identity.PEOPLE if one.name == name)
        fields = {
            "transaction_id": unescape(transaction[1]),
            "username": person.name,
            "password": person.password,
        }
        answer = await self.http.post(form.url, data=fields)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow redirects to the end."""
        while answer.is_redirect:
            answer = await self.http.get(urljoin(str(answer.url), answer.headers["location"]))
        return answer


def query(address: str) -> dict[str, str]:
    """Return an address' query."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
