"""While Kafka is away nobody knows how much waits there: the metrics of it are absent."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from chassis.kafka import waiting_letters
from chassis.kafka.lag import Lag
from chassis.kafka.waiting_letters import WaitingLetters
from chassis.settings import KafkaSettings
from prometheus_client import REGISTRY

TOPIC, GROUP = "a-topic-of-this-test", "a-group"
PARTITION = TopicPartition(TOPIC, 0)


class Kafka:
    """A consumer of one partition that holds five records, of which two are committed; or that is cut off."""

    def __init__(self) -> None:
        self.is_away = False

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    def highwater(self, _partition: TopicPartition) -> int:
        return 5

    async def committed(self, _partition: TopicPartition) -> int:
        if self.is_away:
            raise KafkaConnectionError
        return 2


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"topic": TOPIC, "group": GROUP, **labels})


async def test_how_far_a_consumer_is_behind() -> None:
    lag, kafka = Lag([TOPIC], GROUP), Kafka()
    lag.assign([PARTITION])
    assert sample("consumer_lag_records", partition="0") is None  # nobody has looked yet
    await lag.measure(kafka)
    assert sample("consumer_lag_records", partition="0") == 3
    assert sample("consumer_oldest_seconds") is not None
    kafka.is_away = True
    with pytest.raises(KafkaError):
        await lag.measure(kafka)
    assert sample("consumer_lag_records", partition="0") is None
    assert sample("consumer_oldest_seconds") is None
    kafka.is_away = False
    await lag.measure(kafka)
    assert sample("consumer_lag_records", partition="0") == 3
    lag.revoke([PARTITION])


async def test_a_partition_that_goes_while_another_is_measured_is_passed_over() -> None:
    both = {PARTITION, TopicPartition(TOPIC, 1)}
    lag = Lag([TOPIC], GROUP)

    class Leaving(Kafka):
        """It loses the other partition while the first is asked for; aiokafka then asserts."""

        def __init__(self) -> None:
            super().__init__()
            self.held = set(both)

        def assignment(self) -> set[TopicPartition]:
            return set(self.held)

        def highwater(self, partition: TopicPartition) -> int:
            assert partition in self.held
            return super().highwater(partition)

        async def committed(self, partition: TopicPartition) -> int:
            self.held = {partition}
            return await super().committed(partition)

    lag.assign(both)
    kafka = Leaving()
    await lag.measure(kafka)
    told = {one.partition: sample("consumer_lag_records", partition=str(one.partition)) for one in both}
    left = next(iter(kafka.held)).partition
    assert told == {left: 3, 1 - left: None}
    lag.revoke(both)


async def test_how_many_dead_letters_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = TopicPartition(f"{TOPIC}.{GROUP}.dead", 0)

    async def bounds_of(*_: object) -> dict[TopicPartition, range]:
        return {dead: range(10, 16)}  # those before are deleted

    async def offsets_of(*_: object) -> dict[TopicPartition, OffsetAndMetadata]:
        return {dead: OffsetAndMetadata(10, "[3, 11, 12]")}

    async def away(*_: object) -> None:
        raise KafkaConnectionError

    letters = WaitingLetters(KafkaSettings(kafka_bootstrap_servers="kafka:9092"), [TOPIC], GROUP)
    monkeypatch.setattr(waiting_letters, "bounds_of", bounds_of)
    monkeypatch.setattr(waiting_letters, "offsets_of", offsets_of)
    await letters.measure()
    assert sample("dead_letters_waiting") == 4
    monkeypatch.setattr(waiting_letters, "offsets_of", away)
    with pytest.raises(KafkaError):
        await letters.measure()
    assert sample("dead_letters_waiting") is None
