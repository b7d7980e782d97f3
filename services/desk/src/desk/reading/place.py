"""Where the work is, of the places that are known."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.values import Place

from desk.reading.client import BEGINNING, written_without_capitals
from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import WORD, Mail, Word, Zone, plain

PLACE_LABEL = re.compile(
    r"(?:standplaats|plaats|werklocatie|locatie|werkplek|waar|regio|kantoor|stadhuis"
    r"|gemeentehuis) {0,3}:? {0,20}$"
)
PLACE_CUE = re.compile(
    r"(?:\b(?:in|te|kantoor|stadhuis|gemeentehuis|raadhuis|provinciehuis|stadskantoor)[ (,]{1,2})$"
)
POSTCODE = re.compile(r"\d{4} ?[a-z]{2}[ ,]{1,4}$")
# Places whose names are words or surnames too.
ORDINARY = re.compile(
    r"(?:"
    r"appel|asten|axel|balk|bavel|beek|beers|beilen|berg|bergen|best|bong|born|borne|brand|bunde"
    r"|buren|dalen|de blaak|de heeg|de reit|delden|dongen|donk|doorn|duiven|echt|edam|ede|ee|een"
    r"|elst|enter|epe|goes|goor|graaf|grave|groenewoud|grou|halle|haren|hasselt|hatert|heel|heer"
    r"|hees|heide|heino|hem|hoek|hoorn|horst|houten|huizen|hulst|ingen|kapelle|laar|laren|leek"
    r"|leest|lent|lisse|loo|losser|loven|made|malberg|marum|mill|monster|muiden|nes|oost|oosteinde"
    r"|oosterpark|orden|oss|putte|putten|regio|rheden|rijen|rijswijk|roden|scharn|soest|someren|son"
    r"|spijk|stein|tiel|tuk|uden|ulft|urk|vaals|veen|velden|ven|waalre|weert|well|wisch|zeist"
    r"|zuidwijk"
    r")"
)


@dataclass(frozen=True)
class KnownPlace:
    """A place that can be found, and the other names that it goes by ("Den Bosch")."""

    place: Place
    also: tuple[str, ...] = ()


def place(mail: Mail, places: Sequence[KnownPlace]) -> Found[Place] | None:
    """Return where the work is, of the places given."""
    index: dict[str, list[tuple[tuple[str, ...], Place]]] = {}
    for known in places:
        for name in (known.place.name, *known.also):
            words = tuple(_folded(name))
            index.setdefault(words[0], []).append((words, known.place))
    return best(_places(mail, index))


def _folded(name: str) -> list[str]:
    return [one[0] for one in WORD.finditer(plain(name))]


def _places(mail: Mail, index: dict[str, list[tuple[tuple[str, ...], Place]]]) -> Iterator[Candidate[Place]]:
    for place_, word in enumerate(mail.words):
        named = [
            (len(words), found)
            for words, found in index.get(word.text, ())
            if all(
                place_ + ahead < len(mail.words) and mail.words[place_ + ahead].text == text
                for ahead, text in enumerate(words)
            )
        ]
        if named:
            length, found = max(named, key=lambda one: one[0])
            if candidate := _place(mail, word, mail.words[place_ + length - 1].end, found):
                yield candidate


def _place(mail: Mail, word: Word, end: int, found: Place) -> Candidate[Place] | None:
    before = (max(word.start - 40, 0), word.start)
    capital = mail.text[word.start : end].lstrip("'’")[:1].isupper() or "'" in word.text
    zone = mail.zone_at(word.start)
    words = Words(word.start, end)
    cued = PLACE_CUE.search(mail.plain, *before)
    ordinary = ORDINARY.fullmatch(mail.plain, word.start, end) is not None
    if PLACE_LABEL.search(mail.plain, *before) and (capital or not ordinary):
        return Candidate(found, words, SURE, zone)
    if zone == Zone.SIGNATURE or POSTCODE.search(mail.plain, *before):
        told = POSTCODE.search(mail.plain, *before) or BEGINNING.search(mail.plain, *before)
        return Candidate(found, words, GUESS, zone) if told else None
    if cued and (capital or (not ordinary and written_without_capitals(mail.text, word.start))):
        return Candidate(found, words, LIKELY, zone)
    if any(one.end() == word.start for one in BEGINNING.finditer(mail.plain, *before)):
        return Candidate(found, words, GUESS, zone)
    apart = mail.plain[max(word.start - 2, 0) : word.start] in (", ", " (")
    return Candidate(found, words, GUESS, zone) if apart and capital and not ordinary else None
