"""What comes in with a request, taken strictly: JSON bodies, versions in If-Match, pages of lists."""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar

from contracts.requests import SMTPUTF8
from contracts.values import STORABLE_IS, is_storable
from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from chassis.http.problems import MAX_ERRORS, Problem, invalid, pointer

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
# Of a body, as its commas and brackets tell, those of texts too: a thousand entries of a portfolio with every
# word there is are 56,000. How long a list may be, its own model says.
MAX_VALUES = 70_000
MAX_NAMES = 100  # of an object; each that is unknown is an error
MAX_NAMES_IN_ALL = 20_000  # of a body: twice what those entries have

# Embeddings, overrides and isolates, with their ends: they turn whatever text they are put into.
DIRECTIONAL = r"[\u202a-\u202e\u2066-\u2069]"
TURNING = re.compile(DIRECTIONAL)
TURNS = "must not contain directional control characters (U+202A-U+202E, U+2066-U+2069)"

INVALID = "the body is not valid"

BODY_PROBLEMS = (413, 415, 422)  # what a JsonBody may answer

Limit = Annotated[int, Query(ge=1, le=200, description="The most items to answer.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="The `next` of the page before; none for the first page.")
]


async def read_body(request: Request) -> bytes:
    """Read the body, once a request: `limits` bounds it."""
    if not hasattr(request.state, "body"):
        request.state.body = await request.body()
    return bytes(request.state.body)


class JsonBody(Generic[M]):
    """A dependency that reads a body as `model`, from its JSON text: strictly, unknown fields refused, a name
    that comes twice, and every text with a directional control character.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> M:
        """Return the body; raises Problem 413, 415, or 422 with a pointer for each field that is wrong."""
        body = await _read_json(request)
        try:
            read = self.model.model_validate_json(body, extra="forbid", context=await rules(request))
        except ValidationError as error:
            raise invalid(error) from None
        _refuse(from_json(body), _turns, TURNS)
        return read


@dataclass(frozen=True)
class Checked(Generic[M]):
    """What a part of a model comes to: the whole where it is one, or else which fields it lacks (they are
    absent or null), which it has that the model does not know, and which are wrong, each as (pointer, what
    would be right)."""

    whole: M | None
    missing: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()


class Part(Generic[M]):
    """Some fields of a model, as JSON; nothing is known yet of whether they are right."""

    def __init__(self, model: type[M], fields: dict[str, Any], context: dict[str, Any]) -> None:
        self._model, self.fields, self._context = model, fields, context

    def check(self) -> Checked[M]:
        """Read the fields as the whole model."""
        try:
            whole = self._model.model_validate_json(
                to_json(self.fields), extra="forbid", context=self._context
            )
        except ValidationError as error:
            faults = error.errors(include_context=False, include_url=False)
            return Checked(None, *(_told(faults, kind) for kind in _Kind))
        turned = tuple((place, TURNS) for place in _places(self.fields, _turns))
        return Checked(whole=None if turned else whole, wrong=turned)

    def merged_into(self, current: Mapping[str, Any], *, nulls: Collection[str] = ()) -> M:
        """Return the whole, `current` (as JSON) changed by this as by a merge patch (RFC 7396).

        `nulls`: the pointers of fields in which null says something, and is written instead of taking the
        field away. Raises Problem 422 with a pointer for each field that is wrong.
        """
        checked = Part(self._model, _merged(current, self.fields, nulls), self._context).check()
        if checked.whole is None:
            raise Problem(422, INVALID, [*checked.missing, *checked.unknown, *checked.wrong])
        return checked.whole


class PartBody(Generic[M]):
    """A dependency that reads a body as some fields of a `model`. `most`: how many values it may have in
    all, since what is wrong in a part may be kept."""

    def __init__(self, model: type[M], most: int = MAX_VALUES) -> None:
        self.model, self._most = model, most

    async def __call__(self, request: Request) -> Part[M]:
        """Return the fields.

        Raises Problem 413, 415, or 422 where the body is no object, has a name twice or a field that the
        model does not know, or holds what no field can take: a text with NUL, half a surrogate pair or a
        directional control character, or a number that is not finite or over 64 bits.
        """
        body = await _read_json(request, self._most)
        try:
            fields = from_json(body)
        except ValueError:
            raise Problem(422, INVALID, [("", "must be JSON")]) from None
        if not isinstance(fields, dict):
            raise Problem(422, INVALID, [("", "must be an object with some of the fields")])
        _refuse(fields, _turns, TURNS)
        _refuse(fields, _unstorable, STORABLE_IS)
        part = Part(self.model, fields, await rules(request))
        if unknown := part.check().unknown:
            raise Problem(422, INVALID, unknown)
        return part


class _Kind(Enum):
    """What may be wrong with a field, in the order of `Checked`."""

    MISSING, UNKNOWN, WRONG = range(3)


def _kind(fault: ErrorDetails) -> _Kind:
    if fault["type"] == "extra_forbidden":
        return _Kind.UNKNOWN
    is_missing = fault["type"] == "missing" or fault["input"] is None
    return _Kind.MISSING if is_missing else _Kind.WRONG


def _told(faults: Iterable[ErrorDetails], kind: _Kind) -> tuple[tuple[str, str], ...]:
    return tuple((pointer(fault["loc"]), fault["msg"]) for fault in faults if _kind(fault) is kind)


def _merged(target: Any, patch: Any, nulls: Collection[str], place: str = "") -> Any:
    """Apply a merge patch: RFC 7396, section 2, but for `nulls`."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        at = f"{place}/{name}"
        if value is None and at not in nulls:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value, nulls, at)
    return merged


async def _read_json(request: Request, most: int = MAX_VALUES) -> bytes:
    body = await read_body(request)
    if body and not _is_json(request.headers.get("content-type", "")):
        raise Problem(415, "send JSON, with Content-Type: application/json")
    _check_values(body, most)
    _check_names(body)
    return body


def _check_values(body: bytes, most: int) -> None:
    """Raise Problem 422 where there are more values than any model has, each of which would cost those who
    parse, validate and store it."""
    if sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise Problem(422, INVALID, [("", f"must have at most {most} values in all")])


def _check_names(body: bytes) -> None:
    """Raise Problem 422 where an object has a name twice, of which readers would take one or the other, or
    it or the whole more names than any model has.

    Neither is seen by `from_json`. What is no JSON passes: whoever reads it on says what is wrong.
    """
    in_all = 0

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal in_all
        in_all += len(pairs)
        if in_all > MAX_NAMES_IN_ALL:
            raise Problem(422, INVALID, [("", f"must have at most {MAX_NAMES_IN_ALL} names in all")])
        if len(pairs) > MAX_NAMES:
            raise Problem(422, INVALID, [("", f"must have at most {MAX_NAMES} names in an object")])
        if len({name for name, _ in pairs}) < len(pairs):
            raise Problem(422, INVALID, [("", "must have each name once in an object")])

    with suppress(ValueError, RecursionError):
        json.loads(body, object_pairs_hook=look)


async def rules(request: Request) -> dict[str, Any]:
    """Return what a body is checked by beside its model: the context of the validation."""
    return {SMTPUTF8: getattr(request.app.state, "allow_smtputf8", False)}


Rules = Annotated[dict[str, Any], Depends(rules)]


def _refuse(body: Any, is_wrong: Callable[[Any], bool], says: str) -> None:
    if places := list(islice(_places(body, is_wrong), MAX_ERRORS)):
        raise Problem(422, INVALID, [(place, says) for place in places])


def _turns(value: Any) -> bool:
    return isinstance(value, str) and TURNING.search(value) is not None


def _unstorable(value: Any) -> bool:
    return not is_storable(value)


def _places(value: Any, is_wrong: Callable[[Any], bool], place: tuple[int | str, ...] = ()) -> Iterator[str]:
    """Yield pointers to the values in JSON that are wrong; to the object, where a name in it is."""
    match value:
        case list():
            for number, part in enumerate(value):
                yield from _places(part, is_wrong, (*place, number))
        case dict():
            if any(map(is_wrong, value)):
                yield pointer(place)
            for name, part in value.items():
                yield from _places(part, is_wrong, (*place, name))
        case _:
            if is_wrong(value):
                yield pointer(place)


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
