"""A client's mail beside the form: what its words say, filled in where nobody had typed anything yet.

Which words led to which field travels with the form (`gelezen`), as long as the mail does.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.values import Place
from words import nl

from desk.domain import form as forms
from desk.domain.form import AMSTERDAM, BY_NAME, Field, Kind, Typed
from desk.owners import assignments
from desk.owners.api import Owners
from desk.reading import Found, KnownPlace, Reading, Words, read

LONGEST = 20_000
MOST_NAMES = 40
# A long mail takes half a second. Beside one thread that reads, others hardly wait; beside three they do.
READER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
# What may be the name of a place: a word with a capital or after "in", with the article before it.
NAME = re.compile(
    r"(?:\b[Dd]en |\b[Dd]e |\b[Hh]et |'s-)?\b(?:[A-Z][\w'’-]{2,30}|(?<=\bin )[a-z][\w'’-]{2,30})"
)


@dataclass(frozen=True)
class Find:
    """What the mail says of a field. `value`: as facts have it; `others`: what it says besides, in words."""

    field: Field
    value: Any
    words: Sequence[Words]
    others: Sequence[str] = ()


@dataclass(frozen=True)
class MailShown:
    """A mail in stretches, each with the field that its words led to; and the words by field."""

    stretches: Sequence[tuple[str, Field | None]]
    quotes: Mapping[str, str]


def text_of(form: Typed) -> str:
    """Return the mail that was pasted, its lines as they are counted in."""
    return "".join(form.get("mail", ()))[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")


async def filled(
    owners: Owners, token: str, form: Typed, untouched: Typed
) -> tuple[dict[str, Sequence[str]], list[Find]]:
    """Return the form with what its mail says, and what was filled in: fields that are as in `untouched`."""
    mail = text_of(form)
    today = datetime.now(UTC).astimezone(AMSTERDAM).date()
    places = await _places(owners, token, mail)
    reading = await asyncio.get_running_loop().run_in_executor(READER, read, mail, today, places)
    result: dict[str, Sequence[str]] = dict(form)
    taken, marks = [], list(form.get("gelezen", ()))
    for find in finds(reading):
        if forms.differs(find.field, form, untouched):
            continue
        shown = forms.typed(_nested(find.field.path, find.value))
        result |= {name: shown[name] for name in find.field.controls}
        marks += [f"{find.field.name}:{words.start}-{words.end}" for words in find.words]
        taken.append(find)
    result["gelezen"] = marks
    return result, taken


def without(form: Typed, name: str) -> dict[str, Sequence[str]]:
    """Return the form without what the mail said of a field."""
    kept = [mark for mark in form.get("gelezen", ()) if mark.partition(":")[0] != name]
    return {**forms.taken(form, [name], {}), "gelezen": kept}


def shown(form: Typed) -> MailShown | None:
    """Return the mail with its marks; None where none was read."""
    mail, marks = text_of(form), list(_marks(form))
    if not mail or not marks:
        return None
    stretches: list[tuple[str, Field | None]] = []
    quotes: dict[str, list[str]] = {}
    at = 0
    for start, end, field in sorted(marks, key=lambda mark: mark[:2]):
        quotes.setdefault(field.name, []).append(" ".join(mail[start:end].split()))
        if start >= at and mail[start:end]:
            stretches += [(mail[at:start], None), (mail[start:end], field)]
            at = end
    stretches.append((mail[at:], None))
    return MailShown(stretches, {name: " … ".join(filter(None, said)) for name, said in quotes.items()})


def _marks(form: Typed) -> Iterator[tuple[int, int, Field]]:
    for mark in form.get("gelezen", ()):
        found = re.fullmatch(r"(\w{1,40}):(\d{1,6})-(\d{1,6})", mark, re.ASCII)
        if found and found[1] in BY_NAME:
            yield int(found[2]), int(found[3]), BY_NAME[found[1]]


def finds(reading: Reading) -> Iterator[Find]:
    """Return what was read, field by field."""
    for field in forms.FIELDS:
        found = getattr(reading, SOURCES.get(field.name, field.name), None)
        if isinstance(found, Found):
            others = [nl.term(str(_plain(one.value))) for one in found.others]
            yield Find(field, _plain(found.value), [found.words], others if field.kind in SAYABLE else ())
        elif isinstance(found, tuple) and found:
            yield Find(field, [_plain(one.value) for one in found], [one.words for one in found])


SOURCES = {"organisation_name": "organisation"}
SAYABLE = (Kind.NUMBER, Kind.LINE, Kind.ONE)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Place):
        return value.model_dump()
    return value


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return dict(value)


async def _places(owners: Owners, token: str, mail: str) -> list[KnownPlace]:
    """Return the places that the mail may name."""
    names = list(dict.fromkeys(found[0] for found in NAME.finditer(mail)))[:MOST_NAMES]
    answers = await asyncio.gather(*(assignments.places(owners, token, name) for name in names))
    return [KnownPlace(Place.model_validate(one.place), (one.by,)) for found in answers for one in found]
