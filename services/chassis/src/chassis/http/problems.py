"""Errors to people: RFC 9457 problem details, with a pointer to each field that is wrong."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from chassis.database import UNAVAILABLE
from chassis.telemetry import where

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is not a success. `errors` name the fields: (RFC 6901 pointer, what would be right)."""

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
        self.errors = errors
        self.headers = headers


def not_found(what: str) -> Problem:
    """No such thing, or no longer."""
    return Problem(404, f"there is no such {what}")


def invalid(error: ValidationError) -> Problem:
    """Turn a model's validation error into a 422 that names every field, without the values."""
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    return Problem(422, "the body is not valid", [(pointer(fault["loc"]), fault["msg"]) for fault in faults])


def pointer(location: Sequence[int | str]) -> str:
    """Write a location as an RFC 6901 JSON pointer."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in location if step != "[key]"]
    return "".join(f"/{step}" for step in steps)


def response(problem: Problem) -> JSONResponse:
    """Write the problem as an HTTP response."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        content["errors"] = [{"pointer": at, "detail": detail} for at, detail in problem.errors]
    return JSONResponse(
        content, problem.status, headers=problem.headers, media_type="application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> JSONResponse:
        return response(problem)

    @app.exception_handler(RequestValidationError)
    async def _parameters(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["loc"][0] == "path" for fault in faults):
            return response(Problem(404, "there is no such thing"))
        errors = [(pointer(fault["loc"]), fault["msg"]) for fault in faults]
        return response(Problem(422, "a parameter is not valid", errors))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return response(Problem(error.status_code, str(error.detail), headers=dict(error.headers or {})))

    async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
        log.warning("unavailable", **where(error))
        return response(Problem(503, "the database does not answer; try again", headers={"Retry-After": "2"}))

    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)

    @app.exception_handler(Exception)
    async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected", **where(error))
        return response(Problem(500, "something went wrong on our side"))
