"""What somebody is sought as: the function's name, its level, whether it is open to who wants to grow."""

import re
from collections.abc import Iterator

from contracts.vocabulary import Level

from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import SUBJECT, Mail

NOUN = (
    r"(?:adviseurs?|woordvoerders?|projectleiders?|redacteuren|redacteurs?|medewerkers?|managers?"
    r"|voorlichters?|regisseurs?|specialist(?:en)?"
    r"|schrijvers?|ondersteuners?|hoofd|afdelingshoofd|directeur|teamleiders?|campagneleiders?|analist"
    r"(?:en)?|coordinator(?:en)?|strategen|strateeg"
    r"|makers?|kwartiermaker|programmaleiders?|trainee|leider)"
)
FUNCTION = re.compile(rf"\b[a-z-]{{0,35}}{NOUN}\b")
LABEL = re.compile(
    r"(?:functie ?(?:naam|titel|omschrijving)?|rol|opdracht|titel|vacature|gezocht|profiel|aanvraag"
    r"|gevraagd)\s{0,3}: {0,10}(?:een |tijdelijke? )?"
)
SOUGHT = re.compile(
    r"\b(?:zoek(?:en|t)?|op zoek naar|behoefte aan|vacature voor|helpen aan|gezocht|inhuren|huren"
    r"|functie van|te wachten op|weer|tweede:|vraag naar|"
    r"nodig|opdracht voor|plek voor|vervang\w{2,3} voor|aanvraag)\b"
)
ARTICLE = re.compile(r"\b(?:een|'n|twee|drie|vier) ")
STOP = re.compile(
    r"[.,;:!?\n\t]| (?:die|met|in te|in(?! balans)|per|vanaf|bij|inhuren|ter|gezocht|nodig|zonder|dat"
    r"|om|a \d|zoals|aan te|op|heeft|en ook|en wij|gevraagd|wil|is|leveren|en dat)\b| (?:(?:voor|van) "
    r"(?:de|het|een|onze)? ?"
    r"(?:\d|duur\b|periode\b|gemeente|provincie|waterschap|ministerie|zestien|twaalf|hetzelfde"
    r"|griffie van|komende|ongeveer|circa|minimaal)) ?"
)
LEADING = re.compile(
    r"(?:een |ervaren |tijdelijke? |goede |nieuwe |ad interim |aanvraag:? |opdracht:? |vacature:? "
    r"|gezocht:? |fw:? )"
)
TRAILING = re.compile(r" (?:gezocht|gevraagd|nodig)\b.{0,40}$")
NOT_SOUGHT = re.compile(
    r"\b(?:onze|als|samen met|met de|door de|mijn|hun|jullie|de huidige|zieke|de|naast)(?: \w{1,15})? $"
)
KIND = re.compile(
    r"\b(?:[a-z]{2,20}- en |(?:senior|medior|junior|strategisch|online|interim)[ /a-z-]{0,30})$"
)
FUNCTION_OF = re.compile(r"\b(?:de functie|de rol|functienaam|vacature) (?:van|voor)[: ]{1,2}")
MOST = 120

LEVEL = re.compile(
    r"\b(?P<level>junior|medior|senior|strategisch)(?=\b|e\b)(?: ?(?:/|-|of|tot) ?(?P<next>medior"
    r"|senior|strategisch)\b)?"
)
MEANT = re.compile(r"[ )](?:[a-z-]{2,25} )?[a-z-]{0,35}" + NOUN + r"|[ -](?:niveau|level|rol|profiel)")
PLAN = re.compile(
    r"strategisch (?:communicatie(?:plan|kader|advies|beleid)|advi(?:es|ser)|inkoper)|strategische "
    r"(?:communicatie(?!adviseur|manager)|advi)|senior(?:en\b|enraad)"
)
AIDE = re.compile(r"\b(?:samen met|onze|een stuk of|ook zoeken we|van een|naast|door een) (?:\w{1,12} )?$")
LEVELS_OF_FUNCTIONS = (
    (
        Level.STRATEGISCH,
        re.compile(
            r"\b(?:communicatie)?manager|hoofd|directeur|kwartiermaker|strateeg|projectleider communicatie"
        ),
    ),
    (Level.JUNIOR, re.compile(r"communicatiemedewerker|ondersteuner|assistent|trainee")),
    (Level.MEDIOR, re.compile(r"communicatie ?adviseur|\badviseur communicatie")),
)

GROWTH = re.compile(
    r"\b(?:open voor groei|doorgroei\w{0,5}|stap (?:wil |wilt |kan |kunnen )?(?:maken|zetten|omhoog)"
    r"|wil(?:t)? (?:je )?groeien|groeipotenti\w{2,4}|groei mogelijk"
    r"|kan groeien|nog kan leren|wil leren|starter (?:is|mag|kan|welkom)|in de rol (?:kan "
    r"|wil )?groei\w{0,2}|ruimte om te groeien|klaar voor een volgende stap"
    r"|(?:junior|medior) (?:is|mag|kan)(?: \w{1,10})? (?:ook|welkom|prima)|ook (?:een )?(?:junior"
    r"|medior|starter)\b)"
)


def title(mail: Mail) -> Found[str] | None:
    """Return the function's name, as the mail writes it."""
    return best(_titles(mail))


def _titles(mail: Mail) -> Iterator[Candidate[str]]:
    for line in mail.lines:
        label = LABEL.match(mail.plain, line.start, line.end)
        subject = SUBJECT.match(mail.plain, line.start, line.end)
        if label:
            yield from _title(mail, label.end(), line.end, SURE, whole=True)
        elif line.heading and FUNCTION.match(mail.plain, line.start, line.end):
            yield from _title(mail, line.start, line.end, LIKELY, whole=True)
        elif subject:
            yield from _title(mail, subject.end(), line.end, GUESS, whole=False)
    for sentence in mail.sentences[:400]:
        sought = SOUGHT.search(mail.plain, sentence.start, sentence.end)
        for one in FUNCTION.finditer(mail.plain, sentence.start, min(sentence.end, sentence.start + 600)):
            before = (max(sentence.start, one.start() - 25), one.start())
            if NOT_SOUGHT.search(mail.plain, *before):
                continue
            start = _noun_phrase_start(mail, sentence.start, one.start())
            strength = (
                LIKELY if sought and (sought.start() < one.start() or "inhuren" in sought[0]) else GUESS
            )
            yield from _title(
                mail, start, min(sentence.end, one.start() + MOST), strength, whole=False, noun=one.end()
            )
            break


def _noun_phrase_start(mail: Mail, sentence: int, noun: int) -> int:
    """Return where the name begins: behind the article, or with a level or a kind just before the noun."""
    begin = max(sentence, noun - 60)
    articles = [one.end() for one in ARTICLE.finditer(mail.plain, begin, noun)]
    if of := FUNCTION_OF.search(mail.plain, begin, noun):
        return of.end()
    if articles:
        return articles[-1]
    kind = KIND.search(mail.plain, begin, noun)
    return kind.start() if kind else noun


def _title(
    mail: Mail, start: int, end: int, strength: int, *, whole: bool, noun: int | None = None
) -> Iterator[Candidate[str]]:
    while leading := LEADING.match(mail.plain, start, end):
        start = leading.end()
    function = FUNCTION.search(mail.plain, start, end)
    if not function:
        return
    stop = (
        TRAILING.search(mail.plain, start, end)
        if whole
        else STOP.search(mail.plain, noun or function.end(), end)
    )
    if stop:
        end = stop.end() + 2 if mail.plain.startswith("a.i.", stop.end() - 2) else stop.start()
    while end > start and mail.plain[end - 1] in " .,;:-":
        end -= 0 if mail.plain.startswith("a.i.", end - 4) else 1
        if mail.plain.startswith("a.i.", end - 4):
            break
    if end > start:
        yield Candidate(mail.text[start:end], Words(start, end), strength, mail.zone_at(start))


def level(mail: Mail, sought: Found[str] | None) -> Found[Level] | None:
    """Return the level: as it is named, or else as the function's name tells."""
    found = []
    for one in mail.matches(LEVEL):
        sentence = mail.sentence_at(one.start())
        if PLAN.match(mail.plain, one.start()) or AIDE.search(
            mail.plain, max(sentence.start, one.start() - 30), one.start()
        ):
            continue
        value = Level(one["next"] or one["level"])
        words = Words(one.start(), one.end())
        inside = sought is not None and sought.words.start <= words.start < sought.words.end
        meant = MEANT.match(mail.plain, one.end())
        found.append(
            Candidate(
                value, words, SURE if inside else LIKELY, mail.zone_at(words.start) + 4 * inside + bool(meant)
            )
        )
    if sought:
        name = mail.plain[sought.words.start : sought.words.end]
        for value, functions in LEVELS_OF_FUNCTIONS:
            if functions.search(name):
                found.append(Candidate(value, sought.words, GUESS))
                break
    return best(found)


def open_to_growth(mail: Mail) -> Found[bool] | None:
    """Return whether the mail welcomes who is a level below; two levels named as one say so."""
    found = [
        Candidate(True, Words(one.start(), one.end()), SURE, mail.zone_at(one.start()))
        for one in mail.matches(GROWTH)
    ]
    for one in mail.matches(LEVEL):
        if one["next"]:
            found.append(Candidate(True, Words(one.start(), one.end()), LIKELY, mail.zone_at(one.start())))
    return best(found)
