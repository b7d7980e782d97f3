"""The whole desk on a PostgreSQL alone: every route of the app, for a browser that has a session; and what is
stored, so that a test can tell that nothing changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.app import DeskResources, build
from desk.live.stream import Stream
from desk.owners.api import Owners
from desk.settings import DeskSettings
from desk.sign_in.professionals import Person
from desk.sign_in.provider import Tokens
from desk.sign_in.sessions import Held
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from support.openapi import SETTINGS
from support.served import Doorkeeper
from support.signing_in import PAGE

ORIGIN = "http://desk"
SAFE = {"GET", "HEAD", "OPTIONS"}
OWN = "/mijn"  # where the pages of professionals are
OF_SIGNING_IN = ("/mijn/inloggen", "/mijn/registreren")


@dataclass(frozen=True)
class Route:
    """A method and a path of the desk. `queries`: the names of its query's parameters."""

    method: str
    path: str
    queries: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def app(**settings: Any) -> FastAPI:
    """Return the desk as an app that is never started. `settings`: other ones."""
    return build(DeskSettings(**{**SETTINGS, "desk_url": ORIGIN, "allow_insecure": True, **settings}))


def routes(*, own: bool = False) -> list[Route]:
    """Return every route that the desk has for staff, and to sign in; `own`: those of professionals."""
    return [
        Route(method, context.path, tuple(_queries(getattr(context.original_route, "dependant", None))))
        for context in iter_route_contexts(app().routes)
        for method in sorted(context.methods or ())
        if context.path and method != "HEAD" and _is_own(context.path) is own
    ]


def _is_own(path: str) -> bool:
    return path.startswith(OWN) and not path.startswith(OF_SIGNING_IN)


def _queries(dependant: Any) -> list[str]:
    if dependant is None:
        return []
    own = [parameter.alias for parameter in dependant.query_params]
    return own + [name for one in dependant.dependencies for name in _queries(one)]


def unsafe_routes() -> list[Route]:
    """Return every route that may change something."""
    return [route for route in routes() if route.method not in SAFE]


@asynccontextmanager
async def whole_desk(
    pool: Pool,
    owners: Owners,
    role: str = Role.RECRUITER,
    *,
    subject: str = "tester",
    keeper: Doorkeeper | None = None,
    **settings: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the desk to a browser with a session of somebody with this role. `subject`: of a
    professional the profile's id; `settings`: of the desk, where others are wanted."""
    desk = app(**settings)
    desk.state.authenticator = keeper or Doorkeeper()
    desk.state.resources = DeskResources(pool=pool, owners=owners, stream=Stream("", pool))
    door = desk.state.door
    held: Held = Tokens(access=f"{role}:{subject}", refresh=None, id="", seconds=3600)
    if role == Role.PROFESSIONAL:
        held = Person(UUID(subject), f"{subject}@example.org")
    cookie = await door.sessions.begin(pool, subject, held)
    transport = httpx.ASGITransport(desk, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, headers=PAGE, cookies={door.cookie: cookie}
    ) as browser:
        yield browser


async def stored(pool: Pool) -> dict[str, list[str]]:
    """Return every row of the desk's database, as text, by table; of a session that there is one, not when it
    was last seen; nothing of the audit, which looking changes too."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    shown = {"sessions": "key"}
    return {
        table: sorted(
            row[0] for row in await pool.fetch(f'SELECT ({shown.get(table, "t")})::text FROM "{table}" t')
        )
        for (table,) in tables
        if not table.startswith("audit_")
    }
