"""Dutch: how somebody stands for an opdracht, and what happened to it."""

from contracts.vocabulary import Decision, NoticeOutcome, ReasonCode
from words import nl, rules

from desk.domain.course import Event, Step
from desk.domain.people import Candidate, Group

NOT_MAILED = {
    NoticeOutcome.UNWANTED: "wil hiervoor geen mail: bel liever",
    NoticeOutcome.SUPPRESSED: "krijgt geen mail meer van ons: bel liever",
    NoticeOutcome.MISSED: "de reactietermijn was te kort voor een mail: bel liever",
    NoticeOutcome.BOUNCED: "de mail kwam terug: vraag om een ander adres",
    NoticeOutcome.COMPLAINED: "meldde onze mail als spam: bel liever",
    NoticeOutcome.REFUSED: "de mail kwam niet aan: bel, of vraag om een ander adres",
    NoticeOutcome.EXPIRED: "de mail kon niet op tijd weg: bel liever",
    NoticeOutcome.CANCELLED: "de mail is niet verstuurd",
    NoticeOutcome.ACCEPTED: "gemaild",
}
REASONS = {
    ReasonCode.TARIEF: "Het tarief",
    ReasonCode.BESCHIKBAARHEID: "De beschikbaarheid",
    ReasonCode.ERVARING: "De ervaring",
    ReasonCode.SPECIALISME: "Een specialisme",
    ReasonCode.REISTIJD: "De reistijd",
    ReasonCode.CONTRACTVORM: "De contractvorm",
    ReasonCode.OPDRACHTGEVER_KOOS_ANDER: "De opdrachtgever koos iemand anders",
    ReasonCode.ANDERS: "Iets anders",
}
DECISIONS = {
    Decision.INVITED: "Uitnodigen voor een gesprek",
    Decision.NOMINATED: "Voordragen bij de opdrachtgever",
    Decision.REJECTED: "Afwijzen",
    Decision.REOPENED: "Beslissing ongedaan maken",
}
FACTS = {
    "title": "titel",
    "description": "omschrijving",
    "organisation": "opdrachtgever",
    "level": "niveau",
    "open_to_growth": "open voor een stap omhoog",
    "required_specialisms": "verplichte specialismen",
    "desired_specialisms": "gewenste specialismen",
    "dossiers": "dossiers",
    "required_certificates": "verplichte certificaten",
    "starts_on": "startdatum",
    "ends_on": "einddatum",
    "hours_min": "minimale uren",
    "hours_max": "maximale uren",
    "place": "plaats",
    "onsite_days": "dagen op locatie",
    "rate_max_cents": "maximaal tarief",
    "contract_forms": "contractvormen",
    "urgency": "spoed",
    "reason": "aanleiding",
    "respond_by": "reageren kan tot",
    "positions": "aantal plekken",
    "weights": "weging",
    "recruiter": "recruiter",
}


def called(one: Candidate) -> str:
    """Name somebody as a page may."""
    return "Verwijderd profiel" if one.erased else one.name or "Naam volgt"


def how(one: Candidate) -> str:
    """Say how somebody stands."""
    match one.group:
        case Group.INTERESTED:
            return f"heeft interesse sinds {nl.short_moment(one.answered_at)}" if one.answered_at else ""
        case Group.INVITED | Group.NOMINATED | Group.REJECTED:
            last = one.decisions[-1] if one.decisions else None
            return f"op {nl.moment(last.decided_at)} door {last.decided_by}" if last else ""
        case Group.MAILED:
            return f"gemaild op {nl.moment(one.told.at)}, nog geen antwoord" if one.told else ""
        case Group.NOT_MAILED:
            return NOT_MAILED[one.told.outcome] if one.told else "de mail moet nog weg"
        case Group.DECLINED:
            return f"“{one.answer_reason}”" if one.answer_reason else "zonder reden"
        case Group.FELL_OFF:
            gone = one.withdrawn
            return " ".join([rules.cause(gone.reason), *rules.broken(gone.rules, gone.score)]) if gone else ""


def said(step: Step) -> str:
    """Say what happened."""
    name = called(step.candidate) if step.candidate else ""
    by = f" door {step.by}" if step.by else ""
    why = f": “{step.reason}”" if step.reason else ""
    match step.event:
        case Event.OPENED:
            return "De opdracht ging open."
        case Event.CHANGED:
            return f"Gewijzigd: {nl.joined([FACTS[name] for name in step.changed])}."
        case Event.CLOSED:
            return f"Gesloten: {nl.CLOSED[step.closed]}." if step.closed else "Gesloten."
        case Event.FITTED:
            return f"{name} past bij de opdracht."
        case Event.MAILED:
            return f"{name} kreeg een mail over de opdracht."
        case Event.INTERESTED:
            return f"{name} heeft interesse{why}"
        case Event.DECLINED:
            return f"{name} wil deze opdracht niet{why}"
        case Event.FELL_OFF:
            return f"{name} past niet meer."
        case Event.INVITED:
            return f"{name} is uitgenodigd voor een gesprek{by}{why}"
        case Event.NOMINATED:
            return f"{name} is voorgedragen bij de opdrachtgever{by}{why}"
        case Event.REJECTED:
            return f"{name} is afgewezen{by}{why}"
        case Event.REOPENED:
            return f"De beslissing over {name} is ongedaan gemaakt{by}{why}"
