"""Free text, made fit to be shown: one line of it, or a description as paragraphs and lists.

What people wrote may hold HTML, which is reduced to text, and directional controls, which could turn the rest
of a line round and are taken out. A line with letters that are written from right to left is isolated
(Unicode's FSI and PDI; templates write `<bdi>` in HTML), so that what stands beside it keeps its order.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby
from operator import itemgetter

FSI, PDI = "\u2068", "\u2069"
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
ITEM = re.compile(r"[ \t]*(?:[-*•·–]|(?P<number>\d{1,2})[.)])[ \t]+(?P<text>.*\S)")

# HTML's elements: what begins a line, what of that has blank lines around it, what shows nothing, and others.
BREAKING = (
    "address|article|blockquote|br|dd|div|dl|dt|footer|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul"
)
PARAGRAPHS = "blockquote|dl|h[1-6]|hr|ol|p|pre|table|ul"
UNSEEN = "head|script|style|title"
OTHERS = (
    "a|abbr|b|body|center|code|em|font|html|i|img|link|meta|s|small|span|strike|strong|su[bp]|tbody|td|th"
    "|thead|u"
)
NO_TAG = re.compile(rf"<(?!!--|/?(?:{BREAKING}|{UNSEEN}|{OTHERS})(?=[\s/>]))", re.IGNORECASE)
NO_ENTITY = re.compile(r"&(?!(?:[a-z][a-z0-9]{1,30}|#[0-9]{1,7}|#x[0-9a-f]{1,6});)", re.IGNORECASE)


def clean(value: str) -> str:
    """Return a text on one line, without tags and directional controls."""
    if not (value.isascii() and value.isprintable()) or "<" in value or "&" in value:
        value = plain(value)
    return " ".join(value.split())


def line(value: str) -> str:
    """Return a text on one line as it may stand among other words."""
    return _isolated(clean(value))


def short(value: str, most: int) -> str:
    """Return a text as `line` does, cut after a word so that it has at most `most` characters."""
    text = clean(value)
    return _isolated(cut(text, most - len(_isolated(text)) + len(text)))


def cut(text: str, most: int) -> str:
    """Cut a text after a word, and say so: at most `most` characters."""
    if len(text) <= most:
        return text
    head, _, rest = text[:most].rpartition(" ")
    if not head or len(rest) > most // 2:
        head = text[: most - 1]
    return head.rstrip(" ,;:.–-(/&") + "…"


def _isolated(text: str) -> str:
    return text if text.isascii() or not RIGHT_TO_LEFT.search(text) else f"{FSI}{text}{PDI}"


@dataclass(frozen=True)
class Block:
    """A paragraph of lines, or a list of items: numbered from `start`, or with bullets where that is None."""

    lines: tuple[str, ...]
    is_list: bool = False
    start: int | None = None


def blocks(text: str) -> Sequence[Block]:
    """Return a text of many lines as paragraphs and lists."""
    return tuple(_blocks(plain(text).split("\n")))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Blank lines end a paragraph, and stand between items too."""
    paragraph = 0
    read: list[tuple[str | int, str, int | None]] = []
    for one in lines:
        item = ITEM.fullmatch(one)
        if item is not None:
            number = int(item["number"]) if item["number"] else None
            read.append(("bullets" if number is None else "numbers", item["text"], number))
        elif one.strip():
            read.append((paragraph, one.strip(), None))
        else:
            paragraph += 1
    for kind, group in groupby(read, key=itemgetter(0)):
        (_, first, start), *others = group
        yield Block((first, *(text for _, text, _ in others)), is_list=isinstance(kind, str), start=start)


def plain(text: str) -> str:
    """Return a text without directional controls, its HTML reduced: a list's item is a line that begins with
    a dash or its number, entities are decoded once, and no more than one line is left blank."""
    if "<" in text or "&" in text:
        reader = _Reader()
        reader.feed(NO_ENTITY.sub("&amp;", NO_TAG.sub("&lt;", text)))
        reader.close()
        text = "".join(reader.found)
    if not text.isascii():
        text = CONTROLS.sub("", text)
    lines = [one.rstrip() for one in text.splitlines()]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _Reader(HTMLParser):
    """Collects the text of what may be HTML. A line break counts as it stands, save inside of an element that
    makes a block, where HTML takes it for a blank."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._breaks = 0  # before what comes next
        self._item = ""  # what it begins with
        self._lists: list[
            int | None
        ] = []  # the lists that it is in: the number of the last item, None for bullets
        self._inside = self._unseen = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self._break(tag)
        if tag in {"ol", "ul"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item = self._bullet()
        self._inside += _is(BREAKING, tag) and tag not in {"br", "hr"}
        self._unseen += _is(UNSEEN, tag)

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag in {"ol", "ul"}:
            del self._lists[-1:]
        elif tag == "li":
            self._item = ""
        self._inside = max(0, self._inside - _is(BREAKING, tag))
        self._unseen = max(0, self._unseen - _is(UNSEEN, tag))

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._inside:
            data = _unbroken(data)
        text = data.lstrip() if self._breaks or not self.found else data
        if not text.strip() and (self._breaks or "\n" in data):
            self._breaks = max(self._breaks, data.count("\n"))
            return
        breaks = max(self._breaks, data[: len(data) - len(text)].count("\n")) if self.found else 0
        self.found.append("\n" * breaks + self._item + text)
        self._breaks, self._item = 0, ""

    def _break(self, tag: str) -> None:
        if tag == "br":
            self._breaks += 1
        elif _is(BREAKING, tag):
            item = bool(self._item) and tag == "p"  # a paragraph that is the whole item
            self._breaks = max(self._breaks, 2 if _is(PARAGRAPHS, tag) and not item else 1)

    def _bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "


def _is(elements: str, tag: str) -> bool:
    return re.fullmatch(elements, tag) is not None


def _unbroken(text: str) -> str:
    """Join lines; where one was left blank, a paragraph ends."""
    first, *others = text.split("\n")
    if not others:
        return text
    *between, last = others
    lines = [first.rstrip(), *(one.strip() for one in between), last.lstrip()]
    return re.sub("\n+", lambda breaks: " " if len(breaks[0]) == 1 else "\n\n", "\n".join(lines))
