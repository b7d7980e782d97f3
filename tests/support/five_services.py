"""The five services in one process, each on a database of its own: the desk asks the real owners, and what
topics would tell is told by hand."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import assignments.app
import httpx
import profiles.app
from assignments.settings import AssignmentsSettings
from chassis.database import Pool, open_pool
from chassis.http.resources import Resources
from desk.owners.api import Owner, Owners
from fastapi import FastAPI
from matching.api import MatchingResources
from matching.app import build as build_matching
from matching.places import read_places
from matching.settings import MatchingSettings
from profiles.settings import ProfilesSettings
from stack.layout import Layout

from support.databases import a_database
from support.notifications_app import notifications_app
from support.openapi import SETTINGS
from support.replicas import Node, nodes
from support.served import Doorkeeping

PATIENCE_SECONDS = 60.0  # of the desk with its owners: one process does all their work, beside that of others


class RealOwners(Owners):
    """The owners themselves. `asked`: what came to them."""

    def __init__(self, apps: dict[Owner, FastAPI]) -> None:
        super().__init__(dict.fromkeys(Owner, "http://owner"))
        self.asked: list[httpx.Request] = []
        self._clients = {
            owner: httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://owner",
                event_hooks={"request": [self._note]},
            )
            for owner, app in apps.items()
        }

    async def _note(self, request: httpx.Request) -> None:
        self.asked.append(request)

    def client(self, owner: Owner) -> httpx.AsyncClient:
        """Return a client of one of them, without a token."""
        return self._clients[owner]


@dataclass(frozen=True)
class Services:
    """What is open: the owners, their databases, the desk's, and matching's replica."""

    owners: RealOwners
    pools: dict[str, Pool]
    node: Node

    async def count(self, service: str, query: str, *values: Any) -> int:
        """Return a number that a service's database holds."""
        return int(await self.pools[service].fetchval(query, *values))


@asynccontextmanager
async def five_services(postgres: Layout) -> AsyncIterator[Services]:
    """Open them all."""
    async with AsyncExitStack() as opened:
        urls = {
            service: await opened.enter_async_context(a_database(postgres, service))
            for service in ("profiles", "assignments", "matching", "notifications", "desk")
        }
        (node,) = await opened.enter_async_context(nodes(urls["matching"], 1))
        pools = {"matching": node.pool}
        for service, url in urls.items():
            if service not in pools:
                pools[service] = await opened.enter_async_context(open_pool(url))
        owners = RealOwners({owner: _app(owner, pools[owner], node) for owner in Owner})
        opened.push_async_callback(owners.close)
        opened.enter_context(patch("desk.owners.api.SECONDS", PATIENCE_SECONDS))
        yield Services(owners, pools, node)


def _app(owner: Owner, pool: Pool, node: Node) -> FastAPI:
    resources: Resources = Resources(pool=pool)
    match owner:
        case Owner.PROFILES:
            app = profiles.app.build(ProfilesSettings(**SETTINGS))
        case Owner.ASSIGNMENTS:
            app = assignments.app.build(AssignmentsSettings(**SETTINGS))
        case Owner.MATCHING:
            app = build_matching(MatchingSettings(**SETTINGS))
            resources = MatchingResources(
                pool=pool, replica=node.replica, reconciler=node.reconciler, places=read_places()
            )
        case Owner.NOTIFICATIONS:
            return notifications_app(pool)
    app.state.authenticator = Doorkeeping()
    app.state.resources = resources
    return app
