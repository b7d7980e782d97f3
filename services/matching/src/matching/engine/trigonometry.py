"""Places on a sphere of radius 1, in nothing but sums, products, quotients and roots.

IEEE 754 gives these the same result on every machine; sines and their inverses of a C library or a
processor's vector unit differ in the last bit. The polynomials are those of fdlibm (`k_sin.c`, `k_cos.c`,
`e_asin.c`), within one unit in the last place.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Point = tuple[float, float, float]
CACHED_PLACES = 4096  # most people live in one of some thousand places

SIN = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
COS = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)
ARCSIN_P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
ARCSIN_Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)


@lru_cache(CACHED_PLACES)
def point(latitude: float, longitude: float) -> Point:
    """Return the point of a place given in degrees."""
    up, out = sine_and_cosine(latitude)
    east, ahead = sine_and_cosine(longitude)
    return out * ahead, out * east, up


@lru_cache(CACHED_PLACES)
def chord(angle: float) -> float:
    """Return the length of the chord of an angle in radians; half a turn and more give 2."""
    return 2.0 if angle >= math.pi else 2 * sine_and_cosine(angle * 90 / math.pi)[0]


def sine_and_cosine(degrees: float) -> tuple[float, float]:
    """Return both, of an angle in degrees."""
    quarter = round(degrees / 90)
    x = (degrees - 90 * quarter) * (math.pi / 180)
    z = x * x
    sine = x + x * z * _polynomial(SIN, z)
    cosine = 1 - (z / 2 - z * z * _polynomial(COS, z))
    turned = ((sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine))
    return turned[quarter % 4]


def arcsine(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the angles in radians of sines between 0 and 1."""
    near = x < 0.5
    if near.all():  # so is every distance in one country
        return _near_arcsine(x)
    t = (1 - x) / 2
    root = np.sqrt(t)
    far = math.pi / 2 - 2 * (root + root * _ratio(t))
    return np.where(near, _near_arcsine(x), far)


def _near_arcsine(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return x + x * _ratio(x * x)


def _ratio(t: npt.NDArray[Any]) -> npt.NDArray[Any]:
    ratio = _polynomial(ARCSIN_P, t)
    ratio *= t
    ratio /= _polynomial(ARCSIN_Q, t)
    return ratio


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    value = coefficients[-1] * x + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        value *= x
        value += coefficient
    return value
