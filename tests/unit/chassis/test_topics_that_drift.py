"""Each way in which a topic can differ from the table is told: its partitions, replicas and configuration."""

from dataclasses import replace

import pytest
from chassis.kafka.topics import Found, differences
from contracts.topics import MIN_IN_SYNC, REPLICATION, broker_topics

NAME = "contacts"
WANTED = broker_topics()[NAME]
CONFIG = {**WANTED.config, "min.insync.replicas": str(MIN_IN_SYNC)}
RIGHT = Found(WANTED.partitions, REPLICATION, CONFIG, CONFIG)
OTHER_CONFIGS = [
    (replace(RIGHT, config={**CONFIG, key: "1234"}), f"has {key} 1234 instead of {value}")
    for key, value in CONFIG.items()
]


def test_a_topic_as_the_table_says_has_no_difference() -> None:
    assert differences(NAME, RIGHT, brokers=3) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            replace(RIGHT, partitions=WANTED.partitions - 1),
            f"has 5 partitions instead of {WANTED.partitions}",
        ),
        (replace(RIGHT, partitions=12), f"has 12 partitions instead of {WANTED.partitions}: our services"),
        (replace(RIGHT, replicas=1), f"has 1 replicas instead of {REPLICATION}"),
        (replace(RIGHT, replicas=2), f"has 2 replicas instead of {REPLICATION}"),
        *OTHER_CONFIGS,
    ],
)
def test_each_difference_is_told_by_itself(found: Found, said: str) -> None:
    (told,) = differences(NAME, found, brokers=3)
    assert told.startswith(said)


def test_with_fewer_brokers_as_many_replicas_as_there_are_will_do() -> None:
    alone = replace(RIGHT, replicas=1, config={**CONFIG, "min.insync.replicas": "1"})
    assert differences(NAME, alone, brokers=1) == []
    assert differences(NAME, alone, brokers=2) == ["has 1 replicas instead of 2"]
    pair = replace(alone, replicas=2)
    assert differences(NAME, pair, brokers=2) == []


def test_none_of_what_the_table_configures_is_left_out() -> None:
    assert {"cleanup.policy", "max.compaction.lag.ms", "delete.retention.ms"} <= CONFIG.keys()
    assert len(OTHER_CONFIGS) == len(CONFIG)
