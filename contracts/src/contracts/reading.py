"""JSON read into a model, as a newer release of ours may have written it: in an event or in a stored row.

Fields that a release does not know are ignored. A value of a closed list that it does not know is dropped
where the model says so (`tolerant`), for what is left is still true; anywhere else leaving it out would
change what is meant, and only a newer release can read it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from contracts.values import Frozen

M = TypeVar("M", bound=Frozen)
HIDDEN = "*"
WORD = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,100}")


class Undecodable(ValueError):
    """What no release can read; says why, without the contents."""


class Unfamiliar(ValueError):
    """What this release cannot read and a newer one may; says why, without the contents."""


@dataclass(frozen=True)
class Reading(Generic[M]):
    """What was read. `dropped`: the path of its list, as in `tolerant`, for each value that was left out."""

    data: M
    dropped: tuple[str, ...] = ()


def read(model: type[M], text: str | bytes) -> Reading[M]:
    """Read JSON.

    Raises:
        Undecodable: it breaks the contract.
        Unfamiliar: it holds a value of a closed list that is not known here and may not be dropped.
    """
    try:
        return Reading(model.model_validate_json(text))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
    if not all(_is_unknown_value(fault) for fault in faults):
        raise Undecodable(_describe(model, faults))
    if any(_path(fault) not in model.tolerant for fault in faults):
        raise Unfamiliar(_describe(model, faults))
    return _read_without(model, text, faults)


def _read_without(model: type[M], text: str | bytes, faults: list[ErrorDetails]) -> Reading[M]:
    content = from_json(text)
    places: dict[tuple[int | str, ...], set[Any]] = {}
    for fault in faults:
        places.setdefault(fault["loc"][:-1], set()).add(fault["loc"][-1])
    for place, dropped in places.items():
        values = content
        for step in place:
            values = values[step]
        values[:] = [value for index, value in enumerate(values) if index not in dropped]
    paths = tuple(_path(fault) for fault in faults)
    try:
        return Reading(model.model_validate_json(to_json(content)), paths)
    except ValidationError as error:
        rest = error.errors(include_url=False, include_context=False)
    if all(fault["type"] == "too_short" and _path(fault) in paths for fault in rest):
        raise Unfamiliar(_describe(model, rest))
    raise Undecodable(_describe(model, rest))


def _is_unknown_value(fault: ErrorDetails) -> bool:
    """Tell whether it is about a text that a list may hold one day: on one line, and of some length."""
    text = fault["input"]
    return fault["type"] == "enum" and isinstance(text, str) and WORD.fullmatch(text) is not None


def _path(fault: ErrorDetails) -> str:
    return "/".join(step for step in fault["loc"] if isinstance(step, str))


def _describe(model: type[Frozen], faults: Iterable[ErrorDetails]) -> str:
    """Say where and what, without anything that the text holds: a key of a mapping may be anything."""
    names = _field_names(model)
    said = []
    for fault in list(faults)[:10]:
        steps = (str(step) if isinstance(step, int) or step in names else HIDDEN for step in fault["loc"])
        said.append(f"/{'/'.join(steps)}: {fault['msg']}")
    return "; ".join(said)


@lru_cache
def _field_names(model: type[Frozen]) -> frozenset[str]:
    schema = model.model_json_schema()
    objects = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for one in objects for name in one.get("properties", {}))
