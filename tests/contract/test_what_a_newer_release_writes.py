"""What this release makes of values and types that it does not know: dropped, waiting, passed over, dead."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from contracts.envelope import Doubled, Event, decode
from contracts.events import TYPES, ProfileUpdated
from contracts.facts import AssignmentFacts, ProfileFacts
from contracts.reading import Undecodable, Unfamiliar, read
from contracts.topics import TOPICS, Topic
from contracts.values import Frozen
from pydantic import ValidationError

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"
TOPIC = {topic.name: topic for topic in TOPICS}
NOW = datetime(2026, 11, 24, tzinfo=UTC)
NEW = "of-a-newer-release"


class Wire:
    """A golden sample, in pieces that a test may change."""

    def __init__(self, kind: str, number: int = 1) -> None:
        sample = json.loads((SAMPLES / f"{kind}.{number}.json").read_text())
        self.topic: Topic = TOPIC[sample["topic"]]
        self.key: str = sample["key"]
        self.headers: dict[str, str] = sample["headers"]
        self.value: Any = sample["value"]

    def put(self, path: str, value: Any) -> None:
        """Set what lies at a path; at a list's name followed by `/-`, add it to the list."""
        *steps, last = path.split("/")
        where = self.value
        for step in steps:
            where = where[int(step) if isinstance(where, list) else step]
        if last == "-":
            where.append(value)
        else:
            where[int(last) if isinstance(where, list) else last] = value

    def decode(self) -> Event:
        return self.decode_bytes(None if self.value is None else json.dumps(self.value).encode())

    def decode_bytes(self, value: bytes | None) -> Event:
        headers = [(name, text.encode()) for name, text in self.headers.items()]
        return decode(self.topic, self.key.encode(), value, headers, NOW)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("ProfileUpdated.v1", "specialisms"),
        ("ProfileUpdated.v1", "dossiers"),
        ("ProfileUpdated.v1", "certificates"),
        ("ProfileUpdated.v1", "contract_forms"),
        ("ProfileUpdated.v1", "ambition/specialisms"),
        ("AssignmentOpened.v1", "desired_specialisms"),
        ("AssignmentUpdated.v1", "dossiers"),
        ("AssignmentClosed.v1", "dossiers"),
    ],
)
def test_an_unknown_value_of_what_is_offered_or_wished_is_dropped_and_told(kind: str, path: str) -> None:
    wire = Wire(kind)
    known = wire.decode()
    wire.put(f"{path}/-", NEW)
    wire.put(f"{path}/-", "and-another")
    event = wire.decode()
    assert event.data == known.data
    assert event.dropped == (path, path)


def test_an_unknown_value_within_a_list_of_entries_is_dropped_at_its_place() -> None:
    wire = Wire("ProfileUpdated.v1", 2)
    known = wire.decode()
    wire.put("portfolio/0/specialisms", [NEW, *wire.value["portfolio"][0].get("specialisms", [])])
    wire.put("portfolio/0/dossiers", [*wire.value["portfolio"][0].get("dossiers", []), NEW])
    event = wire.decode()
    assert event.data == known.data
    assert sorted(event.dropped) == ["portfolio/dossiers", "portfolio/specialisms"]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("ProfileUpdated.v1", "level", NEW),
        ("ProfileUpdated.v1", "status", NEW),
        ("ProfileUpdated.v1", "contract_forms", [NEW]),
        ("ProfileUpdated.v1", "excluded_organisation_types/-", NEW),
        ("ProfileUpdated.v1", "ambition/direction", NEW),
        ("ProfileUpdated.v1", "portfolio/0/organisation_type", NEW),
        ("ProfileUpdated.v1", "portfolio/0/level", NEW),
        ("ContactUpdated.v1", "preferences/frequency", NEW),
        ("AssignmentOpened.v1", "level", NEW),
        ("AssignmentOpened.v1", "urgency", NEW),
        ("AssignmentOpened.v1", "organisation/type", NEW),
        ("AssignmentOpened.v1", "required_specialisms/-", NEW),
        ("AssignmentOpened.v1", "required_certificates/-", NEW),
        ("AssignmentOpened.v1", "contract_forms/-", NEW),
        ("AssignmentOpened.v1", "weights", {"specialisms": 50, NEW: 50}),
        ("AssignmentClosed.v1", "closed_reason", NEW),
        ("MatchProposed.v1", "explanation/0/criterion", NEW),
        ("MatchWithdrawn.v1", "reason", NEW),
        ("MatchWithdrawn.v1", "rules", [{"rule": NEW, "facts": {}}]),
        ("MatchDecided.v1", "decision", NEW),
        ("MatchDecided.v1", "reason_code", NEW),
        ("MatchAnswered.v1", "answer", NEW),
        ("PreferencesChosen.v1", "frequency", NEW),
        ("NoticeSettled.v1", "kind", NEW),
        ("NoticeSettled.v1", "outcome", NEW),
    ],
)
def test_any_other_unknown_value_waits_for_a_release_that_knows_it(kind: str, path: str, value: Any) -> None:
    wire = Wire(kind)
    wire.put(path, value)
    with pytest.raises(Unfamiliar) as reason:
        wire.decode()
    assert NEW not in str(reason.value)


def test_what_is_dropped_and_what_waits_together_wait() -> None:
    wire = Wire("AssignmentOpened.v1")
    wire.put("dossiers/-", NEW)
    wire.put("urgency", NEW)
    with pytest.raises(Unfamiliar, match="/urgency"):
        wire.decode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("specialisms/-", 7),
        ("specialisms/-", ""),
        ("level", "senior\x00"),
        ("level", "x" * 101),
        ("specialisms/-", None),
        ("specialisms", NEW),
        ("level", 3),
        ("hours_min", "acht"),
        ("available_from", "2027-02-30"),
        ("version", 2**31),
        ("profile_id", "01a20f82-0000-75b2-9572-e7c0d16b6ad6"),
    ],
)
@pytest.mark.parametrize("beside", [("dossiers/-", NEW), ("status", NEW)])
def test_what_breaks_the_contract_is_dead_whatever_unknown_value_lies_beside_it(
    path: str, value: Any, beside: tuple[str, str]
) -> None:
    wire = Wire("ProfileUpdated.v1")
    wire.put(*beside)
    wire.put(path, value)
    with pytest.raises(Undecodable):
        wire.decode()


def test_a_list_that_names_a_value_twice_is_dead_whatever_was_dropped_from_it() -> None:
    wire = Wire("ProfileUpdated.v1")
    wire.put("specialisms", ["campagnes", NEW, "campagnes"])
    with pytest.raises(Undecodable, match="/specialisms"):
        wire.decode()


def test_a_type_that_is_new_on_a_topic_waits() -> None:
    wire = Wire("MatchAnswered.v1")
    wire.headers["ce_type"] = "MatchQuestioned.v1"
    wire.value = {"asks": "something else"}
    with pytest.raises(Unfamiliar):
        wire.decode()


def test_a_newer_version_of_a_type_is_passed_over_for_the_known_one_lies_beside_it() -> None:
    wire = Wire("MatchAnswered.v1")
    wire.headers["ce_type"] = "MatchAnswered.v2"
    wire.value = {"says": "something else"}
    with pytest.raises(Doubled):
        wire.decode()


@pytest.mark.parametrize(
    "kind",
    [
        "MatchAnswered.v0",
        "MatchAnswered",
        "answered.v2",
        "MatchAnswered.v2 ",
        "ProfileUpdated.v1",
        "ProfileErased.v1",
    ],
)
def test_a_type_that_no_release_will_write_there_is_dead(kind: str) -> None:
    wire = Wire("MatchAnswered.v1")
    wire.headers["ce_type"] = kind
    with pytest.raises(Undecodable, match="ce_type"):
        wire.decode()


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b'{"n": ' + b"9" * 5000 + b"}"])
def test_an_unknown_type_with_a_value_that_is_no_object_is_dead(value: bytes) -> None:
    wire = Wire("MatchAnswered.v1")
    wire.headers["ce_type"] = "MatchQuestioned.v1"
    with pytest.raises(Undecodable):
        wire.decode_bytes(value)


def test_a_newer_version_of_an_erasure_erases() -> None:
    wire = Wire("ProfileErased.v1")
    wire.headers["ce_type"] = "ProfileErased.v2"
    event = wire.decode()
    assert (event.type, event.data) == ("ProfileErased.v1", None)


def test_a_refusal_repeats_no_key_of_a_mapping() -> None:
    wire = Wire("AssignmentOpened.v1")
    wire.put("weights", {"jan jansen": "veel", "piet": 100})
    with pytest.raises(Undecodable, match="/weights/") as reason:
        wire.decode()
    assert "jan" not in str(reason.value)
    assert "piet" not in str(reason.value)


@pytest.mark.parametrize("model", TYPES.values(), ids=TYPES)
def test_every_list_that_may_be_dropped_from_is_one(model: type[Frozen]) -> None:
    schema = model.model_json_schema()
    for path in model.tolerant:
        inside: Any = schema
        for step in path.split("/"):
            inside = inside["properties"][step]
            inside = inside.get("items", inside)
            if "$ref" in inside:
                inside = schema["$defs"][inside["$ref"].rpartition("/")[2]]
        assert "enum" in inside, path


def test_a_stored_row_is_read_as_an_event_is() -> None:
    facts = Wire("AssignmentOpened.v1").value
    reading = read(AssignmentFacts, json.dumps({**facts, "dossiers": [*facts["dossiers"], NEW]}))
    assert reading.data == AssignmentFacts.model_validate_json(json.dumps(facts))
    assert reading.dropped == ("dossiers",)
    with pytest.raises(Unfamiliar):
        read(AssignmentFacts, json.dumps({**facts, "level": NEW}))


def test_an_api_refuses_what_an_event_may_drop() -> None:
    facts = Wire("ProfileUpdated.v1").value
    assert "specialisms" in ProfileUpdated.tolerant
    with pytest.raises(ValidationError):
        ProfileFacts.model_validate_json(json.dumps({**facts, "specialisms": [NEW]}))
