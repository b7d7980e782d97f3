"""What becomes of each of this service's columns when a professional is erased: nothing here is about one."""

from chassis.erasure import ErasureRule, Outcome

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="assignments",
        columns=(
            *("assignment_id", "version", "state", "closed_reason", "facts", "respond_by"),
            *("created_at", "updated_at", "opened_at"),
        ),
        outcome=Outcome.RETAINED,
        because="an assignment tells of a client and its recruiter, not of a professional",
    ),
    ErasureRule(
        table="drafts",
        columns=("draft_id", "version", "fields", "created_at", "updated_at"),
        outcome=Outcome.RETAINED,
        because="a draft tells of a client and its recruiter, not of a professional",
    ),
)
