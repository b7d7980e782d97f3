"""Profiles as columns: a NumPy array per fact, a row per profile, freed rows used again."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from contracts.vocabulary import Direction, OrganisationType, ProfileStatus

from matching.domain.sphere import point
from matching.domain.vocabulary_bits import (
    CERTIFICATES,
    CONTRACT_FORMS,
    DOSSIERS,
    LEVELS,
    ORGANISATION_TYPES,
    SPECIALISMS,
)

Array = npt.NDArray[Any]
FOREVER = np.iinfo(np.int32).max
LOW_BITS = (1 << 64) - 1
FIRST_CAPACITY = 1024

# Column → its type. Days are proleptic ordinals, money cents an hour; x, y, z
# is a place on a sphere of radius 1.
TYPES: dict[str, Any] = {
    "row": np.int32,
    "id_high": np.uint64,
    "id_low": np.uint64,
    "version": np.int32,
    "used": np.bool_,
    "active": np.bool_,
    "level": np.int8,
    "specialisms": np.uint32,
    "dossiers": np.uint32,
    "certificates": np.uint16,
    "latest_type": np.int8,  # -1 without a portfolio
    "depth": np.bool_,
    "step_up": np.bool_,
    "ambition": np.uint32,
    "available_from": np.int32,
    "available_until": np.int32,
    "hours_min": np.int8,
    "hours_max": np.int8,
    "x": np.float64,
    "y": np.float64,
    "z": np.float64,
    "max_km": np.float64,
    "rate_min": np.int32,
    "contract_forms": np.uint8,
    "excluded": np.uint16,
}
# How many entries of each organisation type a portfolio has; at most 1,000 fit a portfolio.
ENTRIES = ("entries", (len(OrganisationType),), np.uint16)


class Columns:
    """Some rows of a population, each attribute an array with an element per row.

    A choice of rows gathers an attribute when it is first asked for, so that a sieve reads no more
    than it needs.
    """

    row: Array
    id_high: Array
    id_low: Array
    version: Array
    used: Array
    active: Array
    level: Array
    specialisms: Array
    dossiers: Array
    certificates: Array
    latest_type: Array
    depth: Array
    step_up: Array
    ambition: Array
    available_from: Array
    available_until: Array
    hours_min: Array
    hours_max: Array
    x: Array
    y: Array
    z: Array
    max_km: Array
    rate_min: Array
    contract_forms: Array
    excluded: Array
    entries: Array

    def __init__(self, arrays: Mapping[str, Array], rows: Array | slice) -> None:
        self._arrays = arrays
        self._rows = rows
        self._length = rows.stop - rows.start if isinstance(rows, slice) else len(rows)

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_"):
            raise AttributeError(name)
        whole, rows = self._arrays[name], self._rows
        array = whole[rows] if isinstance(rows, slice) else whole.take(rows, axis=0)
        self.__dict__[name] = array
        return array

    def take(self, chosen: Array) -> "Columns":
        """Return the rows of a mask or an index array."""
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        rows = self._rows
        return Columns(self._arrays, places + rows.start if isinstance(rows, slice) else rows[places])

    def part(self, start: int, stop: int) -> "Columns":
        """Return the rows from `start` up to `stop`."""
        rows = self._rows
        if isinstance(rows, slice):
            return Columns(self._arrays, slice(rows.start + start, rows.start + stop))
        return Columns(self._arrays, rows[start:stop])

    def __len__(self) -> int:
        return self._length


def empty_columns(capacity: int) -> dict[str, Array]:
    """Return columns of unused rows, by name."""
    arrays: dict[str, Array] = {name: np.zeros(capacity, kind) for name, kind in TYPES.items()}
    name, shape, kind = ENTRIES
    arrays[name] = np.zeros((capacity, *shape), kind)
    arrays["row"] = np.arange(capacity, dtype=np.int32)
    return arrays


def encode(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's facts, as in `ProfileUpdated`'s JSON, as values for the columns."""
    entries = np.zeros(len(OrganisationType), np.uint16)
    latest_type, latest_start = -1, ""
    for entry in facts["portfolio"]:
        kind = ORGANISATION_TYPES.place(entry["organisation_type"])
        entries[kind] += 1
        if entry["started_on"] >= latest_start:
            latest_type, latest_start = kind, entry["started_on"]
    ambition, place, until = facts["ambition"], facts["place"], facts["available_until"]
    x, y, z = point(place["latitude"], place["longitude"])
    return {
        "active": facts["status"] == ProfileStatus.ACTIVE,
        "level": LEVELS.place(facts["level"]),
        "specialisms": SPECIALISMS.pack(facts["specialisms"]),
        "dossiers": DOSSIERS.pack(facts["dossiers"]),
        "certificates": CERTIFICATES.pack(facts["certificates"]),
        "latest_type": latest_type,
        "entries": entries,
        "depth": ambition["direction"] == Direction.DEPTH,
        "step_up": ambition["step_up"],
        "ambition": SPECIALISMS.pack(ambition["specialisms"]),
        "available_from": date.fromisoformat(facts["available_from"]).toordinal(),
        "available_until": FOREVER if until is None else date.fromisoformat(until).toordinal(),
        "hours_min": facts["hours_min"],
        "hours_max": facts["hours_max"],
        "x": x,
        "y": y,
        "z": z,
        "max_km": facts["max_distance_km"],
        "rate_min": facts["rate_min_cents"],
        "contract_forms": CONTRACT_FORMS.pack(facts["contract_forms"]),
        "excluded": ORGANISATION_TYPES.pack(facts["excluded_organisation_types"]),
    }


class Population:
    """Every known profile, at its latest known version."""

    def __init__(self) -> None:
        self._columns = empty_columns(FIRST_CAPACITY)
        self._rows: dict[UUID, int] = {}
        self._free: list[int] = []
        self._top = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, profile_id: UUID) -> bool:
        return profile_id in self._rows

    @property
    def columns(self) -> Columns:
        """All rows in use, and those that are free between them (`used` is False there)."""
        return Columns(self._columns, slice(0, self._top))

    def rows_of(self, profile_ids: Iterable[UUID]) -> Array:
        """Return the rows of the profiles that are known."""
        rows = [self._rows[profile_id] for profile_id in profile_ids if profile_id in self._rows]
        return np.array(rows, np.int64)

    def version(self, profile_id: UUID) -> int | None:
        """Return a profile's version; None where it is not known, or erased."""
        row = self._rows.get(profile_id)
        return None if row is None else int(self._columns["version"][row])

    def put(self, profile_id: UUID, version: int, facts: Mapping[str, Any]) -> None:
        """Take a profile's version in, unless a later one is known."""
        row = self._rows.get(profile_id)
        if row is None:
            row = self._take_row()
            self._rows[profile_id] = row
        elif self._columns["version"][row] >= version:
            return
        values = {
            **encode(facts),
            "id_high": profile_id.int >> 64,
            "id_low": profile_id.int & LOW_BITS,
            "version": version,
            "used": True,
        }
        for name, value in values.items():
            self._columns[name][row] = value

    def remove(self, profile_id: UUID) -> None:
        """Forget an erased profile."""
        row = self._rows.pop(profile_id, None)
        if row is not None:
            self._columns["used"][row] = False
            self._free.append(row)

    def _take_row(self) -> int:
        if self._free:
            return self._free.pop()
        if self._top == len(self._columns["row"]):
            larger = empty_columns(2 * self._top)
            for name, array in self._columns.items():
                larger[name][: self._top] = array
            self._columns = larger
        self._top += 1
        return self._top - 1


def profile_ids(columns: Columns) -> list[UUID]:
    """Return the rows' profile ids."""
    pairs = zip(columns.id_high.tolist(), columns.id_low.tolist(), strict=True)
    return [UUID(int=high << 64 | low) for high, low in pairs]
