"""The page on where something about a professional can be, from the lists that erasures themselves run."""

import assignments.erasure
import desk.store.erasure
import matching.store.erasure
import notifications.store.erasure
import profiles.erasure
from chassis.erasure import CHASSIS, ErasureRule, Outcome
from contracts.events import TYPES, Worded
from contracts.retention import KINDS, WITHOUT_KIND, Kind
from contracts.topics import AWAY_DAYS, DAY_MS, DEAD_RETENTION_DAYS, TOPICS, Topic

from generator.markdown import code, page, sections, table

INTRODUCTION = f"""
Every place where something about a professional can be, and what becomes of it when they are erased. The
tables are those lists that an erasure runs, and a test compares them with the schemas; another one plants a
word in every free text, erases, and looks for it everywhere. In words, with grounds and
rights: [Personal data](../operations/privacy.md). What is left of somebody: `opdracht erase-report`.
What is held on somebody: `GET /profiles/{{profile_id}}/held` of each service, which reads by the same lists;
the desk's download has all of it.

A reader may be away for {AWAY_DAYS} days and still finds every tombstone.
"""
RULES: dict[str, tuple[ErasureRule, ...]] = {
    "profiles": profiles.erasure.ERASURE,
    "assignments": assignments.erasure.ERASURE,
    "matching": tuple(rule for rule in matching.store.erasure.ERASURE if rule not in CHASSIS),
    "notifications": notifications.store.erasure.ERASURE,
    "desk": desk.store.erasure.ERASURE,
}
WORDS = {
    Outcome.DELETED: "the person's rows are deleted",
    Outcome.CLEARED: "emptied",
    Outcome.EXPIRES: "goes by itself",
    Outcome.RETAINED: "stays",
}
ELSEWHERE = (
    (
        "dead topics",
        "the record as it came: sealed words, but a contact's plainly",
        f"{DEAD_RETENTION_DAYS} days, or `opdracht dead-letters discard`; what is sealed, with its key",
    ),
    (
        "idempotency answers",
        "what a request about the person was answered",
        "deleted by the erasure where they name the person; a day otherwise",
    ),
    ("logs, metrics, traces", "ids of events, notices and traces; no names, addresses, words", "as kept"),
    (
        "backups, archived logs of the databases",
        "all tables above, as they were, with their keys",
        "with their age (30 days with the CloudNativePG manifests); a restored database reads the"
        " tombstones again, which erase",
    ),
    ("the mail server, mailboxes", "every mail that was sent", "not ours to empty"),
)


def render() -> str:
    """Return the page as Markdown."""
    return page(
        "Where personal data is",
        INTRODUCTION,
        "## Topics",
        table(("topic", "of a professional", "after an erasure"), map(_topic, TOPICS)),
        "## How long",
        "What each service's nightly turn takes. A setting says otherwise, in each of the services.",
        table(("kind", "days", "setting, of", "since", "it takes", "it leaves", "tables"), map(_kind, KINDS)),
        "Tables of which no turn takes anything:",
        table(("service", "table", "why"), _without_kind()),
        "## Tables",
        *(_service(name, rules) for name, rules in RULES.items()),
        _service("every service", CHASSIS),
        "## Elsewhere",
        table(("place", "what", "how it is emptied, and when"), ELSEWHERE),
    )


def _topic(topic: Topic) -> tuple[str, ...]:
    sealed = [kind for kind in topic.types if issubclass(TYPES[kind], Worded)]
    kinds = ", ".join(map(code, sealed))
    words = f"; words are sealed ({kinds})" if sealed else ""
    if topic.holds is None:
        return code(topic.name), "nothing", ""
    if topic.retention_days is None:
        days = int(topic.config["max.compaction.lag.ms"]) / DAY_MS
        erased = "a tombstone" if topic.tombstone is not None else "the latest, without the id from then on"
        after = f"{erased}: what was before it is compacted within {days:g} day, once its partition goes on"
    else:
        key = "; the seals' key is destroyed in the services at once, and on `keys` as said" if sealed else ""
        after = f"deleted {topic.retention_days} days after it was written{key}"
    return code(topic.name), f"{topic.holds}{words}", after


def _kind(kind: Kind) -> tuple[str, ...]:
    services = ", ".join(kind.services)
    tables = "; ".join(f"{service} {', '.join(map(code, names))}" for service, names in kind.tables.items())
    setting = f"{code(kind.setting)}, of {services}"
    return kind.name, str(kind.days), setting, kind.since, kind.takes, kind.leaves, tables


def _without_kind() -> list[tuple[str, ...]]:
    return [
        ("every service" if service == "chassis" else service, code(name), why)
        for service, reasons in WITHOUT_KIND.items()
        for name, why in reasons.items()
    ]


def _service(name: str, rules: tuple[ErasureRule, ...]) -> str:
    return sections(
        f"### {name[0].upper()}{name[1:]}",
        table(
            ("table", "columns", "an erasure", "for it is"),
            (
                (code(rule.table), ", ".join(map(code, rule.columns)), WORDS[rule.outcome], rule.because)
                for rule in rules
                if rule.columns
            ),
        ),
    )
