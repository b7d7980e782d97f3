"""Who the client is, and what kind of body."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.vocabulary import OrganisationType as Type

from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import Mail, Zone

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
KNOWN = sorted((re.escape(name) for names in NAMES.values() for name in names), key=len, reverse=True)
NAME = re.compile(rf"(?<![\w@.-])(?:{'|'.join(KNOWN)})(?![\w@-]|\.\w)")
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
        and written_without_capitals(mail.text, start)
    ):
        return start + len(part[0].rstrip(".-'’"))
    return end


def written_without_capitals(text: str, offset: int) -> bool:
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
