"""How long what is held about people is held, as data: each kind has its days, and each table its kind, or
why it needs none.

The services that hold a kind take it in a nightly turn (`chassis.retention`), as many days after as the
setting says. What travels on topics goes by their own retention (`contracts.topics`).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of what is held. `days`: how long, unless the setting says otherwise; `since`: from when that
    counts; `takes` and `leaves`: what goes then, and what does not; `services`: whose turn takes it, and who
    has the setting; `tables`: where it lies, by service.
    """

    name: str
    days: int
    since: str
    takes: str
    leaves: str
    services: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]

    @property
    def setting(self) -> str:
        """Name the setting of its days."""
        return f"RETENTION_{self.name.upper()}_DAYS"


PROFILE = Kind(
    name="profile",
    days=365,
    since="the professional last confirmed that they stay, by what they did or answered, or was changed",
    takes="the person, everywhere, as an erasure does; asked by mail 30 days before",
    leaves="what an erasure leaves: ids that lead to nobody",
    services=("profiles", "notifications"),
    tables={
        "profiles": ("profiles", "halves", "placements", "questions", "person_keys"),
        "notifications": ("contacts", "suppressed_mailboxes", "suppressions", "mailboxes", "person_keys"),
        "matching": ("profiles", "silences", "person_keys"),
        "desk": ("people", "people_search", "notes", "person_keys"),
    },
)
CLOSED = Kind(
    name="closed",
    days=365,
    since="the opdracht closed",
    takes="the opdracht's matches with explanations, answers, decisions and words, their notices with"
    " addresses and mails' texts, and notes on them; of the opdracht what these services know",
    leaves="the opdracht itself, in assignments; matches that are still live, notices that wait; at the desk"
    " an opdracht of which a placement ended less than that ago",
    services=("matching", "notifications", "desk"),
    tables={
        "matching": ("assignments", "matches", "placements"),
        "notifications": (
            *("assignments", "assignment_versions", "advice"),
            *("matches", "notices", "summary_matches", "placements", "check_ins", "questions"),
        ),
        "desk": (
            *("assignments", "assignment_versions", "advice"),
            *("matches", "placements", "checkins", "notices", "notes"),
        ),
    },
)
ALERT = Kind(
    name="alert",
    days=90,
    since="it happened",
    takes="what the live stream showed",
    leaves="nothing",
    services=("notifications", "desk"),
    tables={"notifications": ("alerts",), "desk": ("alerts",)},
)
DRAFT = Kind(
    name="draft",
    days=90,
    since="somebody last changed it",
    takes="an opdracht that was begun and never opened, with its recruiter's name and address",
    leaves="nothing",
    services=("assignments",),
    tables={"assignments": ("drafts", "assignments")},
)
PROBE = Kind(
    name="probe",
    days=1,
    since="the opdracht with which the probe tried the platform closed",
    takes="that opdracht with its match and mails, its topic's record included; no person is in it",
    leaves="the probe's profile, which is nobody's",
    services=("assignments", "matching", "notifications"),
    tables={
        "assignments": ("assignments",),
        "matching": ("assignments", "matches"),
        "notifications": ("assignments", "assignment_versions", "matches", "notices"),
    },
)
_CHAIN = ("audit_acts", "audit_unchained", "audit_chain", "audit_pruned")
AUDIT = Kind(
    name="audit",
    days=548,
    since="it was done, by whole days (UTC)",
    takes="who did what, by ids and names of fields, from the beginning of each service's chain",
    leaves="the hash with which the rest of the chain goes on",
    services=("profiles", "assignments", "matching", "notifications", "desk"),
    tables={
        "profiles": (*_CHAIN, "audit_trail", "audit_trail_people"),
        "assignments": _CHAIN,
        "matching": _CHAIN,
        "notifications": _CHAIN,
        "desk": _CHAIN,
    },
)
KINDS = (PROFILE, CLOSED, ALERT, DRAFT, PROBE, AUDIT)

ASK_BEFORE_DAYS = 30  # before their day a professional is asked, and so long an answer is waited for

# Tables of which no kind takes anything, and why. `chassis`: those that every service has.
WITHOUT_KIND: Mapping[str, Mapping[str, str]] = {
    "profiles": {
        "erasures": "that an id was erased, for good, so that it is never used again",
        "trainings": "no person is in it",
    },
    "assignments": {
        "assignments": "once opened, what a client asked for: business records, no professional is in them",
        "placements": "what the books need; whose it was goes with the person",
        "people": "which ids there are, and that one was erased, so that nobody is placed under it",
    },
    "matching": {"settled_policies": "no person is in it"},
    "notifications": {
        "recruiter_preferences": "how a recruiter wants mail, until they choose otherwise",
        "sign_in_links": "a day",
    },
    "desk": {
        "message_templates": "texts that staff share, without a person",
        "put_off": "until the moment to which a recruiter has put it off",
        "sessions": "24 hours at most",
        "kept_forms": "two hours at most",
    },
    "chassis": {
        "idempotency": "a day",
        "inbox": "35 days, and ids of events alone",
        "outbox": "until it is published",
        "parked": "minutes, or seven days what only a newer release can read",
        "consumed": "no person is in it",
        "offsets_before": "no person is in it",
        "own_topics": "no person is in it",
        "catching_up": "no person is in it",
        "republishing": "until all is published again",
        "topic_versions": "until all is published again",
        "migrations": "no person is in it",
    },
}
