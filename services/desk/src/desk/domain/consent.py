"""When somebody whom a recruiter enters said that mails may come: a day in the form, a moment outside."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

from words.nl import AMSTERDAM

from desk.domain.profile_form import Typed, first

FIELD = "/contact/confirmed_at"
WAS = f"{FIELD}/was"


def typed_of(profile: Mapping[str, Any]) -> Typed:
    """Return the field as a profile fills it, as its owner shows it, and beside it what it held."""
    moment = profile["contact"].get("confirmed_at")
    said = [] if moment is None else [datetime.fromisoformat(moment).astimezone(AMSTERDAM).date().isoformat()]
    return {FIELD: said, WAS: said}


def named(typed: Typed, today: date, *, is_new: bool) -> dict[str, Any]:
    """Return what of the contact is to be sent: of somebody new null where no day is filled in, for then they
    are asked first; of others only what is no longer as it was. A day that is none, or still to come, is sent
    as it was typed, and its owner says that it is wrong."""
    text = first(typed, FIELD)
    if not is_new and text == first(typed, WAS):
        return {}
    if not text:
        return {"confirmed_at": None}
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if day <= today:
            return {"confirmed_at": datetime.combine(day, time(), AMSTERDAM).isoformat()}
    return {"confirmed_at": text}
