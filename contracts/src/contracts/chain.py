"""How acts are chained: whoever has a service's links in order can tell whether one was changed or left out.

A link's hash is the SHA-256 of its canonical form: the event's JSON without `hash` and without what is null,
as RFC 8785 writes JSON: in UTF-8, names in their order, no spaces. Moments are in UTC with `Z`, to the
microsecond where it is not 0. As `previous` is part of it, no link can be changed, taken out, put in or put
elsewhere without all after it being made anew; and those are on the topic already. A field that is added one
day is null in the links of before it, whose form it leaves as it was.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from hashlib import sha256
from typing import Any

from contracts.events import ActRecorded

BEGINNING = "0" * 64  # what is before the first link


def canonical(act: ActRecorded) -> bytes:
    """Return what of a link is hashed."""
    said = act.model_copy(update={"at": act.at.astimezone(UTC)})
    content = said.model_dump(mode="json", exclude={"hash"}, exclude_none=True)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(act: ActRecorded) -> str:
    """Return the hash that a link must have."""
    return sha256(canonical(act)).hexdigest()


def link(content: Mapping[str, Any], number: int, previous: str) -> ActRecorded:
    """Return an act (the fields of `ActRecorded` but the three of the chain) as the link after `previous`."""
    act = ActRecorded(**content, number=number, previous=previous, hash=BEGINNING)
    return act.model_copy(update={"hash": digest(act)})
