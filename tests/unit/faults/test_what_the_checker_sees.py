"""The checks on topics and mails, on logs and mailboxes made by hand."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from contracts.envelope import Event, encode
from contracts.events import AssignmentOpened, MatchDecided, MatchWithdrawn
from contracts.topics import TOPICS
from contracts.vocabulary import Decision, WithdrawalReason
from faults import check_topics
from faults.findings import Findings
from faults.ledger import Kind, Ledger
from faults.topics import Entry, Log, Record
from support.notifying import FACTS

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KEY = UUID(int=7)


def opened(version: int) -> Event:
    data = AssignmentOpened(assignment_id=KEY, version=version, **FACTS.model_dump())
    return Event(f"event-{version}", "/services/assignments", "AssignmentOpened.v1", KEY, NOW, data)


def log_of(topic: str, *events: Event) -> Log:
    entries, seen = [], set()
    for offset, event in enumerate(events):
        key, value, headers = encode(event)
        record = Record(topic, 0, offset, key, value, tuple(headers), NOW)
        entries.append(Entry(record, event, event.id in seen))
        seen.add(event.id)
    return Log({one.name: [] for one in TOPICS} | {topic: entries}, [], {})


def seen(log: Log, ledger: Ledger) -> dict[str, int]:
    findings = Findings()
    check_topics.check(log, ledger, findings)
    return dict(findings.by_kind())


def test_versions_that_come_one_by_one_are_right() -> None:
    assert seen(log_of("assignments", opened(1), opened(2)), Ledger()) == {}


def test_a_version_too_early_twice_or_missing_is_out_of_order() -> None:
    assert seen(log_of("assignments", opened(2), opened(1)), Ledger()) == {"out of order": 1}
    assert seen(log_of("assignments", opened(1), opened(3)), Ledger()) == {"out of order": 1}


def test_an_acknowledged_write_that_is_on_no_topic_is_lost() -> None:
    ledger = Ledger()
    for version in (1, 2, 3):
        ledger.acknowledge(Kind.ASSIGNMENT, KEY, version)
    assert seen(log_of("assignments", opened(1), opened(2)), ledger) == {"lost": 1}


def test_an_event_that_lies_there_twice_needs_a_fault() -> None:
    ledger = Ledger()
    again = log_of("assignments", opened(1), opened(1))
    assert seen(again, ledger) == {"sent twice": 1}
    with ledger.fault("kill assignments-1"):
        pass
    assert seen(again, ledger) == {}


def test_a_withdrawal_of_what_was_never_proposed_is_out_of_order() -> None:
    withdrawn = MatchWithdrawn(
        match_id=uuid4(),
        revision=1,
        assignment_id=KEY,
        profile_id=uuid4(),
        reason=WithdrawalReason.PROFILE_CHANGED,
        withdrawn_at=NOW,
    )
    event = Event("w", "/services/matching", "MatchWithdrawn.v1", KEY, NOW, withdrawn)
    assert seen(log_of("matches", event), Ledger()) == {"out of order": 1}


def test_a_decision_is_known_by_its_words() -> None:
    decided = MatchDecided(
        match_id=uuid4(),
        assignment_id=KEY,
        profile_id=uuid4(),
        decision=Decision.INVITED,
        reason="besluit-1",
        decided_by="Rosa",
        decided_at=NOW,
    )
    event = Event("d", "/services/matching", "MatchDecided.v1", KEY, NOW, decided)
    ledger = Ledger()
    ledger.acknowledge(Kind.DECISION, decided.match_id, "besluit-1")
    assert seen(log_of("matches", event), ledger) == {}
    ledger.acknowledge(Kind.DECISION, decided.match_id, "besluit-2")
    assert seen(log_of("matches", event), ledger) == {"lost": 1}


def test_a_record_that_nobody_put_there_to_be_unreadable_is_wrong_and_needs_its_letters() -> None:
    log = log_of("assignments")
    log.undecodable.append(Record("assignments", 0, 0, b"k", b"garbage", (), NOW))
    assert seen(log, Ledger()) == {"dead letter": 4}  # unknown, and no letter of any of three consumers
