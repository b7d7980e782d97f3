"""Dutch: how somebody stands for an opdracht, and what happened to it."""

from collections.abc import Iterable, Mapping
from datetime import date

from contracts.events import Appointment, CriterionExplained
from contracts.facts import PlacementTerms, Preferences, ProfileFacts
from contracts.vocabulary import (
    CheckIn,
    Criterion,
    Decision,
    EndedReason,
    Frequency,
    NoticeKind,
    NoticeOutcome,
    ReasonCode,
)
from words import nl, rules
from words.legible import line

from desk.domain.course import Event, Step
from desk.domain.people import Candidate, Group
from desk.domain.placements import Placed
from desk.pages.facts import differences

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
MAILS: Mapping[str, str] = {
    **{str(kind): name for kind, name in nl.NOTICES.items()},
    NoticeKind.SUMMARY: "Aan recruiter: nieuwe matches",
    NoticeKind.INTEREST: "Aan recruiter: interesse",
    NoticeKind.WARNING: "Aan recruiter: niemand heeft interesse",
    NoticeKind.RETREAT: "Aan recruiter: iemand viel af",
    NoticeKind.EXPIRING: "Aan recruiter: opdracht loopt af",
    NoticeKind.PLACED: "Aan recruiter: iemand is geplaatst",
    NoticeKind.TALK: "Aan recruiter of coach: iemand wil praten",
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


def called(one: Candidate) -> str:
    """Name somebody as a page may."""
    return "Verwijderd profiel" if one.erased else one.name or "Naam volgt"


def how(one: Candidate) -> str:
    """Say how somebody stands."""
    match one.group:
        case Group.INTERESTED:
            return f"heeft interesse sinds {nl.short_moment(one.answered_at)}" if one.answered_at else ""
        case Group.INVITED | Group.NOMINATED | Group.REJECTED:
            return _decided(one)
        case Group.MAILED:
            return f"gemaild op {nl.moment(one.told.at)}, nog geen antwoord" if one.told else ""
        case Group.NOT_MAILED:
            return _not_mailed(one)
        case Group.PLACED:
            return "geplaatst"
        case Group.DECLINED:
            return f"“{one.answer_reason}”" if one.answer_reason else "zonder reden"
        case Group.FELL_OFF:
            gone = one.withdrawn
            return " ".join([rules.cause(gone.reason), *rules.broken(gone.rules, gone.score)]) if gone else ""


def _decided(one: Candidate) -> str:
    last = next((event for event in reversed(one.decisions) if event.decision is one.decision), None)
    if last is None:
        return ""
    by = f"{nl.DECISIONS[last.decision].lower()} op {nl.moment(last.decided_at)} door {last.decided_by}"
    why = f" ({REASONS[last.reason_code].lower()})" if last.reason_code else ""
    return f"{meeting(last.appointment)}; {by}" if last.appointment else f"{by}{why}"


def meeting(appointment: Appointment) -> str:
    """Say when and where a professional is expected."""
    return f"gesprek op {nl.moment(appointment.at)}, {line(appointment.where)}"


def _not_mailed(one: Candidate) -> str:
    if one.told is None:
        return (
            "gaat mee met de volgende verzamelmail" if _gathers(one.preferences) else "de mail gaat nog weg"
        )
    if one.told.outcome is NoticeOutcome.UNWANTED and one.preferences is not None:
        if one.preferences.frequency is Frequency.NONE:
            return "wil geen mail over opdrachten: bel liever"
        if one.score < one.preferences.min_score:
            return f"wil pas mail vanaf score {nl.score(one.preferences.min_score)}: bel liever"
    return NOT_MAILED[one.told.outcome]


def _gathers(wishes: Preferences | None) -> bool:
    return wishes is not None and wishes.frequency in {Frequency.DAILY, Frequency.WEEKLY}


CHECKED_IN: Mapping[str, str] = {
    CheckIn.GOED: "het gaat goed",
    CheckIn.GAAT_WEL: "het gaat wel",
    CheckIn.WIL_PRATEN: "wil praten",
}
ENDED: Mapping[str, str] = {
    EndedReason.COMPLETED: "is afgerond",
    EndedReason.EARLY: "is eerder gestopt",
    EndedReason.CANCELLED: "ging niet door",
}


def placed_one(one: Placed) -> str:
    """Name who is placed as a page may."""
    return "Verwijderd profiel" if one.profile_id is None else one.name or "Naam volgt"


def terms(agreed: PlacementTerms) -> str:
    """Say what was agreed."""
    return BESIDE.join(
        [
            f"{nl.day(agreed.starts_on)} tot en met {nl.day(agreed.ends_on)}",
            f"{agreed.hours} uur per week",
            f"{nl.euros(agreed.rate_cents)} per uur",
            nl.term(agreed.contract_form),
        ]
    )


def ended(one: Placed) -> str:
    """Say how a placement ended."""
    if one.ended_reason is None or one.ended_on is None:
        return ""
    on = "" if one.ended_reason is EndedReason.CANCELLED else f" op {nl.day(one.ended_on)}"
    return f"{ENDED[one.ended_reason]}{on}"


def lasting(one: Placed, today: date) -> str:
    """Say how far a placement is."""
    first, last = one.terms.starts_on, one.terms.ends_on
    if one.has_ended:
        return ended(one)
    if last < today:
        return "de laatste dag is voorbij: rond hem af"
    if first > today:
        return f"begint over {_span((first - today).days)}"
    return "vandaag is de laatste dag" if last == today else f"nog {_span((last - today).days)}"


def _span(days: int) -> str:
    if days < 14:
        return f"{days} {'dag' if days == 1 else 'dagen'}"
    return f"{days // 7} weken"


BESIDE = "\u00a0· "  # the dot stays on the line of what it ends


def offers(facts: ProfileFacts, explanation: Iterable[CriterionExplained] = ()) -> str:
    """Say in a line what somebody offers, and how far away they live where a score was made of it."""
    return BESIDE.join(
        [
            ", ".join([line(facts.place.name), *_away(explanation)]),
            f"vrij per {nl.day(facts.available_from)}",
            nl.hours(facts.hours_min, facts.hours_max),
            f"vanaf {nl.euros(facts.rate_min_cents)}",
            nl.level(facts.level),
        ]
    )


def _away(explanation: Iterable[CriterionExplained]) -> list[str]:
    """Facts that an older or another producer wrote differently are left out."""
    distances = [item.facts.get("km") for item in explanation if item.criterion is Criterion.DISTANCE]
    return [nl.kilometres(km) for km in distances if isinstance(km, int | float)]


LONGEST = 80  # characters of a value that was, or became


def changes(step: Step) -> str:
    """Say what changed, from what into what; of long texts that they did."""
    assert step.change is not None
    return "; ".join(
        f"{name.lower()} van “{old}” in “{new}”" if max(len(old), len(new)) <= LONGEST else name.lower()
        for name, old, new in differences(*step.change)
    )


def _mailed(step: Step) -> str:
    assert step.mail is not None
    kind = mail_kind(step.mail.kind)
    to = f" aan {called(step.candidate)}" if step.candidate else ""
    return f"{kind}{to}: {nl.OUTCOMES[step.mail.outcome]}."


def mail_kind(kind: str) -> str:
    """Name a kind of mail, to professionals or to recruiters."""
    return MAILS.get(kind, "Mail")


BECAME = {
    Event.INVITED: "uitgenodigd voor een gesprek",
    Event.NOMINATED: "voorgedragen bij de opdrachtgever",
    Event.REJECTED: "afgewezen",
}


def _of_a_placement(step: Step) -> str:
    one = step.placed
    assert one is not None
    if step.event is Event.PLACEMENT_ENDED:
        return f"De plaatsing van {placed_one(one)} {ended(one)}."
    return f"{placed_one(one)} is geplaatst: {terms(one.terms)}."


def said(step: Step) -> str:
    """Say what happened."""
    name = called(step.candidate) if step.candidate else ""
    by = f" door {step.by}" if step.by else ""
    why = f": “{step.reason}”" if step.reason else ""
    match step.event:
        case Event.OPENED:
            return "De opdracht ging open."
        case Event.CHANGED:
            return f"Gewijzigd: {changes(step)}."
        case Event.CLOSED:
            return f"Gesloten: {nl.CLOSED[step.closed]}." if step.closed else "Gesloten."
        case Event.FITTED:
            return f"{name} past bij de opdracht."
        case Event.MAILED:
            return _mailed(step)
        case Event.INTERESTED:
            return f"{name} heeft interesse{why}"
        case Event.DECLINED:
            return f"{name} wil deze opdracht niet{why}"
        case Event.FELL_OFF:
            return f"{name} past niet meer."
        case Event.PLACED | Event.PLACEMENT_ENDED:
            return _of_a_placement(step)
        case Event.INVITED | Event.NOMINATED | Event.REJECTED:
            return f"{name} is {BECAME[step.event]}{by}{why}"
        case Event.REOPENED:
            return f"De beslissing over {name} is ongedaan gemaakt{by}{why}"
