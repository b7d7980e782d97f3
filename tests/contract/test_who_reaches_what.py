"""Every route of every service, asked by whoever has no business there: it is refused before anything is
looked up. A route that is new is asked too."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from contracts.vocabulary import Role
from fastapi.routing import iter_route_contexts
from support.openapi import apps
from support.served import Doorkeeper

from contracts import examples

OWN = UUID("01a20f82-b178-75b2-9572-e7c0d16b6ad6")
OTHER = UUID("01a20f82-b178-75b2-9572-e7c0d16b6ad7")
APPS = apps()
PUBLIC = {  # what needs no token: signed links, files, health, signing in
    *("/livez", "/readyz", "/metrics", "/docs", "/docs/assets", "/openapi.json", "/assets/{name}", "/static"),
    *(
        "/m/{token}",
        "/preferences/{token}",
        "/unsubscribe/{token}",
        "/not-me/{token}",
        "/confirm/{token}",
        "/check-in/{token}",
        "/privacy",
        "/",
    ),
    *("/sign-in", "/sign-in/callback", "/sign-out", "/signed-out", "/.well-known/jwks.json"),
    *("/mijn/inloggen", "/mijn/inloggen/verstuurd", "/mijn/inloggen/{token}", "/mijn/verwijderd"),
}
FOR_ANY_ROLE = {  # what is public, a list of which a professional sees the own part, and registering
    ("profiles", "POST", "/profiles"),
    ("assignments", "GET", "/places"),
    ("assignments", "GET", "/placements"),
    ("profiles", "GET", "/trainings"),
    ("profiles", "GET", "/trainings/{training_id}"),
    ("profiles", "GET", "/colleagues"),  # for those who are visible themselves
    ("profiles", "POST", "/colleagues/{profile_id}/question"),
}
BY_THEIR_MATCH = {  # whose a match is, the database knows
    ("notifications", "POST", "/matches/{match_id}/answer"),
}
MOVED = {("notifications", "/alerts"), ("notifications", "/alerts/history")}  # to the desk, for whoever asks
A_PROFESSIONALS = {  # of their own, by its path
    ("profiles", "GET", "/profiles/{profile_id}"),
    ("profiles", "PUT", "/profiles/{profile_id}"),
    ("profiles", "PATCH", "/profiles/{profile_id}"),
    ("profiles", "DELETE", "/profiles/{profile_id}"),
    ("profiles", "GET", "/profiles/{profile_id}/export"),
    ("profiles", "GET", "/profiles/{profile_id}/audit"),
    *((service, "GET", "/profiles/{profile_id}/held") for service in APPS),
    *(("matching", "GET", f"/profiles/{{profile_id}}/{part}") for part in ("matches", "near")),
    *(("matching", "GET", f"/profiles/{{profile_id}}/{part}") for part in ("levers", "outlook")),
    ("matching", "POST", "/profiles/{profile_id}/what-if"),
}


class Untouched:
    """A database that nobody is to ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the database was asked: {name}")


def routes() -> list[tuple[str, str, str]]:
    """Return every guarded route: service, method, path."""
    return [
        (service, method, context.path)
        for service, app in APPS.items()
        for context in iter_route_contexts(app.routes)
        for method in sorted((context.methods or set()) - {"HEAD"})
        if context.path and context.path not in PUBLIC - ({"/"} if service == "desk" else set())
        if (service, context.path) not in MOVED
        if (service, method, context.path) not in FOR_ANY_ROLE | BY_THEIR_MATCH
    ]


EVERY = routes()
STAFFS = [one for one in EVERY if not one[2].startswith("/mijn")]  # those are of whoever is signed in


async def ask(
    service: str, method: str, path: str, headers: dict[str, str], about: UUID = OTHER
) -> httpx.Response:
    app = APPS[service]
    app.state.authenticator = Doorkeeper()
    app.state.resources = SimpleNamespace(pool=Untouched(), owners=Untouched(), stream=Untouched())
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    address = path.format(**dict.fromkeys(names, about))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://service") as http:
        body: Any = examples.PROFILE if method in {"PUT", "PATCH"} else None
        body = {"changes": {}} if path.endswith("/what-if") else body
        asked = {"Accept": "application/json", "If-Match": "*", **headers}
        return await http.request(method, address, headers=asked, json=body)


def test_there_are_routes_of_all_five() -> None:
    assert {service for service, _, _ in EVERY} == set(APPS)
    assert len(EVERY) > 80, len(EVERY)
    assert {one for one in A_PROFESSIONALS if one not in EVERY} == set()


@pytest.mark.parametrize(("service", "method", "path"), EVERY)
async def test_nobody_gets_past_the_door_of_a_route_without_a_role_for_it(
    service: str, method: str, path: str
) -> None:
    for sent, status in (
        ({}, 401),
        ({"Authorization": "Basic eDp5"}, 401),
        ({"Authorization": "Bearer nobody"}, 403),
        ({"Authorization": "Bearer recruiters"}, 403),
    ):
        answer = await ask(service, method, path, sent)
        assert answer.status_code == status, sent
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("service", "method", "path"), STAFFS)
async def test_a_professional_reaches_their_own_and_nothing_else(
    service: str, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {Role.PROFESSIONAL}:{OWN}"}
    theirs = (service, method, path) in A_PROFESSIONALS
    with pytest.raises(AssertionError, match="the database was asked") if theirs else nullcontext():
        assert (await ask(service, method, path, headers, OWN)).status_code == 403
    assert (await ask(service, method, path, headers, OTHER)).status_code == 403
