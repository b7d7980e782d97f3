"""What becomes of each of this service's columns when a person is erased."""

from chassis.erasure import ErasureRule, Outcome

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="profiles",
        columns=(
            *("profile_id", "version", "contact", "facts", "created_at", "updated_at"),
            *("preferences_chosen_at", "resume_on", "mailbox", "has_key", "links_from"),
            *("confirmed_at", "erased_on", "asked_since"),
            *("commitments", "due_on", "settled_version", "network"),
        ),
        outcome=Outcome.DELETED,
        because="the person and what matching may know",
        statement="DELETE FROM profiles WHERE profile_id = ANY($1)",
    ),
    ErasureRule(
        table="placements",
        columns=(
            *("placement_id", "version", "profile_id", "organisation_type", "level", "first_on", "last_on"),
            *("hours", "cancelled"),
        ),
        outcome=Outcome.DELETED,
        because="what the person does and did",
        statement="DELETE FROM placements WHERE profile_id = ANY($1)",
    ),
    ErasureRule(
        table="questions",
        columns=("question_id", "asker_id", "profile_id", "asked_at"),
        outcome=Outcome.DELETED,
        because="whom of their colleagues they asked a question, and who asked them",
        statement="DELETE FROM questions WHERE profile_id = ANY($1) OR asker_id = ANY($1)",
        whose="profile_id = $1 OR asker_id = $1",
    ),
    ErasureRule(
        table="trainings",
        columns=(
            *("training_id", "version", "title", "provider", "url", "days", "price_cents"),
            *("specialisms", "certificates"),
        ),
        outcome=Outcome.RETAINED,
        because="no person is in it",
    ),
    ErasureRule(
        table="halves",
        columns=("profile_id", "half", "version", "content", "at", "links_from"),
        outcome=Outcome.DELETED,
        because="one half of such a profile",
        statement="DELETE FROM halves WHERE profile_id = ANY($1)",
    ),
    ErasureRule(
        table="erasures",
        columns=("profile_id", "erased_at"),
        outcome=Outcome.RETAINED,
        because="only that it happened: an erased id is never used again",
    ),
    ErasureRule(
        table="audit_trail",
        columns=(
            *("hash", "service", "number", "at", "issuer", "subject", "role"),
            *("action", "object_kind", "object_id", "fields", "trace_id"),
        ),
        outcome=Outcome.RETAINED,
        because="who did what, by ids and names of fields: for operators, until it is pruned",
        in_copy=False,
    ),
    ErasureRule(
        table="audit_trail_people",
        columns=("profile_id", "at", "hash"),
        outcome=Outcome.RETAINED,
        because="whom that concerned, under an id that leads to nobody; `/profiles/{id}/audit` shows it",
        in_copy=False,
    ),
)
