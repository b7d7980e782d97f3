"""What comes in with a request, taken strictly: JSON bodies, versions in If-Match, pages of lists."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, Generic, TypeVar

from contracts.requests import SMTPUTF8
from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from chassis.http.problems import Problem, invalid, pointer

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
MAX_BODY_BYTES = 1024 * 1024

# Embeddings, overrides and isolates, with their ends: they turn whatever text they are put into.
DIRECTIONAL = r"[\u202a-\u202e\u2066-\u2069]"

BODY_PROBLEMS = (413, 415, 422)  # what a JsonBody may answer

Limit = Annotated[int, Query(ge=1, le=200, description="The most items to answer.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="The `next` of the page before; none for the first page.")
]


async def read_body(request: Request) -> bytes:
    """Read at most 1 MiB, once a request; 413 over that."""
    if hasattr(request.state, "body"):
        return bytes(request.state.body)
    too_large = Problem(413, f"a body holds at most {MAX_BODY_BYTES} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise too_large
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > MAX_BODY_BYTES:
            raise too_large
    request.state.body = bytes(chunks)
    return bytes(chunks)


class JsonBody(Generic[M]):
    """A dependency that reads a body as `model`, from its JSON text: strictly, unknown fields refused, and
    every text with a directional control character.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> M:
        """Return the body; raises Problem 413, 415, or 422 with a pointer for each field that is wrong."""
        body = await read_body(request)
        if body and not _is_json(request.headers.get("content-type", "")):
            raise Problem(415, "send JSON, with Content-Type: application/json")
        context = {SMTPUTF8: getattr(request.app.state, "allow_smtputf8", False)}
        try:
            read = self.model.model_validate_json(body, extra="forbid", context=context)
        except ValidationError as error:
            raise invalid(error) from None
        if turned := [pointer(place) for place in _directional(from_json(body))]:
            says = "must not contain directional control characters (U+202A-U+202E, U+2066-U+2069)"
            raise Problem(422, "the body is not valid", [(place, says) for place in turned])
        return read


def _directional(value: Any, place: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    """Yield the places of texts that have a directional control character."""
    match value:
        case str():
            if re.search(DIRECTIONAL, value):
                yield place
        case list():
            for number, part in enumerate(value):
                yield from _directional(part, (*place, number))
        case dict():
            for name, part in value.items():
                yield from _directional(part, (*place, name))


def _is_json(content_type: str) -> bool:
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


class Page(BaseModel, Generic[T]):
    """A part of a list, and where it goes on."""

    items: list[T]
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null on the last.")]


async def if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", description="The version that you change, as its `ETag` gave it; `*` for any."
        ),
    ] = None,
) -> str:
    """Require If-Match: 428 without."""
    if if_match is None:
        raise Problem(428, 'send the version that you change: If-Match: "<version>"')
    return if_match


IfMatch = Annotated[str, Depends(if_match)]


def check_version(condition: str, version: int) -> None:
    """Raise Problem 412 unless If-Match names the present version (`*` names any)."""
    tags = [tag.strip() for tag in condition.split(",")]
    if "*" not in tags and etag(version) not in tags:
        raise Problem(412, f"the present version is {etag(version)}; read it and try again")


ETAG = {"ETag": "The version, for `If-Match`."}


def etag(version: int) -> str:
    """Write a version as an entity tag."""
    return f'"{version}"'


def write_cursor(position: str) -> str:
    """Make an opaque cursor of a position."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def read_cursor(cursor: str, parse: Callable[[str], Any]) -> Any:
    """Read a cursor back; raises Problem 422 where it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return parse(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (ValueError, binascii.Error, UnicodeDecodeError, OverflowError):
        raise Problem(
            422, "a parameter is not valid", [("/query/cursor", "must be the `next` of a page")]
        ) from None


async def page(
    fetch: Callable[[Any, int], Awaitable[list[Any]]],
    limit: int,
    cursor: str | None,
    parse: Callable[[str], Any],
    position: Callable[[Any], str],
) -> tuple[list[Any], str | None]:
    """Fetch one page: `fetch(after, n)` gives rows after a position (None: from the start).

    Returns the rows and the cursor of the next page, None where this is the last.
    """
    after = None if cursor is None else read_cursor(cursor, parse)
    rows = await fetch(after, limit + 1)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(position(rows[limit - 1]))
