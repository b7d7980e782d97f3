"""Markup in every text that mails and their pages tell is text there: in the HTML, and in the headers."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel
from support.answer_pages import EVERY_STANDING, match_page
from support.mails import COMPOSER, EVERY_MAIL, NOW
from support.markup import MARK, Page, hostile
from support.notifying import read

TEXTS = {"title", "description", "name", "reason", "message", "where", "policy"}
LINES = {"title", "name", "where", "policy"}


def planted(value: Any, name: str = "") -> Any:
    """Return a value with markup in the place of each text that people wrote."""
    if type(value) is str and name in TEXTS:
        return hostile(name).replace("\x1b", "") if name in LINES else f"{hostile(name)}\n\n- {hostile(name)}"
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: planted(getattr(value, one.name), one.name) for one in fields(value) if one.init}
        return replace(value, **parts)
    if isinstance(value, BaseModel):
        return value.model_copy(
            update={one: planted(getattr(value, one), one) for one in type(value).model_fields}
        )
    if isinstance(value, tuple | list):
        return type(value)(planted(one, name) for one in value)
    if isinstance(value, Mapping):
        return {key: planted(one, "" if isinstance(key, str) else name) for key, one in value.items()}
    return value


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_what_people_wrote_is_text_in_every_mail(name: str) -> None:
    mail = COMPOSER.write(planted(EVERY_MAIL[name]), NOW)
    sent = read(mail)
    html = sent.get_body(("html",))
    assert html is not None
    page = Page(html.get_content(), mail=True)
    assert page.wrong == []
    assert MARK in page.text
    assert set(sent.keys()) == set(read(COMPOSER.write(EVERY_MAIL[name], NOW)).keys())
    assert sent["Subject"].isprintable()


@pytest.mark.parametrize("name", EVERY_STANDING)
def test_what_people_wrote_is_text_on_every_page_of_a_mail(name: str) -> None:
    page = Page(match_page(planted(EVERY_STANDING[name])), mail=True)
    assert page.wrong == []
    assert MARK in page.text
