"""Keys stay in their partitions when partitions are added, and a tombstone finds all that a key ever had."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from chassis.kafka import placing
from chassis.kafka.placing import partitions_of
from contracts.topics import PARTITIONS

KEYS = [f"key {number}".encode() for number in range(200)]


def kafkas(key: bytes, there: int) -> int:
    partitions = list(range(there))
    return int(DefaultPartitioner()(key, partitions, partitions))


@pytest.mark.parametrize("there", [1, 3, PARTITIONS])
def test_a_key_is_where_any_client_of_kafka_puts_it(there: int) -> None:
    assert [partitions_of(key, there) for key in KEYS] == [[kafkas(key, there)] for key in KEYS]


def test_partitions_that_are_added_move_no_key() -> None:
    assert [partitions_of(key, 50) for key in KEYS] == [[kafkas(key, PARTITIONS)] for key in KEYS]


def test_a_key_that_moves_with_the_table_is_known_by_every_partition_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "SPREADS", (3, 6, 24))
    for key in KEYS:
        homes = [kafkas(key, spread) for spread in (3, 6, 24)]
        assert partitions_of(key, 30)[-1] == homes[-1]
        assert set(partitions_of(key, 30)) == set(homes)
        assert len(partitions_of(key, 30)) == len(set(homes))
        assert partitions_of(key, 6)[-1] == homes[1]
