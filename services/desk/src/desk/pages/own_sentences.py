"""Dutch, to a professional: how they stand for an opdracht."""

from datetime import datetime

from contracts.vocabulary import ClosedReason
from words import nl, rules
from words.legible import line

from desk.domain.people import Candidate, Group
from desk.pages.sentences import meeting
from desk.store.opdracht import Opdracht

DECLINE_REASONS = (
    "Te ver reizen.",
    "Het tarief is te laag.",
    "De periode of de uren komen niet uit.",
    "Het werk past niet bij me.",
    "Ik heb al een andere opdracht.",
    "Een andere reden.",
)
CLOSED = {
    ClosedReason.FILLED: "Deze opdracht is ingevuld.",
    ClosedReason.WITHDRAWN: "De opdrachtgever heeft deze opdracht ingetrokken.",
    ClosedReason.EXPIRED: "Deze opdracht is gesloten.",
}


def stands(found: Opdracht, one: Candidate, now: datetime) -> str:
    """Say how somebody stands for an opdracht; the end of it before what was before."""
    if one.group is Group.PLACED:
        return "Je bent het geworden. Gefeliciteerd!"
    if one.group is Group.DECLINED:
        return "Je hebt laten weten dat deze opdracht niets voor je is."
    if one.group is Group.REJECTED:
        return "Deze opdracht is het niet geworden."
    if found.closed_reason is not None:
        return CLOSED[found.closed_reason]
    match one.group:
        case Group.FELL_OFF:
            gone = one.withdrawn
            if gone is None:
                return "Deze opdracht past niet meer bij je profiel."
            why = rules.broken(gone.rules, gone.score, to_you=True)
            return " ".join([rules.cause(gone.reason, to_you=True), *why])
        case Group.NOMINATED:
            return f"Goed nieuws: {line(found.facts.recruiter.name)} heeft je voorgedragen."
        case Group.INVITED:
            last = next((each for each in reversed(one.decisions) if each.appointment), None)
            where = f": {meeting(last.appointment)}" if last and last.appointment else ""
            return f"Goed nieuws: je bent uitgenodigd voor een gesprek{where}."
        case Group.INTERESTED if found.selecting(now):
            return "Je hebt interesse. Reageren kan niet meer: er wordt nu gekozen."
        case Group.INTERESTED:
            return f"Je hebt interesse. Op {nl.moment(found.facts.respond_by)} wordt er gekozen."
        case _ if found.selecting(now):
            return "De reactietermijn is voorbij. Reageren kan niet meer."
    return f"Reageren kan tot {nl.moment(found.facts.respond_by)}."
