"""What a browser sends, without what no database can hold: forms, and text in them and in addresses."""

from typing import Annotated

from contracts.values import UNSTORABLE
from fastapi import Depends, Request
from pydantic import AfterValidator
from words.legible import CONTROLS

MOST_FIELDS = 1000


def _storable(text: str) -> str:
    return UNSTORABLE.sub("", text)


def legible_text(text: str) -> str:
    """Return a text that the desk keeps itself, without controls that would turn what stands beside it."""
    return CONTROLS.sub("", _storable(text))


Text = Annotated[str, AfterValidator(legible_text)]


async def _form(request: Request) -> dict[str, list[str]]:
    sent = await request.form(max_fields=MOST_FIELDS, max_files=0)
    form: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            form.setdefault(_storable(name), []).append(_storable(value))
    return form


Sent = Annotated[dict[str, list[str]], Depends(_form)]  # the texts of each field, by its name
