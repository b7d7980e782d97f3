"""Dutch: the subjects of mails, the client first, each under 70 characters; and a calendar entry's."""

from collections.abc import Sequence
from datetime import datetime

from contracts.facts import AssignmentFacts
from contracts.vocabulary import ClosedReason, Level, Urgency
from words import nl
from words.legible import clean, short

from notifications.domain.match import Assignment, FilledBy, Match
from notifications.domain.notice import Kind
from notifications.words.to_recruiters import left, new_matches

MOST = 69
CLIENT, WHO = 36, 24
NEWS = {
    Kind.ANSWERED: "je antwoord is binnen",
    Kind.CHANGED: "de opdracht is veranderd",
    Kind.DROPPED: "de opdracht past niet meer bij je",
    Kind.INVITED: "je bent uitgenodigd voor een gesprek",
    Kind.NOMINATED: "je bent voorgedragen",
    Kind.REJECTED: "deze keer is het niet gelukt",
    Kind.REOPENED: "ons vorige bericht klopt niet meer",
}
ADDRESS = {
    Kind.MOVED: "Vanaf nu mailen we je op dit adres",
    Kind.LEFT: "Je mailadres is veranderd",
}
CONSENT = "Mogen we je opdrachten mailen?"
STAY = "Wil je ingeschreven blijven?"
SILENCE = "Er paste deze maand niets: dit scheelt het meest"
WORK = {
    Kind.AGREED: "je gaat aan de slag!",
    Kind.STARTED: "hoe bevalt het tot nu toe?",
    Kind.HALFWAY: "je bent halverwege, hoe gaat het?",
    Kind.ENDING: "nog acht weken, hoe gaat het?",
    Kind.ENDED: "je opdracht is klaar",
}
CLOSED = {
    ClosedReason.FILLED: "de opdracht is ingevuld",
    ClosedReason.WITHDRAWN: "de opdracht is ingetrokken",
    ClosedReason.EXPIRED: "de opdracht is gesloten",
}
ROLES = {
    Level.JUNIOR: ("communicatiemedewerker", "medewerker"),
    Level.MEDIOR: ("communicatieadviseur", "adviseur"),
    Level.SENIOR: ("senior communicatieadviseur", "senior adviseur"),
    Level.STRATEGISCH: ("strategisch communicatieadviseur", "strategisch adviseur"),
}


def match(facts: AssignmentFacts) -> str:
    """Write the subject of a mail on one match."""
    client = _client(facts)
    urgent = ", spoed" if facts.urgency is Urgency.SPOED else ""
    return f"{client}{urgent}: {short(facts.title, MOST - len(client + urgent) - 2)}"


def digest(matches: Sequence[Match]) -> str:
    """Write the subject of a mail on several matches: who seeks whom, and how many more."""
    facts, others = matches[0].assignment.facts, len(matches) - 1
    more = "" if not others else f" – en nog {others} {'opdracht' if others == 1 else 'opdrachten'}"
    client = clean(facts.organisation.name)
    full, brief = ROLES[facts.level]
    role = full if len(f"{client} zoekt een {full}{more}") <= MOST else brief
    rest = f" zoekt een {role}{more}"
    return short(client, MOST - len(rest)) + rest


def news(kind: Kind, of: Match) -> str:
    """Write the subject of a mail on what became of a match."""
    return _about(of.assignment.facts, NEWS.get(kind) or _closed(of))


def address(kind: Kind) -> str:
    """Write the subject of a mail on a changed address."""
    return ADDRESS[kind]


def sign_in(*, is_known: bool) -> str:
    """Write the subject of the mail with a link to sign in or register with."""
    return "Je link om in te loggen" if is_known else "Je link om je in te schrijven"


def new_address(*, is_taken: bool) -> str:
    """Write the subject of the mail to another address that somebody wants to be mailed at."""
    return "Dit mailadres is al in gebruik" if is_taken else "Bevestig je nieuwe mailadres"


def work(kind: Kind, facts: AssignmentFacts) -> str:
    """Write the subject of a mail to somebody about their work."""
    return _about(facts, WORK[kind])


def work_changed(facts: AssignmentFacts) -> str:
    """Write the subject of a mail to somebody about the new terms of their work."""
    return _about(facts, "je afspraken zijn veranderd")


def work_off(facts: AssignmentFacts, *, began: bool) -> str:
    """Write the subject of a mail to somebody whose work is off."""
    return _about(facts, "je opdracht stopt" if began else "je opdracht gaat niet door")


def to_a_recruiter_of_work(kind: Kind, facts: AssignmentFacts, who: str) -> str:
    """Write the subject of a mail that somebody is placed, or that they want to talk."""
    what = "is geplaatst" if kind is Kind.PLACED else "wil praten"
    return _about(facts, f"{short(who, WHO)} {what}")


def summary(matches: Sequence[Match]) -> str:
    """Write the subject of a recruiter's mail on new matches, of one opdracht or several."""
    first = matches[0].assignment
    of_first = sum(one.assignment.assignment_id == first.assignment_id for one in matches)
    several = len({one.assignment.assignment_id for one in matches}) - 1
    if not several:
        return _about(first.facts, new_matches(len(matches)))
    where = "1 andere opdracht" if several == 1 else f"{several} andere opdrachten"
    rest = f": {new_matches(of_first)}, en {len(matches) - of_first} bij {where}"
    return short(first.facts.organisation.name, MOST - len(rest)) + rest


def interest(of: Match) -> str:
    """Write the subject of a recruiter's mail on somebody's interest."""
    return _about(of.assignment.facts, f"{_who(of)} heeft interesse")


def retreat(of: Match) -> str:
    """Write the subject of a recruiter's mail on somebody who is no longer there."""
    return _about(of.assignment.facts, left(_who(of), of))


def warning(facts: AssignmentFacts) -> str:
    """Write the subject of a recruiter's mail that nobody is interested."""
    return _about(facts, "nog geen interesse")


def expiring(facts: AssignmentFacts, expires_at: datetime) -> str:
    """Write the subject of a recruiter's mail that an opdracht closes by itself soon."""
    return _about(facts, f"sluit vanzelf op {nl.day_of(expires_at)}")


def question(name: str) -> str:
    """Write the subject of a mail in which a colleague asks something."""
    return f"{short(name, CLIENT)} vraagt je iets"


def closing_moment(assignment: Assignment) -> str:
    """Write the summary of a calendar's entry."""
    facts = assignment.facts
    return f"Reageren kan tot {nl.hour(facts.respond_by)}: {clean(facts.title)}"


def _about(facts: AssignmentFacts, what: str) -> str:
    said = f"{_client(facts)}: {what}"
    room = MOST - len(said) - len(" – ")
    title = clean(facts.title)
    fits = len(title) <= room or len(title.split(" ")[0]) < room
    return f"{said} – {short(title, room)}" if fits else said


def _closed(of: Match) -> str:
    reason = of.assignment.closed_reason or ClosedReason.EXPIRED
    if reason is ClosedReason.FILLED and of.filled_by is FilledBy.YOU:
        return "je bent het geworden!"
    return CLOSED[reason]


def _client(facts: AssignmentFacts) -> str:
    return short(facts.organisation.name, CLIENT)


def _who(of: Match) -> str:
    return short(of.name, WHO) if of.name else "iemand"
