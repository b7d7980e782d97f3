"""When a mail goes out, how a match stands, which link is ours, and how facts read in Dutch."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Answer, ClosedReason, Decision, Frequency
from notifications.domain import dutch, schedule
from notifications.domain.answering import Situation, Standing
from notifications.domain.notice import Match, Opdracht, Recipient, State, pause_after, verdict_on_match
from notifications.domain.schedule import Plan, Way
from notifications.mails import ascii_address

SAMPLE = Path(__file__).parents[3] / "contracts/samples/AssignmentOpened.v1.1.json"
FACTS = AssignmentFacts.model_validate_json(json.dumps(json.loads(SAMPLE.read_text())["value"]))
BEFORE = FACTS.respond_by - timedelta(days=1)


def match(*, is_open: bool = True, **changes: Any) -> Match:
    content = {"live": True, "score": 70.0, "growth": False, "explanation": [], "name": None, **changes}
    opdracht = Opdracht(uuid4(), FACTS, is_open, None if is_open else "filled")
    return Match(uuid4(), uuid4(), **content, decision_reason=None, asked_later=False, opdracht=opdracht)


def recipient(frequency: str = "direct", min_score: float = 0) -> Recipient:
    wishes = Preferences(frequency=Frequency(frequency), min_score=min_score, quiet_hours=False)
    return Recipient("Anna", "anna@example.org", wishes)


@pytest.mark.parametrize(
    ("told", "to", "now", "state"),
    [
        (match(), recipient(), BEFORE, None),
        (match(), recipient(min_score=70), BEFORE, None),
        (match(), recipient(min_score=70.01), BEFORE, State.UNWANTED),
        (match(), recipient("none"), BEFORE, State.UNWANTED),
        (match(live=False), recipient(), BEFORE, State.CANCELLED),
        (match(), None, BEFORE, State.CANCELLED),
        (match(is_open=False), recipient(), BEFORE, State.EXPIRED),
        (match(), recipient(), FACTS.respond_by, State.EXPIRED),
    ],
)
def test_a_notice_goes_out_only_while_it_is_true_and_wanted(
    told: Match, to: Recipient | None, now: datetime, state: State | None
) -> None:
    verdict = verdict_on_match(told, to, now)
    assert (verdict and verdict.state) == state


@pytest.mark.parametrize(
    ("now", "digest", "weekly"),
    [
        # a Friday; then both mornings after a clock change, and the moment itself
        ("2027-03-26T07:00+00:00", "2027-03-27T06:30+00:00", "2027-03-29T05:30+00:00"),
        ("2027-03-27T07:00+00:00", "2027-03-28T05:30+00:00", "2027-03-29T05:30+00:00"),
        ("2027-10-30T06:00+00:00", "2027-10-31T06:30+00:00", "2027-11-01T06:30+00:00"),
        ("2027-11-01T06:29+00:00", "2027-11-01T06:30+00:00", "2027-11-01T06:30+00:00"),
        ("2027-11-01T06:30+00:00", "2027-11-02T06:30+00:00", "2027-11-08T06:30+00:00"),
    ],
)
def test_digests_go_out_at_half_past_seven_on_both_sides_of_a_clock_change(
    now: str, digest: str, weekly: str
) -> None:
    at = datetime.fromisoformat(now)
    assert schedule.next_digest(Frequency.DAILY, at) == datetime.fromisoformat(digest)
    assert schedule.next_digest(Frequency.WEEKLY, at) == datetime.fromisoformat(weekly)


def test_urgent_work_passes_the_limit_of_a_day_but_not_the_quiet_hours() -> None:
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=True)
    noon, night = datetime(2027, 6, 1, 10, tzinfo=UTC), datetime(2027, 6, 1, 19, tzinfo=UTC)
    assert schedule.plan(wishes, urgent=True, sent_today=3, now=noon) == Plan(Way.DIRECT, noon)
    assert schedule.plan(wishes, urgent=False, sent_today=3, now=noon).way is Way.DIGEST
    assert schedule.plan(wishes, urgent=True, sent_today=0, now=night) == Plan(
        Way.DIRECT, datetime(2027, 6, 2, 5, tzinfo=UTC)
    )
    awake = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=False)
    assert schedule.plan(awake, urgent=True, sent_today=0, now=night) == Plan(Way.DIRECT, night)


def test_pauses_grow_and_end_at_a_quarter_of_an_hour() -> None:
    assert pause_after(1) <= timedelta(seconds=7.5)
    assert timedelta(seconds=20) <= pause_after(4) <= timedelta(seconds=60)
    assert pause_after(50) <= timedelta(seconds=1350)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.OPEN),
        ({"answer": Answer.INTERESTED}, Standing.INTERESTED),
        ({"decision": Decision.NOMINATED}, Standing.NOMINATED),
        ({"answer": Answer.DECLINED, "live": False}, Standing.DECLINED),
        ({"decision": Decision.REJECTED, "live": False}, Standing.REJECTED),
        ({"closed_reason": ClosedReason.FILLED, "live": False}, Standing.FILLED),
        ({"live": False}, Standing.GONE),
        ({"respond_by": datetime(2020, 1, 1, tzinfo=UTC)}, Standing.EXPIRED),
    ],
)
def test_how_a_match_stands_for_its_professional(changes: dict[str, Any], standing: Standing) -> None:
    fresh = {"live": True, "answer": None, "decision": None, "closed_reason": None}
    situation = Situation(**{**fresh, "respond_by": FACTS.respond_by, **changes})
    assert situation.standing(BEFORE) is standing
    assert standing.answerable == (standing in {Standing.OPEN, Standing.INTERESTED, Standing.NOMINATED})


def test_a_domain_beyond_ascii_is_written_as_mail_servers_take_it() -> None:
    assert ascii_address("anna@example.org") == "anna@example.org"
    assert ascii_address("anna@coöperatie.nl") == "anna@xn--coperatie-17a.nl"


def test_dutch_reads_as_people_write_it() -> None:
    assert dutch.terms(["redactie"]) == "redactie"
    assert dutch.terms(["redactie", "campagnes"]) == "redactie en campagnes"
    assert dutch.choices(["zzp", "detachering", "loondienst"]) == "zzp, detachering of loondienst"
    assert dutch.euros(8500) == "€ 85"
    assert dutch.euros(123456) == "€ 1.234,56"
    assert dutch.number(52.5) == "52,5"
    assert dutch.hours(24, 24) == "24 uur per week"
    assert dutch.moment(datetime(2027, 7, 1, 10, 0, tzinfo=UTC)) == "donderdag 1 juli 2027, 12:00 uur"


@pytest.mark.parametrize(
    ("criterion", "facts", "says"),
    [
        (
            "specialisms",
            {"matched": ["redactie"], "missing": ["woordvoering"]},
            "1 van de 2 gevraagde specialismen: redactie. Nog niet: woordvoering.",
        ),
        ("dossiers", {"matched": [], "missing": []}, "Geen dossiers gevraagd."),
        (
            "rate",
            {"rate_min_cents": 8000, "rate_max_cents": None},
            "Je vraagt minimaal € 80 per uur; de opdracht noemt geen maximum.",
        ),
        (
            "distance",
            {"km": 0.0, "max_km": 0.0, "onsite_days": 0},
            "De opdracht is helemaal op afstand te doen.",
        ),
        ("distance", {"km": 26.9, "max_km": 100.0}, "26,9 km reizen; je grens is 100 km."),
        (
            "availability",
            {"days_apart": 1, "available_from": "2027-01-01", "starts_on": "2027-01-02"},
            "Er zit 1 dag tussen: je bent beschikbaar vanaf 1 januari 2027, start op 2 januari 2027.",
        ),
    ],
)
def test_a_criterion_in_words(criterion: str, facts: dict[str, Any], says: str) -> None:
    assert dutch.because({"criterion": criterion, "facts": facts}, to_you=True) == says
