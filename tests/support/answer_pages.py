"""The page of a match for every way in which it may stand, as its professional gets it."""

from datetime import timedelta

from contracts.vocabulary import Answer, CheckIn, ClosedReason, Decision, ReasonCode
from notifications.domain.match import Answered, FilledBy, Match
from notifications.domain.privacy import Privacy, in_words
from notifications.domain.standing import Choice, Standing, choices, standing
from notifications.rendering import environment
from notifications.words import nl_sentences

from support.mails import (
    INTERVIEW,
    MESSAGE,
    NO_LONGER,
    NOW,
    OPDRACHT,
    REGRET,
    an_opdracht,
    decided,
    the_match,
)

TEMPLATES = environment("notifications.answers", "words")
PRIVACY = Privacy(
    "Opdrachten",
    "post@opdrachten.example.org",
    profiles=timedelta(days=365),
    closed=timedelta(days=365),
    alerts=timedelta(days=90),
)
INTERESTED = Answered(Answer.INTERESTED, None, NOW)
DECLINED = Answered(Answer.DECLINED, "te ver", NOW)
SELECTING = an_opdracht(respond_by=NOW - timedelta(days=1))


def _ended(reason: ClosedReason, filled_by: FilledBy = FilledBy.UNKNOWN) -> Match:
    return the_match(assignment=an_opdracht(0, reason), filled_by=filled_by, live=False)


def _decided(decision: Decision, **changes: object) -> Match:
    live = decision is not Decision.REJECTED
    return the_match(answered=INTERESTED, decided=decided(decision, **changes), live=live)


EVERY_STANDING: dict[str, Match] = {
    "open": the_match(),
    "interested": the_match(answered=INTERESTED),
    "selecting": the_match(answered=INTERESTED, assignment=SELECTING),
    "too late": the_match(assignment=SELECTING),
    "invited": _decided(Decision.INVITED, message=MESSAGE, appointment=INTERVIEW),
    "nominated": _decided(Decision.NOMINATED, message=MESSAGE),
    "rejected with words": _decided(Decision.REJECTED, message=REGRET),
    "rejected with a reason": _decided(Decision.REJECTED, reason_code=ReasonCode.ERVARING),
    "declined": the_match(answered=DECLINED, live=False),
    "declined, too late": the_match(answered=DECLINED, live=False, assignment=SELECTING),
    "filled": _ended(ClosedReason.FILLED),
    "filled by you": _ended(ClosedReason.FILLED, FilledBy.YOU),
    "filled by somebody else": _ended(ClosedReason.FILLED, FilledBy.SOMEBODY_ELSE),
    "withdrawn": _ended(ClosedReason.WITHDRAWN),
    "expired": _ended(ClosedReason.EXPIRED),
    "dropped": the_match(withdrawn=NO_LONGER, live=False),
}


def match_page(match: Match, note: str | None = None) -> str:
    """Return the page of a match as HTML."""
    return TEMPLATES.get_template("match.html").render(
        match=match,
        facts=match.assignment.facts,
        standing=standing(match, NOW),
        choices=choices(match, NOW),
        Choice=Choice,
        Standing=Standing,
        wanted=None,
        note=note,
    )


def every_page() -> dict[str, str]:
    """Return each page of a mail's links, as HTML, by a name."""
    return {
        **{name: match_page(match) for name, match in EVERY_STANDING.items()},
        "links ended": _page("links_ended.html", recruiter=OPDRACHT.recruiter),
        "not me": _page("not_me.html", done=False),
        "not me, done": _page("not_me.html", done=True),
        "no match": _page("no_match.html"),
        "confirm": confirm_page(),
        "confirmed": confirm_page(done=True),
        "consent": confirm_page(asks_consent=True),
        "consent-given": confirm_page(done=True, asks_consent=True),
        "check in": check_in_page(),
        "check in, nothing chosen": check_in_page(note=nl_sentences.CHOOSE_HOW_IT_GOES),
        **{f"checked in: {said}": check_in_page(said=said) for said in CheckIn},
        "privacy": privacy_page(),
    }


def _page(template: str, **context: object) -> str:
    return TEMPLATES.get_template(template).render(**context)


def privacy_page() -> str:
    """Return the page on what is held about people."""
    return TEMPLATES.get_template("privacy.html").render(privacy=PRIVACY, in_words=in_words)


def check_in_page(**context: object) -> str:
    """Return the page on which somebody says how their work goes, or has."""
    blank = {"facts": OPDRACHT, "chosen": CheckIn.GAAT_WEL, "said": None, "sentence": None, "note": None}
    template = TEMPLATES.get_template("check_in.html")
    return template.render(**blank | context, CheckIn=CheckIn)


def confirm_page(*, done: bool = False, asks_consent: bool = False) -> str:
    """Return the page on which a professional confirms that they stay, or that mails may come; or has."""
    return TEMPLATES.get_template("confirm.html").render(done=done, asks_consent=asks_consent)
