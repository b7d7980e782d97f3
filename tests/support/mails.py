"""A mail of every kind, and the ways in which it may read: for tests of what mails say, and to look at."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.events import (
    Appointment,
    CriterionExplained,
    LeverFound,
    PlacementAgreed,
    Relaxation,
    RuleBroken,
)
from contracts.facts import Coach
from contracts.values import Place
from contracts.vocabulary import (
    Answer,
    CheckIn,
    ClosedReason,
    ContractForm,
    Criterion,
    Decision,
    EndedReason,
    PlacementState,
    ReasonCode,
    Rule,
    Urgency,
    WithdrawalReason,
)
from notifications.answers.links import Links
from notifications.domain.mail_id import MailIds
from notifications.domain.match import (
    Answered,
    Assignment,
    Decided,
    FilledBy,
    Match,
    NoInterestYet,
    Withdrawn,
)
from notifications.domain.notice import GUIDANCE, NEWS, AtWork, FactChange, Kind, NoticeState, ToldCounts
from notifications.domain.outbound import Send
from notifications.mail.compose import Composer

from support.notifying import FACTS, a_match, a_notice, sample

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
COMPOSER = Composer(
    Links("https://opdrachten.example.org", "a-secret-of-the-tests"),
    MailIds("a-secret-of-the-tests"),
    "Opdrachten <post@opdrachten.example.org>",
    desk_url="https://opdrachten.example.org",
)
RECRUITER = {"name": "Sanne de Wit", "email": "sanne@bureau.example.org", "phone": "06 12345678"}
DESCRIPTION = """De gemeente werkt aan een nieuw warmtenet en wil dat bewoners meedenken.

Wat ga je doen?
- bewonersavonden voorbereiden en begeleiden
- een nieuwsbrief en de website bijhouden
- de wethouder adviseren

<p>Wij vragen:</p>
<ol><li>ervaring met participatie</li><li>begrijpelijk schrijven &amp; spreken</li></ol>"""
OPDRACHT = FACTS.model_copy(
    update={
        "title": "Communicatieadviseur participatie energietransitie",
        "description": DESCRIPTION,
        "organisation": FACTS.organisation.model_copy(update={"name": "Gemeente Meppel"}),
        "place": Place(name="Meppel", latitude=52.69, longitude=6.19),
        "contract_forms": [ContractForm.ZZP, ContractForm.DETACHERING],
        "recruiter": FACTS.recruiter.model_copy(update=RECRUITER),
    }
)
AT_WORK = AtWork(
    terms=PlacementAgreed.model_validate_json(json.dumps(sample("PlacementAgreed.v1.1.json"))),
    name="Anna Bakker",
    email="anna@example.org",
    coach=None,
)
COACH = Coach(name="Petra Coach", email="petra@example.org")
LEVERS = LeverFound.model_validate_json(json.dumps(sample("LeverFound.v1.1.json"))).levers
EXPLANATION = [
    CriterionExplained(criterion=criterion, points=points, max_points=most, facts=facts)
    for criterion, points, most, facts in (
        (
            Criterion.SPECIALISMS,
            20.0,
            30.0,
            {"matched": ["participatie", "redactie"], "missing": ["begrijpelijke-taal"]},
        ),
        (Criterion.DOSSIERS, 0.0, 10.0, {"matched": [], "missing": ["energietransitie"]}),
        (
            Criterion.SECTOR,
            5.0,
            10.0,
            {"direction": "breadth", "organisation_type": "gemeente", "entries": 2, "latest": "provincie"},
        ),
        (
            Criterion.AMBITION,
            15.0,
            20.0,
            {
                "growth": False,
                "profile_level": "medior",
                "assignment_level": "medior",
                "step_up": False,
                "wishes": ["participatie"],
                "matched": ["participatie"],
            },
        ),
        (
            Criterion.AVAILABILITY,
            10.0,
            10.0,
            {"available_from": "2026-12-02", "starts_on": "2026-12-29", "days_apart": 27},
        ),
        (Criterion.RATE, 10.0, 10.0, {"rate_min_cents": 8500, "rate_max_cents": 11000}),
        (Criterion.DISTANCE, 2.31, 10.0, {"km": 84.6, "max_km": 110.0, "onsite_days": 2}),
    )
]
NO_LONGER = Withdrawn(
    reason=WithdrawalReason.ASSIGNMENT_CHANGED,
    rules=(
        RuleBroken(rule=Rule.RATE, facts={"rate_min_cents": 9000, "rate_max_cents": 8900}),
        RuleBroken(rule=Rule.HOURS, facts={"profile_hours": [24, 36], "assignment_hours": [12, 16]}),
    ),
    score=None,
    at=NOW,
)


def an_opdracht(number: int = 0, closed_reason: ClosedReason | None = None, **facts: Any) -> Assignment:
    """Return the opdracht that the samples tell of, or another one with some facts of its own."""
    return Assignment(
        assignment_id=UUID(f"01a20f82-ba2f-7328-b1d8-{number:012x}"),
        facts=OPDRACHT.model_copy(update=facts),
        closed_reason=closed_reason,
        opened_at=NOW - timedelta(days=3),
        version=3,
    )


def a_sample(kind: Kind, match: Match | None = None, **changes: Any) -> Send:
    """Return a mail of a kind that goes out, on one match."""
    told = match or the_match()
    if kind in NEWS and told.answered is None:
        told = replace(told, answered=Answered(Answer.INTERESTED, None, NOW - timedelta(days=1)))
    notice_id = UUID("01a20f82-ea40-7303-b4af-420dc2a36a9d")
    if kind in GUIDANCE:
        changes = {"at_work": AT_WORK, "levers": LEVERS} | changes
        return Send(a_notice(kind, told, notice_id=notice_id, **changes), (), counts=False)
    return Send(a_notice(kind, told, notice_id=notice_id, **changes), (told,), counts=False)


def _cancelled(**changes: Any) -> PlacementAgreed:
    """Return the terms of work that is off, with some changes."""
    ended = {"state": PlacementState.ENDED, "ended_reason": EndedReason.CANCELLED, "ended_on": NOW.date()}
    return AT_WORK.terms.model_copy(update=ended | changes)


def the_match(**changes: Any) -> Match:
    """Return the match that the samples tell of, with some changes."""
    fixed = {
        "match_id": UUID("3f7f1c8c-446e-530b-a2bd-0286c5fc6f71"),
        "profile_id": UUID("01a20f82-b178-75b2-9572-e7c0d16b6ad6"),
        "assignment": an_opdracht(),
        "explanation": EXPLANATION,
        "score": 72.31,
    }
    return a_match(**(fixed | changes))


def decided(decision: Decision, **changes: Any) -> Decided:
    """Return a decision whose reason is internal."""
    return Decided(decision, "INTERN: vraagt te veel", NOW, **changes)


def many(count: int, **facts: Any) -> tuple[Match, ...]:
    """Return matches with as many opdrachten."""
    return tuple(
        the_match(
            match_id=UUID(f"3f7f1c8c-446e-530b-a2bd-{number:012x}"),
            assignment=an_opdracht(number, **facts),
            score=90.0 - number / 10,
        )
        for number in range(count)
    )


def a_digest(matches: tuple[Match, ...]) -> Send:
    """Return a digest."""
    return Send(a_notice(Kind.DIGEST, *matches), matches, counts=False)


def _of_an_address(kind: Kind) -> Send:
    notice_id = UUID("01a20f82-ea40-7303-b4af-420dc2a36a9d")
    notice = a_notice(kind, notice_id=notice_id, matches=(), assignment=None, former="oud@example.org")
    return Send(notice, (), counts=False)


def _digest_of_some() -> Send:
    plain, urgent, other = many(3)
    urgent_facts: dict[str, Any] = {
        "urgency": Urgency.SPOED,
        "title": "Woordvoerder crisisteam",
        "organisation": FACTS.organisation.model_copy(update={"name": "Waterschap Aa en Maas"}),
        "recruiter": FACTS.recruiter.model_copy(
            update={"name": "Rik Jansen", "email": "rik@example.org", "phone": None}
        ),
    }
    return a_digest(
        (
            plain,
            the_match(match_id=urgent.match_id, assignment=an_opdracht(1, **urgent_facts), growth=True),
            the_match(match_id=other.match_id, assignment=other.assignment, asked_later=True),
        )
    )


def _summary(*opdrachten: Assignment) -> Send:
    names = (("Anna Bakker", 72.31, False), ("Mo Yilmaz", 65.5, True), (None, 51.0, False))
    matches = tuple(
        the_match(assignment=assignment, name=name, score=score, growth=growth)
        for assignment in opdrachten
        for name, score, growth in names
    )
    counts = {
        assignment.assignment_id: ToldCounts(
            told=6, waiting=4, untold={NoticeState.UNWANTED: 2, NoticeState.SUPPRESSED: 1}
        )
        for assignment in opdrachten
    }
    assignment = opdrachten[0] if len(opdrachten) == 1 else None
    notice = a_notice(Kind.SUMMARY, *matches, assignment=assignment, counts=counts)
    return Send(notice, matches, counts=False)


def _warning(relaxation: Relaxation | None, counts: ToldCounts) -> Send:
    match = the_match()
    lacking = NoInterestYet(respond_by=OPDRACHT.respond_by, live=3, relaxation=relaxation, holds=True)
    return a_sample(Kind.WARNING, match, no_interest=lacking, counts={match.assignment.assignment_id: counts})


def _expiring() -> Send:
    waiting = (
        the_match(),
        the_match(name="Mo Yilmaz", decided=decided(Decision.INVITED)),
        the_match(name="Fenna de Boer", decided=decided(Decision.NOMINATED)),
    )
    expires_at = OPDRACHT.respond_by + timedelta(days=30)
    return Send(a_notice(Kind.EXPIRING, *waiting, expires_at=expires_at), waiting, counts=False)


def _closed(reason: ClosedReason, filled_by: FilledBy = FilledBy.UNKNOWN) -> Send:
    return a_sample(Kind.CLOSED, the_match(assignment=an_opdracht(0, reason), filled_by=filled_by))


CHANGES = (
    FactChange("respond_by", OPDRACHT.respond_by + timedelta(days=4), OPDRACHT.respond_by),
    FactChange("rate_max_cents", None, OPDRACHT.rate_max_cents),
    FactChange("hours_min", 16, OPDRACHT.hours_min),
    FactChange("title", "Communicatieadviseur participatie", OPDRACHT.title),
)
INTERVIEW = Appointment(at=datetime(2026, 12, 8, 9, tzinfo=UTC), where="Stadhuis, kamer 2.14")
MESSAGE = "Dag Anna,\n\nLeuk dat je mee wilt doen. Neem je een voorbeeld mee?\n- een nieuwsbrief\n- een plan"
REGRET = "Dag Anna,\n\nDank voor je interesse. We zoeken iemand die al eens een warmtenet begeleidde."
LEFT = Answered(Answer.DECLINED, "Ik heb al een andere opdracht.", NOW)
STANDING_BACK = {"answered": LEFT, "decided": decided(Decision.NOMINATED), "live": False}
MORE_PAY = Relaxation(change={"rate_max_cents": 12000}, adds=4)

TALK: dict[str, Any] = {
    "answer": CheckIn.WIL_PRATEN,
    "sentence": "Mijn opdrachtgever is ziek en ik loop vast.",
}

EVERY_MAIL: dict[str, Send] = {
    "match": a_sample(Kind.MATCH),
    "match-spoed-growth": a_sample(
        Kind.MATCH, the_match(growth=True, assignment=an_opdracht(urgency=Urgency.SPOED))
    ),
    "later": a_sample(Kind.LATER, the_match(asked_later=True)),
    "digest": _digest_of_some(),
    "digest-of-one": a_digest(many(1)),
    "answered": a_sample(Kind.ANSWERED),
    "changed": a_sample(Kind.CHANGED, changes=CHANGES),
    "changed-while-selecting": a_sample(
        Kind.CHANGED,
        the_match(assignment=an_opdracht(respond_by=NOW - timedelta(days=2))),
        changes=CHANGES[1:3],
    ),
    "dropped": a_sample(Kind.DROPPED, the_match(withdrawn=NO_LONGER, live=False)),
    "dropped-score": a_sample(
        Kind.DROPPED,
        the_match(withdrawn=Withdrawn(WithdrawalReason.PROFILE_CHANGED, (), 48.2, NOW), live=False),
    ),
    "invited": a_sample(
        Kind.INVITED,
        the_match(decided=decided(Decision.INVITED, message=MESSAGE, appointment=INTERVIEW)),
    ),
    "invited-without-words": a_sample(Kind.INVITED, the_match(decided=decided(Decision.INVITED))),
    "nominated": a_sample(Kind.NOMINATED, the_match(decided=decided(Decision.NOMINATED))),
    "nominated-with-words": a_sample(
        Kind.NOMINATED, the_match(decided=decided(Decision.NOMINATED, message=MESSAGE))
    ),
    "rejected-with-words": a_sample(
        Kind.REJECTED, the_match(decided=decided(Decision.REJECTED, message=REGRET), live=False)
    ),
    "rejected-with-a-reason": a_sample(
        Kind.REJECTED,
        the_match(decided=decided(Decision.REJECTED, reason_code=ReasonCode.ERVARING), live=False),
    ),
    "rejected": a_sample(
        Kind.REJECTED, the_match(decided=decided(Decision.REJECTED), explanation=[], live=False)
    ),
    "reopened-rejected": a_sample(Kind.REOPENED, corrects=Kind.REJECTED),
    "reopened-nominated": a_sample(Kind.REOPENED, corrects=Kind.NOMINATED),
    "closed-filled": _closed(ClosedReason.FILLED),
    "closed-you": _closed(ClosedReason.FILLED, FilledBy.YOU),
    "closed-somebody-else": _closed(ClosedReason.FILLED, FilledBy.SOMEBODY_ELSE),
    "closed-withdrawn": _closed(ClosedReason.WITHDRAWN),
    "closed-expired": _closed(ClosedReason.EXPIRED),
    "moved": _of_an_address(Kind.MOVED),
    "left": _of_an_address(Kind.LEFT),
    "consent": Send(a_notice(Kind.CONSENT, the_match()), (), counts=False),
    "stay": Send(
        a_notice(
            Kind.STAY,
            the_match(),
            erased_on=date(2026, 12, 31),
            silent_since=NOW - timedelta(days=336),
        ),
        (),
        counts=False,
    ),
    "question": Send(a_notice(Kind.QUESTION, the_match()), (), counts=False),
    "summary": _summary(an_opdracht()),
    "summary-of-several": _summary(
        an_opdracht(), an_opdracht(1, title="Woordvoerder"), an_opdracht(2, title="Redacteur intranet")
    ),
    "interest": a_sample(Kind.INTEREST),
    "retreat-declined": a_sample(Kind.RETREAT, the_match(**STANDING_BACK)),
    "retreat-without-reason": a_sample(
        Kind.RETREAT, the_match(answered=Answered(Answer.DECLINED, None, NOW), live=False)
    ),
    "retreat-dropped": a_sample(Kind.RETREAT, the_match(withdrawn=NO_LONGER, live=False)),
    "retreat-erased": a_sample(
        Kind.RETREAT,
        the_match(name=None, live=False, withdrawn=Withdrawn(WithdrawalReason.PROFILE_ERASED, (), None, NOW)),
    ),
    "warning": _warning(MORE_PAY, ToldCounts(told=2, untold={NoticeState.UNWANTED: 1})),
    "warning-nobody": _warning(None, ToldCounts(told=0)),
    "expiring": _expiring(),
    "agreed": a_sample(Kind.AGREED),
    "agreed-with-a-coach": a_sample(Kind.AGREED, at_work=replace(AT_WORK, coach=COACH)),
    "agreed-changed": a_sample(Kind.AGREED, at_work=replace(AT_WORK, changed=True)),
    "started": a_sample(Kind.STARTED),
    "halfway": a_sample(Kind.HALFWAY),
    "ending": a_sample(Kind.ENDING),
    "ended": a_sample(Kind.ENDED),
    "ended-off": a_sample(Kind.ENDED, at_work=replace(AT_WORK, terms=_cancelled())),
    "ended-off-after-the-start": a_sample(
        Kind.ENDED, at_work=replace(AT_WORK, terms=_cancelled(starts_on=date(2026, 11, 2)))
    ),
    "silence": a_sample(Kind.SILENCE),
    "placed": a_sample(Kind.PLACED),
    "talk": a_sample(Kind.TALK, at_work=replace(AT_WORK, **TALK)),
    "talk-to-a-coach": a_sample(Kind.TALK, at_work=replace(AT_WORK, **TALK, coach=COACH)),
}


def came_back(message_id: str) -> bytes:
    """Return the report that a mail could not be delivered (RFC 3464)."""
    return f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; weg@example.org
Action: failed
Status: 5.1.1

--x
Content-Type: message/rfc822

Message-ID: {message_id}

Hallo
--x--
""".encode()
