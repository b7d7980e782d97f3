"""Where something new is, for whoever calls through a gateway that puts a service below a path."""

import httpx
import pytest
from chassis.http.forwarded import Forwarded
from fastapi import FastAPI, Response

GATEWAY, SOMEBODY = "192.0.2.7", "198.51.100.9"


async def location(where: str, client: str, prefix: str | None) -> str:
    app = FastAPI()

    @app.post("/profiles", status_code=201)
    async def create() -> Response:
        return Response(status_code=201, headers={"Location": where})

    transport = httpx.ASGITransport(Forwarded(app, f"{GATEWAY}/32"), client=(client, 4711))
    headers = {} if prefix is None else {"X-Forwarded-Prefix": prefix}
    async with httpx.AsyncClient(transport=transport, base_url="http://profiles") as http:
        return str((await http.post("/profiles", headers=headers)).headers["location"])


async def test_a_gateway_says_below_which_path_it_put_us() -> None:
    assert await location("/profiles/1", GATEWAY, "/api/profiles") == "/api/profiles/profiles/1"
    assert await location("/profiles/1", GATEWAY, None) == "/profiles/1"


async def test_nobody_else_does() -> None:
    assert await location("/profiles/1", SOMEBODY, "/api/profiles") == "/profiles/1"


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "https://evil.example", "/api profiles", "/a?b", "/", ""]
)
async def test_what_is_no_path_is_passed_over(prefix: str) -> None:
    assert await location("/profiles/1", GATEWAY, prefix) == "/profiles/1"


async def test_what_is_elsewhere_stays_elsewhere() -> None:
    for where in ("https://login.example.org/", "//elsewhere.example/"):
        assert await location(where, GATEWAY, "/api/profiles") == where
