"""Which people an opdracht reaches, before it is whole: the fields that matching judges by, alone."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.facts import AssignmentFacts
from contracts.requests import AssignmentRequest
from pydantic import ValidationError

from desk.domain.form import Field, field_at

# No rule and no criterion looks at these: whoever is still typing them sees the reach.
UNJUDGED: Mapping[str, Any] = {
    "title": "-",
    "description": "",
    "reason": "",
    "recruiter": {"name": "-", "email": "opdracht@example.org"},
    "respond_by": "2099-12-31T12:00:00+01:00",
    "urgency": "normaal",
    "positions": 1,
}


def judged(fields: Mapping[str, Any]) -> AssignmentFacts | list[Field]:
    """Return the facts that matching judges by, or the fields that it lacks or cannot read."""
    organisation = fields.get("organisation")
    kind = organisation.get("type") if isinstance(organisation, Mapping) else None
    body = {**fields, **UNJUDGED, "organisation": {"name": "-", **({"type": kind} if kind else {})}}
    if any(pointer.startswith("/weights") for pointer, _ in refused(fields)):
        del body["weights"]  # they do not add up yet: until then the usual ones hold
    try:
        return AssignmentFacts.model_validate_json(json.dumps(body))
    except ValidationError as error:
        found = [field_at(pointer) for pointer, _ in _errors(error)]
        return list(dict.fromkeys(field for field in found if field is not None))


def refused(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what keeps fields from being an opdracht: JSON pointers, and what is wrong (in English)."""
    try:
        AssignmentRequest.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        return _errors(error)
    return []


def _errors(error: ValidationError) -> list[tuple[str, str]]:
    return [("/" + "/".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)]
