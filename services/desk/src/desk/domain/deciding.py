"""What a recruiter may decide about somebody, and what is proposed to be said about it."""

from contracts.vocabulary import Answer, Decision, ReasonCode

from desk.domain.people import Candidate

UNDO_SECONDS = 30  # how long news of a decision waits before it is mailed


def possible(one: Candidate, *, is_open: bool) -> tuple[Decision, ...]:
    """Return the decisions that can be taken now."""
    if not is_open or one.placed:
        return ()
    if one.decision is not None:
        after = (Decision.NOMINATED,) if one.decision is Decision.INVITED and one.live else ()
        rejects = (Decision.REJECTED,) if one.live else ()
        return (*after, *rejects, Decision.REOPENED)
    if not one.live or one.answer is Answer.DECLINED:
        return ()
    return (Decision.INVITED, Decision.NOMINATED, Decision.REJECTED)


def is_told(one: Candidate) -> bool:
    """Tell whether a decision reaches the person unless the recruiter says otherwise: they had said yes."""
    return one.answer is Answer.INTERESTED


def was_told(one: Candidate) -> bool:
    """Tell whether news of the latest decision goes to the person."""
    if not one.decisions:
        return False
    tell = one.decisions[-1].tell
    return is_told(one) if tell is None else tell


def filled(template: str, *, name: str, assignment: str) -> str:
    """Fill a message's template: `{naam}` and `{opdracht}`; everything else stays as it is."""
    return template.replace("{naam}", name).replace("{opdracht}", assignment)


STANDARD: dict[Decision, str] = {
    Decision.INVITED: (
        "Dag {naam},\n\nDe opdrachtgever van “{opdracht}” wil je graag spreken. Kun je op het moment"
        " hieronder? Laat het me weten als dat niet lukt."
    ),
    Decision.NOMINATED: (
        "Dag {naam},\n\nIk heb je voorgedragen voor “{opdracht}”. Zodra ik iets van de opdrachtgever hoor,"
        " laat ik het je weten."
    ),
    Decision.REJECTED: (
        "Dag {naam},\n\nDank je wel voor je interesse in “{opdracht}”. Ik draag je deze keer niet voor."
        " Bel me gerust als je daar meer over wilt weten."
    ),
}
WITH_REASON = (Decision.REJECTED,)
REASON_CODES = tuple(ReasonCode)
