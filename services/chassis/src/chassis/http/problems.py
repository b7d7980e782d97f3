"""Errors to people: RFC 9457 problem details, with a pointer to each field that is wrong."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from chassis.database import UNAVAILABLE
from chassis.telemetry import where
from chassis.unreadable import UnreadableRow

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100

Responses = dict[int | str, dict[str, Any]]


class FieldError(BaseModel):
    """One field that is wrong."""

    model_config = ConfigDict(extra="forbid")

    pointer: Annotated[
        str, Field(description="Where: a JSON pointer (RFC 6901), such as `/facts/hours_max`.")
    ]
    detail: Annotated[str, Field(description="What would be right.")]


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: Annotated[str, Field(description="The status in words.")]
    status: int
    detail: Annotated[str, Field(description="What is wrong with this request, in a sentence.")]
    errors: Annotated[
        list[FieldError] | None,
        Field(min_length=1, max_length=MAX_ERRORS, description="The first hundred, where there are more."),
    ] = None


class Problem(Exception):
    """An answer that is not a success. `errors` name the fields: (RFC 6901 pointer, what would be right), of
    which the first hundred are told."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors[:MAX_ERRORS]
        self.headers = headers


def not_found(what: str) -> Problem:
    """No such thing, or no longer."""
    return Problem(404, f"there is no such {what}")


def unavailable(detail: str) -> Problem:
    """Something that we need is away; trying again helps."""
    return Problem(503, detail, headers={"Retry-After": "2"})


def too_many(detail: str, seconds: int) -> Problem:
    """Somebody does too much at once; after so many seconds they may go on."""
    return Problem(429, detail, headers={"Retry-After": str(seconds)})


def invalid(error: ValidationError) -> Problem:
    """Turn a model's validation error into a 422 that names the fields, without the values."""
    faults = error.errors(include_input=False, include_context=False, include_url=False)[:MAX_ERRORS]
    return Problem(422, "the body is not valid", [(pointer(fault["loc"]), fault["msg"]) for fault in faults])


def pointer(location: Sequence[int | str]) -> str:
    """Write a location as an RFC 6901 JSON pointer."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in location if step != "[key]"]
    return "".join(f"/{step}" for step in steps)


def response(problem: Problem) -> Response:
    """Write the problem as an HTTP response."""
    details = ProblemDetails(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        errors=[FieldError(pointer=at, detail=detail) for at, detail in problem.errors] or None,
    )
    return Response(
        details.model_dump_json(exclude_none=True), problem.status, problem.headers, media_type=MEDIA_TYPE
    )


MEANINGS = {
    401: "No valid bearer token.",
    403: "The token's role does not allow this.",
    404: "There is no such thing, or no longer.",
    409: "What is there already does not allow this.",
    410: "It was used before, or has ended.",
    412: "`If-Match` names another version than the present one.",
    413: "The body is over 1 MiB, or a form over 512 KiB.",
    415: "The body's content type is not JSON.",
    422: "A parameter or the body is not valid; `errors` names each field that is wrong.",
    428: "`If-Match` is missing.",
    429: "You do too much at once.",
    503: "The database does not answer; try again.",
}
HEADERS = {
    401: {"WWW-Authenticate": "The scheme to use: `Bearer`."},
    429: {"Retry-After": "After how many seconds to try again."},
    503: {"Retry-After": "After how many seconds to try again."},
}


def problems(*statuses: int) -> Responses:
    """Document errors: for `responses=` of a route or a router."""
    schema = {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
    return {
        status: {
            "description": MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
            **(with_headers(HEADERS[status]) if status in HEADERS else {}),
        }
        for status in statuses
    }


def with_headers(meanings: Mapping[str, str]) -> dict[str, Any]:
    """Document headers that a response always has: name → meaning."""
    return {
        "headers": {
            name: {"description": meaning, "required": True, "schema": {"type": "string"}}
            for name, meaning in meanings.items()
        }
    }


async def answer(request: Request, problem: Problem) -> Response:
    """Answer a problem as the app does that a request is for; for a middleware, in front of the routes."""
    handler = request.app.exception_handlers[Problem]
    answered: Response = await handler(request, problem)
    return answered


def install(app: FastAPI, passing: Mapping[type[Exception], str] = MappingProxyType({})) -> None:
    """Make every error of the app a problem. `passing`: errors that trying again helps, and what is said."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> Response:
        return response(problem)

    @app.exception_handler(RequestValidationError)
    async def _parameters(_request: Request, error: RequestValidationError) -> Response:
        faults = error.errors()
        if any(fault["loc"][0] == "path" for fault in faults):
            return response(Problem(404, "there is no such thing"))
        errors = [(pointer(fault["loc"]), fault["msg"]) for fault in faults[:MAX_ERRORS]]
        return response(Problem(422, "a parameter is not valid", errors))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(sorted(_methods(request)))
        return response(Problem(error.status_code, str(error.detail), headers=headers))

    async def _unavailable(_request: Request, error: Exception) -> Response:
        log.warning("unavailable", **where(error))
        return response(unavailable("the database does not answer; try again"))

    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)

    async def _passing(_request: Request, error: Exception) -> Response:
        return response(unavailable(passing[type(error)]))

    for one in passing:
        app.add_exception_handler(one, _passing)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_request: Request, _error: Exception) -> Response:
        return response(Problem(400, "the body did not come to its end"))  # that nobody reads

    @app.exception_handler(UnreadableRow)
    async def _unreadable(_request: Request, _error: UnreadableRow) -> Response:
        return response(unavailable("this version of the service cannot read what is stored here"))

    @app.exception_handler(Exception)
    async def _unexpected(_request: Request, error: Exception) -> Response:
        log.error("unexpected", **where(error))
        return response(Problem(500, "something went wrong on our side"))


def _methods(request: Request) -> set[str]:
    """Return the methods of the request's path: each is a route of its own, and knows of no other."""
    path = request.url.path
    methods = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.methods and route.path_regex.match(path)
        for method in route.methods
    }
    return methods | {"HEAD"} if "GET" in methods else methods
