"""What is written down of an act, in the transaction that does it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from chassis.database import Connection
from chassis.telemetry import current_trace_id


class Action(StrEnum):
    """What is done: a read of one person's data, a bulk read, or a change."""

    READ = "read"
    EXPORT = "export"
    LIST = "list"

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    ERASE = "erase"
    OPEN = "open"
    CLOSE = "close"
    DECIDE = "decide"
    ANSWER = "answer"
    SEND = "send"
    RELEASE = "release"
    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"


# What a page may ask for once more by itself.
FETCHED = frozenset({Action.READ, Action.LIST})


@dataclass(frozen=True)
class Actor:
    """Who acts, by the token's `iss` and `sub`. `role`: theirs, with spaces between."""

    issuer: str
    subject: str
    role: str | None = None

    @classmethod
    def by_link(cls, profile_id: UUID) -> "Actor":
        """Return whoever has the signed link of a professional."""
        return cls("link", str(profile_id))

    @classmethod
    def platform(cls, job: str) -> "Actor":
        """Return a service that does by itself what its job is."""
        return cls("platform", job)


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does what to which object. `people`: the professionals whose data it is about; `fields`: the names
    of those that change."""

    actor: Actor
    action: Action
    object_kind: str
    object_id: UUID | None = None
    people: Collection[UUID] = ()
    fields: Collection[str] = ()


async def record(connection: Connection, acts: Sequence[Act]) -> None:
    """Write acts down, in the caller's transaction."""
    trace_id = current_trace_id()
    rows = [
        (
            *(act.actor.issuer, act.actor.subject, act.actor.role),
            *(act.action, act.object_kind, act.object_id),
            *(sorted(set(act.people)), sorted(set(act.fields)), trace_id),
        )
        for act in acts
    ]
    if len(rows) == 1:
        await connection.execute(_RECORD, *rows[0])
    elif rows:
        await connection.executemany(_RECORD, rows)


_RECORD = """
INSERT INTO audit_acts (issuer, subject, role, action, object_kind, object_id, people, fields, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def record_new(connection: Connection, act: Act) -> None:
    """Write a read down that repeats itself, as a page's that keeps itself up to date: those people alone
    whom the record does not say already, of the same actor, action and object, within `SAID_FOR`.

    So nobody is seen and not recorded, and a page that stays open adds somebody once an hour at most.
    """
    await connection.execute(
        _RECORD_NEW,
        *(act.actor.issuer, act.actor.subject, act.actor.role),
        *(act.action, act.object_kind, act.object_id),
        *(sorted(set(act.people)), sorted(set(act.fields)), current_trace_id(), SAID_FOR),
    )


SAID_FOR = timedelta(hours=1)
_RECORD_NEW = """
WITH said AS MATERIALIZED (
    SELECT people FROM audit_acts
    WHERE subject = $2 AND at > clock_timestamp() - $10::interval AND issuer = $1
        AND role IS NOT DISTINCT FROM $3 AND action = $4 AND object_kind = $5
        AND object_id IS NOT DISTINCT FROM $6
), new AS (
    SELECT ARRAY(SELECT unnest($7::uuid[]) EXCEPT SELECT unnest(people) FROM said ORDER BY 1) AS people
)
INSERT INTO audit_acts (issuer, subject, role, action, object_kind, object_id, people, fields, trace_id)
SELECT $1, $2, $3, $4, $5, $6::uuid, people, $8::text[], $9
FROM new
WHERE people <> '{}' OR NOT EXISTS (SELECT FROM said)
"""


def changed_fields(before: BaseModel | None, after: BaseModel, under: str = "") -> list[str]:
    """Return the names of the fields in which two values differ, of those that both models have; without one
    before, those that were said."""
    if before is None:
        return [f"{under}{name}" for name in sorted(after.model_fields_set)]
    then, now = before.model_dump(mode="json"), after.model_dump(mode="json")
    both = [name for name in type(before).model_fields if name in type(after).model_fields]
    return [f"{under}{name}" for name in both if then.get(name, ...) != now.get(name, ...)]
