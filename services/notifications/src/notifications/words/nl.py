"""Dutch: facts, moments, steps and explanations in words, as templates use them (by the name `nl`)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from contracts.events import CriterionExplained
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, ClosedReason, Criterion, Decision, Level

from notifications.domain.clock import AMSTERDAM
from notifications.domain.contact import UnsubscribeReason
from notifications.domain.match import Answered, Decided, Ended
from notifications.domain.notice import Kind, NoticeState
from notifications.domain.timeline import Closed, Notified, Opened, Proposed, Step

DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
LEVELS = {
    Level.JUNIOR: "junior (communicatiemedewerker)",
    Level.MEDIOR: "medior (communicatieadviseur)",
    Level.SENIOR: "senior communicatieadviseur",
    Level.STRATEGISCH: "strategisch adviseur",
}
SPELLED = {
    "financien": "financiën",
    "prince2": "PRINCE2",
    "media-analyse": "media-analyse",
}
CRITERIA = {
    Criterion.SPECIALISMS: "Specialismen",
    Criterion.DOSSIERS: "Dossiers",
    Criterion.SECTOR: "Soort organisatie",
    Criterion.AMBITION: "Ambitie",
    Criterion.AVAILABILITY: "Beschikbaarheid",
    Criterion.RATE: "Tarief",
    Criterion.DISTANCE: "Reisafstand",
}

# Why professionals say no, and why they end their mail.
DECLINE_REASONS = (
    "Te ver reizen.",
    "Het tarief is te laag.",
    "De periode of de uren komen niet uit.",
    "Het werk past niet bij me.",
    "Ik heb al een andere opdracht.",
    "Een andere reden.",
)
UNSUBSCRIBE_REASONS = {
    UnsubscribeReason.NO_FIT: "De opdrachten pasten niet bij me.",
    UnsubscribeReason.TOO_MUCH: "Ik kreeg te veel mail.",
    UnsubscribeReason.SETTLED: "Ik zoek geen opdracht meer.",
    UnsubscribeReason.OTHER: "Een andere reden.",
}

# What the recruiter's board says.
CLOSED = {
    ClosedReason.FILLED: "ingevuld",
    ClosedReason.WITHDRAWN: "ingetrokken",
    ClosedReason.EXPIRED: "verlopen",
}
SUPPRESSED = {
    NoticeState.REFUSED: "de mailserver weigerde het.",
    NoticeState.BOUNCED: "een mail kwam terug.",
    NoticeState.COMPLAINED: "een mail werd als ongewenst gemeld.",
}
ANSWERS = {Answer.INTERESTED: "Heeft interesse", Answer.DECLINED: "Niet voor mij"}
DECISIONS = {
    Decision.INVITED: "Uitgenodigd voor een gesprek",
    Decision.NOMINATED: "Voorgedragen",
    Decision.REJECTED: "Afgewezen",
}
CLOSINGS = {
    ClosedReason.FILLED: "Opdracht ingevuld",
    ClosedReason.WITHDRAWN: "Opdracht ingetrokken",
    ClosedReason.EXPIRED: "Reactietermijn voorbij",
}
NOTICES = {
    Kind.MATCH: "Mail over de opdracht",
    Kind.LATER: "Wil het later nog eens zien",
    Kind.DIGEST: "Mail met meer opdrachten",
    Kind.ANSWERED: "Bevestiging van het antwoord",
    Kind.NOMINATED: "Mail over de voordracht",
    Kind.REJECTED: "Mail over de afwijzing",
    Kind.CLOSED: "Mail over de sluiting",
}
OUTCOMES = {
    NoticeState.PENDING: "staat klaar",
    NoticeState.SENDING: "wordt verstuurd",
    NoticeState.DIGESTED: "gaat mee in een mail met meer opdrachten",
    NoticeState.ACCEPTED: "aangenomen door de mailserver",
    NoticeState.REFUSED: "geweigerd door de mailserver",
    NoticeState.BOUNCED: "kwam terug",
    NoticeState.COMPLAINED: "gemeld als ongewenst",
    NoticeState.SUPPRESSED: "niet verstuurd: dit adres krijgt geen mail",
    NoticeState.CANCELLED: "vervallen",
    NoticeState.UNWANTED: "niet verstuurd: de professional wil deze mail niet",
    NoticeState.EXPIRED: "niet verstuurd: te laat",
}


def term(value: str) -> str:
    """Spell a vocabulary value as people write it."""
    return SPELLED.get(value, value.replace("-", " "))


def terms(values: Iterable[str]) -> str:
    """Sum values up: a, b en c."""
    return _and([term(value) for value in values])


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else " en ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def choices(values: Iterable[str]) -> str:
    """Sum values up as a choice: a, b of c."""
    return " of ".join(terms(values).rsplit(" en ", 1))


def level(value: str) -> str:
    """Spell a level."""
    return LEVELS[Level(value)]


@lru_cache(maxsize=1024)  # what an opdracht says goes to many
def day(value: date | str) -> str:
    """Write a date: 14 januari 2027."""
    at = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


@lru_cache(maxsize=1024)
def moment(value: datetime) -> str:
    """Write a moment in Dutch time: woensdag 20 januari 2027, 12:00 uur."""
    at = value.astimezone(AMSTERDAM)
    return f"{DAYS[at.weekday()]} {day(at.date())}, {at:%H:%M} uur"


def short_moment(value: datetime) -> str:
    """Write a moment in Dutch time, short: 20-01-2027 12:00."""
    return f"{value.astimezone(AMSTERDAM):%d-%m-%Y %H:%M}"


def step(item: Step) -> str:
    """Put one step of a match's timeline into words."""
    match item:
        case Opened():
            return "Opdracht geopend"
        case Proposed():
            return "Voorgesteld"
        case Notified(kind, state):
            return f"{NOTICES[kind]}: {OUTCOMES[state]}"
        case Answered(answer):
            return ANSWERS[answer]
        case Decided(decision):
            return DECISIONS[decision]
        case Closed(reason):
            return CLOSINGS[reason]


def nobody_left(ended: Ended) -> str:
    """Tell the recruiter how the matches of an opdracht ended, where none lives; nothing without any."""
    total = ended.declined + ended.rejected + ended.fell_off
    if total == 0:
        return ""
    ways = (
        (ended.declined, "zei nee", "zeiden nee"),
        (ended.rejected, "is afgewezen", "zijn afgewezen"),
        (ended.fell_off, "viel af", "vielen af"),
    )
    because = " omdat de opdracht of het profiel veranderde" if ended.fell_off else ""
    if total == 1:
        (way,) = (one for count, one, _ in ways if count)
        return (
            f"Er paste één professional bij deze opdracht, maar die {way}{because}. Nu past er niemand meer."
        )
    told = [f"{count} {one if count == 1 else several}" for count, one, several in ways if count]
    return f"Er pasten {total} professionals: {_and(told)}{because}. Nu past er niemand meer."


def proposed(count: int) -> str:
    """Say how many professionals were proposed."""
    if count == 0:
        return "Op dit moment past er niemand bij."
    return f"Er {'is 1 professional' if count == 1 else f'zijn {count} professionals'} voorgesteld."


def adds(count: int) -> str:
    """Say how many more candidates something brings."""
    return "Er past 1 professional extra" if count == 1 else f"Er passen {count} professionals extra"


def change(fields: dict[str, Any], facts: AssignmentFacts) -> str:
    """Put a relaxation of an assignment into words, to follow "als …": the fields as they would be."""
    try:
        ((field, value),) = fields.items()
        return _CHANGES[field](value, facts)
    except (KeyError, TypeError, ValueError, IndexError):
        return "je een eis soepeler maakt"


def _dropped(asked: Iterable[str], value: Iterable[str]) -> str:
    return terms([one for one in asked if one not in value])


_CHANGES: dict[str, Callable[[Any, AssignmentFacts], str]] = {
    "rate_max_cents": lambda value, _: f"het maximale tarief {euros(value)} per uur wordt",
    "open_to_growth": lambda _, __: "je ook mensen toelaat voor wie het een stap omhoog is",
    "starts_on": lambda value, _: f"de opdracht start op {day(value)}",
    "onsite_days": lambda value, _: f"het werk {onsite(value)} te doen is",
    "required_specialisms": lambda value, facts: (
        f"{_dropped(facts.required_specialisms, value)} niet meer verplicht is"
    ),
    "required_certificates": lambda value, facts: (
        f"het certificaat {_dropped(facts.required_certificates, value)} niet meer verplicht is"
    ),
}


def clock(value: datetime) -> str:
    """Write the time of day in Dutch time."""
    return f"{value.astimezone(AMSTERDAM):%H:%M}"


def euros(cents: int) -> str:
    """Write an amount: € 85 or € 72,50."""
    whole, rest = divmod(cents, 100)
    return f"€ {whole:,}".replace(",", ".") + (f",{rest:02d}" if rest else "")


def number(value: float) -> str:
    """Write a number with a decimal comma, without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def rate(cents: int | None) -> str:
    """Write an assignment's maximum rate."""
    return "geen maximum genoemd" if cents is None else f"maximaal {euros(cents)} per uur, zonder btw"


def hours(least: int, most: int) -> str:
    """Write hours a week."""
    return f"{least} uur per week" if least == most else f"{least} tot {most} uur per week"


def onsite(days: int) -> str:
    """Write onsite days a week."""
    if days == 0:
        return "helemaal op afstand"
    return f"{days} {'dag' if days == 1 else 'dagen'} per week op locatie"


def because(item: CriterionExplained, *, to_you: bool = False) -> str:
    """Put one criterion of an explanation into words.

    `to_you` speaks to the professional; otherwise the recruiter reads about one. Facts that an older
    or another producer wrote differently are left without words.
    """
    try:
        return _WORDS[item.criterion](item.facts, to_you)
    except (KeyError, TypeError, ValueError):
        return ""


def _part(facts: dict[str, Any], what: str) -> str:
    matched, missing = facts.get("matched", []), facts.get("missing", [])
    if not matched and not missing:
        return f"Geen {what} gevraagd."
    total = len(matched) + len(missing)
    if not missing:
        return f"Alle gevraagde {what}: {terms(matched)}."
    if not matched:
        return f"Nog geen van de gevraagde {what}: {terms(missing)}."
    return f"{len(matched)} van de {total} gevraagde {what}: {terms(matched)}. Nog niet: {terms(missing)}."


def _earlier(entries: int) -> str:
    return "1 eerdere opdracht" if entries == 1 else f"{entries} eerdere opdrachten"


def _sector(facts: dict[str, Any], to_you: bool) -> str:
    kind, entries = term(facts["organisation_type"]), facts["entries"]
    seeks, did = ("Je zoekt", "je deed") if to_you else ("Zoekt", "deed")
    if facts["direction"] == "depth":
        counting = facts.get("entries_that_count", entries)
        if counting != entries and counting:
            verb = "lijkt" if counting == 1 else "lijken"
            return f"{seeks} diepgang; {did} {_earlier(counting)} die hierop {verb}."
        if counting != entries:
            return f"{seeks} diepgang, maar {did} ander werk bij dit soort organisatie ({kind})."
        if not entries:
            return f"{seeks} diepgang, maar dit soort organisatie ({kind}) is nieuw."
        return f"{seeks} diepgang; {did} {_earlier(entries)} bij dit soort organisatie ({kind})."
    if not entries:
        return f"{seeks} variatie; dit soort organisatie ({kind}) is nieuw in het portfolio."
    if facts["latest"] == facts["organisation_type"]:
        return f"{seeks} variatie, maar de laatste opdracht was ook bij dit soort organisatie ({kind})."
    return (
        f"{seeks} variatie; {did} {_earlier(entries)} bij dit soort organisatie ({kind}), niet als laatste."
    )


def _ambition(facts: dict[str, Any], to_you: bool) -> str:
    own, wish = ("je eigen", "je wens") if to_you else ("het eigen", "de wens")
    if facts["growth"]:
        step = f"Een stap omhoog: van {term(facts['profile_level'])} naar {term(facts['assignment_level'])}."
    elif facts["profile_level"] != facts["assignment_level"]:
        step = f"Eén niveau onder {own} niveau ({term(facts['profile_level'])})."
    elif facts.get("step_up"):  # costs points under policy 2026.1 only, and is a fact of that one only
        wants = "je wilt" if to_you else "wil"
        step = f"Precies {own} niveau, maar {wants} eigenlijk een stap omhoog."
    else:
        step = f"Precies {own} niveau."
    if not facts["wishes"]:
        return f"{step} Geen voorkeur opgegeven voor specialismen."
    if facts["matched"]:
        return f"{step} Sluit aan bij {wish} om te groeien in {terms(facts['matched'])}."
    return f"{step} {wish.capitalize()} om te groeien in {choices(facts['wishes'])} komt hier niet terug."


def _availability(facts: dict[str, Any], to_you: bool) -> str:
    available, start = "je bent beschikbaar" if to_you else "beschikbaar", day(facts["starts_on"])
    if facts["available_from"] == facts["starts_on"]:
        return f"{available.capitalize()} precies op de startdatum, {start}."
    free = day(facts["available_from"])
    # Policy 2026.1 looked at days on both sides of the start, 2026.2 at those after it.
    apart = facts["days_after"] if "days_after" in facts else facts["days_apart"]
    if apart == 0:
        return f"{available.capitalize()} vanaf {free}, op tijd voor de start op {start}."
    between = "Er zit 1 dag tussen" if apart == 1 else f"Er zitten {apart} dagen tussen"
    return f"{between}: {available} vanaf {free}, start op {start}."


def _rate(facts: dict[str, Any], to_you: bool) -> str:
    asked, most = euros(facts["rate_min_cents"]), facts["rate_max_cents"]
    asks = f"{'Je vraagt' if to_you else 'Vraagt'} minimaal {asked} per uur"
    if most is None:
        return f"{asks}; de opdracht noemt geen maximum."
    return f"{asks}; de opdracht betaalt maximaal {euros(most)}."


def _distance(facts: dict[str, Any], to_you: bool) -> str:
    if facts.get("onsite_days") == 0:
        return "De opdracht is helemaal op afstand te doen."
    limit = "je grens" if to_you else "de grens"
    return f"{number(facts['km'])} km reizen; {limit} is {number(facts['max_km'])} km."


_WORDS: dict[Criterion, Callable[[dict[str, Any], bool], str]] = {
    Criterion.SPECIALISMS: lambda facts, _: _part(facts, "specialismen"),
    Criterion.DOSSIERS: lambda facts, _: _part(facts, "dossiers"),
    Criterion.SECTOR: _sector,
    Criterion.AMBITION: _ambition,
    Criterion.AVAILABILITY: _availability,
    Criterion.RATE: _rate,
    Criterion.DISTANCE: _distance,
}
