"""Events out: what is written goes to the publisher in order, through outages of it and of the database."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from chassis.database import Pool, Session, connect
from chassis.delivery import outbox, relay
from chassis.delivery.outbox import Caused
from chassis.delivery.records import OutboxRecord
from chassis.delivery.relay import Relay
from chassis.jobs import running
from contracts.envelope import Tombstone, decode
from contracts.events import MatchProposed
from contracts.topics import ANSWERS, CONTACTS, MATCHES, TOPICS
from support.delivering import answer
from support.relaying import Broker, all_published, write
from support.stacks import until

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
EARLIER = datetime(2026, 11, 26, 8, tzinfo=UTC)
PROPOSED = MatchProposed(
    match_id=UUID(int=1),
    revision=1,
    assignment_id=UUID(int=2),
    assignment_version=1,
    profile_id=UUID(int=3),
    profile_version=1,
    score=75.0,
    growth=False,
    explanation=[],
    policy="1",
    proposed_at=NOW,
)


async def test_events_go_to_the_topic_of_their_type_under_the_key_that_it_names(
    pool: Pool, database: str
) -> None:
    answered, erased = answer(uuid4(), 1).data, uuid4()
    assert answered is not None
    broker = Broker()
    async with pool.acquire() as connection, connection.transaction():
        written = PROPOSED.model_dump_json(indent=1).encode()
        causes = [Caused(answered, EARLIER), Caused(PROPOSED, EARLIER, written)]
        events = [answered, *causes, Tombstone(CONTACTS, erased)]
        await outbox.publish(connection, "test", events, NOW)
    async with running(Relay(database, broker).run()):
        await until(lambda: all_published(pool))
    topics = {topic.name: topic for topic in TOPICS}
    taken = [
        decode(topics[record.topic], record.key, record.value, record.headers, NOW)
        for record in broker.records
    ]
    assert [record.topic for record in broker.records] == [
        ANSWERS.name,
        ANSWERS.name,
        MATCHES.name,
        CONTACTS.name,
    ]
    assert [record.caused_at for record in broker.records] == [None, EARLIER, EARLIER, None]
    assert [event.data for event in taken] == [answered, answered, PROPOSED, None]
    assert broker.records[2].value == written
    assert {event.source for event in taken} == {"/services/test"}
    assert taken[3].subject == erased
    assert {event.time for event in taken} == {NOW}


async def test_a_topic_without_tombstones_erases_nobody(pool: Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(ValueError, match="knows no tombstone"):
            await outbox.publish(connection, "test", [Tombstone(ANSWERS, UUID(int=1))], NOW)


async def test_what_is_not_confirmed_is_sent_again_in_order(pool: Pool, database: str) -> None:
    broker = Broker()
    values = await write(pool, range(20), key=b"one")
    broker.takes = 7
    async with running(Relay(database, broker).run()):
        await broker.refused.wait()
        broker.takes = None
        await until(lambda: all_published(pool))
        values += await write(pool, range(20, 1200), key=b"one")
        await until(lambda: all_published(pool))
    assert broker.values == values


async def test_a_relay_that_does_not_reach_the_broker_leaves_its_shards_to_another(
    pool: Pool, database: str
) -> None:
    cut_off, other = Broker(), Broker()
    cut_off.takes = 0
    values = await write(pool, range(100))
    async with running(Relay(database, cut_off).run()):
        await cut_off.refused.wait()
        async with running(Relay(database, other).run()):
            await until(lambda: all_published(pool))
    assert sorted(map(str, other.values)) == sorted(map(str, values))
    assert not cut_off.records


async def test_a_relay_that_loses_its_session_opens_another(pool: Pool, database: str) -> None:
    broker = Broker()
    async with running(Relay(database, broker).run()):
        values = await write(pool, range(3))
        await until(lambda: all_published(pool))
        ended = await pool.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database() LIMIT 1"
        )
        assert ended
        values += await write(pool, range(3, 6))
        await until(lambda: all_published(pool))
    assert broker.values == values


async def test_a_session_that_could_not_be_prepared_is_not_gone_on_with(
    pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would neither listen nor have its batches planned anew."""
    opened: list[Session] = []

    async def connecting(url: str) -> Session:
        opened.append(await connect(url))
        if len(opened) == 1:
            await opened[0].execute("SET statement_timeout = 50")
        return opened[-1]

    monkeypatch.setattr(relay, "connect", connecting)
    monkeypatch.setattr(relay, "_SESSION", f"SELECT pg_sleep(1); {relay._SESSION}")
    async with running(Relay(database, Broker()).run()):
        await write(pool, range(1))
        await until(lambda: all_published(pool))
        assert [session.is_closed() for session in opened] == [True, False]


async def test_whatever_headers_a_record_has_it_goes_out_with_them(pool: Pool, database: str) -> None:
    strange = [
        ('a "quoted", {braced} na\\me', b'{"json": null}'),
        ("", b""),
        ("NULL", b"NULL"),
        ("nothing", None),
        ("binary", bytes(range(256))),
        ("naïve ☂", "ü,\\x00".encode()),
        ("a\x00b", b"\\x41"),
        ("a\udcffb", b"\n"),
    ]
    records = [
        OutboxRecord("a", b"1", b"value", strange),
        OutboxRecord("b", None, None, []),
        OutboxRecord("a", b"1", b"", strange[:1], EARLIER),
    ]
    broker = Broker()
    async with pool.acquire() as connection, connection.transaction():
        await outbox.put(connection, records)
    async with running(Relay(database, broker).run()):
        await until(lambda: all_published(pool))
    assert broker.records == records
