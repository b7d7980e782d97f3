"""The topics table of DESIGN.md as data: who writes, who reads, what is kept."""

from dataclasses import dataclass

DAY_MS = 24 * 60 * 60 * 1000
PARTITIONS = 6
LARGE = {"max.message.bytes": str(2 * 1024 * 1024)}  # a body of 1 MiB and its envelope
LARGER = {"max.message.bytes": str(3 * 1024 * 1024)}  # the largest record, and why it is dead


@dataclass(frozen=True)
class Topic:
    """A topic. `key` names the field that is the record's key; `tombstone` the type that erases a key."""

    name: str
    key: str
    producer: str
    consumers: tuple[str, ...]
    types: tuple[str, ...]
    tombstone: str | None = None
    retention_days: int | None = None

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings: compacted where the latest record of a key is the state."""
        if self.retention_days is None:
            return {"cleanup.policy": "compact", **LARGE}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * DAY_MS), **LARGE}


PROFILES = Topic(
    "profiles", "profile_id", "profiles", ("matching",), ("ProfileUpdated.v1",), tombstone="ProfileErased.v1"
)
CONTACTS = Topic(
    "contacts",
    "profile_id",
    "profiles",
    ("notifications",),
    ("ContactUpdated.v1",),
    tombstone="ContactErased.v1",
)
ASSIGNMENTS = Topic(
    "assignments",
    "assignment_id",
    "assignments",
    ("matching", "notifications"),
    ("AssignmentOpened.v1", "AssignmentUpdated.v1", "AssignmentClosed.v1"),
)
MATCHES = Topic(
    "matches",
    "assignment_id",
    "matching",
    ("notifications",),
    ("MatchProposed.v1", "MatchWithdrawn.v1", "MatchDecided.v1"),
    retention_days=30,
)
ANSWERS = Topic(
    "answers", "assignment_id", "notifications", ("matching",), ("MatchAnswered.v1",), retention_days=30
)
PREFERENCES = Topic(
    "preferences",
    "profile_id",
    "notifications",
    ("profiles",),
    ("PreferencesChosen.v1",),
    retention_days=30,
)
ADVICE = Topic(
    "advice", "assignment_id", "matching", ("notifications",), ("InterestLacking.v1",), retention_days=30
)
NOTICES = Topic("notices", "notice_id", "notifications", (), ("NoticeSettled.v1",), retention_days=30)

TOPICS = (PROFILES, CONTACTS, ASSIGNMENTS, MATCHES, ANSWERS, PREFERENCES, ADVICE, NOTICES)
DEAD_RETENTION_DAYS = 90


def dead_topic(topic: str, group: str) -> str:
    """Name the topic for what consumer group `group` could not digest from `topic`."""
    return f"{topic}.{group}.dead"


def broker_topics() -> dict[str, tuple[int, dict[str, str]]]:
    """Return every topic the platform needs, dead topics included: name → (partitions, settings)."""
    table = {topic.name: (PARTITIONS, topic.config) for topic in TOPICS}
    for topic in TOPICS:
        for group in topic.consumers:
            table[dead_topic(topic.name, group)] = (
                1,
                {"cleanup.policy": "delete", "retention.ms": str(DEAD_RETENTION_DAYS * DAY_MS), **LARGER},
            )
    return table
