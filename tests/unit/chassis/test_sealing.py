"""Words about a person travel sealed, and nothing else of theirs that is free text travels beside them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis.delivery.sealing import KeyNotKnown, Keys, key_made, make_key
from contracts.envelope import Event, decode, type_of
from contracts.events import TYPES, Appointment, Data, MatchAnswered, MatchDecided, QuestionAsked, Worded
from contracts.reading import Undecodable
from contracts.topics import TOPIC_OF, TOPICS
from contracts.vocabulary import Answer, Decision
from support import free_texts

SAMPLES = Path(__file__).parents[3] / "contracts/samples"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECRET = "geheim"
PERSON = UUID(int=7)
# Free text of events that are deleted by time, which tells nothing of a professional, or what it may.
NOT_ABOUT_THEM = {
    ("MatchDecided.v1", "decided_by"): "the recruiter's name",
    ("MatchDecided.v1", "decided_by_sub"): "who that is to the issuer of tokens",
    ("MatchDecided.v1", "sealed"): "sealed",
    ("MatchAnswered.v1", "sealed"): "sealed",
    ("CheckInAnswered.v1", "sealed"): "sealed",
    ("QuestionAsked.v1", "sealed"): "sealed",
    ("MatchProposed.v1", "policy"): "a version",
    ("ContactConfirmed.v1", "email"): "the address that they confirm, for 30 days; no words of anybody",
}


def decided() -> MatchDecided:
    return MatchDecided(
        match_id=uuid4(),
        assignment_id=uuid4(),
        profile_id=PERSON,
        decision=Decision.INVITED,
        reason=f"{SECRET} 1",
        decided_by="Bureau",
        decided_at=NOW,
        message=f"{SECRET} 2",
        tell=True,
        appointment=Appointment(at=NOW, where=f"{SECRET} 3"),
        standing=[Decision.INVITED],
    )


def answered(reason: str | None) -> MatchAnswered:
    return MatchAnswered(
        match_id=uuid4(),
        assignment_id=uuid4(),
        profile_id=PERSON,
        answer=Answer.DECLINED,
        reason=reason,
        answered_at=NOW,
    )


def event(data: Data) -> Event:
    subject = getattr(data, TOPIC_OF[type_of(data)].key)
    return Event(str(uuid4()), "/test", type_of(data), subject, NOW, data)


@pytest.mark.parametrize("data", [decided(), answered(f"{SECRET} 4")], ids=lambda one: type(one).__name__)
def test_what_is_sealed_shows_no_word_and_is_opened_whole(data: Data) -> None:
    keys = Keys({PERSON: make_key()})
    sealed = keys.seal(data)
    assert SECRET not in sealed.model_dump_json()
    assert keys.open(event(sealed)).data == data


def test_without_its_key_an_event_waits_and_with_a_destroyed_one_it_has_no_words() -> None:
    data = decided()
    sealed = event(Keys({PERSON: make_key()}).seal(data))
    assert Keys({}).lack(sealed)
    destroyed = Keys({PERSON: None})
    assert not destroyed.lack(sealed)
    bare = destroyed.open(sealed).data
    assert bare == data.model_copy(update={"reason": "", "message": None, "appointment": None})
    assert destroyed.seal(data) == bare


def test_words_are_refused_without_a_key_unless_there_were_none_ever_and_no_words_need_none() -> None:
    with pytest.raises(KeyNotKnown):
        Keys({}).seal(decided())
    plain = decided()
    assert Keys({}, any_known=False).seal(plain) == plain
    silent = answered(None)
    assert Keys({}).seal(silent) == silent


def test_a_seal_opens_with_its_key_and_for_its_match_alone() -> None:
    key = make_key()
    sealed = Keys({PERSON: key}).seal(decided())
    with pytest.raises(Undecodable):
        Keys({PERSON: make_key()}).open(event(sealed))
    other = sealed.model_copy(update={"match_id": uuid4()})
    with pytest.raises(Undecodable):
        Keys({PERSON: key}).open(event(other))


def test_the_golden_samples_are_opened_with_the_sample_of_a_key() -> None:
    made = json.loads((SAMPLES / "KeyMade.v1.1.json").read_text())["value"]
    key = bytes(range(32))
    assert made == key_made(UUID(made["profile_id"]), key).model_dump(mode="json")
    keys = Keys({UUID(made["profile_id"]): key})
    worded = [path for kind in ("Match", "CheckIn", "Question") for path in SAMPLES.glob(f"{kind}*.json")]
    opened = [keys.open(read(path)).data for path in worded]
    sealed = [one for one in opened if isinstance(one, Worded) and one.sealed is None]
    reasons = {getattr(one, "reason", None) for one in sealed}
    assert {"Ik heb al een andere opdracht.", "Te weinig ervaring met crisiscommunicatie."} <= reasons
    sentences = {getattr(one, "sentence", None) for one in sealed}
    assert "Mijn opdrachtgever is ziek en ik loop vast." in sentences
    assert "Hoe pak jij een inloopavond over een azc aan?" in {
        getattr(one, "question", None) for one in sealed
    }


def read(path: Path) -> Event:
    sample = json.loads(path.read_text())
    (topic,) = [one for one in TOPICS if one.name == sample["topic"]]
    headers = [(name, text.encode()) for name, text in sample["headers"].items()]
    return decode(topic, sample["key"].encode(), json.dumps(sample["value"]).encode(), headers, NOW)


@pytest.mark.parametrize("kind", TYPES)
def test_every_free_text_of_a_person_on_a_topic_that_is_not_compacted_is_sealed(kind: str) -> None:
    model = TYPES[kind]
    if TOPIC_OF[kind].retention_days is None or "profile_id" not in model.model_fields:
        return
    schema = model.model_json_schema()
    free = {at.split("/")[1] for at in free_texts.of_schema(schema, schema.get("$defs", {}))}
    words = set(model.words) if issubclass(model, Worded) else set()
    assert {name for name in free - words if (kind, name) not in NOT_ABOUT_THEM} == set()


def test_a_question_goes_with_whoever_asked_it() -> None:
    asker, key = uuid4(), make_key()
    asked = QuestionAsked(
        profile_id=PERSON, question_id=uuid4(), asker_id=asker, question=f"{SECRET}?", asked_at=NOW
    )
    sealed = Keys({asker: key}).seal(asked)
    assert SECRET not in sealed.model_dump_json()
    whole = Keys({asker: key, PERSON: None}).open(event(sealed)).data
    gone = Keys({asker: None, PERSON: make_key()}).open(event(sealed)).data
    assert (getattr(whole, "question", None), getattr(gone, "question", None)) == (f"{SECRET}?", "")
