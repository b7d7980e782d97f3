"""Distance over the earth."""

import numpy as np

from matching.domain.policy import EARTH_RADIUS_KM
from matching.domain.population import Array, Columns
from matching.domain.question import Question


def kilometres(columns: Columns, question: Question) -> Array:
    """Return each row's great-circle distance to the assignment's place, by the haversine formula."""
    half_latitude = np.sin((columns.latitude - question.latitude) / 2)
    half_longitude = np.sin((columns.longitude - question.longitude) / 2)
    chord = half_latitude**2 + np.cos(columns.latitude) * np.cos(question.latitude) * half_longitude**2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))
