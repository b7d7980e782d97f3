"""Days and times as Dutch mails write them, and what they are the days of."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import Enum

from desk.reading.mail import Mail, Sentence, Zone

MONTHS = ("jan", "feb", "maa", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
NUMBERS = {
    "een": 1,
    "twee": 2,
    "drie": 3,
    "vier": 4,
    "vijf": 5,
    "zes": 6,
    "zeven": 7,
    "acht": 8,
    "negen": 9,
    "tien": 10,
    "elf": 11,
    "twaalf": 12,
    "dertien": 13,
    "veertien": 14,
    "vijftien": 15,
    "zestien": 16,
    "achttien": 18,
    "twintig": 20,
    "vierentwintig": 24,
    "achtentwintig": 28,
    "dertig": 30,
    "tweeendertig": 32,
    "zesendertig": 36,
    "veertig": 40,
}
NUMBER = rf"(?:\d{{1,3}}|(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)"

MONTH = (
    r"(?:jan(?:uari)?|feb(?:r(?:uari)?)?|maart|mrt|apr(?:il)?|mei|juni?|juli?|aug(?:ustus)?|sept?(?:ember)?"
    r"|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
YEAR = r"(?:[ ,]{0,2}(?P<year>20\d\d)\b| '(?P<short>\d\d)\b)"
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)}|ma|di|woe?|do|vr|za|zo)"
NAMED = re.compile(
    rf"(?:\b{WEEKDAY}\b\.?,? {{0,2}})?(?:\b(?P<day>\d{{1,2}})(?:e|ste|de)?(?: ?t/m ?\d{{1,2}})? ?|"
    rf"\b(?P<part>begin|half|medio|midden|eind|einde|ultimo) (?:van )?|\b)(?P<month>{MONTH})(?:{YEAR})?"
)
FIGURES = re.compile(
    rf"(?:\b{WEEKDAY}\b\.?,? {{0,2}})?(?<![\d/.,-])(?:(?P<iso>20\d\d)-(?P<im>\d\d)-(?P<id>\d\d)"
    r"|(?P<day>\d{1,2})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<year>20\d\d|\d\d))(?![\d/-])"
)
SHORT = re.compile(
    r"(?:\b(?:per|vanaf|van|tot|t/m|uiterlijk|voor|op|start)[ :]{1,3})(?P<all>(?P<day>\d{1,2})[-/]"
    r"(?P<month>\d{1,2}))"
    r"(?![\d/-]|[.,]\d| ?(?:u\b|uur|uren|dag|per|p/?w|euro))"
)
RELATIVE = re.compile(
    rf"\b(?:(?P<near>vandaag|morgen|overmorgen)\b(?! (?:geen|weer))|(?:(?:aanstaande|komende|deze"
    rf"|volgende) )?(?P<weekday>{'|'.join(WEEKDAYS)})\b(?: a\.?s\.?)?)"
)
WEEK = re.compile(r"\bweek (?P<week>\d{1,2})\b(?:,? (?P<year>20\d\d))?")
QUARTER = re.compile(r"\b(?:q|kwartaal )(?P<quarter>[1-4])\b(?:,? (?:van )?(?P<year>20\d\d))?")
TIME = re.compile(
    r"[ ,(]{0,3}(?:(?:om|voor|tot|uiterlijk) )?\b(?P<hour>[01]?\d|2[0-4])"
    r"(?:[.:](?P<minute>[0-5]\d)(?: ?uur\b| ?u\b| ?h\b)?|u(?P<after>[0-5]\d)?\b| ?uur\b)(?!-| per)"
)
TIME_BEFORE = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])[.:](?P<minute>[0-5]\d)(?: ?uur| ?u)?,?(?: op| van)? {0,2}$"
)


class Kind(Enum):
    """What a day is the day of."""

    START = "start"
    END = "end"
    RESPOND = "respond"
    OTHER = "other"


STRONG = {
    Kind.START: r"start(?:en|t|datum)?|begin(?:t|nen|datum)|ingangsdatum|ingaand\w{0,2}|ingang"
    r"|aanvang\w{0,10}|beschikbaar|aan de slag"
    r"|periode|duur|looptijd|inzetbaar|indiensttreding",
    Kind.END: r"eind(?:e|igt|igend|datum)?|loopt(?! van)|klaar|duurt|afloop|verwachte einddatum",
    Kind.RESPOND: r"reage(?:ren|er|ert)\w{0,3}|reactie\w{0,10}|sluit(?:en|ing)?|sluitings\w{1,10}"
    r"|deadline|aanbied\w{1,5}|aanlever\w{0,3}"
    r"|cv'?s?|inschrijv\w{1,5}|schrijf|indien\w{0,3}|aanmeld\w{0,5}|offertes?|kandida\w{2,6}"
    r"|voordr\w{3,6}|voorstel\w{0,3}"
    r"|profielen|laat (?:je |het |me |ons ){0,3}weten|hoor(?:t|en)?|antwoord\w{0,3}|stur?en|stuur"
    r"|mailen|inzend\w{2,6}|responstijd",
    Kind.OTHER: r"gesprek\w{0,4}|selectiegesprek\w{0,3}|intake\w{0,10}|kennismak\w{0,5}|interviews?"
    r"|verkiezing\w{0,10}"
    r"|spreken|geboren|vakantie|afwezig|bereikbaar|vrij|sinds|bijeenkomst\w{0,2}|evenement|verlofperiode",
}
WEAK = {
    Kind.START: r"per|vanaf|van|ingaande|zoek\w{0,2}",
    Kind.END: r"tot en met|t/m|t\.e\.m\.|tot|-",
    Kind.RESPOND: r"uiterlijk|voor",
}
CUE = re.compile(
    "|".join(rf"(?P<s_{kind.value}>\b(?:{words})\b)" for kind, words in STRONG.items())
    + "|"
    + "|".join(rf"(?P<w_{kind.value}>(?<!\w)(?:{words})(?!\w))" for kind, words in WEAK.items())
)
REACH, AFTER, RANGE, QUESTION = 90, 30, 16, 30


@dataclass(frozen=True)
class Mention:
    """A day, or a stretch of days of one month, that the mail names. `year`: absent where it is left out.

    `kind`: what it is the day of, `sure`: whether the words beside it say so; `until`: "tot" or "voor" where
    that is the word before it, so that the day itself may be left out. `bare`: it is a weekday only.
    """

    start: int
    end: int
    year: int | None
    month: int
    first: int
    last: int
    at: time | None = None
    kind: Kind | None = None
    sure: bool = False
    until: str = ""
    bare: bool = False

    def resolve(self, since: date) -> tuple[date, date]:
        """Return the first and the last day meant, in the given year or else the next from `since` on."""
        for year in (self.year,) if self.year else (since.year, since.year + 1):
            last = date(year, self.month, min(self.last, monthrange(year, self.month)[1]))
            if self.year or last >= since:
                break
        return date(year, self.month, min(self.first, last.day)), last


def mentions(mail: Mail, today: date) -> list[Mention]:
    """Return the days that a mail names, in its order, each with what it is the day of."""
    found = sorted(
        (one for one in _found(mail.plain, today) if mail.zone_at(one.start) >= Zone.QUOTED),
        key=lambda one: (one.start, -one.end),
    )
    apart: list[Mention] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(_timed(mail.plain, one))
    return _told(mail, apart)


def _found(plain: str, today: date) -> Iterator[Mention]:
    for one in NAMED.finditer(plain):
        month = next(place for place, name in enumerate(MONTHS, 1) if _is(one["month"], name))
        year = int(one["year"] or 0) or (2000 + int(one["short"]) if one["short"] else None)
        yield from _whole(one.start(), one.end(), year, month, one["day"], one["part"])
    for one in FIGURES.finditer(plain):
        year = int(one["iso"] or one["year"])
        yield from _whole(
            one.start(),
            one.end(),
            year + 2000 * (year < 100),
            int(one["im"] or one["month"]),
            one["id"] or one["day"],
        )
    for one in SHORT.finditer(plain):
        yield from _whole(one.start("all"), one.end("all"), None, int(one["month"]), one["day"])
    for one in RELATIVE.finditer(plain):
        day = _relative(one, today)
        yield Mention(one.start(), one.end(), day.year, day.month, day.day, day.day, bare=True)
    for one in WEEK.finditer(plain):
        yield from _week(one, today)
    for one in QUARTER.finditer(plain):
        month = 3 * int(one["quarter"]) - 2
        yield from _whole(one.start(), one.end(), int(one["year"] or 0) or None, month, None)


def _is(written: str, name: str) -> bool:
    return written.startswith("mrt" if name == "maa" and written.startswith("mr") else name)


def _whole(
    start: int, end: int, year: int | None, month: int, day: str | None, part: str | None = None
) -> Iterator[Mention]:
    if not 1 <= month <= 12 or (year and not 2000 <= year <= 2099):
        return
    length = monthrange(year or 2024, month)[1]
    if day:
        if 1 <= int(day) <= length:
            yield Mention(start, end, year, month, int(day), int(day))
        return
    first, last = {"begin": (1, 1), "half": (15, 15), "medio": (15, 15), "midden": (15, 15)}.get(
        part or "", (31, 31) if part else (1, 31)
    )
    yield Mention(start, end, year, month, first, last)


def _relative(one: re.Match[str], today: date) -> date:
    if one["near"]:
        return today + timedelta(days=("vandaag", "morgen", "overmorgen").index(one["near"]))
    ahead = (WEEKDAYS.index(one["weekday"]) - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead)


def _week(one: re.Match[str], today: date) -> Iterator[Mention]:
    week = int(one["week"])
    for year in [int(one["year"])] if one["year"] else [today.year, today.year + 1]:
        if not 1 <= week <= 52:
            return
        monday = date.fromisocalendar(year, week, 1)
        if one["year"] or monday >= today:
            yield Mention(one.start(), one.end(), monday.year, monday.month, monday.day, monday.day)
            return


def _timed(plain: str, one: Mention) -> Mention:
    start, end = one.start, one.end
    if not (found := TIME.match(plain, end)) and (
        found := TIME_BEFORE.search(plain, max(start - 24, 0), start)
    ):
        start = found.start()
    elif found:
        end = found.end()
    if not found:
        return one
    parts = found.groupdict()
    hour, minute = int(parts["hour"]), int(parts["minute"] or parts.get("after") or 0)
    at = time(23, 59) if hour == 24 else time(hour, minute)
    return Mention(start, end, one.year, one.month, one.first, one.last, at, bare=one.bare)


def _told(mail: Mail, apart: list[Mention]) -> list[Mention]:
    told: list[Mention] = []
    for one in apart:
        sentence = mail.sentence_at(one.start)
        before = told[-1] if told and told[-1].end > sentence.start else None
        region = max(_asked_before(mail, sentence), one.start - REACH, before.end if before else 0)
        kind, sure, until = _cue(mail, region, one, before)
        told.append(replace(one, kind=kind, sure=sure and not one.bare, until=until))
        if kind is Kind.END and before and before.kind is None and one.start - before.end <= RANGE:
            told[-2] = replace(before, kind=Kind.START, sure=True)
    return told


def _asked_before(mail: Mail, sentence: Sentence) -> int:
    """Return where a sentence begins, or the short question before it ("Reageren? Dat kan tot …")."""
    before = mail.sentence_at(sentence.start - 1) if sentence.start else sentence
    asked = before.line == sentence.line and before.end - before.start <= QUESTION
    return before.start if asked and mail.plain[before.end - 1] == "?" else sentence.start


def _cue(mail: Mail, region: int, one: Mention, before: Mention | None) -> tuple[Kind | None, bool, str]:
    cues = [(match.lastgroup or "", match[0]) for match in CUE.finditer(mail.plain, region, one.start)]
    if before and not cues and one.start - region <= 5:
        return before.kind, before.sure, ""
    until = cues[-1][1] if cues and cues[-1][1] in ("tot", "voor") else ""
    beside = CUE.match(mail.plain, one.end + mail.plain.startswith(" ", one.end))
    if (
        beside
        and beside.start() < mail.sentence_at(one.start).end
        and (beside.lastgroup or "").startswith("s_")
    ):
        return Kind((beside.lastgroup or "")[2:]), True, until
    strong = [Kind(group[2:]) for group, _ in cues if group.startswith("s_")]
    if strong:
        return strong[-1], True, until
    sentence = mail.sentence_at(one.start)
    ahead = CUE.search(mail.plain, one.end, min(one.end + AFTER, max(sentence.end, one.end)))
    if ahead and (ahead.lastgroup or "").startswith("s_"):
        return Kind((ahead.lastgroup or "")[2:]), True, until
    if cues:
        return Kind(cues[-1][0][2:]), True, until
    return (None, False, "") if before else (_label_above(mail, sentence.line), True, "")


def _label_above(mail: Mail, place: int) -> Kind | None:
    """Return what a short line above says, as in a table that was copied cell by cell."""
    for line in mail.lines[max(place - 2, 0) : place][::-1]:
        if line.end > line.start:
            cue = CUE.search(mail.plain, line.start, min(line.end, line.start + 40))
            short = line.end - line.start <= 40 and not any(
                map(str.isdigit, mail.plain[line.start : line.end])
            )
            return Kind((cue.lastgroup or "")[2:]) if cue and short else None
    return None
