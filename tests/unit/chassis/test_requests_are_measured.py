"""Every request is measured by its method, its route's template and its status; nothing that a caller writes
becomes a label."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from chassis.http.problems import Problem
from chassis.metrics import HTTP_DURATION
from chassis.service import web_app
from chassis.settings import Settings
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import REGISTRY
from support.openapi import SETTINGS

router = APIRouter(prefix="/things")
seen_while_it_streams: list[dict[tuple[str, str, str], float]] = []


@router.get("/{thing_id}")
async def show(thing_id: str) -> str:
    if thing_id == "none":
        raise Problem(404, "there is no such thing")
    if thing_id == "broken":
        raise ValueError("a fault of ours")
    return thing_id


@router.get("/{thing_id}/events")
async def stream(thing_id: str) -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        seen_while_it_streams.append(measured())
        yield thing_id

    return StreamingResponse(events())


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = web_app("things", Settings(**SETTINGS), _lifespan, router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


@pytest.fixture(autouse=True)
def _none_before() -> Iterator[None]:
    HTTP_DURATION.clear()
    yield
    HTTP_DURATION.clear()


def measured() -> dict[tuple[str, str, str], float]:
    """Return how many requests were measured by method, route and status."""
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_count"
    }


async def test_requests_count_by_their_routes_template(http: httpx.AsyncClient) -> None:
    for path in ("/things/1", "/things/2", "/things/none", "/things/broken"):
        await http.get(path)
    assert measured() == {
        ("GET", "/things/{thing_id}", "200"): 2,
        ("GET", "/things/{thing_id}", "404"): 1,
        ("GET", "/things/{thing_id}", "500"): 1,
    }


async def test_a_head_counts_with_the_route_that_answers_it(http: httpx.AsyncClient) -> None:
    await http.head("/things/1")
    assert measured() == {("HEAD", "/things/{thing_id}", "200"): 1}


async def test_whatever_fits_no_route_is_one_label(http: httpx.AsyncClient) -> None:
    for path in ("/wp-login.php", "/things/1/2/3", "/jan.jansen@example.org"):
        await http.get(path)
    await http.request("EXFILTRATE", "/anna@example.org")
    assert measured() == {("GET", "other", "404"): 3, ("other", "other", "404"): 1}


async def test_what_is_refused_in_front_of_every_route_counts_too(http: httpx.AsyncClient) -> None:
    await http.post("/things/1", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert measured() == {("POST", "other", "415"): 1}


async def test_a_stream_counts_when_it_is_answered_and_not_when_it_ends(http: httpx.AsyncClient) -> None:
    seen_while_it_streams.clear()
    await http.get("/things/1/events")
    assert seen_while_it_streams == [{("GET", "/things/{thing_id}/events", "200"): 1}]


async def test_who_looks_whether_it_is_alive_does_not_count(http: httpx.AsyncClient) -> None:
    assert (await http.get("/metrics")).status_code == 200
    await http.get("/livez")
    assert measured() == {}
