"""For schemathesis: the requests that it means to be valid also keep the rules that JSON Schema lacks."""

from typing import Any
from uuid import uuid4

import schemathesis

FIELDS_IN_ORDER = (
    ("hours_min", "hours_max"),
    ("available_from", "available_until"),
    ("starts_on", "ends_on"),
    ("started_on", "ended_on"),
    ("from", "until"),
)
EARLY = "2001-01-01"
SOON = "2099-01-01T12:00:00+01:00"
LONG_AGO = "2001-01-01T12:00:00+01:00"


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: Any) -> None:
    """Mend what no schema can tell to be wrong; what is meant to be wrong stays so."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    case.query.pop("cursor", None)  # only an answer gives one
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())  # the same key with another body is refused
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"  # which version there is, only an answer tells
    case.body = _mended(case.body)


def _mended(value: Any) -> Any:
    if isinstance(value, list):
        return [_mended(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1.0 is an integer in JSON Schema, and none here
    return (
        _in_order({key: _mended(part) for key, part in value.items()}) if isinstance(value, dict) else value
    )


def _in_order(fields: dict[str, Any]) -> dict[str, Any]:
    """One field is at least another, weights sum to 100, what opens has its closing moment to come, who
    agreed did so in years that there are, only an invitation has an appointment, and what is in a portfolio
    has begun."""
    if "started_on" in fields:
        fields["started_on"] = EARLY
    for lower, upper in FIELDS_IN_ORDER:
        if fields.get(lower) is not None and fields.get(upper) is not None:
            fields[lower], fields[upper] = sorted((fields[lower], fields[upper]))
    if fields.get("weights") is not None:
        fields["weights"] = {"rate": 100}
    if fields.get("decision") != "invited" and "decision" in fields:
        fields.pop("appointment", None)
    if "respond_by" in fields:
        fields["respond_by"] = SOON
    if fields.get("confirmed_at") is not None:
        fields["confirmed_at"] = LONG_AGO
    return fields
