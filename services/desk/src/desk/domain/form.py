"""The form of an opdracht: what was typed, and the facts that it stands for.

`Typed` is a form as browsers send it: a list of texts for each name. `fields` is a JSON object as the
assignments service takes it, complete or not; what cannot be read goes there as it was typed, and the
service says so. What is left as it was keeps its value to the letter, whatever a form can show of it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from contracts.vocabulary import Criterion

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

Typed = Mapping[str, Sequence[str]]
Fields = Mapping[str, Any]
Places = Mapping[str, Fields]  # by name, in lower case: a place as facts take it

WHOLE = re.compile(r"\d{1,9}", re.ASCII)
AMOUNT = re.compile(r"€?\s*(\d{1,3}(?:\.\d{3}){1,2}|\d{1,7})(?:[.,](\d{1,2}))?(?:,-)?", re.ASCII)
DUTCH_DAY = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})", re.ASCII)
CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?", re.ASCII)


class Kind(Enum):
    """How a field is typed."""

    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    EUROS = "euros"
    DAY = "day"
    MOMENT = "moment"  # a day and a time, in Dutch time
    PLACE = "place"
    YES = "yes"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True)
class Field:
    """A field of the form, and where its value stands in the facts."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    required: bool = True

    @property
    def controls(self) -> tuple[str, ...]:
        """The names under which browsers send it."""
        return (f"{self.name}_day", f"{self.name}_time") if self.kind is Kind.MOMENT else (self.name,)


def _field(name: str, kind: Kind, *, required: bool = True) -> Field:
    return Field(name, kind, (name,), required)


WEIGHTS = tuple(
    Field(f"weight_{criterion}", Kind.NUMBER, ("weights", criterion), required=False)
    for criterion in Criterion
)
FIELDS = (
    _field("title", Kind.LINE),
    _field("description", Kind.TEXT),
    _field("reason", Kind.TEXT),
    Field("organisation_name", Kind.LINE, ("organisation", "name")),
    Field("organisation_type", Kind.ONE, ("organisation", "type")),
    _field("place", Kind.PLACE),
    _field("onsite_days", Kind.NUMBER),
    _field("level", Kind.ONE),
    _field("open_to_growth", Kind.YES),
    _field("required_specialisms", Kind.MANY),
    _field("required_certificates", Kind.MANY),
    _field("starts_on", Kind.DAY),
    _field("ends_on", Kind.DAY),
    _field("hours_min", Kind.NUMBER),
    _field("hours_max", Kind.NUMBER),
    _field("rate_max_cents", Kind.EUROS, required=False),
    _field("contract_forms", Kind.MANY),
    _field("desired_specialisms", Kind.MANY),
    _field("dossiers", Kind.MANY),
    *WEIGHTS,
    _field("respond_by", Kind.MOMENT),
    _field("urgency", Kind.ONE),
    _field("positions", Kind.NUMBER),
    Field("recruiter_name", Kind.LINE, ("recruiter", "name")),
    Field("recruiter_email", Kind.LINE, ("recruiter", "email")),
    Field("recruiter_phone", Kind.LINE, ("recruiter", "phone"), required=False),
)
BY_NAME = {field.name: field for field in FIELDS}


def field_at(pointer: str) -> Field | None:
    """Return the field that a JSON pointer leads to, or into; of a part with several fields the first."""
    path = tuple(pointer.strip("/").split("/"))
    for field in FIELDS:
        shared = min(len(path), len(field.path))
        if path[:shared] == field.path[:shared]:
            return field
    return None


def typed(fields: Fields) -> dict[str, list[str]]:
    """Return the form that shows these fields."""
    form: dict[str, list[str]] = {}
    for field in FIELDS:
        form.update(zip(field.controls, _shown(field, _at(fields, field.path)), strict=True))
    return form


def read(form: Typed, base: Fields, places: Places) -> dict[str, Any]:
    """Return the fields that a form stands for: those of `base` with what was typed otherwise.

    `places`: those that a typed name may mean. One that is not there has no coordinates.
    """
    result = deepcopy(dict(base))
    before = typed(base)
    for field in FIELDS:
        is_there = _at(base, field.path) is not None
        if is_there and not differs(field, before, form):
            continue
        value = _value(field, [list(form.get(name, ())) for name in field.controls], places)
        if value is not None or _at(result, field.path) is not None:
            _put(result, field.path, value)
    return result


def empty(fields: Fields) -> list[Field]:
    """Return the required fields that have no value yet."""
    return [field for field in FIELDS if field.required and _at(fields, field.path) in (None, "")]


def changed(before: Fields, after: Fields) -> list[Field]:
    """Return the fields that differ."""
    old, new = typed(before), typed(after)
    return [field for field in FIELDS if differs(field, old, new)]


def differs(field: Field, one: Typed, other: Typed) -> bool:
    """Tell whether a field was typed differently in two forms."""
    return any(
        _same(field, one.get(name, ())) != _same(field, other.get(name, ())) for name in field.controls
    )


def taken(form: Typed, names: Iterable[str], other: Typed) -> dict[str, Sequence[str]]:
    """Return the form with the named fields as another form has them."""
    controls = {control for name in names if name in BY_NAME for control in BY_NAME[name].controls}
    return {**form, **{control: other.get(control, ()) for control in controls}}


def merge_patch(before: Fields, after: Fields) -> dict[str, Any]:
    """Return the merge patch (RFC 7396) that makes `after` of `before`."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if value != old:
                patch[name] = merge_patch(old, value)
        elif value != old:
            patch[name] = value
    return patch


def with_change(fields: Fields, change: Fields) -> dict[str, Any]:
    """Return fields with a change that was proposed for them; of what no opdracht has nothing."""
    known = {field.path[0] for field in FIELDS}
    return {**fields, **{name: value for name, value in change.items() if name in known}}


def weight_sum(form: Typed) -> int | None:
    """Return what the award points add up to; None where none was typed."""
    said = [text.strip() for field in WEIGHTS for text in form.get(field.name, ())]
    numbers = [int(text) for text in said if WHOLE.fullmatch(text)]
    return sum(numbers) if numbers else None


def _same(field: Field, values: Sequence[str]) -> Sequence[str]:
    if field.kind is Kind.MANY:
        return sorted(values)
    return [value.replace("\r\n", "\n").replace("\r", "\n").strip() for value in values if value.strip()]


def _at(fields: Fields, path: tuple[str, ...]) -> Any:
    found: Any = fields
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _put(fields: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value, or take it away where it is None; a part without any value goes too."""
    *parts, name = path
    if parts:
        part = fields.get(parts[0])
        part = dict(part) if isinstance(part, Mapping) else {}
        _put(part, (name,), value)
        name, value = parts[0], part or None
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value


def _shown(field: Field, value: Any) -> list[list[str]]:
    match field.kind, value:
        case Kind.MOMENT, _:
            return [[part] if part else [] for part in _local(value)]
        case _, None:
            return [[]]
        case Kind.MANY, list():
            return [[_text(one) for one in value]]
        case Kind.YES, bool():
            return [["1"] if value else []]
        case Kind.EUROS, int() if not isinstance(value, bool):
            whole, rest = divmod(value, 100)
            return [[f"{whole},{rest:02d}" if rest else str(whole)]]
        case Kind.PLACE, Mapping():
            return [[_text(value["name"])] if "name" in value else []]
        case _:
            return [[_text(value)]]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _local(value: Any) -> tuple[str, str]:
    """Return the day and the time of a moment in Dutch time; what is none, as it was typed."""
    if value is None:
        return "", ""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        at = moment.astimezone(AMSTERDAM)
    except (TypeError, ValueError, OverflowError):
        day, _, clock = _text(value).partition("T")
        return day, clock
    return f"{at:%Y-%m-%d}", f"{at:%H:%M}"


def _value(field: Field, sent: Sequence[Sequence[str]], places: Places) -> Any:
    """Return what was typed as a value; None where nothing was."""
    values = sent[0]
    match field.kind:
        case Kind.YES:
            return bool(values)
        case Kind.MANY:
            return list(dict.fromkeys(values)) or ([] if field.name != "contract_forms" else None)
        case Kind.MOMENT:
            day, clock = ("".join(part).strip() for part in sent)
            return _moment(day, clock)
    text = "".join(values).replace("\r\n", "\n").replace("\r", "\n")
    said = text.strip()
    if not said:
        return None
    match field.kind:
        case Kind.TEXT:
            return text
        case Kind.NUMBER if WHOLE.fullmatch(said):
            return int(said)
        case Kind.EUROS:
            return _cents(said)
        case Kind.DAY:
            return _day(said)
        case Kind.PLACE:
            return dict(places.get(said.casefold(), {"name": said}))
    return said


def _cents(said: str) -> int | str:
    amount = AMOUNT.fullmatch(said)
    if amount is None:
        return said
    whole, rest = amount.groups("0")
    return int(whole.replace(".", "")) * 100 + int(rest.ljust(2, "0"))


def _day(said: str) -> str:
    dutch = DUTCH_DAY.fullmatch(said)
    if dutch is None:
        return said
    day, month, year = map(int, dutch.groups())
    return f"{year:04d}-{month:02d}-{day:02d}"


def _moment(day: str, clock: str) -> str | None:
    """Return a moment of Dutch time with its zone; what is none, and an hour that summer time skips, as it
    was typed. Of an hour that a day has twice, the first is meant."""
    if not day and not clock:
        return None
    day, time = _day(day), CLOCK.fullmatch(clock)
    try:
        if time is None:
            raise ValueError
        local = datetime.combine(
            date.fromisoformat(day), datetime.min.time().replace(int(time[1]), int(time[2])), AMSTERDAM
        )
        if local.astimezone(UTC).astimezone(AMSTERDAM).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValueError
    except (ValueError, OverflowError):
        return f"{day}T{clock}"
    return local.isoformat()
