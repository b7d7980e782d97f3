"""Dutch: facts, moments, amounts and the vocabulary in words (templates have it as `nl`)."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from contracts.facts import AssignmentFacts
from contracts.vocabulary import Answer, ClosedReason, Decision, Level, NoticeKind, NoticeOutcome

from words.legible import line

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
LEVELS = {
    Level.JUNIOR: "communicatiemedewerker (junior)",
    Level.MEDIOR: "communicatieadviseur (medior)",
    Level.SENIOR: "senior communicatieadviseur",
    Level.STRATEGISCH: "strategisch communicatieadviseur",
}
SPELLED = {
    "financien": "financiën",
    "prince2": "PRINCE2",
    "media-analyse": "media-analyse",
}

# What recruiters read.
CLOSED = {
    ClosedReason.FILLED: "ingevuld",
    ClosedReason.WITHDRAWN: "ingetrokken",
    ClosedReason.EXPIRED: "verlopen",
}
SUPPRESSED = {
    NoticeOutcome.REFUSED: "de mailserver weigerde het.",
    NoticeOutcome.BOUNCED: "een mail kwam terug.",
    NoticeOutcome.COMPLAINED: "een mail werd als ongewenst gemeld.",
}
ANSWERS = {Answer.INTERESTED: "Heeft interesse", Answer.DECLINED: "Niet voor mij"}
DECISIONS = {
    Decision.INVITED: "Uitgenodigd voor een gesprek",
    Decision.NOMINATED: "Voorgedragen",
    Decision.REJECTED: "Afgewezen",
    Decision.REOPENED: "Beslissing teruggedraaid",
}
CLOSINGS = {
    ClosedReason.FILLED: "Opdracht ingevuld",
    ClosedReason.WITHDRAWN: "Opdracht ingetrokken",
    ClosedReason.EXPIRED: "Reactietermijn voorbij",
}
NOTICES = {
    NoticeKind.MATCH: "Mail over de opdracht",
    NoticeKind.LATER: "Wil het later nog eens zien",
    NoticeKind.DIGEST: "Mail met meer opdrachten",
    NoticeKind.ANSWERED: "Bevestiging van het antwoord",
    NoticeKind.CHANGED: "Mail over een wijziging",
    NoticeKind.DROPPED: "Mail dat de opdracht niet meer past",
    NoticeKind.INVITED: "Mail over het gesprek",
    NoticeKind.NOMINATED: "Mail over de voordracht",
    NoticeKind.REJECTED: "Mail over de afwijzing",
    NoticeKind.REOPENED: "Mail dat de beslissing is teruggedraaid",
    NoticeKind.CLOSED: "Mail over de sluiting",
    NoticeKind.MOVED: "Mail over het nieuwe mailadres",
    NoticeKind.LEFT: "Mail aan het oude mailadres",
    NoticeKind.CONSENT: "Vraag of we mogen mailen",
    NoticeKind.STAY: "Vraag om ingeschreven te blijven",
    NoticeKind.AGREED: "Mail over de afspraken",
    NoticeKind.STARTED: "Vraag hoe het gaat, na twee weken",
    NoticeKind.HALFWAY: "Vraag hoe het gaat, halverwege",
    NoticeKind.ENDING: "Vraag hoe het gaat, acht weken voor het einde",
    NoticeKind.ENDED: "Mail over het einde van de opdracht",
    NoticeKind.SILENCE: "Mail over wat opdrachten kan brengen",
    NoticeKind.QUESTION: "Vraag van een collega",
}
OUTCOMES = {
    NoticeOutcome.ACCEPTED: "aangenomen door de mailserver",
    NoticeOutcome.REFUSED: "geweigerd door de mailserver",
    NoticeOutcome.BOUNCED: "kwam terug",
    NoticeOutcome.COMPLAINED: "gemeld als ongewenst",
    NoticeOutcome.SUPPRESSED: "niet verstuurd: dit adres krijgt geen mail",
    NoticeOutcome.CANCELLED: "vervallen",
    NoticeOutcome.UNWANTED: "niet verstuurd: de professional wil deze mail niet",
    NoticeOutcome.EXPIRED: "niet verstuurd: te laat",
    NoticeOutcome.MISSED: "niet verstuurd: er was geen goed moment meer",
}


def term(value: str) -> str:
    """Spell a vocabulary value as people write it."""
    return SPELLED.get(value, value.replace("-", " "))


def terms(values: Iterable[str]) -> str:
    """Sum vocabulary values up: a, b en c."""
    return joined([term(value) for value in values])


def joined(words: Sequence[str]) -> str:
    """Sum words up: a, b en c."""
    return " en ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def choices(values: Iterable[str]) -> str:
    """Sum vocabulary values up as a choice: a, b of c."""
    *others, last = [term(value) for value in values]
    return f"{', '.join(others)} of {last}" if others else last


def level(value: str) -> str:
    """Spell a level."""
    return LEVELS[Level(value)]


@lru_cache(maxsize=1024)  # what an opdracht says goes to many
def day(value: date | str) -> str:
    """Write a day that people plan by: donderdag 14 januari 2027."""
    at = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{DAYS[at.weekday()]} {past_day(at)}"


def past_day(value: date) -> str:
    """Write a day long ago, of which nobody asks what day of the week it was: 14 januari 2019."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


@lru_cache(maxsize=1024)
def moment(value: datetime) -> str:
    """Write a moment in Dutch time: woensdag 20 januari 2027, 12:00 uur."""
    at = value.astimezone(AMSTERDAM)
    return f"{day(at.date())}, {hour(value)}"


def hour(value: datetime) -> str:
    """Write the time of day in Dutch time: 12:00 uur, or 02:30 uur zomertijd."""
    at = value.astimezone(AMSTERDAM)
    return f"{at:%H:%M} uur{_zone(at)}"


def day_of(value: datetime) -> str:
    """Write the day of a moment in Dutch time: woensdag 20 januari 2027."""
    return day(value.astimezone(AMSTERDAM).date())


def short_moment(value: datetime) -> str:
    """Write a moment in Dutch time, short: wo 20-01-2027 12:00."""
    at = value.astimezone(AMSTERDAM)
    return f"{DAYS[at.weekday()][:2]} {at:%d-%m-%Y %H:%M}{_zone(at)}"


def time_left(until: datetime, now: datetime) -> str:
    """Say how far away a moment is: over 8 weken, over 3 dagen, over 1 dag en 19 uur, over 5 uur."""
    minutes = int((until - now) / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    if minutes < 1:
        return "nu"
    if days >= 14:
        return f"over {days // 7} weken"
    if days >= 2:
        return f"over {days} dagen"
    if days:
        return f"over 1 dag en {hours} uur" if hours else "over 1 dag"
    if hours:
        return f"over {hours} uur"
    return f"over {minutes} {'minuut' if minutes == 1 else 'minuten'}"


def _zone(at: datetime) -> str:
    """Name the zone of a time of day that this day has twice."""
    if at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset():
        return ""
    return " zomertijd" if at.dst() else " wintertijd"


def nobody_left(declined: int, rejected: int, fell_off: int) -> str:
    """Tell the recruiter how the matches of an opdracht ended, where none lives; nothing without any."""
    total = declined + rejected + fell_off
    if total == 0:
        return ""
    ways = (
        (declined, "zei nee", "zeiden nee"),
        (rejected, "is afgewezen", "zijn afgewezen"),
        (fell_off, "viel af", "vielen af"),
    )
    because = " omdat de opdracht of het profiel veranderde" if fell_off else ""
    if total == 1:
        (way,) = (one for count, one, _ in ways if count)
        return (
            f"Er paste één professional bij deze opdracht, maar die {way}{because}. Nu past er niemand meer."
        )
    told = [f"{count} {one if count == 1 else several}" for count, one, several in ways if count]
    return f"Er pasten {total} professionals: {joined(told)}{because}. Nu past er niemand meer."


def clock(value: datetime) -> str:
    """Write the time of day in Dutch time."""
    return f"{value.astimezone(AMSTERDAM):%H:%M}"


def euros(cents: int) -> str:
    """Write an amount: € 85 or € 72,50."""
    whole, rest = divmod(cents, 100)
    return f"€ {whole:,}".replace(",", ".") + (f",{rest:02d}" if rest else "")


def score(value: float) -> str:
    """Write a score: a whole number of the hundred."""
    return f"{value:.0f}"


def points(value: float) -> str:
    """Write a criterion's points, with one decimal."""
    return f"{value:.1f}".replace(".", ",")


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


def kilometres(value: float) -> str:
    """Write a distance as the crow flies: 72 km hemelsbreed."""
    return f"{value:.0f} km hemelsbreed" if value >= 1 else "minder dan 1 km hemelsbreed"


def dial(phone: str) -> str:
    """Write a telephone number as a link has it: digits, and a plus where it begins with one."""
    return "+" * phone.lstrip().startswith("+") + "".join(filter(str.isdecimal, phone))


def fact_rows(facts: AssignmentFacts) -> tuple[tuple[str, str], ...]:
    """Name what an opdracht asks and offers, in the order in which it is read."""
    growth = ", open voor groei" if facts.open_to_growth else ""
    return (
        ("Niveau", level(facts.level) + growth),
        ("Tarief", rate(facts.rate_max_cents)),
        ("Uren", hours(facts.hours_min, facts.hours_max)),
        ("Contractvorm", choices(facts.contract_forms)),
        ("Plaats", f"{line(facts.place.name)}, {onsite(facts.onsite_days)}"),
        ("Periode", f"{day(facts.starts_on)} tot en met {day(facts.ends_on)}"),
        ("Reageren kan tot", moment(facts.respond_by)),
    )
