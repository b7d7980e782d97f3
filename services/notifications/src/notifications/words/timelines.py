"""Dutch: the steps of a match's timeline (templates have it as `timelines`)."""

from contracts.vocabulary import NoticeOutcome
from words import nl

from notifications.domain.match import Answered, Decided
from notifications.domain.notice import NoticeState
from notifications.domain.timeline import Closed, Notified, Opened, Proposed, Step

ON_THE_WAY = {
    NoticeState.PENDING: "staat klaar",
    NoticeState.SENDING: "wordt verstuurd",
    NoticeState.DIGESTED: "gaat mee in een mail met meer opdrachten",
}


def step(item: Step) -> str:
    """Put one step of a match's timeline into words."""
    match item:
        case Opened():
            return "Opdracht geopend"
        case Proposed():
            return "Voorgesteld"
        case Notified(kind, state):
            return f"{nl.NOTICES[kind]}: {_outcome(state)}"
        case Answered(answer):
            return nl.ANSWERS[answer]
        case Decided(decision):
            return nl.DECISIONS[decision]
        case Closed(reason):
            return nl.CLOSINGS[reason]


def _outcome(state: NoticeState) -> str:
    return ON_THE_WAY.get(state) or nl.OUTCOMES[NoticeOutcome(state)]
