"""Distance over the earth."""

import numpy as np

from matching.domain.policy import EARTH_RADIUS_KM
from matching.domain.population import Array, Columns
from matching.domain.question import Question


def kilometres(columns: Columns, question: Question) -> Array:
    """Return each row's great-circle distance to the assignment's place.

    This is the haversine formula: its `h` is a quarter of the squared chord between the two points.
    """
    x, y, z = question.point
    squared_chord = (columns.x - x) ** 2 + (columns.y - y) ** 2 + (columns.z - z) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.sqrt(squared_chord) / 2, 1.0))
