"""Places as points on a sphere of radius 1."""

import math

Point = tuple[float, float, float]


def point(latitude: float, longitude: float) -> Point:
    """Return the point of a place given in degrees."""
    phi, theta = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)
