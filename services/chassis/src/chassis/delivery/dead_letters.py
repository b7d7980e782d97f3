"""What a consumer cannot digest, kept whole: original bytes and headers, with why beside them."""

from datetime import datetime

from contracts.topics import dead_topic

from chassis.delivery.parking import Received
from chassis.kafka.broker import Outgoing

PREFIX = "dead_"


def dead_letter(record: Received, group: str, cause: str, detail: str, now: datetime) -> Outgoing:
    """Return the record for the dead topic. `cause`: `undecodable` or `failed`; `detail` holds no data."""
    why = {
        "cause": cause,
        "detail": detail,
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "at": now.isoformat(),
    }
    value = record.value
    if record.key is None and value is None:  # aiokafka sends no record without both
        value, why["value"] = b"", "null"
    headers: list[tuple[str, bytes | None]] = [(name, value) for name, value in record.headers]
    headers += [(PREFIX + name, text.encode()) for name, text in why.items()]
    return Outgoing(dead_topic(record.topic, group), record.key, value, headers)
