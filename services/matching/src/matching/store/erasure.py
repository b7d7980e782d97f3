"""What an erasure does to each column of this service, and why nothing about the person is written after it.

An erasure runs the statements below in the transaction that takes the tombstone in, which has locked the
person's row of `profiles` before. Whoever writes facts or words about a person locks that row for share: the
reconciliation, of everybody whose pair it changes, and a decision. What they wrote before is committed when
the erasure has its lock, so its statements see it; whoever comes after finds the profile erased, and writes
nothing about it. (An answer holds no words, and says of an erased id only that it was answered.)

PostgreSQL's own copies of what was deleted go with its vacuum, and those in backups with their age.
"""

from collections.abc import Collection
from uuid import UUID

from chassis.database import Connection
from chassis.erasure import CHASSIS, ErasureRule, Outcome, erase

_CLEAR_PROFILES = """
UPDATE profiles
SET facts = NULL, encoded = NULL, encoding = NULL, encoded_version = NULL, erased = true,
    changed = pg_current_xact_id()
WHERE profile_id = ANY($1) AND NOT erased
"""

_CLEAR_MATCHES = """
UPDATE matches
SET score = NULL, growth = NULL, explanation = NULL, points = NULL, decision_reason = NULL,
    decision_message = NULL, decision_reason_code = NULL, decision_appointment = NULL, placed = false,
    withdrawal = withdrawal - 'rules' - 'score'
WHERE profile_id = ANY($1)
"""

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="profiles",
        columns=("facts",),
        outcome=Outcome.CLEARED,
        because="what is known of a professional",
        statement=_CLEAR_PROFILES,
    ),
    ErasureRule(
        table="profiles",
        columns=("encoded", "encoding", "encoded_version"),
        outcome=Outcome.CLEARED,
        because="the same facts, as the engine reads them",
        statement=_CLEAR_PROFILES,
        in_copy=False,
    ),
    ErasureRule(
        table="profiles",
        columns=("profile_id", "version", "erased", "event_at", "changed", "probe"),
        outcome=Outcome.RETAINED,
        because="that the id was erased, so that no late or repeated event brings anything back",
    ),
    ErasureRule(
        table="matches",
        columns=(
            *("score", "growth", "explanation", "points"),
            *("decision_reason", "decision_message", "decision_reason_code", "decision_appointment"),
            *("withdrawal", "placed"),
        ),
        outcome=Outcome.CLEARED,
        because="an explanation repeats the facts, as the rules of a withdrawal do, the recruiter's words may"
        " say anything, and whom they work for is theirs",
        statement=_CLEAR_MATCHES,
    ),
    ErasureRule(
        table="matches",
        columns=(
            *("match_id", "assignment_id", "profile_id", "revision", "live"),
            *("assignment_version", "profile_version", "policy", "revision_policy"),
            *("proposed_at", "first_proposed_at", "withdrawn_at", "ended_while_live"),
            *("answer", "answered_at", "decision", "decisions", "decision_tell", "decided_by", "decided_at"),
            "decided_by_sub",
        ),
        outcome=Outcome.RETAINED,
        because="what became of an assignment's proposals, under an id that leads to nobody",
    ),
    ErasureRule(
        table="placements",
        columns=(
            *("placement_id", "version", "assignment_id", "profile_id"),
            *("level", "starts_on", "ends_on", "rate_cents", "cancelled"),
        ),
        outcome=Outcome.DELETED,
        because="which assignment somebody does, when and at what rate",
        statement="DELETE FROM placements WHERE profile_id = ANY($1)",
    ),
    ErasureRule(
        table="assignments",
        columns=(
            *("assignment_id", "version", "facts", "open", "event_at", "changed"),
            *("known_since", "warned_for", "reconciliation_requested"),
        ),
        outcome=Outcome.RETAINED,
        because="an assignment says nothing about a professional",
    ),
    ErasureRule(
        table="settled_policies",
        columns=("version", "settled_at"),
        outcome=Outcome.RETAINED,
        because="a policy says nothing about a professional",
    ),
    ErasureRule(
        table="silences",
        columns=("profile_id", "look_at"),
        outcome=Outcome.DELETED,
        because="when it was looked at last whether something would bring them an opdracht",
        statement="DELETE FROM silences WHERE profile_id = ANY($1)",
    ),
    *CHASSIS,
)


async def erase_profiles(connection: Connection, profile_ids: Collection[UUID]) -> None:
    """Erase professionals; the caller has locked their profiles and their matches."""
    if profile_ids:
        await erase(connection, ERASURE, profile_ids)
