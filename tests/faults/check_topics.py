"""Every acknowledged write is on Kafka, in order per key; what nobody can read, and nothing else, is dead."""

from collections.abc import Iterable
from uuid import UUID

from chassis.delivery.relay import BATCH_SIZE
from contracts.envelope import Event
from contracts.events import (
    MatchAnswered,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
    PreferencesChosen,
)
from contracts.topics import TOPICS, dead_topic

from faults.findings import Findings
from faults.ledger import Kind, Ledger
from faults.topics import Log, Record

ERASED = 0
NO_RELAY_ENDS = ("postgres commits slowly", "copies", "mail", "clock")  # these faults leave relays alone
VERSIONED = ("profiles", "contacts", "assignments")


def check(log: Log, ledger: Ledger, findings: Findings) -> None:
    _acknowledged(log, ledger, findings)
    for topic in VERSIONED:
        for key, events in log.first(topic).items():
            _versions_rise(topic, key, events, findings)
    for key, events in log.first("matches").items():
        _matches_follow(key, events, findings)
    for key, events in log.first("answers").items():
        _answers_follow(key, events, findings)
    _repeated(log, ledger, findings)
    _dead(log, ledger, findings)


def _acknowledged(log: Log, ledger: Ledger, findings: Findings) -> None:
    there = {kind: set(_marks(log, kind)) for kind in Kind}
    contacts = {
        (event.subject, _version(event)) for events in log.first("contacts").values() for event in events
    }
    # What was said while their erasure was on its way has no words any more, so that it goes by its match.
    erased = {entry.event.subject for entry in log.entries["keys"] if entry.event.data is None}
    wordless = {
        data.match_id
        for topic in ("matches", "answers")
        for data in (entry.event.data for entry in log.entries[topic])
        if isinstance(data, MatchDecided | MatchAnswered) and not data.reason and data.profile_id in erased
    }
    for write in ledger.writes:
        findings.counts["acknowledged writes"] += 1
        mark = (write.key, write.mark)
        if mark not in there[write.kind] and write.key not in wordless:
            findings.wrong("lost", f"{write.kind} {write.mark} of {write.key} is on no topic")
        if write.kind in (Kind.PROFILE, Kind.ERASURE) and mark not in contacts:
            findings.wrong("lost", f"{write.kind} {write.mark} of {write.key} is not on contacts")


def _marks(log: Log, kind: Kind) -> Iterable[tuple[UUID, int | str | float]]:
    topic = {
        Kind.PROFILE: "profiles",
        Kind.ERASURE: "profiles",
        Kind.ASSIGNMENT: "assignments",
        Kind.ANSWER: "answers",
        Kind.DECISION: "matches",
        Kind.PREFERENCES: "preferences",
    }[kind]
    for entry in log.entries[topic]:
        data = entry.event.data
        match data:
            case MatchAnswered():
                yield data.match_id, data.reason or ""
            case MatchDecided():
                yield data.match_id, data.reason
            case PreferencesChosen():
                yield data.profile_id, data.min_score
            case MatchProposed() | MatchWithdrawn():
                continue
            case _:
                yield entry.event.subject, _version(entry.event)


def _version(event: Event) -> int:
    """Return an aggregate's version; 0 of an erasure."""
    return ERASED if event.data is None else int(getattr(event.data, "version", ERASED))


def _versions_rise(topic: str, key: UUID, events: list[Event], findings: Findings) -> None:
    """Versions come one by one, and after an erasure comes nothing."""
    versions = [_version(event) for event in events]
    living = versions[:-1] if versions[-1] == ERASED else versions
    if living != list(range(1, len(living) + 1)):
        findings.wrong("out of order", f"{topic} {key}: versions come as {versions}")


def _matches_follow(key: UUID, events: list[Event], findings: Findings) -> None:
    """Of each match: revisions come one by one, and a withdrawal names the last of them."""
    revisions: dict[UUID, int] = {}
    for event in events:
        data = event.data
        if isinstance(data, MatchProposed):
            if data.revision != revisions.get(data.match_id, 0) + 1:
                findings.wrong(
                    "out of order",
                    f"matches {key}: revision {data.revision} of {data.match_id} after"
                    f" {revisions.get(data.match_id, 0)}",
                )
            revisions[data.match_id] = data.revision
        elif isinstance(data, MatchWithdrawn) and data.revision != revisions.get(data.match_id):
            findings.wrong(
                "out of order",
                f"matches {key}: {data.match_id} is withdrawn at {data.revision}, proposed at"
                f" {revisions.get(data.match_id)}",
            )


def _answers_follow(key: UUID, events: list[Event], findings: Findings) -> None:
    latest: dict[UUID, MatchAnswered] = {}
    for event in events:
        data = event.data
        assert isinstance(data, MatchAnswered)
        before = latest.get(data.match_id)
        if before is not None and before.answered_at > data.answered_at:
            findings.wrong("out of order", f"answers {key}: an older answer on {data.match_id} comes later")
        latest[data.match_id] = data


def _repeated(log: Log, ledger: Ledger, findings: Findings) -> None:
    """What lies there twice: a relay that ended between sending and deleting sends again, nobody else."""
    disturbances = sum(not made.name.startswith(NO_RELAY_ENDS) for made in ledger.faults)
    findings.counts["events that may be sent twice"] = disturbances * BATCH_SIZE
    for topic, entries in log.entries.items():
        findings.counts["events"] += len(entries)
        repeated = sum(entry.again for entry in entries) - ledger.repeated[topic]
        if repeated > 0:
            findings.counts[f"sent twice on {topic}"] += repeated
            if all(made.name.startswith(NO_RELAY_ENDS) for made in ledger.faults):
                findings.wrong("sent twice", f"{repeated} records of {topic}, and no relay was disturbed")


def _dead(log: Log, ledger: Ledger, findings: Findings) -> None:
    consumers = {topic.name: topic.consumers for topic in TOPICS}
    for group_topic, letters in log.dead.items():
        for letter in letters:
            if _headers(letter).get("dead_cause") != "undecodable":
                findings.wrong("dead letter", f"{group_topic}: {_headers(letter)} is dead, and should not be")
    hostile = {(one.topic, one.key, one.value) for one in ledger.hostile}
    for record in log.undecodable:
        if (record.topic, record.key, record.value) not in hostile:
            findings.wrong("dead letter", f"{_place(record)} was published, and nobody can read it")
        findings.counts["hostile records"] += 1
        for group in consumers[record.topic]:
            given_up = [_origin(one) for one in log.dead.get(dead_topic(record.topic, group), [])]
            if _place(record) not in given_up:
                findings.wrong("dead letter", f"{_place(record)} has no letter of {group}")
    places = {_place(record) for record in log.undecodable}
    for group_topic, letters in log.dead.items():
        origins = [_origin(one) for one in letters]
        for origin in set(origins) - places:
            findings.wrong("dead letter", f"{group_topic}: a letter of {origin}, which can be read")
        findings.counts["dead letters sent twice"] += len(origins) - len(set(origins))


def _headers(record: Record) -> dict[str, str]:
    return {
        name: (value or b"").decode(errors="replace")
        for name, value in record.headers
        if name.startswith("dead_")
    }


def _origin(letter: Record) -> tuple[str, int, int]:
    why = _headers(letter)
    return why["dead_topic"], int(why["dead_partition"]), int(why["dead_offset"])


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
