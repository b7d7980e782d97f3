"""What the client offers and asks in numbers: hours, rate, days on site, positions, contract forms."""

import re
from collections.abc import Iterator, Sequence

from contracts.vocabulary import ContractForm

from desk.reading.days import NUMBER, WEEKDAYS, Mention
from desk.reading.found import GUESS, LIKELY, SURE, Candidate, Found, Words, best
from desk.reading.mail import Mail
from desk.reading.period import number

Range = tuple[int | None, int | None]

HOURS = re.compile(
    rf"(?<![\d.,:€/])(?:(?P<bound>minimaal|minstens|ten minste|tenminste|min\.?|maximaal|hooguit"
    rf"|ten hoogste|max\.?|tot) )?"
    rf"\b(?P<low>{NUMBER})(?: ?(?:uur|u) )?(?: {{0,2}}(?:-|/|tot(?: en met)?|a|t/m|of|en) {{0,2}}(?:max"
    rf"(?:imaal|\.)? )?(?P<high>{NUMBER}))?"
    r" ?(?P<unit>uur|uren|u\b|urige|uurs?\b)(?P<week>[ /,]{0,3}(?:(?:per|p\.?|in de|de|/) ?)?(?:week"
    r"|w\b|pw\b|p/w)|[ /]pw\b| wekelijks)?"
)
LABELLED_HOURS = re.compile(
    r"\b(?:(?:aantal )?uren(?: ?per week| ?p/w)?|urenomvang|omvang|inzet|uren ?/ ?week|uren pw"
    r"|dienstverband)\s{0,3}:?\s{1,20}"
    r"(?:(?P<bound>minimaal|min\.?|maximaal|max\.?) )?(?P<low>\d{1,2})(?: {0,2}(?:-|/|tot|a|t/m"
    r"|en) {0,2}(?:max(?:imaal|\.)? )?(?P<high>\d{1,2}))?\b(?![.,:]\d| ?(?:dag|maand|%))"
)
FTE = re.compile(r"\b(?P<fte>[01][.,]\d{1,3}|1) ?fte\b")
DAYS_A_WEEK = re.compile(
    rf"\b(?P<low>{NUMBER})(?: ?(?:-|tot|a|of) ?(?P<high>{NUMBER}))? (?:hele )?dag(?:en)? (?:per|in de"
    rf"|/) ?week\b"
)
HOURS_CUE = re.compile(
    r"\b(?:uren|omvang|inzet|gemiddeld|ongeveer|circa|ca\.|beschikbaar|opdracht|klus|denken aan"
    r"|het gaat om|gaat het om|reken op|week)\b"
)
NO_HOURS = re.compile(r"\b(?:om|voor|binnen|na|vanaf|tussen|reist?|piket|in totaal|totaal)\b[ \w]{0,8}$")

AMOUNT = (
    r"(?P<{0}>\d{{2,3}}|\d\.\d{{3}}|\d{{4}})(?:[.,](?P<{0}c>\d{{2}}|-{{1,2}}|=)(?!\d))?(?![\d.]{{0,10}}\d)"
)
EURO = r"(?:€|eur(?:o)?\b)"
MONEY = re.compile(
    rf"(?:(?:{EURO} {{0,3}}|\b(?:tarief|uurtarief|tussen(?: de)?|max\.?|maximaal|hooguit)[: ]{{1,20}}"
    rf"(?:max\.? |maximaal |hooguit |tot |van |{EURO} ?){{0,2}}))"
    + AMOUNT.format("a")
    + rf"(?: ?(?:-|tot|a|en|/) {{0,2}}(?:{EURO} ?)?"
    + AMOUNT.format("b")
    + r")?"
)
MONEY_AFTER = re.compile(
    r"(?<![\d.,])" + AMOUNT.format("a") + r"(?: ?(?:-|tot|a|en) {0,2}" + AMOUNT.format("b") + rf")?"
    rf" ?(?:{EURO}|(?:per uur|p/u|p\.u\.|/ ?uur|all-in))"
)
HOURLY = re.compile(r"(?:per uur|p/u|p\.u\.|/ ?u(?:ur)?\b|uurtarief|tarief|\bpu\b|all-? ?in\b|budget|btw)")
DAILY = re.compile(r"(?:per dag|/ ?dag|\bp/d\b|dagtarief|dagprijs)")
NO_RATE = re.compile(
    r"(?:per maand|bruto|salaris|schaal|\buren\b|inwoners|kilometer|reiskosten ?:|miljoen|mln|duizend"
    r"|per jaar|totaal|budget van)"
)
WITH_VAT = re.compile(r"(?<!\w)(?:incl(?:\.|usief)?|inc\.) {0,2}(?:21 ?% )?(?:btw|b\.t\.w)")
NO_MAXIMUM = re.compile(
    r"\b(?:geen (?:maximum|maximaal|max\.?)\b ?-?(?:uur)?(?:tarief)?|tarief ?: {0,3}(?:geen maximum"
    r"|open|vrij)\b)"
)

ONSITE = (
    r"(?:op (?:het |ons |de )?(?:kantoor|locatie|gemeentehuis|stadhuis|stadskantoor|provinciehuis"
    r"|provinciekantoor|waterschapshuis|raadhuis|ministerie"
    r"|projectkantoor|werkplek|huis der provincie)|in (?:het |ons )?(?:gemeentehuis|stadhuis"
    r"|stadskantoor|provinciehuis|raadhuis|kantoor|huis\b|pand)"
    r"|bij ons\b|fysiek|aanwezig\w{0,4}|ter plaatse|er (?:minstens |dan )?(?:is|bent|zijn)"
    r"|dat iemand er|onsite|on-site|zichtbaar|standplaats|werkplek|werklocatie|kantoor\b|locatie\b|stadhuis)"
)
DAYS = re.compile(
    rf"\b(?P<low>{NUMBER})(?: ?(?:-|tot|a|of) ?(?P<high>{NUMBER}))?(?: (?:vaste|hele|volle|werk))?"
    rf"(?: ?(?:dag(?:en)?|dgn)\b|(?= op (?:kantoor|locatie|het)))"
)
SITE = re.compile(ONSITE)
REMOTE = re.compile(
    r"\b(?:volledig|geheel|100 ?%|helemaal)(?: op)? (?:afstand|remote|thuis\w{0,6})\b|\b"
    r"(?:volledig remote|0 dagen op (?:kantoor|locatie))\b"
)
HOME = re.compile(r"\b(?:thuis\w{0,8}|op afstand|remote|vanuit huis)\b")
WHEREOF = re.compile(r"\b(?:waarvan|waaronder)\b")
AT_HOME = re.compile(
    r" (?:per week |in de week )?(?:mag je |kun je )?(?:thuis|op afstand|remote|vanuit huis)"
)
FIXED = re.compile(
    rf"\b(?:{'|'.join(WEEKDAYS)})(?:(?:, | en | of |, en )(?:{'|'.join(WEEKDAYS)})){{0,4}}\b(?! \d)"
)
MEETING = re.compile(
    r"\b(?:daar|iedereen|zitten|samen|werken we|zien we|kantoor|aanwezig|locatie|gemeentehuis|stadhuis"
    r"|provinciehuis)\b"
)

SEVERAL = re.compile(
    rf"\b(?P<count>{NUMBER})(?: [a-z/-]{{2,25}}){{0,3}}? (?P<who>[a-z]{{0,25}}(?:adviseurs"
    rf"|woordvoerders|redacteuren|redacteurs|medewerkers|leiders|"
    r"managers|specialisten|voorlichters|professionals|schrijvers|strategen|makers|personen|mensen"
    r"|collega's|plekken|posities|interimmers|regisseurs))\b"
)
LABELLED_POSITIONS = re.compile(
    r"\b(?:aantal (?:posities|personen|professionals|plekken|plaatsen|adviseurs|kandidaten nodig"
    r"|medewerkers)|posities)\s{0,3}: {0,10}(?P<count>\d{1,2})\b"
)
SOUGHT = re.compile(
    r"\b(?:zoek\w{0,3}|gezocht|nodig|behoefte|inhuren|vragen|gevraagd|op zoek|werven|huren)\b"
)
TEAM = re.compile(
    r"\b(?:samen met|team van|afdeling van|leiding aan|naast|onze|bestaat uit|eenheid|voor de)\b"
)

FORMS = {
    ContractForm.ZZP: (
        r"zzp\w{0,4}|zelfstandigen\b(?: zonder personeel)?|zelfstandige\b|zelfstandig "
        r"(?:professional|ondernemer)s?|freelance\w{0,2}|eenmanszaak"
    ),
    ContractForm.DETACHERING: r"detacher\w{2,5}|gedetacheerd\w?|detacheringsbasis|midlance\w{0,2}",
    ContractForm.LOONDIENST: r"loondienst|pay-?roll\w{0,5}|(?:tijdelijk |vast )?dienstverband|in "
    r"(?:tijdelijke )?dienst\b|arbeidsovereenkomst|uitzend\w{0,12}"
    r"|(?:tijdelijke )?aanstelling|arbeidscontract|tijdelijk contract",
}
FORM = re.compile("|".join(rf"(?P<{form.name}>\b(?:{words}))" for form, words in FORMS.items()))
DENIED_BEFORE = re.compile(
    r"\b(?:geen|niet(?: als| via| op basis van)?|zonder|uitgezonderd|behalve)(?: inzet van"
    r"| inhuur van)? {0,2}$"
)
DENIED_AFTER = re.compile(
    r"[' -]{0,2}(?:er'?s? |ers? )?(?:\w{1,9} ){0,2}(?:niet (?:toegestaan|mogelijk|welkom|gewenst"
    r"|meer )|uitgesloten|komen? niet|komt niet|niet in aanmerking|kan (?:helaas )?niet|kunnen "
    r"(?:helaas )?niet|toegestaan ?: ?nee|mag niet|: ?nee)"
)
ANY_FORM = re.compile(
    r"\b(?:alle (?:contract)?vormen|contractvorm(?: ?: | is )(?:vrij|open|bespreekbaar|maakt niet uit))\b"
)


def hours(mail: Mail, days: Sequence[Mention]) -> Found[Range] | None:
    """Return the least and the most hours a week."""
    return best(_hours(mail, days))


def _hours(mail: Mail, days: Sequence[Mention]) -> Iterator[Candidate[Range]]:
    times = {offset for one in days for offset in range(one.start, one.end)}
    for one in mail.matches(LABELLED_HOURS):
        if (value := _range(one)) and one.start("low") not in times:
            yield Candidate(value, Words(one.start("low"), one.end()), SURE, mail.zone_at(one.start()))
    for one in mail.matches(HOURS):
        before = (max(mail.sentence_at(one.start()).start, one.start() - 40), one.start())
        value = _range(one)
        if not value or one.start("low") in times:
            continue
        weekly = one["week"] or HOURS_CUE.search(mail.plain, *before)
        if NO_HOURS.search(mail.plain, *before) and not (one["week"] or one["high"] or one["unit"] == "uren"):
            yield Candidate(value, Words(one.start(), one.end()), GUESS, mail.zone_at(one.start()))
            continue
        strength = SURE if weekly else LIKELY
        yield Candidate(value, Words(one.start(), one.end()), strength, mail.zone_at(one.start()))
    for one in mail.matches(FTE):
        count = round(36 * float(one["fte"].replace(",", ".")))
        yield Candidate((count, count), Words(one.start(), one.end()), LIKELY, mail.zone_at(one.start()))
    for one in mail.matches(DAYS_A_WEEK):
        sentence = mail.sentence_at(one.start())
        near = (max(sentence.start, one.start() - 40), min(sentence.end, one.end() + 50))
        if not SITE.search(mail.plain, *near) and not HOME.search(mail.plain, *near):
            low, high = number(one["low"]), number(one["high"] or one["low"])
            if 1 <= low <= high <= 5:
                words = Words(one.start(), one.end())
                yield Candidate((8 * low, 8 * high), words, GUESS, mail.zone_at(one.start()))


def _range(one: re.Match[str]) -> Range | None:
    low = number(one["low"])
    high = number(one["high"]) if one["high"] else low
    if not 1 <= low <= high <= 40:
        return None
    bound = "" if one["high"] else one["bound"] or ""
    if bound.startswith(("max", "hoog", "ten hoog", "tot")):
        return None, high
    return low, None if bound else high


def rate(mail: Mail) -> Found[int | None] | None:
    """Return the highest rate in cents an hour without VAT; None as a value where there is no maximum."""
    found: list[Candidate[int | None]] = [
        Candidate(None, Words(one.start(), one.end()), SURE, mail.zone_at(one.start()))
        for one in mail.matches(NO_MAXIMUM)
    ]
    for pattern in (MONEY, MONEY_AFTER):
        found += (one for match in mail.matches(pattern) if (one := _rate(mail, match)))
    return best(found)


def _rate(mail: Mail, one: re.Match[str]) -> Candidate[int | None] | None:
    sentence = mail.sentence_at(one.start())
    near = (max(sentence.start, one.start() - 40), min(max(sentence.end, one.end()), one.end() + 40))
    cents = _cents(one["b"], one["bc"]) if one["b"] else _cents(one["a"], one["ac"])
    daily = bool(DAILY.search(mail.plain, *near))
    if daily:
        cents = round(cents / 8)
    if WITH_VAT.search(mail.plain, *near):
        cents = round(cents / 1.21)
    if not 3_000 <= cents <= 30_000:
        return None
    hourly = daily or HOURLY.search(mail.plain, *near)
    if NO_RATE.search(mail.plain, one.end(), near[1]) and not hourly:
        return None
    money = EURO_SIGN.search(mail.plain, one.start(), one.end())
    if (
        not hourly
        and not money
        and mail.plain[one.end() : one.end() + 5].strip()[:3] in ("uur", "dag", "per", "%")
    ):
        return None
    strength = SURE if hourly else LIKELY if money else GUESS
    return Candidate(cents, Words(one.start(), one.end()), strength, mail.zone_at(one.start()))


EURO_SIGN = re.compile(EURO)


def _cents(whole: str, part: str | None) -> int:
    return 100 * int(whole.replace(".", "")) + (int(part) if part and part.isdigit() else 0)


def onsite_days(mail: Mail) -> Found[int] | None:
    """Return on how many days a week somebody has to be there."""
    found = [
        Candidate(0, Words(one.start(), one.end()), LIKELY, mail.zone_at(one.start()))
        for one in mail.matches(REMOTE)
    ]
    for one in mail.matches(DAYS):
        sentence = mail.sentence_at(one.start())
        count = number(one["low"])
        if not 0 <= count <= 5:
            continue
        part = WHEREOF.search(mail.plain, one.end(), one.end() + 60)
        after = SITE.search(
            mail.plain, one.end(), min(sentence.end, part.start() if part else one.end() + 60)
        )
        before = SITE.search(mail.plain, max(sentence.start, one.start() - 60), one.start())
        if AT_HOME.match(mail.plain, one.end()):
            continue
        if after or before or _within(mail.plain, one):
            strength = SURE if after or before else LIKELY
            found.append(Candidate(count, Words(one.start(), one.end()), strength, mail.zone_at(one.start())))
    for one in mail.matches(FIXED):
        sentence = mail.sentence_at(one.start())
        if MEETING.search(mail.plain, sentence.start, min(sentence.end, sentence.start + 300)):
            count = sum(one[0].count(day) for day in WEEKDAYS)
            found.append(Candidate(count, Words(one.start(), one.end()), LIKELY, mail.zone_at(one.start())))
    return best(found)


INSIDE = re.compile(r"(?: (?:per|in de) week)? in [a-z']{2}")


def _within(plain: str, one: re.Match[str]) -> bool:
    """Return whether the days are said to be in some place, as in "3 dagen in Kerkdriel"."""
    return bool(INSIDE.match(plain, one.end())) and not plain.startswith(" in de week", one.end())


def positions(mail: Mail) -> Found[int] | None:
    """Return how many people are sought, where the mail counts them."""
    found = [
        Candidate(int(one["count"]), Words(one.start("count"), one.end()), SURE, mail.zone_at(one.start()))
        for one in mail.matches(LABELLED_POSITIONS)
        if int(one["count"]) > 0
    ]
    for one in mail.matches(SEVERAL):
        sentence = mail.sentence_at(one.start())
        before = (max(sentence.start, one.start() - 30), one.start())
        count = number(one["count"])
        sought = SOUGHT.search(
            mail.plain, max(sentence.start, one.start() - 80), min(sentence.end, one.end() + 40)
        )
        if 2 <= count <= 20 and sought and not TEAM.search(mail.plain, *before):
            found.append(Candidate(count, Words(one.start(), one.end()), LIKELY, mail.zone_at(one.start())))
    return best(found)


def contract_forms(mail: Mail) -> tuple[Found[ContractForm], ...]:
    """Return the forms that are possible; where one is only excluded, the others are."""
    named: dict[ContractForm, Words] = {}
    denied: dict[ContractForm, Words] = {}
    for one in mail.matches(FORM):
        form, words = ContractForm[one.lastgroup or ""], Words(one.start(), one.end())
        sentence = mail.sentence_at(one.start())
        before = DENIED_BEFORE.search(mail.plain, max(sentence.start, one.start() - 30), one.start())
        after = DENIED_AFTER.match(mail.plain, one.end(), max(sentence.end, one.end()))
        if before or after:
            start, end = before.start() if before else words.start, after.end() if after else words.end
            denied.setdefault(form, Words(start, end))
        elif not ADVERB.match(mail.plain, one.start()):
            named.setdefault(form, words)
    if not named and not denied:
        return tuple(
            Found(form, Words(one.start(), one.end()))
            for one in list(mail.matches(ANY_FORM))[:1]
            for form in ContractForm
        )
    possible = (
        named if any(form not in denied for form in named) else dict.fromkeys(ContractForm, _first(denied))
    )
    return tuple(
        Found(form, possible[form]) for form in ContractForm if form in possible and form not in denied
    )


ADVERB = re.compile(
    r"zelfstandig (?:werk|kun|en |te |aan)|dienstverband (?:van|voor) \d|zelfstandige? (?:houding|werk)"
)


def _first(denied: dict[ContractForm, Words]) -> Words:
    """Return the first of the words by which forms are excluded."""
    return min(denied.values(), key=lambda words: words.start)
