"""Distance over the earth, between points on a sphere of radius 1 given as columns x, y and z."""

from typing import Protocol

import numpy as np

from matching.engine.columnar import Array
from matching.engine.trigonometry import arcsine, chord

EARTH_RADIUS_KM = 6371.0088
ROUNDING_KM = 1e-9  # whoever allows exactly the distance passes, by whatever formula it was computed


class Points(Protocol):
    """Columns with a place in each row."""

    @property
    def x(self) -> Array:
        """Return the coordinate towards longitude 0 on the equator."""

    @property
    def y(self) -> Array:
        """Return the coordinate towards longitude 90 east on the equator."""

    @property
    def z(self) -> Array:
        """Return the coordinate towards the north pole."""


def squared_chord(some: Points, others: Points) -> Array:
    """Return the squares of the straight ways through the sphere between two columns of points."""
    total: Array = _squares(some.x, others.x)
    total += _squares(some.y, others.y)
    total += _squares(some.z, others.z)
    return total


def _squares(some: Array, others: Array) -> Array:
    difference = some - others
    difference *= difference  # in place: no memory is asked for, and none is touched twice
    return difference


def kilometres(some: Points, others: Points) -> Array:
    """Return the great-circle distances between two columns of points.

    This is the haversine formula: its `h` is a quarter of the squared chord between the two points.
    """
    half = np.sqrt(squared_chord(some, others)) / 2
    return 2 * EARTH_RADIUS_KM * arcsine(np.minimum(half, 1.0))


def longest_squared_chord(km: float) -> float:
    """Return the squared chord of a great-circle distance: the same distance or less has no longer one."""
    return chord((km + ROUNDING_KM) / EARTH_RADIUS_KM) ** 2
