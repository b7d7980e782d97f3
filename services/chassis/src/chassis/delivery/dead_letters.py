"""What a consumer cannot process, kept whole: original bytes and headers, with why beside them.

When a record becomes one is decided in `intake`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.topics import dead_topic

from chassis.delivery.records import OutboxRecord, ReceivedRecord

PREFIX = "dead_"


class Cause(StrEnum):
    """Why a record is dead: it cannot be decoded, or it failed as often as it may."""

    UNDECODABLE = "undecodable"
    FAILED = "failed"


@dataclass(frozen=True)
class DeadLetter:
    """A record that consumer group `group` gives up, and why; `detail` holds no data."""

    received: ReceivedRecord
    group: str
    cause: Cause
    detail: str

    def record(self, now: datetime) -> OutboxRecord:
        """Return the record for the dead topic."""
        received = self.received
        why = {
            "cause": self.cause.value,
            "detail": self.detail,
            "topic": received.topic,
            "partition": str(received.partition),
            "offset": str(received.offset),
            "at": now.isoformat(),
        }
        value = received.value
        if received.key is None and value is None:  # aiokafka sends no record without both
            value, why["value"] = b"", "null"
        headers = [*received.headers, *((PREFIX + name, text.encode()) for name, text in why.items())]
        topic = dead_topic(received.topic, self.group)
        return OutboxRecord(topic=topic, key=received.key, value=value, headers=headers)
