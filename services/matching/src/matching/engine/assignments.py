"""Assignments as columns, beside the profiles: one row or many."""

import math
import struct
from collections.abc import Collection
from typing import Any, Self, TypeAlias
from uuid import UUID

import numpy as np
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion, Urgency

from matching.engine.bitsets import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)
from matching.engine.columnar import Array, ColumnStore, View
from matching.engine.trigonometry import point

NO_MAXIMUM = np.iinfo(np.int32).max
NOBODY: Array = np.array([], np.int64)
Rank: TypeAlias = tuple[float, bytes]  # a score, and the profile id that decides among equals
NO_CUT: Rank = (-math.inf, b"")

# An assignment's facts as one record; units as in a profile's.

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
        ("opened_on", "<i4"),  # the day in the Netherlands; 0 of a draft
        ("urgent", "?"),
        ("hours_min", "i1"),
        ("hours_max", "i1"),
        ("onsite_days", "i1"),
        ("rate_max", "<i4"),
        ("x", "<f8"),
        ("y", "<f8"),
        ("z", "<f8"),
        ("weighted", "?"),
        ("weights", "<i4", (len(Criterion),)),  # the client's own, of each criterion; 0 without
        # Who ranks below these has no seat; NO_CUT where anybody may have one.
        ("cut_score", "<f8"),
        ("cut_id", "S16"),
        ("cut_growth_score", "<f8"),
        ("cut_growth_id", "S16"),
    ]
)
_PACK = struct.Struct(f"<b?IIIHBbiii?bbbiddd?{len(Criterion)}id16sd16s")
assert _PACK.size == ASSIGNMENT.itemsize


class Assignments(View):
    """One assignment or several. `ended`: for a single one, the rows of the profiles whose pair is over."""

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
    opened_on: Array
    urgent: Array
    hours_min: Array
    hours_max: Array
    onsite_days: Array
    rate_max: Array
    x: Array
    y: Array
    z: Array
    weighted: Array
    weights: Array
    cut_score: Array
    cut_id: Array
    cut_growth_score: Array
    cut_growth_id: Array
    ended: Array = NOBODY

    @classmethod
    def single(cls, facts: AssignmentFacts, ended: Array = NOBODY) -> Self:
        """Return one assignment as columns of one row."""
        record = assignment_records([encode_assignment(facts)])
        row = cls({name: record[name] for name in ASSIGNMENT.names or ()}, slice(0, 1))
        row.ended = ended
        return row

    @classmethod
    def joined(cls, *parts: Self) -> Self:
        """Return the rows of some, one after the other, in arrays of their own that nobody changes."""
        names = ("id", "version", "used", *(ASSIGNMENT.names or ()))
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(arrays, slice(0, sum(map(len, parts))))


class AssignmentStore(ColumnStore):
    """Some assignments, at their latest known version."""

    def __init__(self) -> None:
        super().__init__(ASSIGNMENT)

    @property
    def assignments(self) -> Assignments:
        """All of them."""
        everything = Assignments(self._arrays, slice(0, self._top))
        return everything.select(everything.used)

    def without(self, ids: Collection[UUID]) -> Assignments:
        """All but some."""
        everything = self.assignments
        return everything.select(~np.isin(everything.row, self.rows_of(ids)))


class OpenAssignments(AssignmentStore):
    """The assignments that are open."""

    def ids_of(self, rows: Array) -> list[UUID]:
        """Return the ids of some rows."""
        return Assignments(self._arrays, rows).ids()

    def set_cut(self, assignment_id: UUID, lowest: Rank, lowest_growth: Rank) -> None:
        """Write an assignment's cut, where it is open: the lowest ranks that may have a seat."""
        rows = self.rows_of([assignment_id])
        for name, value in (
            ("cut_score", lowest[0]),
            ("cut_id", lowest[1]),
            ("cut_growth_score", lowest_growth[0]),
            ("cut_growth_id", lowest_growth[1]),
        ):
            self._arrays[name][rows] = value


def encode_assignment(facts: AssignmentFacts, opened_on: int = 0) -> bytes:
    """Return an assignment's facts as the bytes of one ASSIGNMENT, without a cut.

    `opened_on`: the day on which it opened first, as a proleptic ordinal.
    """
    wanted = set(facts.required_specialisms) | set(facts.desired_specialisms)
    weights = facts.weights or {}
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
        opened_on,
        facts.urgency is Urgency.SPOED,
        facts.hours_min,
        facts.hours_max,
        facts.onsite_days,
        NO_MAXIMUM if facts.rate_max_cents is None else facts.rate_max_cents,
        *point(facts.place.latitude, facts.place.longitude),
        facts.weights is not None,
        *(weights.get(criterion, 0) for criterion in Criterion),
        *NO_CUT,
        *NO_CUT,
    )


def assignment_records(encoded: list[bytes]) -> Any:
    """Return encoded assignments as an array of ASSIGNMENT."""
    return np.frombuffer(b"".join(encoded), ASSIGNMENT)
