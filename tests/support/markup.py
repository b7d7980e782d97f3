"""Text that would be markup, and a reader of pages that tells what became of it."""

import re
from html.parser import HTMLParser

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
COMPUTED = str(1234 * 5678)
MARK = "GEPLANT"
ELEMENTS = {"planted", "iframe", "object", "embed", "svg", "img", "base", "bdi"}
LINKS = {"href", "src", "action", "formaction", "srcset", "poster", "data"}
IN_MAILS = re.compile(r"https://opdrachten\.example\.org/|/static/|mailto:|tel:|#|/?$")
SCHEMES = re.compile(r"(?:/(?!/)|#|\?|mailto:|tel:|https?://(?:desk|localhost|opdrachten\.example)\b|$)")


def hostile(field: str) -> str:
    """Return markup for a field, marked with the field's name; a name's length is kept in mind first."""
    return (
        f"{MARK}-{field} <script>planted()</script><planted planted=1>\"'><img src=x onerror=planted()>"
        "{{1234*5678}}${1234*5678}</textarea></title>--><svg/onload=planted()>\u202edraaiom\u2066\u2068"
        " javascript:planted() \x1b[2J"
    )


class Page(HTMLParser):
    """A page as read. `wrong`: what stands in it and is of no template; `text`: all text and all values.
    `mail`: it is a mail, which has styles within and leads to other sites."""

    def __init__(self, html: str, *, mail: bool = False) -> None:
        super().__init__()
        self._mail = mail
        self._styles = set() if mail else {"style"}
        self.wrong: list[str] = []
        self.text = ""
        self._inside: str | None = None
        self.feed(html)
        self.close()
        if COMPUTED in html:
            self.wrong.append("an expression was computed")
        if TURNING.search(html):
            self.wrong.append("a directional control")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge an element."""
        names = dict(attrs)
        self._inside = tag
        if tag in ELEMENTS | self._styles or (
            tag == "script" and not (names.get("src") or "").startswith("/assets/")
        ):
            self.wrong.append(f"<{tag} {names}>")
        for name, value in attrs:
            if name.startswith("on") or "planted" in name or name == "srcdoc" or name in self._styles:
                self.wrong.append(f"<{tag} {name}={value}>")
            schemes = IN_MAILS if self._mail else SCHEMES
            if name in LINKS and not schemes.match(value or ""):
                self.wrong.append(f"<{tag} {name}={value}>")
            self.text += f" {value}"

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self._inside in {"script"} | self._styles and data.strip():
            self.wrong.append(f"inline {self._inside}: {data[:80]}")
        self.text += f" {data}"

    def handle_endtag(self, _tag: str) -> None:
        """Be outside again."""
        self._inside = None
