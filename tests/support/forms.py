"""Forms of a page as a browser without scripts has them: what each would send."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

Fields = list[tuple[str, str]]
BUTTONS = frozenset({"submit", "button", "image", "reset"})


@dataclass
class Form:
    """A form: where it is sent, and its fields as they are filled in; its buttons add themselves."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)
    buttons: Fields = field(default_factory=list)

    def typed(self, values: Mapping[str, str | list[str]]) -> Fields:
        """Return what is sent after somebody typed these values."""
        rest = [(name, value) for name, value in self.fields if name not in values]
        return rest + [
            (name, one)
            for name, value in values.items()
            for one in ([value] if isinstance(value, str) else value)
        ]


def forms(html: str) -> list[Form]:
    """Return the forms of a page that are posted."""
    reader = _Reader()
    reader.feed(html)
    return [one for one in reader.forms if one.method == "post"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._text: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[str], list[str]] | None = None  # its name, options, those selected

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "textarea":
            self._text = (has["name"], [])
        elif tag == "select":
            self._select = (has["name"], [], [])
        elif tag == "option" and self._select is not None:
            self._select[1].append(has.get("value", ""))
            if "selected" in has:
                self._select[2].append(has.get("value", ""))
        elif tag in {"input", "button"} and has.get("name"):
            self._control(self._form, tag, has)

    def _control(self, form: Form, tag: str, has: dict[str, str]) -> None:
        kind = has.get("type", "submit" if tag == "button" else "text")
        if kind in BUTTONS:
            form.buttons.append((has["name"], has.get("value", "")))
        elif kind not in {"checkbox", "radio"} or "checked" in has:
            form.fields.append((has["name"], has.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None and self._text is not None:
            name, parts = self._text
            self._form.fields.append((name, "".join(parts).removeprefix("\n")))  # as HTML has it
            self._text = None
        elif tag == "select" and self._form is not None and self._select is not None:
            name, options, selected = self._select
            self._form.fields += [(name, one) for one in selected or options[:1]]
            self._select = None
