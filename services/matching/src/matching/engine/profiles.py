"""Profiles as columns: the population, and an index of what the closed lists say."""

import struct
import zlib
from collections.abc import Sequence
from datetime import date
from typing import Self

import numpy as np
from contracts.facts import ProfileFacts
from contracts.vocabulary import Direction, OrganisationType, ProfileStatus

from matching.engine.assignments import NOBODY, Assignments
from matching.engine.bitmap_index import BitmapIndex
from matching.engine.bitsets import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)
from matching.engine.columnar import FIRST_CAPACITY, Array, ColumnStore, Ids, View, keys_of
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
        # How many entries carry specialisms, and where the first of these lies among all profiles' crafts.
        ("crafts_count", "<u2"),
        ("crafts_start", "<i4"),
    ]
)
_PACK = struct.Struct(f"<?b??IIIHHBbbbiiiddddd{len(OrganisationType)}HHi")
assert _PACK.size == PROFILE.itemsize

# What a portfolio entry that carries specialisms is about.
CRAFT = np.dtype([("specialisms", "<u4"), ("organisation_type", "i1")])
_PACK_CRAFT = struct.Struct("<Ib")
assert _PACK_CRAFT.size == CRAFT.itemsize
NO_CRAFTS: Array = np.zeros(0, CRAFT)

# Names this encoding: records that were written by another one are made anew from the facts.
ENCODING = zlib.crc32(
    repr(
        (
            PROFILE.descr,
            CRAFT.descr,
            LEVELS,
            SPECIALISMS,
            DOSSIERS,
            CERTIFICATES,
            CONTRACT_FORMS,
            ORGANISATION_TYPES,
        )
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
    crafts_count: Array
    crafts_start: Array

    @classmethod
    def single(cls, facts: ProfileFacts) -> Self:
        """Return one profile as columns of one row, as it would be in a population."""
        record, crafts = profile_records([encode_profile(facts)])
        return cls({**{name: record[name] for name in PROFILE.names or ()}, "crafts": crafts}, slice(0, 1))

    def entries(self, types: Array) -> Array:
        """Return how many portfolio entries of each profile are of an organisation type, given by its place:
        of one type for all, or of one per pair."""
        entries: Array = self._arrays["entries"]
        if len(types) != 1:
            return entries[self.row, types]
        of_type, rows = entries[:, types[0]], self._rows
        return of_type[rows] if isinstance(rows, slice) else of_type.take(rows)

    def crafts(self, pairs: int, whose: Array | bool = True) -> tuple[Array, Array]:
        """Return the portfolio entries that carry specialisms, as CRAFTs, each with its pair's place.

        `pairs`: how many pairs these profiles are part of; a single profile is part of all of them. `whose`:
        of which of these profiles.
        """
        counts = self.crafts_count * whose
        if not counts.any():
            return NOBODY, NO_CRAFTS
        counts = np.broadcast_to(counts, pairs)
        chosen = np.flatnonzero(counts != 0)  # of Booleans: much faster than of numbers
        counts, starts = counts.take(chosen), np.broadcast_to(self.crafts_start, pairs).take(chosen)
        return np.repeat(chosen, counts), self._arrays["crafts"].take(_spread(starts, counts))


def _spread(starts: Array, counts: Array) -> Array:
    """Return `count` consecutive numbers from each start, all in one array."""
    ends = np.cumsum(counts, dtype=np.int64)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)


class Population(ColumnStore):
    """Every known profile, at its latest known version."""

    def __init__(self) -> None:
        super().__init__(PROFILE)
        self._index = BitmapIndex()
        self._crafts = np.zeros(FIRST_CAPACITY, CRAFT)
        self._crafts_top = 0

    @property
    def profiles(self) -> Profiles:
        """All rows in use, and those that are free between them (`used` is False there)."""
        return self._view(slice(0, self._top))

    def eligible(self, assignment: Assignments) -> Profiles:
        """Return everyone who passes the rules on closed lists, for one assignment."""
        return self._view(self._index.eligible(assignment))

    def _view(self, rows: Array | slice) -> Profiles:
        return Profiles({**self._arrays, "crafts": self._crafts}, rows)

    def _claim_crafts(self, count: int) -> int:
        """Return where there is room for `count` crafts. Those that nobody refers to any more make room."""
        if self._crafts_top + count > len(self._crafts):
            held = np.flatnonzero(self._arrays["used"] & (self._arrays["crafts_count"] > 0))
            counts = self._arrays["crafts_count"][held].astype(np.int64)
            crafts = self._crafts[_spread(self._arrays["crafts_start"][held], counts)]
            starts = np.zeros_like(self._arrays["crafts_start"])
            starts[held] = np.cumsum(counts) - counts
            # In new arrays: a view of before goes on reading the old ones.
            self._arrays = {**self._arrays, "crafts_start": starts}
            self._crafts = np.zeros(2 * (len(crafts) + count) + FIRST_CAPACITY, CRAFT)
            self._crafts[: len(crafts)] = crafts
            self._crafts_top = len(crafts)
        start = self._crafts_top
        self._crafts_top += count
        return start

    def upsert(self, ids: Ids, versions: Array, records: Array, crafts: Array = NO_CRAFTS) -> Array:
        """Write records, as any store does; profiles that are looked for together come to lie together.

        `crafts`: those of all records, one record after the other.
        """
        if len(ids) == 0:  # most catch-ups are for an assignment's sake
            return NOBODY
        return super().upsert(*self._arranged(ids, versions, records, crafts))

    def append(self, ids: Ids, versions: Array, records: Array, crafts: Array = NO_CRAFTS) -> Array:
        """Write records of profiles none of which is known, as `upsert` does."""
        if len(ids) == 0:
            return NOBODY
        return super().append(*self._arranged(ids, versions, records, crafts))

    def _arranged(
        self, ids: Ids, versions: Array, records: Array, crafts: Array
    ) -> tuple[Array, Array, Array]:
        counts, start = records["crafts_count"].astype(np.int64), self._claim_crafts(len(crafts))
        self._crafts[start : start + len(crafts)] = crafts
        order = np.lexsort((records["rate_min"], records["level"]))
        ordered = records.take(order)
        ordered["crafts_start"] = (start + np.cumsum(counts) - counts)[order]
        return keys_of(ids)[order], versions[order], ordered

    def _allocate(self, capacity: int) -> dict[str, Array]:
        # Each type's entries lie together, as a column's values do: an assignment asks after one type.
        entries = np.zeros((capacity, len(OrganisationType)), PROFILE["entries"].base, order="F")
        return {**super()._allocate(capacity), "entries": entries}

    def _after_upsert(self, rows: Array, records: Array, again: Array) -> None:
        self._index.upsert(rows, records, again)

    def _after_remove(self, rows: Array) -> None:
        self._index.remove(rows)


def encode_profile(facts: ProfileFacts) -> bytes:
    """Return a profile's facts as bytes: a PROFILE, then a CRAFT for each entry that carries specialisms."""
    entries = [0] * len(OrganisationType)
    crafts = []
    latest_type, latest_start = -1, date.min
    for entry in facts.portfolio:
        kind = ORGANISATION_TYPES.place(entry.organisation_type)
        entries[kind] += 1
        if entry.specialisms:
            crafts.append(_PACK_CRAFT.pack(SPECIALISMS.pack(entry.specialisms), kind))
        if entry.started_on >= latest_start:
            latest_type, latest_start = kind, entry.started_on
    ambition, until = facts.ambition, facts.available_until
    fixed = _PACK.pack(
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
        len(crafts),
        0,  # where they come to lie is the population's to say
    )
    return b"".join([fixed, *crafts])


def profile_records(encoded: Sequence[bytes]) -> tuple[Array, Array]:
    """Return encoded profiles as an array of PROFILE, and the CRAFTs of all, one profile after the other."""
    fixed = b"".join([one[: PROFILE.itemsize] for one in encoded])
    crafts = b"".join([one[PROFILE.itemsize :] for one in encoded])
    return np.frombuffer(fixed, PROFILE), np.frombuffer(crafts, CRAFT)
