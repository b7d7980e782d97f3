"""What becomes of all that the desk holds on a professional who is erased.

An erasure is run once more on what comes afterwards: whatever is replayed, nothing of them comes back. What
stays are rows with an id that leads to nobody.
"""

from collections.abc import Collection
from uuid import UUID

from chassis import erasure
from chassis.database import Connection
from chassis.erasure import CHASSIS, ErasureRule, Outcome


async def erase(connection: Connection, profile_ids: Collection[UUID]) -> None:
    """Erase professionals, whether they are known or not. The caller has taken its turn (`store/alerts.py`).

    A note that is being written holds the professional's row, and is seen here.
    """
    await erasure.erase(connection, (*ERASURE, *CHASSIS), profile_ids)


_ERASE_PEOPLE = """
INSERT INTO people AS stored (profile_id, erased)
SELECT profile_id, true FROM unnest($1::uuid[]) AS person (profile_id) ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE
SET erased = true, contact_version = NULL, name = NULL, email = NULL, phone = NULL, preferences = NULL,
    unconfirmed = false, facts_version = NULL, facts = NULL, facts_at = NULL
"""
_DELETE_SEARCH = """
DELETE FROM people_search WHERE profile_id = ANY($1)
"""
# A withdrawal stays, with ids alone. Who was live is withdrawn for this reason, as matching will say.
_CLEAR_MATCHES = """
UPDATE matches
SET explanation = '[]', answer_reason = NULL,
    withdrawn = CASE WHEN withdrawn IS NULL AND revision > 0 THEN jsonb_build_object('match_id', match_id,
        'revision', revision, 'assignment_id', assignment_id, 'profile_id', profile_id,
        'reason', 'profile_erased', 'withdrawn_at', proposed_at) ELSE withdrawn END
        || '{"rules": [], "score": null}',
    withdrawn_at = coalesce(withdrawn_at, proposed_at),
    decisions = (
        SELECT coalesce(jsonb_agg(
            one || '{"reason": "", "message": null, "reason_code": null, "appointment": null}' ORDER BY place
        ), '[]')
        FROM jsonb_array_elements(decisions) WITH ORDINALITY AS each (one, place)
    )
WHERE profile_id = ANY($1)
"""
_DELETE_ALERTS = """
DELETE FROM alerts WHERE profile_id = ANY($1) AND type <> 'MatchWithdrawn.v1'
"""
_CLEAR_ALERTS = """
UPDATE alerts SET data = data - 'rules' - 'score' WHERE profile_id = ANY($1) AND type = 'MatchWithdrawn.v1'
"""
_END_SESSIONS = """
DELETE FROM sessions WHERE subject = ANY($1::uuid[]::text[])
"""
_DELETE_NOTES = """
DELETE FROM notes WHERE profile_id = ANY($1)
"""
_CLEAR_PLACEMENTS = """
UPDATE placements SET profile_id = NULL WHERE profile_id = ANY($1)
"""
_DELETE_CHECKINS = """
DELETE FROM checkins WHERE profile_id = ANY($1)
"""

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="people",
        columns=(
            *("contact_version", "name", "email", "phone", "preferences", "unconfirmed"),
            *("facts_version", "facts", "facts_at"),
            *("search", "level", "specialisms", "available_from", "available_until", "latitude", "longitude"),
        ),
        outcome=Outcome.CLEARED,
        because="who it is, and what they can and want",
        statement=_ERASE_PEOPLE,
    ),
    ErasureRule(
        table="people",
        columns=("profile_id", "erased"),
        outcome=Outcome.RETAINED,
        because="that this id is erased, so that no replay brings it back",
    ),
    ErasureRule(
        table="people_search",
        columns=("profile_id", "search"),
        outcome=Outcome.DELETED,
        because="by what they are found; the database deletes it with the name in `people`",
        statement=_DELETE_SEARCH,
        in_copy=False,
    ),
    ErasureRule(
        table="matches",
        columns=("explanation", "answer_reason", "withdrawn", "withdrawn_at", "decisions", "live"),
        outcome=Outcome.CLEARED,
        because="their facts, and what was written by or about them; a withdrawal says why it was, in a word",
        statement=_CLEAR_MATCHES,
    ),
    ErasureRule(
        table="matches",
        columns=(
            *("match_id", "assignment_id", "profile_id", "revision", "score", "growth", "policy"),
            *("proposed_at", "first_proposed_at", "answer", "answered_at", "decision", "decided_at"),
            "ended_at",
        ),
        outcome=Outcome.RETAINED,
        because="how many matches there were, and how they ended",
    ),
    ErasureRule(
        table="alerts",
        columns=("id", "type", "data", "assignment_id", "profile_id", "at"),
        outcome=Outcome.DELETED,
        because="events about them; a withdrawal stays, so that it leaves open pages, with ids alone",
        statement=_DELETE_ALERTS,
    ),
    ErasureRule(
        table="alerts",
        columns=(),
        outcome=Outcome.CLEARED,
        because="what a withdrawal said of them",
        statement=_CLEAR_ALERTS,
    ),
    ErasureRule(
        table="notes",
        columns=("note_id", "profile_id", "assignment_id", "text", "written_by", "writer", "written_at"),
        outcome=Outcome.DELETED,
        because="what recruiters wrote about them",
        statement=_DELETE_NOTES,
    ),
    ErasureRule(
        table="placements",
        columns=("profile_id",),
        outcome=Outcome.CLEARED,
        because="whose placement it was",
        statement=_CLEAR_PLACEMENTS,
    ),
    ErasureRule(
        table="placements",
        columns=(
            *(
                "placement_id",
                "version",
                "assignment_id",
                "organisation_type",
                "level",
                "starts_on",
                "ends_on",
            ),
            *("hours", "rate_cents", "contract_form", "state", "ended_on", "ended_reason", "agreed_at"),
            *("changed_at", "counts"),
        ),
        outcome=Outcome.RETAINED,
        because="that somebody did the opdracht, for what the client was charged: it leads to nobody",
    ),
    ErasureRule(
        table="checkins",
        columns=("placement_id", "answered_at", "profile_id", "answer", "sentence"),
        outcome=Outcome.DELETED,
        because="how they said that their work goes",
        statement=_DELETE_CHECKINS,
    ),
    ErasureRule(
        table="notices",
        columns=(
            *("notice_id", "kind", "match_id", "assignment_id", "profile_id", "outcome", "due_at", "at"),
        ),
        outcome=Outcome.RETAINED,
        because="how many mails there were, and how they ended: no address, no text",
    ),
    ErasureRule(
        table="assignments",
        columns=(
            *("assignment_id", "version", "open", "closed_reason", "facts", "opened_at", "closed_at"),
            *("title", "organisation", "recruiter", "respond_by", "told_selecting"),
        ),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
    ErasureRule(
        table="assignment_versions",
        columns=("assignment_id", "version", "facts", "at"),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
    ErasureRule(
        table="advice",
        columns=("assignment_id", "data", "noticed_at"),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
    ErasureRule(
        table="message_templates",
        columns=("code", "text", "changed_by", "changed_at"),
        outcome=Outcome.RETAINED,
        because="what recruiters write to whomever, without a name",
    ),
    ErasureRule(
        table="put_off",
        columns=("recruiter", "line", "until"),
        outcome=Outcome.RETAINED,
        because="which lines of their list a recruiter has put off until when, by ids",
    ),
    ErasureRule(
        table="sessions",
        columns=("key", "subject", "tokens", "refresh_at", "started_at", "seen_at"),
        outcome=Outcome.DELETED,
        because="that they are signed in; of staff it stays",
        statement=_END_SESSIONS,
        whose="subject = $1::uuid::text",
        in_copy=False,
    ),
    ErasureRule(
        table="kept_forms",
        columns=("key", "subject", "form", "kept_at"),
        outcome=Outcome.RETAINED,
        because="what a recruiter typed, encrypted, for their own browser alone: gone within two hours",
    ),
)
