"""What every API does with requests, and says of itself, without a database."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from chassis.http import docs, head, problems
from chassis.http.auth import Caller, allow
from chassis.http.openapi import WebApp
from chassis.http.requests import BODY_PROBLEMS, IfMatch, JsonBody
from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, create_model
from sse_starlette import EventSourceResponse

JSON = {"Content-Type": "application/json"}


class Thing(BaseModel):
    """A thing."""

    name: str
    names: list[str] = []
    by_name: dict[str, str] = {}


Body = Annotated[Thing, Depends(JsonBody(Thing))]
router = APIRouter(prefix="/things")
streams = APIRouter()


@router.post("", responses=problems.problems(*BODY_PROBLEMS))
async def make(body: Body) -> Thing:
    """Make a thing.

    It has a name.
    """
    return body


@router.get("/{number}", responses=problems.problems(404))
async def read(number: int) -> Thing:
    """Show a thing."""
    return Thing(name=str(number))


@router.put("/{number}", responses=problems.problems(404, 428, *BODY_PROBLEMS))
async def change(number: int, condition: IfMatch, body: Body) -> Thing:
    """Change a thing."""
    return body


@router.delete("/{number}", status_code=204, responses=problems.problems(401))
async def remove(number: int, _caller: Annotated[Caller, Depends(allow("recruiter"))]) -> None:
    """Remove a thing."""


async def endless() -> AsyncIterator[str]:
    while True:
        yield "1\n"
        await asyncio.sleep(0.01)


@streams.get("/numbers", include_in_schema=False)
async def numbers() -> Response:
    return StreamingResponse(endless(), media_type="text/plain")


@streams.get("/events", include_in_schema=False)
async def events() -> Response:
    return EventSourceResponse(endless())


@pytest.fixture
def app() -> WebApp:
    made = WebApp(title="things", version="1")
    problems.install(made)
    docs.install(made)
    head.install(made)
    made.include_router(router)
    made.include_router(streams)
    return made


@pytest.fixture
async def http(app: WebApp) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        yield client


def is_problem(answer: httpx.Response, status: int) -> bool:
    return (
        answer.status_code == answer.json()["status"] == status
        and answer.headers["content-type"] == problems.MEDIA_TYPE
    )


@pytest.mark.parametrize(
    "kind", ["application/json", "application/JSON; charset=utf-8", "application/merge-patch+json"]
)
async def test_a_body_of_a_json_type_is_read(http: httpx.AsyncClient, kind: str) -> None:
    answer = await http.post("/things", content=b'{"name": "x"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["name"]) == (200, "x")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/jsonp", "text/json", "json", ""])
async def test_a_body_of_any_other_type_or_of_none_is_415(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await http.post("/things", content=b'{"name": "x"}', headers=headers)
    assert is_problem(answer, 415)


async def test_a_body_that_is_missing_is_422_whatever_its_type(http: httpx.AsyncClient) -> None:
    assert is_problem(await http.post("/things"), 422)
    assert is_problem(await http.post("/things", headers=JSON), 422)


async def test_a_wrong_field_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.post("/things", json={"name": 1, "age": 2})
    assert is_problem(answer, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/name", "/age"]


@pytest.mark.parametrize("control", ["\u202a", "\u202e", "\u2066", "\u2069"])
async def test_what_turns_the_direction_of_a_text_is_refused_wherever_it_stands(
    http: httpx.AsyncClient, control: str
) -> None:
    inside = {"name": f"Open {control}RLO", "names": ["goed", f"{control}niet"], "by_name": {"a/b": control}}
    for escaped in (True, False):
        answer = await http.post("/things", content=json.dumps(inside, ensure_ascii=escaped), headers=JSON)
        assert is_problem(answer, 422)
        assert [error["pointer"] for error in answer.json()["errors"]] == [
            "/name",
            "/names/1",
            "/by_name/a~1b",
        ]
        assert control not in answer.text


async def test_joiners_and_names_from_right_to_left_are_taken(http: httpx.AsyncClient) -> None:
    for name in (
        "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645",
        "\U0001f469\u200d\U0001f4bb",
        "\u05d3\u05d5\u05d3\u200f",
    ):
        assert (await http.post("/things", json={"name": name})).json()["name"] == name


async def test_a_method_that_a_path_lacks_is_405_and_every_other_method_is_named(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.request("PATCH", "/things/1")
    assert is_problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"


@pytest.mark.parametrize("path", ["/things/1", "/things/x", "/nothing", "/docs", "/docs/assets/favicon.png"])
async def test_head_answers_as_get_does_without_a_body(http: httpx.AsyncClient, path: str) -> None:
    got, asked = await http.get(path), await http.head(path)
    assert (asked.status_code, asked.headers) == (got.status_code, got.headers)
    assert got.content
    assert asked.content == b""


async def test_head_is_405_where_there_is_no_get(http: httpx.AsyncClient) -> None:
    asked = await http.head("/things")
    assert (asked.status_code, asked.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/numbers", "/events"])
async def test_head_of_a_stream_that_does_not_end_answers_and_ends(
    http: httpx.AsyncClient, path: str
) -> None:
    async with asyncio.timeout(60):
        asked = await http.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-type"].startswith("text/")


async def test_a_path_that_is_none_is_404(http: httpx.AsyncClient) -> None:
    assert is_problem(await http.get("/nothing"), 404)
    assert is_problem(await http.get("/things/x"), 404)


async def test_a_change_without_its_version_is_428(http: httpx.AsyncClient) -> None:
    assert is_problem(await http.put("/things/1", json={"name": "x"}), 428)


def test_the_document_says_what_each_operation_takes_and_answers(app: WebApp) -> None:
    document = app.openapi()
    make, change = document["paths"]["/things"]["post"], document["paths"]["/things/{number}"]["put"]
    assert (make["summary"], make["description"]) == ("Make a thing", "It has a name.")
    assert make["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing-Input"}}},
    }
    assert make["responses"].keys() == {"200", "413", "415", "422"}
    assert {kind for answer in make["responses"].values() for kind in answer["content"]} == {
        "application/json",
        problems.MEDIA_TYPE,
    }
    required = {parameter["name"]: parameter["required"] for parameter in change["parameters"]}
    assert required == {"number": True, "If-Match": True}


def test_the_document_knows_no_error_but_ours(app: WebApp) -> None:
    document = app.openapi()
    assert document["components"]["schemas"].keys() == {
        "Thing",
        "Thing-Input",
        "ProblemDetails",
        "FieldError",
    }
    assert document["paths"]["/things/{number}"]["get"]["responses"].keys() == {"200", "404"}


def test_the_document_says_where_a_token_is_needed(app: WebApp) -> None:
    document: dict[str, Any] = app.openapi()
    path = document["paths"]["/things/{number}"]
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert path["delete"]["security"] == [{"bearer": []}]
    assert "security" not in path["get"]


def test_what_comes_in_is_closed_and_what_goes_out_may_grow(app: WebApp) -> None:
    document = app.openapi()
    schemas = document["components"]["schemas"]
    operation = document["paths"]["/things"]["post"]
    taken = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    answered = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert schemas[taken.rpartition("/")[2]]["additionalProperties"] is False
    assert "additionalProperties" not in schemas[answered.rpartition("/")[2]]


def test_a_schema_that_comes_in_refers_to_schemas_that_come_in() -> None:
    app = WebApp()
    box = create_model("Box", things=(list[Thing], ...), best=(Thing | None, None))
    parsed = Depends(JsonBody(box))

    @app.post("/boxes")
    async def unpack(body: Annotated[Any, parsed]) -> Thing:
        """Unpack a box."""
        return Thing(name=str(body))

    properties = app.openapi()["components"]["schemas"]["Box"]["properties"]
    assert properties["things"]["items"] == {"$ref": "#/components/schemas/Thing-Input"}
    assert {"$ref": "#/components/schemas/Thing-Input"} in properties["best"]["anyOf"]
