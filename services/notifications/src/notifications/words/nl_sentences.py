"""Dutch: the subjects of mails, and what a page says after something was posted."""

from collections.abc import Sequence
from datetime import datetime

from contracts.facts import AssignmentFacts
from contracts.vocabulary import Urgency

from notifications.domain.match import Match
from notifications.domain.notice import Kind
from notifications.words import nl

NEWS_SUBJECTS = {
    Kind.ANSWERED: "Je antwoord is binnen",
    Kind.NOMINATED: "Je bent voorgedragen",
    Kind.REJECTED: "Niet verder voor deze opdracht",
    Kind.CLOSED: "De opdracht is gesloten",
}

# What the pages of a mail's links say after something was posted.
THANKS_FOR_THE_ANSWER = "Bedankt. Je antwoord is binnen."
CHOOSE_AN_ANSWER = "Kies een van de antwoorden."
STANDS_AS_INTERESTED = "Je staat al als geïnteresseerd. Daar verandert niets aan."
ANSWERED_TOO_OFTEN = "Je hebt op deze opdracht al tien keer gereageerd. Bel of mail de recruiter."
ANSWER_TOO_LATE = "Je antwoord is niet verwerkt."
LATER_TOO_LATE = "Later nog eens mailen lukt niet: dan is het te laat om te reageren, of je wilt geen mail."
PREFERENCES_SAVED = "Bewaard. Dank je wel."
PREFERENCES_WRONG = "Niet bewaard: kies een frequentie, een score van 0 tot 100 en een datum na vandaag."


def match_subject(facts: AssignmentFacts) -> str:
    """Write the subject of a mail on one match."""
    urgent = "Spoed: " if facts.urgency is Urgency.SPOED else ""
    return f"{urgent}{facts.title} bij {facts.organisation.name}"


def news_subject(kind: Kind, facts: AssignmentFacts) -> str:
    """Write the subject of a mail on what became of a match."""
    return f"{NEWS_SUBJECTS[kind]}: {facts.title}"


def digest_subject(matches: Sequence[Match]) -> str:
    """Write the subject of a mail on several matches."""
    return (
        "1 opdracht die bij je past" if len(matches) == 1 else f"{len(matches)} opdrachten die bij je passen"
    )


def new_matches(matches: Sequence[Match]) -> str:
    """Count new matches: 2 nieuwe matches."""
    return "1 nieuwe match" if len(matches) == 1 else f"{len(matches)} nieuwe matches"


def summary_subject(matches: Sequence[Match], facts: AssignmentFacts) -> str:
    """Write the subject of a recruiter's mail on new matches."""
    return f"{new_matches(matches)} voor {facts.title}"


def who(match: Match) -> str:
    """Name a professional to the recruiter."""
    return match.name or "Iemand"


def interest_subject(match: Match) -> str:
    """Write the subject of a recruiter's mail on somebody's interest."""
    return f"{who(match)} heeft interesse: {match.assignment.facts.title}"


def warning_subject(facts: AssignmentFacts) -> str:
    """Write the subject of a recruiter's mail that nobody is interested."""
    return f"Nog geen interesse: {facts.title}"


def closing_moment(title: str) -> str:
    """Write the summary of a calendar's entry."""
    return f"Laatste moment om te reageren: {title}"


def asked_later(at: datetime) -> str:
    """Tell a professional when they are asked again."""
    return f"Prima. Je krijgt deze opdracht nog eens te zien in je mail van {nl.moment(at)}."
