"""Distance over the earth."""

import numpy as np

from matching.domain.policy import EARTH_RADIUS_KM
from matching.domain.population import Profiles
from matching.domain.question import Question
from matching.domain.sphere import arcsine
from matching.domain.table import Array


def squared_chord(profiles: Profiles, question: Question) -> Array:
    """Return the square of the way through a sphere of radius 1, from each profile to the assignment."""
    return (profiles.x - question.x) ** 2 + (profiles.y - question.y) ** 2 + (profiles.z - question.z) ** 2


def kilometres(profiles: Profiles, question: Question) -> Array:
    """Return the great-circle distance from each profile to the assignment.

    This is the haversine formula: its `h` is a quarter of the squared chord between the two points.
    """
    half = np.sqrt(squared_chord(profiles, question)) / 2
    return 2 * EARTH_RADIUS_KM * arcsine(np.minimum(half, 1.0))
