"""The Message-ID of a mail: it follows from what the mail is, not from when or by whom it was written. Pure.

So a mail that is sent again is known as the same one by whoever keeps it: after a crash, and where the
database was restored or rebuilt and what it tells is decided anew. What tells something else has another:
a client that hides what it knows already must hide no news.
"""

from uuid import UUID, uuid5

from notifications.domain.clock import today
from notifications.domain.match import Match
from notifications.domain.notice import GUIDANCE, OF_AN_ADDRESS, Due, Kind

NAMESPACE = UUID("6f2f1c57-93c0-4d0c-9c4b-6e0f4b1a2d5e")


def message_id(notice: Due, told: tuple[Match, ...]) -> UUID:
    """Return the id of the mail in which a notice tells of these matches: that of its first attempt, if it
    went to the same mailbox; else it follows from the mailbox, the kind and what is told.

    A match, or an opdracht, may be told of more than once: how often it was before counts. A change is known
    by the version that it tells, and what gathers several matches by them and its day.
    """
    if notice.tried_as is not None:
        return notice.tried_as
    return uuid5(NAMESPACE, "\n".join([notice.mailbox, notice.kind, *_told(notice, told)]))


def _told(notice: Due, told: tuple[Match, ...]) -> list[str]:
    match notice.kind:
        case Kind.DIGEST | Kind.SUMMARY:
            day = today(notice.caused_at).isoformat()
            return [day, *sorted(str(match.match_id) for match in told)]
        case Kind.WARNING | Kind.EXPIRING:
            assert notice.assignment is not None
            return [str(notice.assignment.assignment_id), str(notice.told_before)]
        case kind if kind in GUIDANCE | OF_AN_ADDRESS | {Kind.CONSENT, Kind.QUESTION}:
            return [str(notice.notice_id)]
        case Kind.STAY:
            return [str(notice.profile_id), str(notice.erased_on)]
        case Kind.CHANGED:
            (match,) = told
            return [str(match.match_id), f"version {match.assignment.version}"]
        case _:
            (match,) = told
            return [str(match.match_id), str(notice.told_before)]
