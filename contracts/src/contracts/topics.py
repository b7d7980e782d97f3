"""The topics, as data: who writes, who reads, what is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY_MS = 24 * 60 * 60 * 1000
# Over how many partitions keys were spread, the first number to the last. Only appended to: a tombstone goes
# to every partition that its key ever had. How to add one: docs/how-to/grow-the-topics.md.
SPREADS = (6,)
PARTITIONS = SPREADS[-1]
REPLICATION = 3  # or as many as there are brokers, where they are fewer
MIN_IN_SYNC = 2  # and one less than the replicas, where those are fewer
AWAY_DAYS = 90  # a consumer that comes back within them still finds every tombstone
AUDIT_DAYS = 548  # a year and a half: as long as the services keep what they recorded
COMPACTED = {
    "cleanup.policy": "compact",
    "delete.retention.ms": str(AWAY_DAYS * DAY_MS),
    "max.compaction.lag.ms": str(DAY_MS),  # what a tombstone erased is gone soon after
    "segment.ms": str(DAY_MS),  # the segment that is written to is never compacted
}
LARGE = {"max.message.bytes": str(2 * 1024 * 1024)}  # a body of 1 MiB and its envelope
MAX_DEAD_BYTES = 3 * 1024 * 1024  # the largest record, and why it is dead
LARGER = {"max.message.bytes": str(MAX_DEAD_BYTES)}


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic. `key` names the field that is the record's key, `other_keys` that of types which are about
    something else; `tombstone` the type that erases a key.

    `holds`: what of a professional is on it, None for nothing. `named`: whether keys are names, and not ids.
    """

    name: str
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    types: tuple[str, ...]
    tombstone: str | None = None
    holds: str | None = None
    retention_days: int | None = None
    named: bool = False
    other_keys: Mapping[str, str] = field(default_factory=dict)

    def key_of(self, kind: str) -> str:
        """Name the field that is the key of a type's records."""
        return self.other_keys.get(kind, self.key)

    @property
    def is_shared(self) -> bool:
        """Whether several write it. None of them reads it back then: it holds what is the others' too."""
        return len(self.producers) > 1

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings: compacted where the latest record of a key is the state."""
        if self.retention_days is None:
            return {**COMPACTED, **LARGE}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_days * DAY_MS), **LARGE}


PROFILES = Topic(
    name="profiles",
    key="profile_id",
    producers=("profiles",),
    consumers=("assignments", "matching", "desk"),
    types=("ProfileUpdated.v1",),
    tombstone="ProfileErased.v1",
    holds="what matching may know, by id; the name of their place",
)
CONTACTS = Topic(
    name="contacts",
    key="profile_id",
    producers=("profiles",),
    consumers=("notifications", "desk"),
    types=("ContactUpdated.v1",),
    tombstone="ContactErased.v1",
    holds="name, address, number, preferences",
)
KEYS = Topic(
    name="keys",
    key="profile_id",
    producers=("profiles",),
    consumers=("matching", "notifications", "desk"),
    types=("KeyMade.v1",),
    tombstone="KeyDestroyed.v1",
    holds="the key that seals what is written about them",
)
ASSIGNMENTS = Topic(
    name="assignments",
    key="assignment_id",
    producers=("assignments",),
    consumers=("matching", "notifications", "desk"),
    types=("AssignmentOpened.v1", "AssignmentUpdated.v1", "AssignmentClosed.v1"),
    # Of the probe's alone: clients' opdrachten stay.
    tombstone="AssignmentErased.v1",
)
PLACEMENTS = Topic(
    name="placements",
    key="placement_id",
    producers=("assignments",),
    consumers=("profiles", "matching", "notifications", "desk"),
    types=("PlacementAgreed.v1", "PlacementChanged.v1", "PlacementEnded.v1"),
    holds="id; level, kind of organisation, period, hours and rate of their work",
)
MATCHES = Topic(
    name="matches",
    key="assignment_id",
    producers=("matching",),
    consumers=("notifications", "desk"),
    types=("MatchProposed.v1", "MatchWithdrawn.v1", "MatchDecided.v1"),
    holds="id, score, and the facts that explain it; decisions",
    retention_days=30,
)
ANSWERS = Topic(
    name="answers",
    key="assignment_id",
    producers=("notifications",),
    consumers=("matching", "desk"),
    types=("MatchAnswered.v1",),
    holds="id, answers",
    retention_days=30,
)
PREFERENCES = Topic(
    name="preferences",
    key="profile_id",
    producers=("notifications",),
    consumers=("profiles",),
    types=("PreferencesChosen.v1", "ContactConfirmed.v1", "ConfirmationLacking.v1"),
    holds="id, preferences; the address from which somebody confirmed",
    retention_days=30,
)
ADVICE = Topic(
    name="advice",
    key="assignment_id",
    producers=("matching",),
    consumers=("notifications", "desk"),
    types=("InterestLacking.v1", "LeverFound.v1"),
    holds="id, which changes of their facts would bring them opdrachten",
    retention_days=30,
    other_keys={"LeverFound.v1": "profile_id"},
)
# Not compacted: each answer stands for itself, and is kept no longer than those to a match.
CHECKINS = Topic(
    name="checkins",
    key="placement_id",
    producers=("notifications",),
    consumers=("desk",),
    types=("CheckInAnswered.v1",),
    holds="id, how they say that their work goes",
    retention_days=30,
)
QUESTIONS = Topic(
    name="questions",
    key="profile_id",
    producers=("profiles",),
    consumers=("notifications",),
    types=("QuestionAsked.v1",),
    holds="ids, what one asks another",
    retention_days=30,
)
NOTICES = Topic(
    name="notices",
    key="notice_id",
    producers=("notifications",),
    consumers=("desk",),
    types=("NoticeSettled.v1",),
    holds="id, which mails there were and how they ended",
    retention_days=30,
)
# Besides profiles an archive may read it, outside of the platform, by a user of its own (`archive`).
AUDIT = Topic(
    name="audit",
    key="service",
    producers=("profiles", "assignments", "matching", "notifications", "desk"),
    consumers=("profiles",),
    types=("ActRecorded.v1",),
    holds="id, who saw or changed what of them and when",
    retention_days=AUDIT_DAYS,
    named=True,
)

TOPICS = (
    *(PROFILES, CONTACTS, KEYS, ASSIGNMENTS, PLACEMENTS, MATCHES, ANSWERS, PREFERENCES, ADVICE),
    *(CHECKINS, QUESTIONS, NOTICES, AUDIT),
)
TOPIC_OF = {kind: topic for topic in TOPICS for kind in topic.types}
DEAD_RETENTION_DAYS = 90


def dead_topic(topic: str, group: str) -> str:
    """Name the topic for what consumer group `group` could not digest from `topic`."""
    return f"{topic}.{group}.dead"


@dataclass(frozen=True, kw_only=True)
class BrokerTopic:
    """A topic as the broker is to hold it. `config`: its settings there."""

    partitions: int
    config: dict[str, str]


def broker_topics() -> dict[str, BrokerTopic]:
    """Return every topic that the platform needs, dead topics included, by name."""
    table = {topic.name: BrokerTopic(partitions=PARTITIONS, config=topic.config) for topic in TOPICS}
    dead = {"cleanup.policy": "delete", "retention.ms": str(DEAD_RETENTION_DAYS * DAY_MS), **LARGER}
    for topic in TOPICS:
        for group in topic.consumers:
            table[dead_topic(topic.name, group)] = BrokerTopic(partitions=1, config=dead)
    return table
