"""What becomes of all that this service holds on a professional who is erased, and what may not run beside.

After it, what stays are rows with an id that leads to nobody: how many matches and notices there were, and
that this id is erased, so that no replay brings anything back.
"""

from collections.abc import Collection
from uuid import UUID

from chassis import erasure
from chassis.database import Connection
from chassis.erasure import CHASSIS, ErasureRule, Outcome

LOCK = 0x657261


async def lock_out_erasure(connection: Connection) -> None:
    """Let no erasure run beside what writes about professionals, until the transaction ends.

    Without it a transaction that began before an erasure could write afterwards, unseen by it, what the
    erasure deletes. It is the first lock that a transaction takes, so nobody who holds one waits for it.
    """
    await connection.execute(_LOCK_SHARED, LOCK)


_LOCK_SHARED = """
SELECT pg_advisory_xact_lock_shared($1)
"""


async def lock_for_erasure(connection: Connection) -> None:
    """Wait for all that writes about professionals, and let none of it begin, until the transaction ends.

    As `lock_out_erasure` it is the first lock that a transaction takes.
    """
    await connection.execute(_LOCK, LOCK)


_LOCK = """
SELECT pg_advisory_xact_lock($1)
"""


async def erase(connection: Connection, profile_ids: Collection[UUID]) -> None:
    """Erase professionals, whether they are known or not. The caller holds `lock_for_erasure`."""
    await erasure.erase(connection, (*ERASURE, *CHASSIS), profile_ids)


_ERASE_CONTACTS = """
INSERT INTO contacts AS stored (profile_id, version, erased)
SELECT profile_id, 0, true FROM unnest($1::uuid[]) AS person (profile_id) ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE
SET erased = true, name = NULL, email = NULL, preferences = NULL, paused_until = NULL, chosen_at = NULL,
    erased_on = NULL, silent_since = NULL, called = NULL, coach = NULL, unconfirmed = false,
    confirmed_at = NULL
WHERE NOT stored.erased
"""
# Beside the version before this one: a later release drops the table.
_DELETE_SUPPRESSIONS = """
DELETE FROM suppressions WHERE profile_id = ANY($1)
"""
# What is theirs alone: of a mailbox that somebody else uses as well, what goes for it stays.
_DELETE_SUPPRESSED_MAILBOXES = """
DELETE FROM suppressed_mailboxes s
WHERE (s.profile_id = ANY($1) OR s.mailbox IN (
        SELECT lower(email) FROM contacts WHERE profile_id = ANY($1)
    )) AND NOT EXISTS (
        SELECT FROM contacts other WHERE lower(other.email) = s.mailbox AND other.profile_id <> ALL($1)
    )
"""
_DELETE_MAILBOXES = """
DELETE FROM mailboxes b
WHERE (b.chosen_by = ANY($1) OR b.mailbox IN (
        SELECT lower(email) FROM contacts WHERE profile_id = ANY($1)
    )) AND NOT EXISTS (
        SELECT FROM contacts other WHERE lower(other.email) = b.mailbox AND other.profile_id <> ALL($1)
    )
"""
_CANCEL_NOTICES = """
UPDATE notices
SET state = 'cancelled', detail = 'the professional was erased', settled_at = now()
WHERE profile_id = ANY($1) AND state = 'pending'
"""
_CLEAR_NOTICES = """
UPDATE notices
SET address = NULL, mailbox = NULL, message_id = NULL, detail = CASE WHEN state = 'cancelled' THEN detail END,
    body = NULL, levers = NULL
WHERE profile_id = ANY($1)
"""
# Mails to recruiters that tell of them; of one that they want to talk the address too, which may be their
# coach's, whom they named.
_CLEAR_BODIES = """
UPDATE notices
SET body = NULL, address = CASE WHEN kind <> 'talk' THEN address END,
    mailbox = CASE WHEN kind <> 'talk' THEN mailbox END, detail = CASE WHEN kind <> 'talk' THEN detail END
WHERE profile_id IS NULL AND notice_id IN (
    SELECT n.notice_id FROM matches m JOIN notices n USING (match_id) WHERE m.profile_id = ANY($1)
    UNION ALL
    SELECT n.notice_id FROM matches m JOIN notices n ON n.past_match_id = m.match_id
    WHERE m.profile_id = ANY($1)
    UNION ALL
    SELECT s.notice_id FROM matches m JOIN summary_matches s USING (match_id) WHERE m.profile_id = ANY($1)
    UNION ALL
    SELECT n.notice_id FROM placements p JOIN notices n USING (placement_id) WHERE p.profile_id = ANY($1)
)
"""
_CLEAR_MATCHES = """
UPDATE matches
SET live = false, explanation = '[]', answer_reason = NULL, decision_reason = NULL, decisions = '[]',
    withdrawn = NULL
WHERE profile_id = ANY($1)
"""
_CLEAR_ALERTS = """
UPDATE alerts SET data = data - 'rules' - 'score'
WHERE data->>'profile_id' = ANY($1::uuid[]::text[]) AND type = 'MatchWithdrawn.v1'
"""
_DELETE_ALERTS = """
DELETE FROM alerts
WHERE data->>'profile_id' = ANY($1::uuid[]::text[]) AND type <> 'MatchWithdrawn.v1'
"""

_DELETE_SIGN_IN_LINKS = """
DELETE FROM sign_in_links
WHERE profile_id = ANY($1) OR mailbox IN (SELECT lower(email) FROM contacts WHERE profile_id = ANY($1))
"""
_DELETE_CHECK_INS = """
DELETE FROM check_ins WHERE profile_id = ANY($1)
"""
_DELETE_PLACEMENTS = """
DELETE FROM placements WHERE profile_id = ANY($1)
"""
_DELETE_QUESTIONS = """
DELETE FROM questions WHERE profile_id = ANY($1) OR asker_id = ANY($1)
"""

_THEIR_MAILBOX = "mailbox IN (SELECT lower(email) FROM contacts WHERE profile_id = $1)"

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="suppressed_mailboxes",
        columns=("suppression_id", "mailbox", "profile_id", "cause", "reason", "at"),
        outcome=Outcome.DELETED,
        because="their address, unless somebody else has it",
        statement=_DELETE_SUPPRESSED_MAILBOXES,
        whose=f"profile_id = $1 OR {_THEIR_MAILBOX}",
    ),
    ErasureRule(
        table="mailboxes",
        columns=("mailbox", "chosen_by", "unsubscribed", "no_news"),
        outcome=Outcome.DELETED,
        because="their address, also a former one, unless somebody else has it",
        statement=_DELETE_MAILBOXES,
        whose=f"chosen_by = $1 OR {_THEIR_MAILBOX}",
    ),
    ErasureRule(
        table="sign_in_links",
        columns=("link_id", "address", "mailbox", "asked_at", "due_at", "redeemed_at", "profile_id"),
        outcome=Outcome.DELETED,
        because="their address, and others that they want, of links that they asked for in the last day",
        statement=_DELETE_SIGN_IN_LINKS,
        whose=f"profile_id = $1 OR {_THEIR_MAILBOX}",
    ),
    ErasureRule(
        table="contacts",
        columns=(
            *("name", "called", "email", "coach", "preferences"),
            *("paused_until", "chosen_at", "erased_on", "silent_since", "unconfirmed", "confirmed_at"),
        ),
        outcome=Outcome.CLEARED,
        because="who it is and their coach, how they wanted to be told, and what they were asked",
        statement=_ERASE_CONTACTS,
    ),
    ErasureRule(
        table="contacts",
        columns=("profile_id", "version", "erased", "links_from"),
        outcome=Outcome.RETAINED,
        because="that this id is erased, so that no replay brings it back",
    ),
    ErasureRule(
        table="suppressions",
        columns=("profile_id", "email", "cause", "reason", "at"),
        outcome=Outcome.DELETED,
        because="their address",
        statement=_DELETE_SUPPRESSIONS,
    ),
    ErasureRule(
        table="notices",
        columns=("state", "settled_at"),
        outcome=Outcome.CLEARED,
        because="what is not sent yet is cancelled",
        statement=_CANCEL_NOTICES,
    ),
    ErasureRule(
        table="notices",
        columns=("address", "mailbox", "message_id", "detail", "levers"),
        outcome=Outcome.CLEARED,
        because="their address, and what would bring them opdrachten; a mail's id is made of the address, and"
        " what a mail server answered may repeat it",
        statement=_CLEAR_NOTICES,
    ),
    ErasureRule(
        table="notices",
        columns=("body",),
        outcome=Outcome.CLEARED,
        because="what mails said to them, and to recruiters of them",
        statement=_CLEAR_BODIES,
    ),
    ErasureRule(
        table="notices",
        columns=(
            *("notice_id", "kind", "way", "assignment_id", "match_id", "profile_id"),
            *("attempts", "due_at", "sent_at", "caused_at", "created_at", "traceparent", "past_match_id"),
            *("version", "digest_id", "corrects", "planned_at", "tried_at", "retry_at", "claimed_until"),
            *("taken_back", "sealed_id", "denied_at", "erased_on", "placement_id"),
        ),
        outcome=Outcome.RETAINED,
        because="how many mails there were, and when; a trace is known by a random id",
    ),
    ErasureRule(
        table="notices",
        columns=("recruiter",),
        outcome=Outcome.RETAINED,
        because="a recruiter's address, of a mail to them",
    ),
    ErasureRule(
        table="questions",
        columns=("question_id", "profile_id", "asker_id", "question", "asked_at"),
        outcome=Outcome.DELETED,
        because="what they asked colleagues, and were asked",
        statement=_DELETE_QUESTIONS,
        whose="profile_id = $1 OR asker_id = $1",
    ),
    ErasureRule(
        table="summary_matches",
        columns=("notice_id", "match_id", "version"),
        outcome=Outcome.RETAINED,
        because="how many matches a mail told of",
    ),
    ErasureRule(
        table="matches",
        columns=("live", "explanation", "answer_reason", "decision_reason", "decisions", "withdrawn"),
        outcome=Outcome.CLEARED,
        because="their facts, and what was written by or about them",
        statement=_CLEAR_MATCHES,
    ),
    ErasureRule(
        table="matches",
        columns=(
            *("match_id", "assignment_id", "profile_id", "revision", "score", "growth", "proposed_at"),
            *(
                "answer",
                "answered_at",
                "answers",
                "comes_back",
                "decision",
                "decided_at",
                "first_proposed_at",
                "as_of",
                "decided_as_of",
            ),
        ),
        outcome=Outcome.RETAINED,
        because="how many matches there were, and how they ended",
    ),
    ErasureRule(
        table="check_ins",
        columns=(
            *("notice_id", "placement_id", "profile_id"),
            *("answer", "sentence", "answered_at", "talk_id", "answers"),
        ),
        outcome=Outcome.DELETED,
        because="how they said that their work goes",
        statement=_DELETE_CHECK_INS,
    ),
    ErasureRule(
        table="placements",
        columns=(
            "placement_id",
            "version",
            "assignment_id",
            "profile_id",
            "facts",
            "agreed_at",
            "changed_at",
        ),
        outcome=Outcome.DELETED,
        because="what they do, on what terms",
        statement=_DELETE_PLACEMENTS,
    ),
    ErasureRule(
        table="alerts",
        columns=("id", "type", "data", "at"),
        outcome=Outcome.DELETED,
        because="events about them; a withdrawal stays, so that it leaves open pages, with ids alone",
        statement=_DELETE_ALERTS,
        whose="data->>'profile_id' = $1::uuid::text",
    ),
    ErasureRule(
        table="alerts",
        columns=(),
        outcome=Outcome.CLEARED,
        because="what a withdrawal said of them",
        statement=_CLEAR_ALERTS,
    ),
    ErasureRule(
        table="assignments",
        columns=(
            "assignment_id",
            "version",
            "open",
            "closed_reason",
            "facts",
            "opened_at",
            "closed_at",
            "changes_due_at",
            "respond_by",
            "urgent",
        ),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
    ErasureRule(
        table="assignment_versions",
        columns=("assignment_id", "version", "facts"),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
    ErasureRule(
        table="recruiter_preferences",
        columns=("recruiter", "summary", "interest", "quiet_hours"),
        outcome=Outcome.RETAINED,
        because="a recruiter's, not a professional's",
    ),
    ErasureRule(
        table="advice",
        columns=("assignment_id", "respond_by", "live", "relaxation"),
        outcome=Outcome.RETAINED,
        because="no professional is in it",
    ),
)
