"""A mail made ready for reading: what is new in it, what is quoted, where it is signed, what headings say.

Every pattern of this package repeats a bounded number of times, so that reading takes time in proportion to
the mail's length, whatever the mail holds.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from itertools import pairwise
from unicodedata import normalize

WORD = re.compile(r"[a-z0-9']{1,60}")
QUOTE = re.compile(r"[> ]{0,20}>")
FORWARDED = re.compile(
    r"(?:-{2,30} ?(?:oorspronkelijk|original|doorgestuurd|forwarded)|op [^\n]{5,100} schreef)"
)
HEADER = re.compile(r"(?:van|from|verzonden|sent|aan|to|cc|bcc|datum|date|onderwerp|subject) ?:")
SUBJECT = re.compile(r"(?:onderwerp|subject|betreft) ?: {0,5}(?:(?:fw|fwd|re|antw) ?: {0,5}){0,5}")
SIGNED = re.compile(
    r"(?:(?:met |hartelijke |vriendelijke |m\.? ?v(?:r)?\.? ?|dank en |veel |warme |beste ){0,3}"
    r"(?:groet(?:en|jes)?|gr\.?)\b|mvg\b|hoogachtend)"
)
AGAIN = re.compile(
    r"(?:p\.?s\.?\b|(?:functie|opdracht|rol|uren|start(?:datum)?|bijlage|profiel)[^:\n]{0,30}:)"
)
BULLET = re.compile(r"(?:[-*+•·◦▪–o]|\d{1,2}[.)]|[a-z]\))(?= )")
SENTENCE_END = re.compile(r"(?<![ .][a-z])(?<!\d)[.](?=\s)|(?<=\d)[.](?=\s{1,3}[A-Za-z])|[!?;](?=\s)")
ABBREVIATED = re.compile(
    r"(?:\b(?:max|min|ca|circa|excl|incl|ex|nr|tel|evt|mr|drs|ir|dr|jan|feb|apr|aug|sept?|okt|nov|dec"
    r"|gem|obv|bijv|p\.u"
    r"|p\.w|a\.i|a\.s|z\.s\.m|t\.b\.v|o\.a|m\.n|i\.v\.m))$"
)
REQUIRING = re.compile(
    r"\b(?:eis(?:en)?|functieeisen|knock ?-?outs?|knock-?outcriteria|must ?-?haves?|vereist(?:en)?"
    r"|minimumeisen"
    r"|(?:wij|we) vragen|vragen (?:wij|we)|vraag(?:t)? de|breng je mee|neem je mee|profiel|moet je kunnen"
    r"|heb je nodig|verwachten (?:wij|we)|harde criteria)\b"
)
WISHING = re.compile(
    r"\b(?:wens(?:en)?|gewenst|gunningscriteria|nice ?-?to ?-?haves?|pre(?:'s|s)?|pluspunten|plus"
    r"|voorkeur|fijn"
    r"|mooi meegenomen|zachte criteria)\b"
)
ABOUT = re.compile(
    r"\b(?:over (?:ons|onze|de (?:gemeente|provincie|organisatie))|wie (?:zijn|wij|we)|onze organisatie)\b"
)
LONG_LINE = 60
SHORT_LINE = 60
MOST_SIGNED_LINES = 10


class Zone(IntEnum):
    """Where a line stands; what is new counts above what is quoted, and both above a signature."""

    HEADER = 0
    SIGNATURE = 1
    QUOTED = 2
    NEW = 3


class Section(Enum):
    """What the heading above a line says of it."""

    NONE = "none"
    REQUIRED = "required"
    DESIRED = "desired"
    ABOUT = "about"


@dataclass(frozen=True)
class Line:
    """A line from its first sign to its last, without bullet and quotation marks."""

    start: int
    end: int
    zone: Zone
    section: Section
    bullet: bool
    heading: bool


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a line that is less than one. `line`: the place of its (first) line."""

    start: int
    end: int
    line: int
    zone: Zone
    section: Section


@dataclass(frozen=True)
class Word:
    """A word of letters and figures, without accents and capitals."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Mail:
    """`plain` has the signs of `text` in their places, without capitals, accents and odd spaces."""

    text: str
    plain: str
    lines: tuple[Line, ...]
    sentences: tuple[Sentence, ...]
    words: tuple[Word, ...]
    starts: tuple[int, ...]

    def sentence_at(self, offset: int) -> Sentence:
        """Return the sentence in which an offset lies, or the one before it."""
        return self.sentences[max(bisect_right(self.starts, offset) - 1, 0)]

    def zone_at(self, offset: int) -> Zone:
        """Return the zone of an offset."""
        return self.sentence_at(offset).zone if self.sentences else Zone.NEW

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield the matches in what is new or quoted."""
        return (one for one in pattern.finditer(self.plain) if self.zone_at(one.start()) >= Zone.QUOTED)


def prepare(text: str) -> Mail:
    """Return a mail with its lines, sentences and words."""
    signs = plain(text)
    lines = tuple(_sections(signs, _zones(signs)))
    signs = _joined(signs, lines)
    sentences = tuple(_sentences(signs, lines))
    words = tuple(Word(one[0], one.start(), one.end()) for one in WORD.finditer(signs))
    return Mail(text, signs, lines, sentences, words, tuple(one.start for one in sentences))


def plain(text: str) -> str:
    """Return a text without capitals, accents and odd spaces, each sign in its place."""
    return "".join(_plain_sign(sign) for sign in text)


SIGNS = {
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "\t": " ",
    "\r": " ",
    "|": "\t",
}


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return SIGNS.get(sign) or sign.lower()
    if sign in SIGNS:
        return SIGNS[sign]
    if sign.isspace():
        return " "
    low = normalize("NFD", sign)[0].lower()
    return low if len(low) == 1 else sign


def _zones(plain: str) -> Iterator[tuple[int, int, Zone]]:
    quoted, signed, header, seen, marked = False, 0, False, False, False
    offset = 0
    for line in plain.split("\n"):
        start, end = offset, offset + len(line)
        offset = end + 1
        mark = QUOTE.match(plain, start, end)
        body = line[mark.end() - start :].strip() if mark else line.strip()
        header = bool(HEADER.match(body)) and (header or body.startswith(("van", "from")))
        if FORWARDED.match(body) or (header and seen):
            quoted, signed = True, 0
        if signed and (
            AGAIN.match(body) or signed > MOST_SIGNED_LINES or (body and marked is not bool(mark))
        ):
            signed = 0
        marked = bool(mark) if body else marked
        if SIGNED.match(body) and len(body) <= SHORT_LINE:
            signed = 1
        signed += bool(signed and body)
        seen = seen or bool(body and not header)
        if mark:
            start = mark.end()
        if (header and not SUBJECT.match(body)) or FORWARDED.match(body):
            zone = Zone.HEADER
        elif signed:
            zone = Zone.SIGNATURE
        else:
            zone = Zone.QUOTED if mark or quoted else Zone.NEW
        yield start, end, zone


def _sections(plain: str, zones: Iterator[tuple[int, int, Zone]]) -> Iterator[Line]:
    section, bullets, blank = Section.NONE, False, True
    for start, end, zone in zones:
        body = plain[start:end]
        first = start + len(body) - len(body.lstrip())
        last = start + len(body.rstrip())
        if first >= last:
            blank = True
            yield Line(start, start, zone, section, bullet=False, heading=False)
            continue
        mark = BULLET.match(plain, first, last)
        heading = _is_heading(plain[first:last], numbered=mark is not None and plain[first].isdigit())
        if heading and (blank or plain[last - 1] in ":?" or _kind(plain[first:last]) is not Section.NONE):
            section, bullets = _kind(plain[first:last]), False
        elif blank and bullets and not mark:
            section, bullets = Section.NONE, False
        bullets = bullets or mark is not None
        blank = False
        yield Line(
            mark.end() if mark else first, last, zone, section, bullet=mark is not None, heading=heading
        )


def _is_heading(body: str, *, numbered: bool) -> bool:
    if len(body) > SHORT_LINE or body[-1] in ".,;!" or len(body.split()) > 7:
        return False
    if numbered:
        return _kind(body) is not Section.NONE and len(body.split()) <= 4
    return not BULLET.match(body) and ":" not in body[:-1]


def _kind(heading: str) -> Section:
    if WISHING.search(heading):
        return Section.DESIRED
    if REQUIRING.search(heading):
        return Section.REQUIRED
    return Section.ABOUT if ABOUT.search(heading) else Section.NONE


def _joined(plain: str, lines: tuple[Line, ...]) -> str:
    """Return the text with the breaks of lines that a mail program wrapped taken out."""
    signs = list(plain)
    for line, after in pairwise(lines):
        wrapped = line.end - line.start >= LONG_LINE and line.zone == after.zone and after.end > after.start
        if (
            wrapped
            and not after.bullet
            and plain[line.end - 1] not in ".:!?"
            and plain[after.start].isalnum()
        ):
            for offset in range(line.end, after.start):
                signs[offset] = " "
    return "".join(signs)


def _sentences(plain: str, lines: tuple[Line, ...]) -> Iterator[Sentence]:
    place = 0
    while place < len(lines):
        line, first = lines[place], place
        while place + 1 < len(lines) and _runs_on(plain, lines[place], lines[place + 1]):
            place += 1
        end = lines[place].end
        place += 1
        if line.end <= line.start:
            continue
        start = line.start
        for mark in SENTENCE_END.finditer(plain, line.start, end):
            if not ABBREVIATED.search(plain, max(start, mark.start() - 12), mark.start()):
                yield Sentence(start, mark.end(), first, line.zone, line.section)
                start = mark.end()
        if start < end:
            yield Sentence(start, end, first, line.zone, line.section)


def _runs_on(plain: str, line: Line, after: Line) -> bool:
    return line.end > line.start and after.end > after.start and "\n" not in plain[line.end : after.start]
