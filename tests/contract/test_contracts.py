"""The wire: golden samples, generated documents, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from contracts.documents import documents
from contracts.envelope import decode, encode
from contracts.events import TYPES, MatchAnswered
from contracts.reading import Undecodable
from contracts.topics import TOPICS, broker_topics

CONTRACTS = Path(__file__).parents[2] / "contracts"
SAMPLES = sorted((CONTRACTS / "samples").glob("*.json"))
TOPIC = {topic.name: topic for topic in TOPICS}
NOW = datetime(2026, 11, 24, tzinfo=UTC)

Parts = tuple[str, bytes, bytes | None, list[tuple[str, bytes | None]]]


def parts(path: Path, **headers: str | None) -> Parts:
    sample = json.loads(path.read_text())
    merged = {**sample["headers"], **headers}
    value = None if sample["value"] is None else json.dumps(sample["value"]).encode()
    pairs = [(name, text if text is None else text.encode()) for name, text in merged.items()]
    return sample["topic"], sample["key"].encode(), value, pairs


def sample(kind: str) -> Path:
    return CONTRACTS / "samples" / f"{kind}.1.json"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_golden_sample_is_still_read(path: Path) -> None:
    topic, key, value, headers = parts(path)
    event = decode(TOPIC[topic], key, value, headers, NOW)
    again_key, again_value, again_headers = encode(event)
    again = decode(TOPIC[topic], again_key, again_value, again_headers, NOW)
    assert again == event
    assert again_key == key
    if value is not None:
        assert event.data is not None
        written = json.loads(event.data.model_dump_json())
        assert json.loads(value).keys() <= written.keys()


def test_every_event_type_has_a_sample() -> None:
    kinds = {path.name.rsplit(".", 2)[0] for path in SAMPLES}
    tombstones = {topic.tombstone for topic in TOPICS if topic.tombstone}
    assert kinds == set(TYPES) | tombstones


def test_the_documents_are_those_that_the_code_says() -> None:
    for path, text in documents().items():
        assert (CONTRACTS / path).read_text() == text, f"{path}: run `make contracts`"


def test_a_field_added_by_a_newer_producer_is_ignored() -> None:
    topic, key, value, headers = parts(sample("MatchAnswered.v1"))
    assert value is not None
    richer = json.dumps({**json.loads(value), "mood": "good"}).encode()
    plain = decode(TOPIC[topic], key, value, headers, NOW)
    assert decode(TOPIC[topic], key, richer, headers, NOW).data == plain.data


def test_a_bare_null_erases_on_the_topics_that_know_erasure_and_is_refused_elsewhere() -> None:
    key = b"01a20f82-b178-75b2-9572-e7c0d16b6ad6"
    assert decode(TOPIC["profiles"], key, None, [], NOW).type == "ProfileErased.v1"
    assert decode(TOPIC["contacts"], key, None, [], NOW).time == NOW
    assert decode(TOPIC["assignments"], key, None, [], NOW).type == "AssignmentErased.v1"
    with pytest.raises(Undecodable):
        decode(TOPIC["placements"], key, None, [], NOW)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"ce_type": "MatchProposed.v1"}, "ce_type must be"),
        ({"ce_type": None}, "header missing: ce_type"),
        ({"ce_specversion": "0.3"}, "ce_specversion"),
        ({"ce_time": "yesterday"}, "ce_time"),
        ({"ce_time": "0001-01-01T00:00:00+01:00"}, "ce_time"),
        ({"ce_time": "2026-12-20T12:00:00+14:01"}, "ce_time"),
        ({"ce_id": "a\x00b"}, "ce_id"),
        ({"ce_source": "/" * 257}, "ce_source"),
        ({"na\udcffme": ""}, "UTF-8"),
    ],
)
def test_a_wrong_header_is_refused_by_name(headers: dict[str, Any], says: str) -> None:
    topic, key, value, pairs = parts(sample("ProfileUpdated.v1"), **headers)
    with pytest.raises(Undecodable, match=says):
        decode(TOPIC[topic], key, value, pairs, NOW)


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"[]", b'{"profile_id": 1}'])
def test_a_value_that_breaks_the_contract_is_refused(value: bytes) -> None:
    topic, key, _, headers = parts(sample("ProfileUpdated.v1"))
    with pytest.raises(Undecodable):
        decode(TOPIC[topic], key, value, headers, NOW)


def test_a_refusal_names_the_field_and_repeats_no_value() -> None:
    topic, key, value, headers = parts(sample("ContactUpdated.v1"))
    assert value is not None
    broken = json.dumps({**json.loads(value), "email": "geheim-adres"}).encode()
    with pytest.raises(Undecodable) as refusal:
        decode(TOPIC[topic], key, broken, headers, NOW)
    assert "/email" in str(refusal.value)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-20t12:00:00z", "2026-12-20T12:00:00+00:00"),
        ("2026-12-20T12:00:00-00:00", "2026-12-20T12:00:00+00:00"),
        ("2026-12-20T12:00:00.1234567890123456789+01:00", "2026-12-20T12:00:00.123456+01:00"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00+00:00"),
        ("2026-12-31t23:59:60.5z", "2027-01-01T00:00:00.500000+00:00"),
        ("2026-12-20 12:00:00+01:00", "2026-12-20T12:00:00+01:00"),
        ("2026-12-20T12:00:00+14:00", "2026-12-20T12:00:00+14:00"),
        ("2026-12-20T12:00:00-14:00", "2026-12-20T12:00:00-14:00"),
    ],
)
def test_every_form_of_a_moment_that_rfc_3339_allows_is_read_in_data_and_as_ce_time(
    written: str, meant: str
) -> None:
    topic, key, value, headers = parts(sample("MatchAnswered.v1"), ce_time=written)
    assert value is not None
    answered = json.dumps({**json.loads(value), "answered_at": written}).encode()
    event = decode(TOPIC[topic], key, answered, headers, NOW)
    assert isinstance(event.data, MatchAnswered)
    assert event.time.isoformat() == event.data.answered_at.isoformat() == meant


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-20T12:00:00",
        "2026-12-20T12:00Z",
        "2026-12-20T24:00:00Z",
        "2026-12-20T12:00:61Z",
        "2026-12-20T12:60:00Z",
        "2026-12-20T12:00:00.Z",
        "2026-12-20T12:00:00+0100",
        "9999-12-31T23:59:60Z",
        "2026-12-20T12:00:00+14:01",
        "2026-12-20T23:59:00-23:59",
        "٢٠٢٦-12-20T12:00:00Z",
        "1782216000",
        "",
    ],
)
def test_what_is_no_moment_with_zone_is_refused(written: str) -> None:
    topic, key, value, headers = parts(sample("MatchAnswered.v1"))
    assert value is not None
    answered = json.dumps({**json.loads(value), "answered_at": written}).encode()
    with pytest.raises(Undecodable, match="answered_at"):
        decode(TOPIC[topic], key, answered, headers, NOW)


def test_a_key_of_another_aggregate_is_refused() -> None:
    topic, _, value, headers = parts(sample("ProfileUpdated.v1"))
    with pytest.raises(Undecodable, match="profile_id"):
        decode(TOPIC[topic], b"01a20f82-0000-75b2-9572-e7c0d16b6ad6", value, headers, NOW)


def test_no_topic_but_contacts_names_a_professional_save_for_the_address_that_is_confirmed() -> None:
    personal = {"email", "phone", "name", "preferences"}
    for topic in TOPICS:
        if topic.name == "contacts":
            continue
        for kind in topic.types:
            allowed = {"email"} if kind == "ContactConfirmed.v1" else set()
            assert personal & set(TYPES[kind].model_fields) == allowed, kind


def test_every_consumer_has_a_dead_topic() -> None:
    names = set(broker_topics())
    for topic in TOPICS:
        assert {f"{topic.name}.{group}.dead" for group in topic.consumers} <= names
