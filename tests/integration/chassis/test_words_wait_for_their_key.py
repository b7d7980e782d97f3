"""What is sealed waits for its key, with what follows of its topic's key, and is then read; whoever is erased
before has no words. The topic `keys` goes no further than the chassis."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis.database import Connection, Pool
from chassis.delivery import outbox, parking
from chassis.delivery.intake import Intake
from chassis.delivery.records import ReceivedRecord
from chassis.delivery.sealing import KeyNotKnown, Keys, key_made, make_key
from chassis.erasure import CHASSIS, erase
from contracts.envelope import Event, encode
from contracts.events import MatchAnswered
from contracts.topics import KEYS
from support.delivering import GROUP, TOPIC, answer

OFFSETS = itertools.count()
NOW = datetime(2026, 11, 24, tzinfo=UTC)
PERSON = UUID(int=1)  # whose answers these are
WORDS = "mijn moeder is ziek"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits be looked at again at once."""
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(parking, "KEY_LOOK_SECONDS", 0)


@pytest.fixture
async def effects(pool: Pool) -> Pool:
    """A table of what was taken in."""
    await pool.execute("CREATE TABLE effects (place serial, type text, said text)")
    return pool


async def note(connection: Connection, events: Sequence[Event]) -> None:
    rows = [(event.type, getattr(event.data, "reason", None)) for event in events]
    await connection.executemany("INSERT INTO effects (type, said) VALUES ($1, $2)", rows)


async def noted(pool: Pool) -> list[tuple[str, str | None]]:
    return [(row["type"], row["said"]) for row in await pool.fetch("SELECT * FROM effects ORDER BY place")]


def reader(pool: Pool) -> Intake:
    return Intake(pool, GROUP, [TOPIC, KEYS], note)


def record(topic: str, event: Event) -> ReceivedRecord:
    return ReceivedRecord(topic, 0, next(OFFSETS), *encode(event), timestamp=0)


def key_event(key: bytes | None) -> ReceivedRecord:
    kind = KEYS.tombstone if key is None else "KeyMade.v1"
    data = None if key is None else key_made(PERSON, key)
    return record(KEYS.name, Event(str(uuid4()), "/test", str(kind), PERSON, NOW, data))


def said(assignment_id: UUID, words: str | None, key: bytes | None = None) -> ReceivedRecord:
    event = answer(assignment_id, PERSON.int)
    assert isinstance(event.data, MatchAnswered)
    data = event.data.model_copy(update={"reason": words})
    sealed = data if key is None else Keys({PERSON: key}).seal(data)
    return record(TOPIC.name, replace(event, data=sealed))


async def retry_all(consumer: Intake) -> None:
    for _ in range(10):
        await consumer.retry_one()


async def test_what_is_sealed_waits_for_its_key_with_what_follows_and_then_comes_in_order(
    effects: Pool,
) -> None:
    key, assignment, other = make_key(), uuid4(), uuid4()
    consumer = reader(effects)
    await consumer.process([said(assignment, WORDS, key), said(assignment, None), said(other, "los")])
    assert await noted(effects) == [("MatchAnswered.v1", "los")]
    await retry_all(consumer)
    assert len(await noted(effects)) == 1
    await consumer.process([key_event(key)])
    await retry_all(consumer)
    assert await noted(effects) == [("MatchAnswered.v1", one) for one in ("los", WORDS, None)]
    assert await effects.fetchval("SELECT count(*) FROM parked") == 0
    assert await effects.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_key_of_the_same_batch_opens_whatever_comes_before_or_after_it(effects: Pool) -> None:
    key = make_key()
    await reader(effects).process([said(uuid4(), WORDS, key), key_event(key), said(uuid4(), WORDS, key)])
    assert await noted(effects) == [("MatchAnswered.v1", WORDS)] * 2


async def test_of_who_is_erased_there_are_no_words_whatever_comes_later(effects: Pool) -> None:
    key, consumer = make_key(), reader(effects)
    await consumer.process([said(uuid4(), WORDS, key)])
    await consumer.process([key_event(key), key_event(None), key_event(key)])
    await retry_all(consumer)
    await consumer.process([said(uuid4(), WORDS, key)])
    assert await noted(effects) == [("MatchAnswered.v1", None)] * 2
    assert await effects.fetchval("SELECT count(*) FROM person_keys WHERE key IS NOT NULL") == 0


async def test_an_erasure_destroys_the_key_known_or_not(effects: Pool) -> None:
    key, consumer = make_key(), reader(effects)
    async with effects.acquire() as connection:
        await erase(connection, CHASSIS, [PERSON, uuid4()])
    await consumer.process([key_event(key), said(uuid4(), WORDS, key)])
    assert await noted(effects) == [("MatchAnswered.v1", None)]


async def test_what_a_key_does_not_open_is_a_dead_letter_at_once_and_holds_up_nobody(effects: Pool) -> None:
    key, consumer = make_key(), reader(effects)
    await consumer.process([key_event(key), said(uuid4(), WORDS, make_key()), said(uuid4(), WORDS, key)])
    assert await noted(effects) == [("MatchAnswered.v1", WORDS)]
    assert await effects.fetchval("SELECT topic FROM outbox") == f"{TOPIC.name}.{GROUP}.dead"


async def test_words_go_out_sealed_and_not_at_all_while_their_key_is_on_its_way(effects: Pool) -> None:
    event = answer(uuid4(), PERSON.int).data
    assert isinstance(event, MatchAnswered)
    spoken = event.model_copy(update={"reason": WORDS})
    async with effects.acquire() as connection:
        await reader(effects).process([key_event(make_key())])
        await outbox.publish(connection, "test", [spoken], NOW)
        with pytest.raises(KeyNotKnown):
            await outbox.publish(connection, "test", [spoken.model_copy(update={"profile_id": uuid4()})], NOW)
    (value,) = [row["value"] for row in await effects.fetch("SELECT value FROM outbox")]
    assert WORDS.encode() not in value
    assert b'"sealed":"' in value
