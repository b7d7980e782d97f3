"""What is asked and what is wished for: specialisms, dossiers, certificates."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from contracts.vocabulary import Certificate, Dossier, Specialism

from desk.reading.found import Found, Words
from desk.reading.mail import Mail, Section, Sentence, Zone
from desk.reading.synonyms import CERTIFICATES, DOSSIERS, MISLEADING, SPECIALISMS

V = TypeVar("V", bound=StrEnum)

NEITHER, WEAKLY, BY_TITLE, CLEARLY = 0, 1, 2, 3

NO_DEMAND = (
    r"geen (?:harde )?(?:voorwaarde|eis|must|vereiste|knock-?out)|niet (?:doorslaggevend"
    r"|verplicht|noodzakelijk|vereist|per se|nodig)"
)
WISH = re.compile(
    rf"\b(?:{NO_DEMAND}|wens(?:en|elijk)?|gewenst|pre(?:'s|s)?|mooi meegenomen|nice to have"
    rf"|bij voorkeur|voorkeur|liefst|een plus|plus"
    r"|pluspunt(?:en)?|voordeel|streepje voor|strekt tot aanbeveling|aanbeveling|fijn|(?:ook|zou"
    r"|wel) handig|leuk|des te beter|welkom|gewaardeerd|graag ook"
    r"|mag ook|meegenomen|bonus|ook (?:nog|wel|ervaring)|waarderen|interessant|prettig|zou mooi)\b"
)
DEMAND = re.compile(
    r"\b(?:(?:harde |enige )?eis(?:en)?|vereist(?:e|en)?|must|knock-?outs?|verplicht|onmisbaar"
    r"|noodzakelijk|moet(?:en)?|aantoonbare?|zonder"
    r"|noodzaak|nodig hebben|voorwaarde|minimaal \w{1,6} jaar|per se)\b"
)
WEAK_DEMAND = re.compile(
    r"\b(?:je hebt|u heeft|heeft (?:ruime )?ervaring|beschikt over|ruime ervaring|ervaring (?:met|in"
    r"|als)|ervaren|thuis in|je bent|je kunt|achtergrond in"
    r"|weet van|bedreven|expertise)\b"
)
LABEL = re.compile(
    r"\b(?:(?P<must>eis(?:en)?|vereist|must-? ?haves?|knock-?outs?(?:criteri\w{1,2})?|verplicht)|pre"
    r"(?:'s)?|wens(?:en)?|gewenst|nice ?-?to ?-?haves?|pluspunten)\b[^:\n]{0,20}:"
)
CERTIFIED = re.compile(
    r"\b(?:certifica\w{2,7}|gecertificeerd|diploma|opleiding|training|leergang|prince ?2|prince ii)\b"
)
COMMA = 10  # signs that a comma counts as
DENIED = re.compile(r"\b(?:geen|zonder|hoeft niet) (?:\w{1,15} ){0,2}$")


@dataclass(frozen=True)
class Demand(Generic[V]):
    """A value that the mail names: `needed` or wished for, and how clearly it says so."""

    value: V
    words: Words
    needed: bool
    clearly: int


@dataclass(frozen=True)
class Table(Generic[V]):
    """Phrases by the first three letters of their first word, and what single words may hold."""

    begins: Mapping[str, list[tuple[tuple[str, ...], V | None]]]
    holds: tuple[tuple[str, V], ...]


def table(synonyms: Mapping[V, str]) -> Table[V]:
    """Return a table of synonyms, made ready for looking up."""
    begins: dict[str, list[tuple[tuple[str, ...], V | None]]] = {}
    holds: list[tuple[str, V]] = []
    listed: list[tuple[V | None, str]] = [*synonyms.items(), (None, MISLEADING)]
    for value, phrases in listed:
        for phrase in phrases.split(","):
            words = tuple(phrase.split())
            if words[0].startswith("*") and value is not None:
                holds.append((words[0].strip("*"), value))
            else:
                begins.setdefault(words[0][:3].rstrip("*"), []).append((words, value))
    for found in begins.values():
        found.sort(key=lambda one: (len(one[0]), sum(map(len, one[0]))), reverse=True)
    return Table(begins, tuple(holds))


SPECIALISM_TABLE, DOSSIER_TABLE, CERTIFICATE_TABLE = table(SPECIALISMS), table(DOSSIERS), table(CERTIFICATES)


def named(mail: Mail, synonyms: Table[V]) -> Iterator[tuple[V, Words]]:
    """Yield the values that the words of what is new or quoted name; the longest phrase first."""
    place = 0
    while place < len(mail.words):
        length, value = _at(mail, synonyms, place)
        sentence = mail.sentence_at(mail.words[place].start)
        if value is not None and sentence.zone >= Zone.QUOTED and sentence.section is not Section.ABOUT:
            yield value, Words(mail.words[place].start, mail.words[place + length - 1].end)
        place += length


def _at(mail: Mail, synonyms: Table[V], place: int) -> tuple[int, V | None]:
    word = mail.words[place].text
    for length in (3, 2, 1):
        for words, value in synonyms.begins.get(word[:length], ()) if len(word) >= length else ():
            if _begins(mail, words, place):
                return len(words), value
    return 1, next((value for held, value in synonyms.holds if held in word), None)


def _begins(mail: Mail, words: tuple[str, ...], place: int) -> bool:
    if place + len(words) > len(mail.words):
        return False
    for ahead, text in enumerate(words):
        word = mail.words[place + ahead]
        if not (word.text.startswith(text[:-1]) if text.endswith("*") else word.text == text):
            return False
        if ahead and mail.plain[mail.words[place + ahead - 1].end : word.start].strip(" -/"):
            return False
    return True


def specialisms(
    mail: Mail, title: Words | None
) -> tuple[tuple[Found[Specialism], ...], tuple[Found[Specialism], ...]]:
    """Return the specialisms that are required and those that are wished for.

    What the function's name holds is required, what stands among the tasks is wished for: a requirement
    too many shuts people out.
    """
    demands = [
        _demand(mail, value, words, title)
        for value, words in named(mail, SPECIALISM_TABLE)
        if not _certifies(mail, words)
    ]
    return _split(demands)


def certificates(mail: Mail) -> tuple[Found[Certificate], ...]:
    """Return the certificates that are required; one that is wished for has no field."""
    demands = [
        _demand(mail, value, words, None)
        for value, words in named(mail, CERTIFICATE_TABLE)
        if _certifies(mail, words)
    ]
    return _split(demands)[0]


def dossiers(mail: Mail) -> tuple[Found[Dossier], ...]:
    """Return the policy fields that the mail names."""
    first: dict[Dossier, Found[Dossier]] = {}
    for value, words in named(mail, DOSSIER_TABLE):
        if not DENIED.search(mail.plain, max(words.start - 30, 0), words.start):
            first.setdefault(value, Found(value, words))
    return tuple(first.values())


def _certifies(mail: Mail, words: Words) -> bool:
    """Return whether a certificate is meant: the word stands just before or after, in the same sentence."""
    sentence = mail.sentence_at(words.start)
    if CERTIFIED.fullmatch(mail.plain, words.start, words.end):
        return True
    near = (max(sentence.start, words.start - 45), min(sentence.end, words.end + 15))
    found = CERTIFIED.search(mail.plain, *near)
    return found is not None and (
        found.start() > words.start or mail.plain.find(",", found.end(), words.start) < 0
    )


def _split(demands: list[Demand[V]]) -> tuple[tuple[Found[V], ...], tuple[Found[V], ...]]:
    clearest: dict[V, Demand[V]] = {}
    for one in demands:
        if one.value not in clearest or one.clearly > clearest[one.value].clearly:
            clearest[one.value] = one
    ordered = list(clearest.values())
    return (
        tuple(Found(one.value, one.words) for one in ordered if one.needed),
        tuple(Found(one.value, one.words) for one in ordered if not one.needed),
    )


def _demand(mail: Mail, value: V, words: Words, title: Words | None) -> Demand[V]:
    needed, clearly = _asked(mail, words, mail.sentence_at(words.start))
    if title and title.start <= words.start < title.end and clearly < CLEARLY:
        needed, clearly = True, BY_TITLE
    return Demand(value, words, needed, clearly)


def _asked(mail: Mail, words: Words, sentence: Sentence) -> tuple[bool, int]:
    label = _label(mail, words, sentence)
    if label:
        return label["must"] is not None, CLEARLY
    wish = _distance(mail, WISH.finditer, words, sentence)
    demand = _distance(mail, DEMAND.finditer, words, sentence)
    if wish is not None and (demand is None or wish <= demand):
        return False, CLEARLY
    if demand is not None and sentence.section is not Section.DESIRED:
        return True, CLEARLY
    if sentence.section in (Section.REQUIRED, Section.DESIRED):
        return sentence.section is Section.REQUIRED, CLEARLY
    weak = WEAK_DEMAND.search(mail.plain, sentence.start, min(words.start, sentence.start + 300))
    return (True, WEAKLY) if weak else (False, NEITHER)


def _label(mail: Mail, words: Words, sentence: Sentence) -> re.Match[str] | None:
    """Return the last label before the words ("Eis: …, wens: …"), in the same sentence."""
    labels = list(LABEL.finditer(mail.plain, sentence.start, min(words.start, sentence.start + 400)))
    return labels[-1] if labels else None


def _distance(
    mail: Mail, cues: Callable[[str, int, int], Iterator[re.Match[str]]], words: Words, sentence: Sentence
) -> int | None:
    """Return how far the nearest cue stands, in the same sentence and within two hundred signs. A comma
    between them makes it farther: what follows it is often said of something else."""
    start, end = max(sentence.start, words.start - 200), min(sentence.end, words.end + 200)
    return min((_apart(mail, words, one) for one in cues(mail.plain, start, end)), default=None)


def _apart(mail: Mail, words: Words, cue: re.Match[str]) -> int:
    left, right = (words.end, cue.start()) if cue.start() >= words.end else (cue.end(), words.start)
    return right - left + COMMA * len(re.findall("[,;]", mail.plain[left:right]))
