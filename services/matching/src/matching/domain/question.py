"""Assignments as the rules and criteria ask them of profiles: columns too, one row or many."""

import struct
from typing import Any
from uuid import UUID

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion

from matching.domain import policy
from matching.domain.sphere import point
from matching.domain.table import Array, Columns, Table
from matching.domain.vocabulary_bits import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)

NO_MAXIMUM = np.iinfo(np.int32).max
NOBODY: Array = np.array([], np.int64)

ASSIGNMENT = np.dtype(
    [
        ("level", "i1"),
        ("open_to_growth", "?"),
        ("required", "<u4"),
        ("wanted", "<u4"),  # required or desired
        ("dossiers", "<u4"),
        ("certificates", "<u2"),
        ("contract_forms", "u1"),
        ("organisation_type", "i1"),
        ("starts_on", "<i4"),
        ("ends_on", "<i4"),
        ("slack_days", "<i4"),
        ("hours_min", "i1"),
        ("hours_max", "i1"),
        ("onsite_days", "i1"),
        ("rate_max", "<i4"),
        ("x", "<f8"),
        ("y", "<f8"),
        ("z", "<f8"),
        ("weighted", "?"),
        ("maxima", "<i4", (len(Criterion),)),  # the points of each criterion at most
        # Who ranks at or below this has no seat; see Cut.
        ("cut_score", "<f8"),
        ("cut_id", "S16"),
        ("cut_growth_score", "<f8"),
        ("cut_growth_id", "S16"),
    ]
)
_PACK = struct.Struct(f"<b?IIIHBbiiibbbiddd?{len(Criterion)}id16sd16s")
assert _PACK.size == ASSIGNMENT.itemsize


class Question(Columns):
    """One assignment or several. `ended`: the rows of those who declined or were rejected, where known."""

    level: Array
    open_to_growth: Array
    required: Array
    wanted: Array
    dossiers: Array
    certificates: Array
    contract_forms: Array
    organisation_type: Array
    starts_on: Array
    ends_on: Array
    slack_days: Array
    hours_min: Array
    hours_max: Array
    onsite_days: Array
    rate_max: Array
    x: Array
    y: Array
    z: Array
    weighted: Array
    maxima: Array
    cut_score: Array
    cut_id: Array
    cut_growth_score: Array
    cut_growth_id: Array
    ended: Array = NOBODY


class OpenAssignments(Table):
    """The assignments that are open, at their latest known version."""

    def __init__(self) -> None:
        super().__init__(ASSIGNMENT)

    @property
    def questions(self) -> Question:
        """All that are open."""
        everything = Question(self._arrays, slice(0, self._top))
        return everything.take(everything.used)

    def ids_of(self, rows: Array) -> list[UUID]:
        """Return the ids of some rows."""
        return Question(self._arrays, rows).ids()

    def keep_cut(
        self, one: UUID, score: float, last: bytes, growth_score: float, last_growing: bytes
    ) -> None:
        """Write an assignment's cut, where it is open."""
        rows = self.rows_of([one])
        for name, value in (
            ("cut_score", score),
            ("cut_id", last),
            ("cut_growth_score", growth_score),
            ("cut_growth_id", last_growing),
        ):
            self._arrays[name][rows] = value


def ask(facts: AssignmentFacts, ended: Array = NOBODY) -> Question:
    """Return an assignment as a question of one row."""
    record = records([encode(facts)])
    question = Question({name: record[name] for name in ASSIGNMENT.names or ()}, slice(0, 1))
    question.ended = ended
    return question


def encode(facts: AssignmentFacts) -> bytes:
    """Return an assignment's facts as the bytes of one ASSIGNMENT; as yet it cuts off nobody."""
    wanted = set(facts.required_specialisms) | set(facts.desired_specialisms)
    weights = policy.POINTS if facts.weights is None else facts.weights
    return _PACK.pack(
        LEVELS.place(facts.level),
        facts.open_to_growth,
        SPECIALISMS.pack(facts.required_specialisms),
        SPECIALISMS.pack(wanted),
        DOSSIERS.pack(facts.dossiers),
        CERTIFICATES.pack(facts.required_certificates),
        CONTRACT_FORMS.pack(facts.contract_forms),
        ORGANISATION_TYPES.place(facts.organisation.type),
        facts.starts_on.toordinal(),
        facts.ends_on.toordinal(),
        policy.SLACK_DAYS[facts.urgency],
        facts.hours_min,
        facts.hours_max,
        facts.onsite_days,
        NO_MAXIMUM if facts.rate_max_cents is None else facts.rate_max_cents,
        *point(facts.place.latitude, facts.place.longitude),
        facts.weights is not None,
        *(weights.get(criterion, 0) for criterion in Criterion),
        0.0,
        b"",
        0.0,
        b"",
    )


def records(encoded: list[bytes]) -> Any:
    """Return encoded assignments as an array of ASSIGNMENT."""
    return np.frombuffer(b"".join(encoded), ASSIGNMENT)
