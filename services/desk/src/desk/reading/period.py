"""From when to when, until when one can respond, and whether there is haste."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.vocabulary import Urgency

from desk.reading.days import NUMBER, NUMBERS, Kind, Mention
from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import Mail

ZONE = ZoneInfo("Europe/Amsterdam")

DURATION = re.compile(
    rf"\b(?:(?P<half>half|halve) ?jaar|(?P<whole>heel) jaar|(?P<count>{NUMBER})(?: a "
    rf"(?P<most>{NUMBER}))? ?(?P<unit>maand(?:en)?|mnd\.?|weken|week|jaar)\b)"
)
DURATION_CUE = re.compile(
    r"\b(?:duur|looptijd|duurt|voor|gedurende|lang|periode|contract|opdracht van|tijdelijk|minimaal"
    r"|komende)\b"
)
NO_DURATION = re.compile(
    r"\b(?:optie|verleng\w{0,5}|ervaring|afgelopen|geleden|binnen|elke|per|om de|proeftijd"
    r"|opzegtermijn|laatste|sinds)\b"
)
NO_DURATION_AFTER = re.compile(
    r"[ ,]{0,2}(?:(?:aan |relevante |werk){0,2}ervaring|geleden|verleng\w{0,5}|oud\b|lang open)"
)
AT_ONCE = re.compile(
    r"\b(?:z\.?s\.?m\b\.?|zo (?:spoedig|snel|gauw) mogelijk|(?:per|met) direct\w{0,2}(?: ingang)?"
    r"|per ommegaande|onmiddellijk|direct beschikbaar"
    r"|(?:de )?meteen (?:starten|beginnen)|asap)"
)
URGENT = re.compile(r"\b(?:met )?(?:spoed(?:opdracht|klus|aanvraag|vraag|verzoek)?|urgent|haast|dringend)\b")
NO_HASTE = re.compile(
    r"\b(?:geen|zonder|niet) (?:\w{1,12} )?(?:haast|spoed|urgent|dringend)\b|\burgentie ?: ?(?:normaal|geen)"
)
ANSWERING = re.compile(
    r"\b(?:reacti\w{1,4}|reage\w{2,4}|hoor|horen|weten|antwoord|terugkoppel\w{1,4}|cv'?s?"
    r"|voorstel\w{0,3}|kandida\w{2,6}|bel|bellen|mail|stuur)\b"
)


def starts_on(mail: Mail, days: Sequence[Mention], today: date) -> Found[date] | None:
    """Return the first day of the opdracht; "z.s.m." is today where no day is named."""
    candidates = [
        Candidate(
            one.resolve(today)[0],
            Words(one.start, one.end),
            SURE if one.sure else LIKELY,
            mail.zone_at(one.start),
        )
        for one in days
        if one.kind is Kind.START
    ]
    candidates += [Candidate(today, words, GUESS, mail.zone_at(words.start)) for words in _at_once(mail)]
    return best(candidates)


def ends_on(
    mail: Mail, days: Sequence[Mention], start: Found[date] | None, today: date
) -> Found[date] | None:
    """Return the last day: as it is named, or by the duration from the first day."""
    since = start.value if start else today
    candidates = [
        Candidate(_last(one, since), Words(one.start, one.end), SURE, mail.zone_at(one.start))
        for one in days
        if one.kind is Kind.END
    ]
    if start:
        candidates += _by_duration(mail, start.value)
    return best(one for one in candidates if not start or one.value >= start.value)


def _last(one: Mention, since: date) -> date:
    last = one.resolve(since)[1]
    return last - timedelta(days=1) if one.until == "tot" and one.first == one.last == 1 else last


def _by_duration(mail: Mail, start: date) -> list[Candidate[date]]:
    found: list[Candidate[date]] = []
    for one in mail.matches(DURATION):
        sentence = mail.sentence_at(one.start())
        before = (max(sentence.start, one.start() - 50), one.start())
        if NO_DURATION.search(mail.plain, *before) or NO_DURATION_AFTER.match(mail.plain, one.end()):
            continue
        cued = DURATION_CUE.search(mail.plain, *before) or mail.plain.startswith(" lang", one.end())
        day = _after(start, one)
        if day:
            words = Words(one.start(), one.end())
            found.append(Candidate(day, words, LIKELY if cued else GUESS, mail.zone_at(one.start())))
    return found


def _after(start: date, one: re.Match[str]) -> date | None:
    if one["half"]:
        return _months_on(start, 6)
    if one["whole"]:
        return _months_on(start, 12)
    count = number(one["most"] or one["count"])
    if one["unit"].startswith("we"):
        return start + timedelta(days=7 * count - 1) if 1 <= count <= 260 else None
    months = count * (12 if one["unit"] == "jaar" else 1)
    return _months_on(start, months) if 1 <= months <= 60 else None


def _months_on(start: date, months: int) -> date:
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    for day in (start.day, 30, 29, 28):
        try:
            return date(year, month, day) - timedelta(days=1)
        except ValueError:
            continue
    raise AssertionError


def number(written: str) -> int:
    """Return a number that is written in figures or letters."""
    return int(written) if written.isdigit() else NUMBERS[written]


def respond_by(mail: Mail, days: Sequence[Mention], today: date) -> Found[datetime] | None:
    """Return the moment until which one can respond; the end of the day where no time is named."""
    return best(
        Candidate(
            _moment(one, today),
            Words(one.start, one.end),
            SURE if one.sure else LIKELY,
            mail.zone_at(one.start),
        )
        for one in days
        if one.kind is Kind.RESPOND
    )


def _moment(one: Mention, today: date) -> datetime:
    day = one.resolve(today)[1]
    if one.until == "voor" and not one.at:
        day -= timedelta(days=1)
    return datetime.combine(day, one.at or time(23, 59), ZONE)


def urgency(mail: Mail) -> Found[Urgency] | None:
    """Return whether the mail asks for haste or says that there is none."""
    calm = [
        Candidate(Urgency.NORMAAL, Words(one.start(), one.end()), SURE, mail.zone_at(one.start()))
        for one in mail.matches(NO_HASTE)
    ]
    said = {one.words.end for one in calm}
    spans = [Words(one.start(), one.end()) for one in mail.matches(URGENT)] + _at_once(mail)
    haste = [
        Candidate(Urgency.SPOED, words, LIKELY, mail.zone_at(words.start))
        for words in spans
        if words.end not in said
    ]
    return best(calm + haste)


def _at_once(mail: Mail) -> list[Words]:
    """Return where the mail says "at once" of the work; "a reaction at once" says nothing of it."""
    found = []
    for one in mail.matches(AT_ONCE):
        sentence = mail.sentence_at(one.start())
        near = (max(sentence.start, one.start() - 30), min(sentence.end, one.end() + 30))
        if not ANSWERING.search(mail.plain, *near):
            found.append(Words(one.start(), one.end()))
    return found
