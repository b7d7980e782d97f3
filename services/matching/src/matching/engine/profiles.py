"""Profiles as columns: the population, and an index of what the closed lists say."""

import struct
import zlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from contracts.facts import ProfileFacts
from contracts.vocabulary import Direction, OrganisationType, ProfileStatus

from matching.engine.assignments import Assignments
from matching.engine.bitmap_index import BitmapIndex
from matching.engine.bitsets import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)
from matching.engine.columnar import Array, ColumnStore, View
from matching.engine.geography import longest_squared_chord
from matching.engine.trigonometry import point

FOREVER = np.iinfo(np.int32).max

# A profile's facts as one record. Days are proleptic ordinals, money cents an hour; x, y, z is a place on
# a sphere of radius 1, `max_chord2` the square of the longest way through that sphere.
PROFILE = np.dtype(
    [
        ("active", "?"),
        ("level", "i1"),
        ("step_up", "?"),
        ("depth", "?"),
        ("specialisms", "<u4"),
        ("dossiers", "<u4"),
        ("ambition", "<u4"),
        ("certificates", "<u2"),
        ("excluded", "<u2"),
        ("contract_forms", "u1"),
        ("latest_type", "i1"),  # -1 without a portfolio
        ("hours_min", "i1"),
        ("hours_max", "i1"),
        ("available_from", "<i4"),
        ("available_until", "<i4"),
        ("rate_min", "<i4"),
        ("x", "<f8"),
        ("y", "<f8"),
        ("z", "<f8"),
        ("max_km", "<f8"),
        ("max_chord2", "<f8"),
        ("entries", "<u2", (len(OrganisationType),)),  # of each type, how many are in the portfolio
    ]
)
_PACK = struct.Struct(f"<?b??IIIHHBbbbiiiddddd{len(OrganisationType)}H")
assert _PACK.size == PROFILE.itemsize

# Names this encoding: records that were written by another one are made anew from the facts.
ENCODING = zlib.crc32(
    repr(
        (PROFILE.descr, LEVELS, SPECIALISMS, DOSSIERS, CERTIFICATES, CONTRACT_FORMS, ORGANISATION_TYPES)
    ).encode()
) - (1 << 31)


class Profiles(View):
    """Some profiles."""

    active: Array
    level: Array
    step_up: Array
    depth: Array
    specialisms: Array
    dossiers: Array
    ambition: Array
    certificates: Array
    excluded: Array
    contract_forms: Array
    latest_type: Array
    hours_min: Array
    hours_max: Array
    available_from: Array
    available_until: Array
    rate_min: Array
    x: Array
    y: Array
    z: Array
    max_km: Array
    max_chord2: Array
    entries: Array


class Population(ColumnStore):
    """Every known profile, at its latest known version."""

    def __init__(self) -> None:
        super().__init__(PROFILE)
        self._index = BitmapIndex()

    @property
    def profiles(self) -> Profiles:
        """All rows in use, and those that are free between them (`used` is False there)."""
        return Profiles(self._arrays, slice(0, self._top))

    def eligible(self, assignment: Assignments) -> Profiles:
        """Return everyone who passes the rules on closed lists, for one assignment."""
        return Profiles(self._arrays, self._index.eligible(assignment))

    def upsert(self, ids: Sequence[UUID], versions: Array, records: Array) -> Array:
        """Write records, as any store does; profiles that are looked for together come to lie together."""
        order = np.lexsort((records["rate_min"], records["level"]))
        return super().upsert([ids[place] for place in order.tolist()], versions[order], records[order])

    def _after_upsert(self, rows: Array, records: Array) -> None:
        self._index.upsert(rows, records)

    def _after_remove(self, rows: Array) -> None:
        self._index.remove(rows)


def encode_profile(facts: ProfileFacts) -> bytes:
    """Return a profile's facts as the bytes of one PROFILE."""
    entries = [0] * len(OrganisationType)
    latest_type, latest_start = -1, date.min
    for entry in facts.portfolio:
        kind = ORGANISATION_TYPES.place(entry.organisation_type)
        entries[kind] += 1
        if entry.started_on >= latest_start:
            latest_type, latest_start = kind, entry.started_on
    ambition, until = facts.ambition, facts.available_until
    return _PACK.pack(
        facts.status is ProfileStatus.ACTIVE,
        LEVELS.place(facts.level),
        ambition.step_up,
        ambition.direction is Direction.DEPTH,
        SPECIALISMS.pack(facts.specialisms),
        DOSSIERS.pack(facts.dossiers),
        SPECIALISMS.pack(ambition.specialisms),
        CERTIFICATES.pack(facts.certificates),
        ORGANISATION_TYPES.pack(facts.excluded_organisation_types),
        CONTRACT_FORMS.pack(facts.contract_forms),
        latest_type,
        facts.hours_min,
        facts.hours_max,
        facts.available_from.toordinal(),
        FOREVER if until is None else until.toordinal(),
        facts.rate_min_cents,
        *point(facts.place.latitude, facts.place.longitude),
        facts.max_distance_km,
        longest_squared_chord(facts.max_distance_km),
        *entries,
    )


def profile_records(encoded: list[bytes]) -> Any:
    """Return encoded profiles as an array of PROFILE."""
    return np.frombuffer(b"".join(encoded), PROFILE)
