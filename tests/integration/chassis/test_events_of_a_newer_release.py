"""What only a newer release can read waits for it, with its key, and delays no erasure and nobody else."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.database import Connection, Pool
from chassis.delivery import intake as taking_in
from chassis.delivery import parking
from chassis.delivery.intake import Intake
from chassis.delivery.records import ReceivedRecord
from contracts.envelope import Event, encode
from contracts.events import ProfileUpdated
from contracts.topics import PROFILES
from prometheus_client import REGISTRY
from support.delivering import GROUP, answer, intake, received

from contracts import envelope

SAMPLE = json.loads((Path(__file__).parents[3] / "contracts/samples/ProfileUpdated.v1.1.json").read_text())
NEW = "of-a-newer-release"
OFFSETS = itertools.count(100)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SEEN = "SELECT array_agg(said ORDER BY place) FROM effects WHERE key = $1"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits be looked at again at once."""
    monkeypatch.setattr(parking, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(parking, "LOOK_SECONDS", 0)


@pytest.fixture
async def effects(pool: Pool) -> Pool:
    """A table of what was taken in."""
    await pool.execute("CREATE TABLE effects (place serial, key uuid, said text)")
    return pool


async def note(connection: Connection, events: Any) -> None:
    rows = [(event.subject, event.id) for event in events]
    await connection.executemany("INSERT INTO effects (key, said) VALUES ($1, $2)", rows)


def unfamiliar(record: ReceivedRecord) -> ReceivedRecord:
    """Return an answer as a newer release writes it: with a word that is not known here."""
    assert record.value is not None
    return replace(record, value=record.value.replace(b'"interested"', json.dumps(NEW).encode()))


def upgrade(patch: pytest.MonkeyPatch) -> None:
    """Let this release be the newer one."""

    def decode(topic: Any, key: Any, value: bytes | None, *rest: Any) -> Event:
        known = None if value is None else value.replace(json.dumps(NEW).encode(), b'"interested"')
        return envelope.decode(topic, key, known, *rest)

    patch.setattr(taking_in, "decode", decode)


async def retry_all(consumer: Intake, times: int = 20) -> None:
    for _ in range(times):
        await consumer.retry_one()


async def letters(pool: Pool) -> list[dict[str, str]]:
    rows = await pool.fetch("SELECT header_names, header_values FROM outbox ORDER BY id")
    return [
        {name: value.decode() for name, value in zip(row["header_names"], row["header_values"], strict=True)}
        for row in rows
    ]


async def test_an_unknown_value_waits_with_what_follows_of_its_key_until_a_release_knows_it(
    effects: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = uuid4(), uuid4()
    records = received([answer(key, 1), answer(key, 2), answer(other, 3), answer(key, 4)])
    records[1] = unfamiliar(records[1])
    consumer = intake(effects, note)
    await consumer.process(records)
    assert await effects.fetchval(SEEN, key) == ["1"]
    assert await effects.fetchval(SEEN, other) == ["3"]
    await consumer.process(received([answer(key, 5)], 10))
    await retry_all(consumer)
    assert await effects.fetchval(SEEN, key) == ["1"]
    assert await letters(effects) == []
    upgrade(monkeypatch)
    await retry_all(consumer)
    assert await effects.fetchval(SEEN, key) == ["1", "2", "4", "5"]
    assert await effects.fetchval("SELECT count(*) FROM parked") == 0
    assert await letters(effects) == []


async def test_one_that_also_fails_once_it_is_known_has_all_its_attempts(
    effects: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await effects.execute("ALTER TABLE effects ADD CONSTRAINT spoilt CHECK (said <> '1')")
    consumer = intake(effects, note)
    await consumer.process([unfamiliar(received([answer(uuid4(), 1)])[0])])
    await retry_all(consumer, parking.ATTEMPTS + 5)
    upgrade(monkeypatch)
    await retry_all(consumer, parking.ATTEMPTS - 1)
    assert await letters(effects) == []
    await effects.execute("ALTER TABLE effects DROP CONSTRAINT spoilt")
    await consumer.retry_one()
    assert await effects.fetchval("SELECT count(*) FROM effects") == 1


async def test_after_seven_days_it_is_a_dead_letter_and_what_follows_of_its_key_is_taken(
    effects: Pool,
) -> None:
    key = uuid4()
    records = received([answer(key, 1), answer(key, 2)])
    consumer = intake(effects, note)
    await consumer.process([unfamiliar(records[0]), records[1]])
    await effects.execute("UPDATE parked SET parked_at = now() - interval '6 days 23 hours'")
    await retry_all(consumer)
    assert await letters(effects) == []
    await effects.execute("UPDATE parked SET parked_at = now() - interval '7 days'")
    await retry_all(consumer)
    (letter,) = await letters(effects)
    assert letter["dead_cause"] == "unfamiliar"
    assert "/answer" in letter["dead_detail"]
    assert NEW not in letter["dead_detail"]
    assert await effects.fetchval(SEEN, key) == ["2"]


async def test_what_waits_waits_beside_an_event_that_spoils_its_batch(effects: Pool) -> None:
    await effects.execute("ALTER TABLE effects ADD CONSTRAINT spoilt CHECK (said <> '3')")
    key, bad = uuid4(), uuid4()
    records = received([answer(key, 1), answer(key, 2), answer(bad, 3), answer(key, 4)])
    records[1] = unfamiliar(records[1])
    await intake(effects, note).process(records)
    assert await effects.fetchval(SEEN, key) == ["1"]
    assert await effects.fetchval('SELECT array_agg("offset" ORDER BY id) FROM parked') == [1, 2, 3]


def profile(profile_id: UUID, version: int, **changes: Any) -> ReceivedRecord:
    value = {**SAMPLE["value"], "profile_id": str(profile_id), "version": version}
    data = ProfileUpdated.model_validate_json(json.dumps(value))
    key, _, headers = encode(
        Event(str(version), "/test", "ProfileUpdated.v1", profile_id, data=data, time=NOW)
    )
    return ReceivedRecord(
        PROFILES.name, 0, next(OFFSETS), key, json.dumps({**value, **changes}).encode(), headers, 0
    )


async def test_an_erasure_waits_for_nobody_and_takes_what_is_parked_of_its_key_away(effects: Pool) -> None:
    erased, other = uuid4(), uuid4()
    tombstone = ReceivedRecord(PROFILES.name, 0, 3, str(erased).encode(), None, [], 0)
    consumer = Intake(effects, GROUP, [PROFILES], note)
    await consumer.process([profile(person, 1, status=NEW) for person in (erased, other)])
    await consumer.process([profile(erased, 2), tombstone])
    assert await effects.fetchval(SEEN, erased) == [""]
    assert await effects.fetchval("SELECT array_agg(convert_from(key, 'UTF8')) FROM parked") == [str(other)]
    await consumer.process([profile(erased, 4, status=NEW), replace(tombstone, offset=5)])
    assert await effects.fetchval("SELECT count(*) FROM parked") == 1


async def test_what_is_dropped_or_passed_over_is_counted_and_the_rest_is_taken(effects: Pool) -> None:
    def count(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"topic": PROFILES.name, "group": GROUP, **labels}) or 0

    consumer = Intake(effects, GROUP, [PROFILES], note)
    dropped = count("dropped_values_total", field="specialisms")
    doubled = count("doubled_events_total")
    person = uuid4()
    newer = profile(person, 2)
    newer = replace(
        newer,
        headers=[(name, b"ProfileUpdated.v2" if name == "ce_type" else text) for name, text in newer.headers],
    )
    await consumer.process([profile(person, 1, specialisms=["campagnes", NEW]), newer, profile(person, 3)])
    assert await effects.fetchval(SEEN, person) == ["1", "3"]
    assert count("dropped_values_total", field="specialisms") == dropped + 1
    assert count("doubled_events_total") == doubled + 1
    assert await letters(effects) == []
