"""Who the client is, what kind of body, and where the work is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.values import Place
from contracts.vocabulary import OrganisationType as Type

from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import WORD, Mail, Word, Zone, plain

# The words with which a name begins, and the kind of body that they tell.
BEGINNINGS = {
    "gemeente": Type.GEMEENTE,
    "provincie": Type.PROVINCIE,
    "ministerie van": Type.MINISTERIE,
    "ministerie": Type.MINISTERIE,
    "waterschap": Type.WATERSCHAP,
    "hoogheemraadschap van": Type.WATERSCHAP,
    "hoogheemraadschap": Type.WATERSCHAP,
    "wetterskip": Type.WATERSCHAP,
    "omgevingsdienst": Type.UITVOERINGSORGANISATIE,
    "od": Type.UITVOERINGSORGANISATIE,
    "veiligheidsregio": Type.GEMEENSCHAPPELIJKE_REGELING,
    "ggd": Type.GEMEENSCHAPPELIJKE_REGELING,
    "metropoolregio": Type.GEMEENSCHAPPELIJKE_REGELING,
    "vervoerregio": Type.GEMEENSCHAPPELIJKE_REGELING,
    "werkorganisatie": Type.GEMEENSCHAPPELIJKE_REGELING,
    "gemeenschappelijke regeling": Type.GEMEENSCHAPPELIJKE_REGELING,
    "regio": Type.GEMEENSCHAPPELIJKE_REGELING,
    "universiteit": Type.ONDERWIJS,
    "hogeschool": Type.ONDERWIJS,
    "roc": Type.ONDERWIJS,
    "ziekenhuis": Type.ZORG,
    "zorggroep": Type.ZORG,
    "stichting": Type.SEMIPUBLIEK,
    "woningcorporatie": Type.SEMIPUBLIEK,
    "vereniging van": Type.KOEPEL,
    "unie van": Type.KOEPEL,
}

# Bodies with a name of their own.
NAMES = {
    Type.UITVOERINGSORGANISATIE: [
        "kamer van koophandel",
        "kvk",
        "rijkswaterstaat",
        "kadaster",
        "uwv",
        "svb",
        "sociale verzekeringsbank",
        "rivm",
        "belastingdienst",
        "duo",
        "coa",
        "centraal orgaan opvang asielzoekers",
        "ind",
        "rvo",
        "cjib",
        "rdw",
        "knmi",
        "politie",
        "dienst toeslagen",
        "rijksvastgoedbedrijf",
        "logius",
        "ictu",
        "douane",
        "nvwa",
        "staatsbosbeheer",
        "forum standaardisatie",
    ],
    Type.SEMIPUBLIEK: [
        "tennet",
        "vng realisatie",
        "prorail",
        "ns",
        "alliander",
        "liander",
        "enexis",
        "stedin",
        "vitens",
        "gasunie",
        "port of rotterdam",
        "havenbedrijf rotterdam",
        "evides",
        "brabant water",
        "pwn",
        "schiphol",
    ],
    Type.KOEPEL: [
        "vng",
        "ipo",
        "interprovinciaal overleg",
        "ggd ghor nederland",
        "aedes",
        "vereniging hogescholen",
        "po-raad",
        "vo-raad",
    ],
    Type.ZORG: ["umc utrecht", "amsterdam umc", "erasmus mc", "radboudumc", "umcg", "lumc", "mumc"],
    Type.ONDERWIJS: ["tu delft", "wageningen university", "hogeschool utrecht"],
}
SHOWN = (
    "ns",
    "ind",
    "duo",
    "coa",
    "od",
    "ipo",
    "pwn",
    "politie",
    "regio",
    "stichting",
)  # capitals only, or a guess
BEGINNING = re.compile(rf"\b(?P<kind>{'|'.join(sorted(BEGINNINGS, key=len, reverse=True))}) {{1,2}}")
NAME = re.compile(
    rf"(?<![\w@.-])(?:{'|'.join(sorted((re.escape(n) for names in NAMES.values() for n in names), key=len, reverse=True))})"
    rf"(?![\w@-]|\.\w)"
)
CARE = re.compile(
    r"\b(?:[a-z]{2,20} ){0,2}(?:zorg ?coalitie|zorg ?alliantie|zorggroep|ziekenhuis|zorginstelling"
    r"|zorgpartners)(?: [a-z]{2,20})?"
)
ARTICLES = ("de ", "het ", "een ", "onze ")
PART = re.compile(r"(?:'s-)?[^\W\d_][\w'’.&-]{0,40}")
JOINING = {
    "aan",
    "de",
    "den",
    "der",
    "en",
    "het",
    "in",
    "van",
    "op",
    "bij",
    "ten",
    "te",
    "a/d",
    "'s",
    "en/of",
}
MOST_PARTS = 8
INTRODUCED = re.compile(
    r"(?:opdrachtgever|organisatie|klant|inlener|namens|voor|bij|van|binnen|aan)(?: (?:de|het"
    r"|onze))? {0,2}:? {0,3}$"
)
LABELLED = re.compile(r"(?:opdrachtgever|organisatie|klant|inlener|instantie|eindklant) {0,3}:? {0,20}$")
PLURAL = re.compile(r"\b(?:gemeenten|provincies|waterschappen|ministeries)\b")

PLACE_LABEL = re.compile(
    r"(?:standplaats|plaats|werklocatie|locatie|werkplek|waar|regio|kantoor|stadhuis"
    r"|gemeentehuis) {0,3}:? {0,20}$"
)
PLACE_CUE = re.compile(
    r"(?:\b(?:in|te|kantoor|stadhuis|gemeentehuis|raadhuis|provinciehuis|stadskantoor)[ (,]{1,2})$"
)
POSTCODE = re.compile(r"\d{4} ?[a-z]{2}[ ,]{1,4}$")
ORDINARY = {
    "appel",
    "asten",
    "axel",
    "balk",
    "bavel",
    "beek",
    "beers",
    "beilen",
    "berg",
    "bergen",
    "best",
    "bong",
    "born",
    "borne",
    "brand",
    "bunde",
    "buren",
    "dalen",
    "de blaak",
    "de heeg",
    "de reit",
    "delden",
    "dongen",
    "donk",
    "doorn",
    "duiven",
    "echt",
    "edam",
    "ede",
    "ee",
    "een",
    "elst",
    "enter",
    "epe",
    "goes",
    "goor",
    "graaf",
    "grave",
    "groenewoud",
    "grou",
    "halle",
    "haren",
    "hasselt",
    "hatert",
    "heel",
    "heer",
    "hees",
    "heide",
    "heino",
    "hem",
    "hoek",
    "hoorn",
    "horst",
    "houten",
    "huizen",
    "hulst",
    "ingen",
    "kapelle",
    "laar",
    "laren",
    "leek",
    "leest",
    "lent",
    "lisse",
    "loo",
    "losser",
    "loven",
    "made",
    "malberg",
    "marum",
    "mill",
    "monster",
    "muiden",
    "nes",
    "oost",
    "oosteinde",
    "oosterpark",
    "orden",
    "oss",
    "putte",
    "putten",
    "regio",
    "rheden",
    "rijen",
    "rijswijk",
    "roden",
    "scharn",
    "soest",
    "someren",
    "son",
    "spijk",
    "stein",
    "tiel",
    "tuk",
    "uden",
    "ulft",
    "urk",
    "vaals",
    "veen",
    "velden",
    "ven",
    "waalre",
    "weert",
    "well",
    "wisch",
    "zeist",
    "zuidwijk",
}  # places whose names are words or surnames too


@dataclass(frozen=True)
class KnownPlace:
    """A place that can be found, and the other names that it goes by ("Den Bosch")."""

    place: Place
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Client:
    """A body's name as the mail writes it, and its kind."""

    name: str
    type: Type


def client(mail: Mail) -> Found[Client] | None:
    """Return the body that the mail is most clearly about: named as the client, or else named first."""
    return best(_clients(mail))


def _clients(mail: Mail) -> Iterator[Candidate[Client]]:
    for one in BEGINNING.finditer(mail.plain):
        end = _name_end(mail, one.end())
        if end > one.end():
            yield _client(mail, one.start(), end, BEGINNINGS[one["kind"]], guess=one["kind"] in SHOWN)
    for one in NAME.finditer(mail.plain):
        kind = next(kind for kind, names in NAMES.items() if one[0] in names)
        if one[0] not in SHOWN or mail.text[one.start() : one.end()].isupper():
            yield _client(mail, one.start(), one.end(), kind, guess=one[0] in SHOWN)
    for one in CARE.finditer(mail.plain):
        start = one.start()
        while start < one.end() and (
            not mail.text[start].isupper() or mail.plain.startswith(ARTICLES, start)
        ):
            start = mail.plain.find(" ", start, one.end()) + 1 or one.end()
        if start < one.end():
            end = max(_name_end(mail, start), start)
            if end > start:
                yield _client(mail, start, end, Type.ZORG, guess=False)


def _client(mail: Mail, start: int, end: int, kind: Type, *, guess: bool) -> Candidate[Client]:
    before = (max(start - 40, 0), start)
    zone = mail.zone_at(start)
    strength = LIKELY
    if LABELLED.search(mail.plain, *before):
        strength = SURE
    elif guess or zone < Zone.QUOTED:
        strength = GUESS
    return Candidate(Client(mail.text[start:end], kind), Words(start, end), strength, zone)


def _name_end(mail: Mail, start: int) -> int:
    """Return where a name ends that begins here: words with a capital, and joining words between them.

    A text without capitals gives the first word only.
    """
    end = offset = start
    joining = False
    for _ in range(MOST_PARTS):
        part = PART.match(mail.text, offset)
        if not part:
            break
        word = part[0].rstrip(".-'’")
        shown = any(sign.isupper() for sign in word[:4]) and word.lower() not in ("ik", "u", "wij")
        joined = word.lower() in JOINING and not word.isupper()
        if not shown and not joined:
            break
        if shown:
            end = offset + len(word)
        elif joining and not shown and end == start:
            break
        joining = joined
        if len(word) < len(part[0]) or mail.text[offset + len(word) : offset + len(word) + 1] != " ":
            break
        offset += len(word) + 1
    if (
        end == start
        and (part := PART.match(mail.text, start))
        and len(part[0]) > 3
        and _no_capitals(mail.text, start)
    ):
        return start + len(part[0].rstrip(".-'’"))
    return end


def _no_capitals(text: str, offset: int) -> bool:
    """Return whether somebody writes without capitals here, where names would have them."""
    near = text[max(offset - 200, 0) : offset + 200]
    return sum(map(str.isupper, near)) <= len(near) // 60 and not text.startswith(NO_NAMES, offset)


NO_NAMES = (
    "heeft",
    "zijn",
    "wordt",
    "voor",
    "zoekt",
    "moet",
    "gaat",
    "naar",
    "voortaan",
    "waar",
    "willen",
    "werken",
)


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
    ordinary = mail.plain[word.start : end] in ORDINARY
    if PLACE_LABEL.search(mail.plain, *before) and (capital or not ordinary):
        return Candidate(found, words, SURE, zone)
    if zone == Zone.SIGNATURE or POSTCODE.search(mail.plain, *before):
        told = POSTCODE.search(mail.plain, *before) or BEGINNING.search(mail.plain, *before)
        return Candidate(found, words, GUESS, zone) if told else None
    if cued and (capital or (not ordinary and _no_capitals(mail.text, word.start))):
        return Candidate(found, words, LIKELY, zone)
    start = BEGINNING.search(mail.plain, *before)
    if start and start.end() == word.start:
        return Candidate(found, words, GUESS, zone)
    apart = mail.plain[max(word.start - 2, 0) : word.start] in (", ", " (")
    return Candidate(found, words, GUESS, zone) if apart and capital and not ordinary else None
