"""With METRICS_PORT and DOCS_ROLE, every route of every service: what is measured is on a port of its own,
which has nothing else, and what tells of the API is for a role."""

import re

import httpx
import pytest
from contracts.vocabulary import Role
from fastapi.routing import iter_route_contexts
from support.openapi import apps
from support.served import Doorkeeper

OWN, METRICS = 8000, 8001
APPS = apps({"metrics_port": METRICS, "docs_role": Role.OPERATOR})
ID = "01a20f82-b178-75b2-9572-e7c0d16b6ad6"
ROUTES = sorted(
    {
        (service, re.sub(r"{[^}]*}", ID, context.path or "/"))
        for service, app in APPS.items()
        for context in iter_route_contexts(app.routes)
    }
)
DOCS = ("/docs", "/openapi.json")


def client_of(service: str, port: int) -> httpx.AsyncClient:
    app = APPS[service]
    app.state.authenticator = Doorkeeper()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://service:{port}")


@pytest.mark.parametrize(("service", "path"), ROUTES)
async def test_the_port_of_metrics_has_metrics_alone(service: str, path: str) -> None:
    async with client_of(service, METRICS) as http:
        for at in (path, f"{path}/", f"{path}?x"):
            answer = await http.get(at)
            assert (answer.status_code == 200) == (at.partition("?")[0] == "/metrics"), at
            assert answer.status_code in {200, 404}, at


@pytest.mark.parametrize("service", APPS)
async def test_no_other_port_has_metrics_whatever_a_request_says_of_it(service: str) -> None:
    async with client_of(service, OWN) as http:
        for headers in ({}, {"Host": f"service:{METRICS}"}, {"X-Forwarded-Port": str(METRICS)}):
            assert (await http.get("/metrics", headers=headers)).status_code == 404
    async with client_of(service, METRICS) as http:
        assert "outbox_pending" in (await http.get("/metrics")).text


@pytest.mark.parametrize("service", APPS)
async def test_the_documents_are_for_the_role_alone(service: str) -> None:
    async with client_of(service, OWN) as http:
        for path in DOCS:
            assert (await http.get(path)).status_code == 401
            for role in set(Role) - {Role.OPERATOR}:
                answer = await http.get(path, headers={"Authorization": f"Bearer {role}"})
                assert answer.status_code == 403, role
            answer = await http.get(path, headers={"Authorization": f"Bearer {Role.OPERATOR}"})
            assert answer.status_code == 200


@pytest.mark.parametrize("service", APPS)
async def test_with_neither_both_are_public_on_the_one_port(service: str) -> None:
    app = apps({"metrics_port": "", "docs_role": ""})[service]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        for path in ("/metrics", *DOCS):
            assert (await http.get(path)).status_code == 200, path
