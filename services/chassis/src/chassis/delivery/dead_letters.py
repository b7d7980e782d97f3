"""What a consumer cannot process, kept whole: original bytes and headers, with why beside them.

When a record becomes one is decided in `intake`. A record may be larger than its dead topic takes: it was
compressed on its way here. Its letter then carries what fits, and says where the whole record lies.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import accumulate

from contracts.topics import MAX_DEAD_BYTES, dead_topic

from chassis.delivery.records import OutboxRecord, ReceivedRecord, RecordHeaders, headers_size

PREFIX = "dead_"
OPERATOR_GROUP = "operator"  # whose offsets on the dead topics say which letters are handled
MAX_DETAIL = 2000  # characters
MAX_PART_BYTES = 512 * 1024  # of a letter that is cut: of its key, and of its headers


def handled_by(metadata: str | None) -> set[int]:
    """Return the offsets of the letters that were handled out of their order, by the metadata of the offset
    that the operator's group committed to their partition. Those before are deleted."""
    return set(json.loads(metadata or "[]"))


class Cause(StrEnum):
    """Why a record is dead: it cannot be decoded, it failed as often as it may, or no release came for it, or
    no key for its seal."""

    UNDECODABLE = "undecodable"
    FAILED = "failed"
    UNFAMILIAR = "unfamiliar"
    KEYLESS = "keyless"


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
            "detail": self.detail[:MAX_DETAIL],
            "topic": received.topic,
            "partition": str(received.partition),
            "offset": str(received.offset),
            "at": now.isoformat(),
        }
        key, value = received.key, received.value
        if key is None and value is None:  # aiokafka sends no record without both
            value, why["value"] = b"", "null"
        # A name that is no UTF-8 cannot be sent again: it is written out.
        headers = [
            (name.encode("utf-8", "surrogateescape").decode(errors="backslashreplace"), text)
            for name, text in received.headers
        ]
        topic = dead_topic(received.topic, self.group)
        letter = OutboxRecord(topic=topic, key=key, value=value, headers=[*headers, *_headers(why)])
        return letter if letter.size <= MAX_DEAD_BYTES else _cut(letter, headers, why)


def _headers(why: Mapping[str, str]) -> list[tuple[str, bytes | None]]:
    return [(PREFIX + name, text.encode(errors="backslashreplace")) for name, text in why.items()]


def _cut(letter: OutboxRecord, headers: RecordHeaders, why: dict[str, str]) -> OutboxRecord:
    """Return a letter that its topic takes: `headers` while they fit, and the beginning of the value."""
    lies = f"{why['topic']}, partition {why['partition']}, offset {why['offset']}"
    why |= {
        "detail": f"{why['detail']}; cut, for it is too large for this topic: the whole record is {lies}",
        "cut": str(letter.size),
    }
    key = letter.key and letter.key[:MAX_PART_BYTES]
    kept = [
        header
        for header, size in zip(headers, accumulate(headers_size([one]) for one in headers), strict=True)
        if size <= MAX_PART_BYTES
    ]
    cut = replace(letter, key=key, value=None, headers=[*kept, *_headers(why)])
    value = letter.value and letter.value[: MAX_DEAD_BYTES - cut.size]
    return replace(cut, value=value)
