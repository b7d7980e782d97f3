"""What becomes of each of this service's columns when a professional is erased."""

from chassis.erasure import ErasureRule, Outcome

ERASURE: tuple[ErasureRule, ...] = (
    ErasureRule(
        table="assignments",
        columns=(
            *("assignment_id", "version", "state", "closed_reason", "facts", "respond_by"),
            *("created_at", "updated_at", "opened_at", "probe"),
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
    ErasureRule(
        table="placements",
        columns=("profile_id",),
        outcome=Outcome.CLEARED,
        because="whose placement it was",
        statement="UPDATE placements SET profile_id = NULL WHERE profile_id = ANY($1)",
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
            *("hours", "rate_cents", "contract_form", "state", "ended_on", "ended_reason"),
            *("created_at", "updated_at"),
        ),
        outcome=Outcome.RETAINED,
        because="what the books need: that an opdracht was done, when, for how many hours and at what rate",
    ),
    ErasureRule(
        table="people",
        columns=("profile_id", "erased_at"),
        outcome=Outcome.RETAINED,
        because="only that it happened: nobody is placed under an erased id",
    ),
)
