"""What a service says of its work: enough to see it by, and nothing of whom it is about."""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
import structlog
from chassis.http.auth import Caller, allow
from chassis.logs import MOST_SAID, OncePerWhile, Volume, shown
from chassis.service import web_app
from chassis.settings import Settings
from chassis.telemetry import span, where
from desk.settings import DeskSettings
from fastapi import APIRouter, Depends, FastAPI
from notifications.settings import NotificationsSettings
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from pydantic import SecretStr
from starlette.staticfiles import StaticFiles
from support.log_lines import spans, written
from support.openapi import SETTINGS
from support.served import Doorkeeper

KEY = "a key of the hash by which logs name who asks"
NAME, ADDRESS, PERSON = "Wilhelmina Proefkonijn", "wilhelmina@proefkonijn.example", str(uuid4())
PLANTED = (NAME, "Proefkonijn", ADDRESS, PERSON, "geheim")

router = APIRouter()


@router.get("/people/{person}")
async def person(person: str, _who: Annotated[Caller, Depends(allow("recruiter"))], number: int = 0) -> str:
    return person


@router.post("/people/{person}/broken")
async def break_down(person: str) -> None:
    raise RuntimeError(f"{NAME} <{ADDRESS}> has {person}")


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


def an_app(**settings: Any) -> FastAPI:
    app = web_app("things", Settings(**SETTINGS | settings), _nothing, router)
    app.state.authenticator = Doorkeeper()
    app.mount("/static", StaticFiles(packages=[("words", "static")]))
    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://things")


def as_recruiter(subject: str = "tester") -> dict[str, str]:
    return {"Authorization": f"Bearer recruiter:{subject}"}


async def test_a_request_is_a_line_with_its_route_and_how_it_went() -> None:
    with written() as log, spans():
        async with client_of(an_app()) as http:
            await http.get(f"/people/{PERSON}", headers=as_recruiter())
            await http.get(f"/people/{PERSON}")
            await http.get(f"/nothing/{PERSON}")
            await http.get("/static/nothing.css")
            await http.request("BREW", f"/people/{PERSON}")
            await http.post(f"/people/{PERSON}/broken")
    lines = log.lines("request")
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/people/{person}", 200),
        ("GET", "/people/{person}", 401),
        ("GET", "other", 404),
        ("GET", "/static/{path}", 404),
        ("_OTHER", "/people/{person}", 405),
        ("POST", "/people/{person}/broken", 500),
    ]
    for line in lines:
        assert 0 <= line["ms"] < 60_000
        assert line["trace_id"]
        assert line["service"] == "things"
        assert line["level"] == "info"
    assert ["actor" in line for line in lines] == [True, False, False, False, False, False]


async def test_what_is_turned_away_in_front_of_the_routes_has_its_line_too() -> None:
    with written() as log:
        async with client_of(an_app(rate_limit_address=0.001)) as http:
            for _ in range(20):
                await http.get(f"/people/{PERSON}", headers=as_recruiter())
    assert {line["status"] for line in log.lines("request")} == {200, 429}
    assert len(log.lines("request")) == 20


async def test_probes_are_told_of_at_debug_alone() -> None:
    for level, told in (("INFO", []), ("DEBUG", ["/livez"])):
        with written(level) as log:
            async with client_of(an_app()) as http:
                await http.get("/livez")
        assert [line["route"] for line in log.lines("request")] == told


async def actors(app: FastAPI, *subjects: str) -> list[str]:
    with written() as log:
        async with client_of(app) as http:
            for subject in subjects:
                await http.get(f"/people/{PERSON}", headers=as_recruiter(subject))
    return [line["actor"] for line in log.lines("request")]


async def test_who_asks_is_a_hash_that_only_the_key_leads_to() -> None:
    first, again, other = await actors(an_app(log_actor_key=KEY), ADDRESS, ADDRESS, NAME)
    assert first == again != other
    assert (len(first), first.isalnum()) == (12, True)
    assert await actors(an_app(log_actor_key=KEY), ADDRESS) == [first]
    assert await actors(an_app(log_actor_key=KEY[::-1]), ADDRESS) != [first]
    of_each_process = {(await actors(an_app(), ADDRESS))[0] for _ in range(2)}
    assert len(of_each_process) == 2


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
async def test_no_line_of_any_level_has_anything_of_anybody(level: str) -> None:
    with written(level) as log, spans():
        async with client_of(an_app()) as http:
            paths = (f"/people/{PERSON}", f"/people/{ADDRESS}", f"/{NAME}/{ADDRESS}")
            for path in (*paths, f"/people/{PERSON}?number={ADDRESS}", f"/livez?wie={NAME}"):
                headers = as_recruiter(ADDRESS) | {"User-Agent": NAME, "Referer": f"https://x/{ADDRESS}"}
                await http.get(path, headers=headers)
            await http.post(f"/people/{PERSON}/broken", content=ADDRESS)
        logging.getLogger("someones.client").debug("found %s", ADDRESS)
        try:
            raise ValueError(ADDRESS)
        except ValueError as error:
            logging.getLogger("someones.client").exception("it failed")
            structlog.get_logger().error("unexpected", **where(error))
        loop = asyncio.get_running_loop()
        loop.call_soon(_fail, NAME, ADDRESS)  # asyncio tells what it was called with
        left = loop.create_task(_fail_later(ADDRESS))
        await asyncio.sleep(0.05)
        loop.call_exception_handler({"message": "Task exception was never retrieved", "task": left})
        loop.call_exception_handler({"message": "odd", "exception": left.exception(), "future": ADDRESS})
    assert log.lines("unexpected")
    assert {"Exception in callback", "Task exception was never retrieved", "odd", "it failed"} <= {
        line["event"] for line in log.lines()
    }
    for word in PLANTED:
        assert word not in log.text


def test_of_a_traceback_in_a_message_stays_the_last_errors_type_and_place() -> None:
    with written() as log:
        try:
            try:
                raise KeyError(ADDRESS)
            except KeyError:
                raise httpx.ConnectError(f'{NAME}\n  File "{ADDRESS}", line 1\n{PERSON}') from None
        except httpx.ConnectError:
            logging.getLogger("uvicorn.error").error(traceback.format_exc())
    (line,) = log.lines()
    assert (line["event"], line["error"]) == ("an error came through", "ConnectError")
    assert line["at"].startswith(f"{__file__}:")
    assert not [word for word in PLANTED if word in log.text]


def _fail(*_given: str) -> None:
    raise RuntimeError(ADDRESS)


def _fail_elsewhere() -> None:
    raise RuntimeError(ADDRESS)


async def _fail_later(address: str) -> None:
    raise RuntimeError(address)


def test_what_a_library_says_again_and_again_is_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    client, now = logging.getLogger("a.client"), time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    with written() as log:
        for _ in range(25):
            for node in (1, 2):
                client.error("Unable connect to node with id %s", node)
            now += 0.8
        client.error("another thing")
    lines = [(line["event"], line.get("left_out")) for line in log.lines()]
    both = [f"Unable connect to node with id {node}" for node in (1, 2)]
    again = [(event, 12) for event in both]
    assert lines == [*((event, None) for event in both), *again, ("another thing", None)]


def test_errors_from_different_places_are_told_each() -> None:
    with written() as log:
        for _ in range(3):
            for fail in (_fail, _fail_elsewhere):
                try:
                    fail()
                except RuntimeError:
                    logging.getLogger("a.server").exception("it failed")
    assert len({line["at"] for line in log.lines("it failed")}) == len(log.lines("it failed")) == 2


def test_what_is_remembered_of_what_was_said_is_bounded() -> None:
    once = OncePerWhile()
    for number in range(3 * MOST_SAID):
        record = logging.LogRecord("a.client", logging.ERROR, __file__, 1, "number %s", (number,), None)
        assert once.filter(record)
    assert len(once._said) <= MOST_SAID


def test_settings_are_shown_without_what_lets_anybody_in() -> None:
    planted = SETTINGS | {
        "database_url": f"postgresql://user:{'geheim'}@db.example:5433/things?password=geheim&sslmode=require",
        "smtp_url": f"smtps://geheim%40x:{'geheim%2F2'}@mail.example:465",
        "mail_from": f"Opdrachten <{ADDRESS}>",
        "kafka_sasl_password": "geheim",
        "log_actor_key": "geheim" * 8,
        "auth_jwks_url": f"https://user:{'geheim'}@identity.example/jwks?key=geheim",
    }
    settings = NotificationsSettings(**planted)
    line = shown(settings)
    assert "geheim" not in repr(line)
    assert ADDRESS not in repr(line)
    assert line["DATABASE_URL"] == "postgresql://db.example:5433/things"
    assert line["SMTP_URL"] == "smtps://mail.example:465"
    assert line["AUTH_JWKS_URL"] == "https://identity.example/jwks"
    assert line["MAIL_FROM"] == "Opdrachten <…@proefkonijn.example>"
    assert (line["KAFKA_SASL_PASSWORD"], line["LOG_ACTOR_KEY"]) == ("set", "set")
    assert (line["HTTP_PORT"], line["VERP"], line["KAFKA_CA_FILE"]) == (8000, True, None)
    assert line.keys() == {name.upper() for name in type(settings).model_fields}


def test_each_secret_of_the_desk_is_shown_as_set() -> None:
    settings = DeskSettings(**SETTINGS)
    for name, value in settings:
        if isinstance(value, SecretStr):
            assert shown(settings)[name.upper()] == "set"
            assert value.get_secret_value() not in repr(shown(settings))


def steps(volume: Volume, by: int) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    while not found or found[-1] != (volume.level, volume.sample):
        found.append((volume.level, volume.sample))
        volume.step(by)
    return found


def test_how_much_is_logged_goes_up_and_down_and_no_further() -> None:
    with written("INFO", 0.25) as log:
        assert steps(log.volume, 1) == [("INFO", 0.25), ("INFO", 1), ("DEBUG", 1)]
        up = [("ERROR", 0.25), ("WARNING", 0.25), ("INFO", 0.25), ("INFO", 1), ("DEBUG", 1)]
        assert steps(log.volume, -1) == up[::-1]
        assert steps(log.volume, 1) == up
        said = [(line["least"], line["sample"]) for line in log.lines("log volume changed")]
    assert said == [*up[3:], *up[-2::-1], *up[1:]]


def test_without_sampling_there_is_no_step_for_it() -> None:
    with written("WARNING", 1) as log:
        assert steps(log.volume, 1) == [("WARNING", 1), ("INFO", 1), ("DEBUG", 1)]


@pytest.mark.parametrize("level", ["ERROR", "WARNING", "INFO", "DEBUG"])
def test_from_a_level_on_is_logged_at_once(level: str) -> None:
    names = ["DEBUG", "INFO", "WARNING", "ERROR"]
    with written("DEBUG") as log:
        while log.volume.level != level:
            log.volume.step(-1)
        made_before = structlog.get_logger()
        for name in names:
            getattr(made_before, name.lower())("said")
        logging.getLogger("other").warning("heard")
        assert [line["level"].upper() for line in log.lines("said")] == names[names.index(level) :]
        assert len(log.lines("heard")) == (level != "ERROR")


def in_trace(number: int) -> Any:
    context = SpanContext(number, 1, is_remote=False, trace_flags=TraceFlags(1))
    return trace.use_span(NonRecordingSpan(context))


def test_of_a_trace_all_ordinary_lines_are_logged_or_none() -> None:
    half = 2**63
    with written("INFO", 0.5) as log:
        for number in (half - 1, half, 2**64 + 1, 2**100 + half):
            with in_trace(number):
                for event in ("request", "batch"):
                    structlog.get_logger().info(event, ordinary=True)
        structlog.get_logger().info("of no trace", ordinary=True)
    told = [int(line["trace_id"], 16) for line in log.lines() if "trace_id" in line]
    assert told == [half - 1, half - 1, 2**64 + 1, 2**64 + 1]
    assert len(log.lines("of no trace")) == 1
    assert not any("ordinary" in line for line in log.lines())


async def test_what_went_wrong_is_told_whatever_is_left_out() -> None:
    with written("INFO", 0) as log, spans():
        async with client_of(an_app()) as http:
            await http.get(f"/people/{PERSON}", headers=as_recruiter())
            await http.post(f"/people/{PERSON}/broken")
    assert [line["status"] for line in log.lines("request")] == [500]


def test_a_line_is_found_by_its_trace() -> None:
    with written() as log, spans(), span("work") as opened:
        structlog.get_logger().info("done")
    (line,) = log.lines()
    assert int(line["trace_id"], 16) == opened.get_span_context().trace_id
