"""Dutch: what professionals read of their matches (templates have it as `to_professionals`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.facts import AssignmentFacts
from contracts.vocabulary import CheckIn, ClosedReason, ReasonCode
from words import nl
from words.legible import line

from notifications.domain.contact import UnsubscribeReason
from notifications.domain.match import FilledBy, Match
from notifications.domain.notice import FactChange, Kind
from notifications.domain.standing import Standing

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

# How somebody says that their work goes, and what they read then.
CHECK_INS = {
    CheckIn.GOED: "Goed",
    CheckIn.GAAT_WEL: "Gaat wel",
    CheckIn.WIL_PRATEN: "Ik wil praten",
}
HEARD = {
    CheckIn.GOED: "Fijn dat het goed gaat. Veel plezier met je opdracht.",
    CheckIn.GAAT_WEL: "Goed dat je het laat weten. Wil je er toch over praten? Antwoord dan op je mail.",
    CheckIn.WIL_PRATEN: "Je vraag is meteen doorgestuurd. Je hoort snel van ons.",
}

# What is held of somebody who is asked whether they stay.
HELD = (
    "je naam, je mailadres en, als je dat gaf, je telefoonnummer",
    "wat je kunt, wat je gedaan hebt en wat je zoekt",
    "hoe vaak en wanneer je mail van ons wilt",
    "opdrachten die bij je pasten, en wat je daarop antwoordde",
)


def silence(since: datetime | None) -> str:
    """Say since when somebody was silent who is asked whether they stay."""
    if since is None:
        return "We hebben lang niets van je gehoord."
    return f"We hebben sinds {nl.past_day(since.astimezone(nl.AMSTERDAM).date())} niets van je gehoord."


# What somebody who is rejected reads where the recruiter wrote nothing.
REASONS = {
    ReasonCode.TARIEF: "Het tarief en het budget van de opdrachtgever lagen te ver uit elkaar.",
    ReasonCode.BESCHIKBAARHEID: "De periode of de uren kwamen niet genoeg uit.",
    ReasonCode.ERVARING: "De opdrachtgever zoekt iemand met meer ervaring in dit soort werk.",
    ReasonCode.SPECIALISME: "De opdrachtgever zoekt een specialisme dat je nog niet hebt.",
    ReasonCode.REISTIJD: "De reistijd is te lang voor deze opdracht.",
    ReasonCode.CONTRACTVORM: "De opdrachtgever wil een andere contractvorm.",
    ReasonCode.OPDRACHTGEVER_KOOS_ANDER: "De opdrachtgever koos iemand anders.",
    ReasonCode.ANDERS: "Wil je weten waarom? Vraag het gerust.",
}
TAKEN_BACK = {
    Kind.INVITED: "dat je was uitgenodigd voor een gesprek",
    Kind.NOMINATED: "dat je was voorgedragen",
    Kind.REJECTED: "dat je deze opdracht niet krijgt",
}


@dataclass(frozen=True)
class Changed:
    """A fact as it was told, and as it is."""

    name: str
    old: str
    new: str


def changed(facts: AssignmentFacts, changes: Iterable[FactChange]) -> list[Changed]:
    """Put what changed in an opdracht into words, in the order in which its facts are read."""
    told = _rows(facts.model_copy(update={change.field: change.old for change in changes}))
    return [
        Changed(name, old, new)
        for (name, old), (_, new) in zip(told, _rows(facts), strict=True)
        if old != new
    ]


def _rows(facts: AssignmentFacts) -> list[tuple[str, str]]:
    return [("Titel", line(facts.title)), *nl.fact_rows(facts)]


def stands(standing: Standing, match: Match) -> str:
    """Say how a match stands; say nothing where it waits for the professional's answer."""
    recruiter = line(match.assignment.facts.recruiter.name)
    match standing:
        case Standing.OPEN:
            return ""
        case Standing.INTERESTED:
            return (
                f"Je hebt laten weten dat je interesse hebt. {recruiter} ziet dat meteen. Reageren kan tot"
                f" {nl.moment(match.assignment.facts.respond_by)}; daarna wordt er gekozen."
            )
        case Standing.SELECTING:
            return (
                "De reactietermijn is voorbij. Jij hebt interesse, dus je doet mee: er wordt nu gekozen."
                " Je kunt nog wel afzien."
            )
        case Standing.INVITED:
            return "Goed nieuws: je bent uitgenodigd voor een gesprek."
        case Standing.NOMINATED:
            return f"Goed nieuws: {recruiter} heeft je voorgedragen bij de opdrachtgever."
        case Standing.DECLINED:
            return "Je hebt laten weten dat deze opdracht niets voor je is. Je krijgt er geen mail meer over."
        case Standing.REJECTED:
            return rejected(match)
        case Standing.FILLED:
            return FILLED[match.filled_by]
        case Standing.WITHDRAWN:
            return "De opdrachtgever heeft deze opdracht ingetrokken. Reageren kan niet meer."
        case Standing.EXPIRED if match.assignment.open:
            return "De reactietermijn is voorbij. Reageren kan niet meer."
        case Standing.EXPIRED:
            return "Deze opdracht is gesloten. Reageren kan niet meer."
        case Standing.DROPPED:
            return "Deze opdracht past niet meer bij je profiel. Reageren kan niet meer."


FILLED = {
    FilledBy.YOU: "Je bent het geworden. Gefeliciteerd!",
    FilledBy.SOMEBODY_ELSE: "De opdrachtgever koos iemand anders.",
    FilledBy.UNKNOWN: "Deze opdracht is ingevuld. Reageren kan niet meer.",
}


def rejected(match: Match) -> str:
    """Say that somebody does not get an opdracht."""
    return f"{line(match.assignment.facts.recruiter.name)} laat weten dat je deze opdracht niet krijgt."


def reason(match: Match) -> str:
    """Say why somebody is rejected, where the recruiter chose a reason from the list."""
    code = match.decided and match.decided.reason_code
    return REASONS[code] if code else ""


def taken_back(kind: Kind | None) -> str:
    """Say what an earlier mail told, and is no longer so."""
    return (
        TAKEN_BACK.get(kind, "hoe het met deze opdracht stond") if kind else "hoe het met deze opdracht stond"
    )


@dataclass(frozen=True)
class Outcome:
    """How an opdracht ended for somebody who was interested, and what comes next."""

    news: str
    next: str
    good: bool = False


IN_VIEW = "Bedankt voor je interesse. Voor andere opdrachten blijf je gewoon in beeld."


def closed(match: Match) -> Outcome:
    """Say how an opdracht ended for somebody who was interested."""
    recruiter = line(match.assignment.facts.recruiter.name)
    match match.assignment.closed_reason:
        case ClosedReason.FILLED if match.filled_by is FilledBy.YOU:
            call = f"{recruiter} spreekt met je af hoe je begint."
            return Outcome("Je bent het geworden. Gefeliciteerd!", call, good=True)
        case ClosedReason.FILLED if match.filled_by is FilledBy.SOMEBODY_ELSE:
            return Outcome(
                "De opdrachtgever koos iemand anders. Jammer dat het deze keer niet lukte.", IN_VIEW
            )
        case ClosedReason.FILLED:
            return Outcome("De opdracht waarin je interesse had, is ingevuld.", IN_VIEW)
        case ClosedReason.WITHDRAWN:
            return Outcome(
                "De opdrachtgever heeft de opdracht waarin je interesse had, ingetrokken.", IN_VIEW
            )
        case _:
            ended = "De opdracht waarin je interesse had, is gesloten: de tijd om te kiezen is voorbij."
            return Outcome(ended, f"Wil je weten hoe het zit? Vraag het {recruiter}. {IN_VIEW}")


def score_choices(least: float) -> list[tuple[float, str]]:
    """Return the least scores that one may choose from, with words; `least` is among them."""
    choices = {
        least if least <= 50 else 0.0: "Alles wat past (vanaf 50)",  # nothing below fits
        65.0: "Alleen wat goed past (vanaf 65)",
        80.0: "Alleen wat heel goed past (vanaf 80)",
    }
    chosen = f"Zoals je eerder koos (vanaf {least:g})".replace(".", ",")
    return sorted(({least: chosen} | choices).items())
