"""Who is proposed how often, by group: what a watch on unequal treatment begins with.

No group is a protected characteristic, for none is known here. A province is that of the nearest place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from contracts.vocabulary import ContractForm, Level, Rule

from matching.domain.rules import RULES
from matching.engine.assignments import Assignments
from matching.engine.bitsets import CONTRACT_FORMS, LEVELS
from matching.engine.columnar import Array
from matching.engine.profiles import Profiles
from matching.engine.trigonometry import point

BATCH_SIZE = 1 << 14


@dataclass(frozen=True)
class Place:
    """A place, in degrees, and its province."""

    province: str
    latitude: float
    longitude: float


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


def rates(profiles: Profiles, places: Sequence[Place], proposed: Array, grown: Array) -> list[Rate]:
    """Return every group's rates. `proposed`, `grown`: the rows with a proposal, and with one of growth."""
    counted = profiles.used & profiles.active
    once, growing = np.isin(profiles.row, proposed), np.isin(profiles.row, grown)
    found = []
    for kind, groups in _groups(profiles, places).items():
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
            Rate(
                group=kind,
                value=value,
                professionals=size,
                proposed=hit,
                rate=round(share, 4),
                of_highest=round(share / highest, 4) if highest else None,
            )
            for value, size, hit, share in shares
        ]
    return found


@dataclass(frozen=True)
class HeldBack:
    """What keeps a group's active professionals back who were not proposed. `rules`: of each rule, how many
    of them miss it alone for at least one of the assignments that were looked at, the most first."""

    professionals: int
    assignments: int
    rules: list[tuple[Rule, int]]


def held_back(
    profiles: Profiles,
    places: Sequence[Place],
    group: tuple[str, str],
    proposed: Array,
    assignments: Assignments,
) -> HeldBack | None:
    """Return what keeps a group back; None where there is no such group. `group`: its kind and its value;
    `proposed`: the rows of who was proposed, in the way that the kind counts."""
    kind, value = group
    found = [members for name, members in _groups(profiles, places).get(kind, ()) if name == value]
    if not found:
        return None
    left = profiles.used & profiles.active & found[0] & ~np.isin(profiles.row, proposed)
    waiting = profiles.select(np.flatnonzero(left))
    missing = np.zeros((len(RULES), len(waiting)), np.bool_)
    for place in range(len(assignments)):
        assignment = assignments.part(place, place + 1)
        failed = np.array(
            [np.broadcast_to(~holds(waiting, assignment), len(waiting)) for holds in RULES.values()]
        )
        missing |= failed & (failed.sum(axis=0) == 1)
    counts = zip(RULES, missing.sum(axis=1).tolist(), strict=True)
    ordered = sorted(((rule, count) for rule, count in counts if count), key=lambda one: -one[1])
    return HeldBack(len(waiting), len(assignments), ordered)


def _groups(profiles: Profiles, places: Sequence[Place]) -> dict[str, list[tuple[str, Array]]]:
    province = _provinces(profiles, places)
    return {
        "level": [(level.value, profiles.level == LEVELS.place(level)) for level in Level],
        "growth": [("wants a step up", profiles.step_up)],
        "contract_form": [
            (form.value, (profiles.contract_forms & CONTRACT_FORMS.pack([form])) != 0)
            for form in ContractForm
        ],
        "province": [(name, province == name) for name in sorted({place.province for place in places})],
    }


def _provinces(profiles: Profiles, places: Sequence[Place]) -> Array:
    """Return the province of the place nearest to each profile: the one with the greatest cosine."""
    points = np.array([point(place.latitude, place.longitude) for place in places])
    nearest = [
        np.argmax(np.column_stack([part.x, part.y, part.z]) @ points.T, axis=1) for part in _parts(profiles)
    ]
    names = np.array([place.province for place in places])
    return names[np.concatenate([np.array([], np.int64), *nearest])]


def _parts(profiles: Profiles) -> Iterator[Profiles]:
    for start in range(0, len(profiles), BATCH_SIZE):
        yield profiles.part(start, start + BATCH_SIZE)
