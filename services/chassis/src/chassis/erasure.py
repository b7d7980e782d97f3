"""What becomes of each column when a person is erased, as data that the erasure itself runs.

A service lists all its tables and columns once, as `ERASURE` in its module `store/erasure.py` (`erasure.py`
where the store is one module); the chassis lists its own tables here. `erase` runs a list's statements, in
the transaction that takes the erasure in; `held` reads by it what a person's own copy has. A column that is
on no list is one that nobody thought of: a test compares the lists with the schemas.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from chassis.database import Connection


class Outcome(StrEnum):
    """What an erasure does to columns."""

    DELETED = "deleted"  # the statement deletes the person's rows
    CLEARED = "cleared"  # the statement sets the columns to NULL, or to what is the same for everybody
    EXPIRES = "expires"  # the row goes by itself; `because` says when
    RETAINED = "retained"  # it stays; `because` says why it tells nothing about the person


@dataclass(frozen=True, kw_only=True)
class ErasureRule:
    """What becomes of some columns of one table.

    `statement` is the SQL that does it, with one parameter: the erased profiles' ids (`uuid[]`). Rules may
    share one. `whose`: the SQL condition of a person's rows, with their id as parameter; of a table with a
    `profile_id` that is the default, of any other that it has none. `in_copy`: whether a person's copy of
    what is held on them has these columns (`held`).
    """

    table: str
    columns: tuple[str, ...]
    outcome: Outcome
    because: str
    statement: str | None = None
    whose: str | None = None
    in_copy: bool = True

    def __post_init__(self) -> None:
        if (self.statement is not None) != (self.outcome in (Outcome.DELETED, Outcome.CLEARED)):
            raise ValueError(f"{self.table}: what is deleted or cleared has a statement, and nothing else")


async def erase(connection: Connection, rules: Iterable[ErasureRule], profile_ids: Collection[UUID]) -> None:
    """Run the rules' statements, each once and in their order, in the caller's transaction.

    The caller has locked the rows by which whoever writes about these people knows that they are erased:
    what was written before that lock is seen here, and nothing is written after it.
    """
    statements = dict.fromkeys(rule.statement for rule in rules if rule.statement is not None)
    for statement in statements:
        await connection.execute(statement, list(profile_ids))


async def held(
    connection: Connection, rules: Iterable[ErasureRule], profile_id: UUID
) -> dict[str, list[dict[str, Any]]]:
    """Return a person's rows by table, each column as JSON has it: whatever the rules list of theirs."""
    columns: dict[str, list[str]] = {}
    whose: dict[str, str] = {}
    for rule in rules:
        columns.setdefault(rule.table, []).extend(rule.columns if rule.in_copy else ())
        if rule.whose is not None or "profile_id" in rule.columns:
            whose[rule.table] = rule.whose or whose.get(rule.table, "profile_id = $1")
    found = {}
    for table, condition in whose.items():
        if columns[table]:
            query = _HELD.format(columns=", ".join(columns[table]), table=table, condition=condition)
            found[table] = [from_json(row["content"]) for row in await connection.fetch(query, profile_id)]
    return {table: rows for table, rows in found.items() if rows}


_HELD = """
SELECT to_jsonb(theirs)::text AS content FROM (SELECT {columns} FROM {table} WHERE {condition}) AS theirs
"""

_FORGET_ANSWERS = """
DELETE FROM idempotency
WHERE EXISTS (
    SELECT FROM unnest($1::uuid[]) AS person (id)
    WHERE position(id::text IN operation) > 0
        OR position(id::text IN headers::text) > 0
        OR position(convert_to(id::text, 'UTF8') IN body) > 0
)
"""

_DESTROY_KEYS = """
INSERT INTO person_keys AS known (profile_id, key)
SELECT profile_id, NULL FROM unnest($1::uuid[]) AS person (profile_id) ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET key = NULL WHERE known.key IS NOT NULL
"""

CHASSIS: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="person_keys",
        columns=("key",),
        outcome=Outcome.CLEARED,
        because="without it nobody reads what was sealed: on topics, in outboxes, parked, among dead letters",
        statement=_DESTROY_KEYS,
        in_copy=False,
    ),
    ErasureRule(
        table="person_keys",
        columns=("profile_id",),
        outcome=Outcome.RETAINED,
        because="that the key is destroyed, so that no replay brings it back",
        in_copy=False,
    ),
    ErasureRule(
        table="idempotency",
        columns=(
            *("caller", "operation", "key", "fingerprint", "meaning"),
            *("status", "headers", "body", "created_at"),
        ),
        outcome=Outcome.DELETED,
        because="an answer that names the profile may repeat what it said; the others go after a day",
        statement=_FORGET_ANSWERS,
    ),
    ErasureRule(
        table="outbox",
        columns=(
            *("id", "shard", "topic", "key", "value"),
            *("header_names", "header_values", "caused_at", "created_at", "refused_at", "refused_because"),
        ),
        outcome=Outcome.EXPIRES,
        because="a record goes once it is published: within seconds, unless the broker is away or refuses it",
    ),
    ErasureRule(
        table="parked",
        columns=(
            *("id", "topic", "partition", "offset", "key", "value"),
            *("header_names", "header_values", "written_at", "attempts", "due_at", "parked_at"),
        ),
        outcome=Outcome.EXPIRES,
        because="an erasure takes its key's records away; others are applied or go to the dead topic within"
        " minutes, where only a newer release can read them within seven days; they undo no erasure",
    ),
    ErasureRule(
        table="inbox",
        columns=("source", "id", "received_at"),
        outcome=Outcome.RETAINED,
        because="which events were seen, by their random ids",
    ),
    ErasureRule(
        table="consumed",
        columns=("topic", "partition", "next", "followed_up"),
        outcome=Outcome.RETAINED,
        because="how far each topic was read",
    ),
    ErasureRule(
        table="offsets_before",
        columns=("kept_in",),
        outcome=Outcome.RETAINED,
        because="where that stood before an upgrade",
    ),
    ErasureRule(
        table="own_topics",
        columns=("topic", "partition", "next"),
        outcome=Outcome.RETAINED,
        because="where the service's own topics ended",
    ),
    ErasureRule(
        table="catching_up",
        columns=("topic", "partition", "until"),
        outcome=Outcome.RETAINED,
        because="how far the topics are to be read after a restore",
    ),
    ErasureRule(
        table="republishing",
        columns=("step", "after"),
        outcome=Outcome.EXPIRES,
        because="which id was published again last, until all are",
    ),
    ErasureRule(
        table="topic_versions",
        columns=("key", "version"),
        outcome=Outcome.EXPIRES,
        because="which version of an id a topic holds, until all are published again",
    ),
    ErasureRule(
        table="audit_acts",
        columns=(
            *("id", "at", "issuer", "subject", "role", "action"),
            *("object_kind", "object_id", "people", "fields", "trace_id"),
        ),
        outcome=Outcome.RETAINED,
        because="who did what, by ids and names of fields: for operators, until it is pruned",
        in_copy=False,
    ),
    ErasureRule(
        table="audit_unchained",
        columns=("act_id",),
        outcome=Outcome.RETAINED,
        because="which of these wait for their link in the chain",
    ),
    ErasureRule(
        table="audit_chain",
        columns=("number", "act_id", "previous", "hash"),
        outcome=Outcome.RETAINED,
        because="the hashes that show whether one of them was changed",
    ),
    ErasureRule(
        table="audit_pruned",
        columns=("number", "hash", "pruned_at"),
        outcome=Outcome.RETAINED,
        because="up to where they were pruned",
    ),
    ErasureRule(
        table="migrations",
        columns=("name", "applied_at"),
        outcome=Outcome.RETAINED,
        because="which migrations were applied",
    ),
)
