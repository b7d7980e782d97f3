"""Every route of every service, called by nobody in particular: what its answers always say, and never do.

The services are not started, so that whatever would need a database is an answer to an unexpected error,
which has the headers too.
"""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.http.openapi import WebApp
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from support.openapi import apps

OTHER = "evil.example"
GATEWAY = "10.9.9.9"
ID = "01a20f82-b178-75b2-9572-e7c0d16b6ad6"
APPS = apps({"trusted_proxies": f"{GATEWAY}/32"})
ROUTES = sorted(
    {
        (service, method, re.sub(r"{[^}]*}", ID, route.path or "/"))
        for service, app in APPS.items()
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or {"GET"})
    }
)
FILES = [("desk", "GET", "/docs/assets/favicon.png"), ("notifications", "GET", "/static/style.css")]
PAGE = "text/html,application/xhtml+xml"


def client_of(app: FastAPI, scheme: str = "https") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(GATEWAY, 1), raise_app_exceptions=False)
    headers = {"Host": OTHER, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": scheme}
    return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)


async def answers(service: str, method: str, path: str) -> AsyncIterator[httpx.Response]:
    async with client_of(APPS[service]) as http:
        for at in (path, f"{path}/"):
            for accept in (PAGE, "application/json"):
                yield await http.request(method, at, headers={"Accept": accept})
                yield await http.request(method, at, headers={"Accept": accept, "Authorization": "Bearer x"})


def test_every_service_has_routes_of_its_own() -> None:
    assert {service for service, _, path in ROUTES if path not in {"/livez", "/readyz", "/metrics"}} == set(
        APPS
    )
    assert all(isinstance(app, WebApp) for app in APPS.values())
    assert len(ROUTES) > 100


@pytest.mark.parametrize(("service", "method", "path"), ROUTES + FILES)
async def test_an_answer_has_the_headers_that_keep_it_safe(service: str, method: str, path: str) -> None:
    async for answer in answers(service, method, path):
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["permissions-policy"]
        assert headers["strict-transport-security"].startswith("max-age=")
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy or path == "/docs"  # Swagger UI styles what it draws
        for rule in (
            "default-src",
            "form-action",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ):
            assert rule in policy
        kept = "last-modified" in headers or "immutable" in headers["cache-control"]
        assert kept or headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("service", "method", "path"), ROUTES)
async def test_no_answer_leads_to_the_host_that_a_request_names(service: str, method: str, path: str) -> None:
    async for answer in answers(service, method, path):
        assert OTHER not in answer.headers.get("location", "")
        assert OTHER not in answer.text


async def test_without_tls_nothing_is_said_of_it() -> None:
    async with client_of(APPS["profiles"], "http") as http:
        assert "strict-transport-security" not in (await http.get("/docs")).headers


async def test_a_professional_in_a_browser_sees_no_problem_but_a_page() -> None:
    async with client_of(APPS["notifications"]) as http:
        for method, path in (
            ("GET", f"/m/x?answer={'x' * 300}"),
            ("GET", f"/unsubscribe/x?news={'x' * 300}"),
            ("DELETE", "/m/x"),
            ("GET", "/m/x"),
            ("POST", "/m/x"),
            ("POST", "/preferences/x"),
            ("GET", "/preferences/x/y"),
        ):
            for accept in (PAGE, "*/*"):
                answer = await http.request(method, path, headers={"Accept": accept})
                assert answer.headers["content-type"].startswith("text/html"), (method, path)
                assert 400 <= answer.status_code < 600
        assert (await http.get("/nothing")).headers["content-type"] == "application/problem+json"
