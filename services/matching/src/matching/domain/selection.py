"""Who is proposed how often, by group: what a watch on unequal treatment begins with. Pure.

No group is a protected characteristic, for none is known here. A province is that of the nearest of some
five hundred places (places.csv: GeoNames, CC BY 4.0).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from contracts.vocabulary import ContractForm, Level

from matching.domain.population import Profiles
from matching.domain.sphere import point
from matching.domain.table import Array
from matching.domain.vocabulary_bits import CONTRACT_FORMS, LEVELS

AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Rate:
    """Of a group's active professionals, how many were proposed at least once.

    `of_highest` is the rate as a share of the highest rate among the groups of its kind; None where
    nobody of the kind was proposed.
    """

    group: str
    value: str
    professionals: int
    proposed: int
    rate: float
    of_highest: float | None


def rates(profiles: Profiles, proposed: Array, grown: Array) -> list[Rate]:
    """Return every group's rates. `proposed`, `grown`: the rows with a proposal, and with one of growth."""
    counted = profiles.used & profiles.active
    once, growing = np.isin(profiles.row, proposed), np.isin(profiles.row, grown)
    found = []
    for kind, groups in _groups(profiles).items():
        reached = growing if kind == "growth" else once
        rows = [
            (
                value,
                int(np.count_nonzero(counted & members)),
                int(np.count_nonzero(counted & members & reached)),
            )
            for value, members in groups
        ]
        shares = [(value, size, hit, hit / size if size else 0.0) for value, size, hit in rows]
        highest = max(share for *_, share in shares)
        found += [
            Rate(kind, value, size, hit, round(share, 4), round(share / highest, 4) if highest else None)
            for value, size, hit, share in shares
        ]
    return found


def _groups(profiles: Profiles) -> dict[str, list[tuple[str, Array]]]:
    province = _provinces(profiles)
    return {
        "level": [(level.value, profiles.level == LEVELS.place(level)) for level in Level],
        "growth": [("wants a step up", profiles.step_up)],
        "contract_form": [
            (form.value, (profiles.contract_forms & CONTRACT_FORMS.pack([form])) != 0)
            for form in ContractForm
        ],
        "province": [(name, province == name) for name in sorted(set(_PLACES.names))],
    }


def _provinces(profiles: Profiles) -> Array:
    """Return the province of the place nearest to each profile: the one with the greatest cosine."""
    nearest = [
        np.argmax(np.column_stack([part.x, part.y, part.z]) @ _PLACES.points.T, axis=1)
        for part in _parts(profiles)
    ]
    return np.array(_PLACES.names)[np.concatenate([np.array([], np.int64), *nearest])]


def _parts(profiles: Profiles) -> Iterator[Profiles]:
    for start in range(0, len(profiles), AT_ONCE):
        yield profiles.part(start, start + AT_ONCE)


@dataclass(frozen=True)
class _Places:
    names: list[str]
    points: Array


def _read_places() -> _Places:
    text = (files("matching.domain") / "places.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    points = [point(float(row["latitude"]), float(row["longitude"])) for row in rows]
    return _Places([row["province"] for row in rows], np.array(points))


_PLACES = _read_places()
