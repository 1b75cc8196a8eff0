"""Colour spaces that a picture names or describes otherwise than by an ICC profile.

Source:
    ITU-T H.273, "Colour primaries"; Adobe RGB (1998) Color Image Encoding, 4.3.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from musaic.media import curves

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]

_UNSPECIFIED = 2
_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
_709: Corners = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
_170: Corners = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
_2020: Corners = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_BY_CODE: dict[int, Corners] = {
    1: _709,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _170,
    7: _170,
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: _2020,
    10: ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3)),
    11: (*_P3, (0.314, 0.351)),
    12: (*_P3, _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
# Corners nearer than this are one and the same, told with fewer digits.
_SAME = 0.0015
# Below this a triangle is as good as a line: its colours would be noise.
_LEAST_AREA = 0.005


@dataclass(frozen=True, slots=True)
class Space:
    """A colour space of three primaries.

    Attributes:
        corners: Red, green, blue and white as CIE 1931 x and y.
        curve: From tones of 0 to 1 to light.
        narrow: Whether tones keep to the limited range of video (16 to 235 of 8 bits).
    """

    corners: Corners
    curve: curves.Curve
    narrow: bool = False

    @property
    def is_srgb(self) -> bool:
        """Whether there is nothing to convert."""
        alike = np.abs(np.subtract(self.corners, _709)).max() <= _SAME
        return bool(alike) and self.curve is curves.srgb and not self.narrow

    @property
    def is_hdr(self) -> bool:
        """Whether its light goes beyond reference white."""
        return self.curve in (curves.pq, curves.hlg_scene)


SRGB = Space(_709, curves.srgb)
ADOBE_RGB = Space(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65), partial(curves.gamma, exponent=563 / 256))


def by_codes(primaries: int, transfer: int, *, narrow: bool = False) -> Space | None:
    """Return the space that two code points of H.273 name; None where one of them is no such.

    What is left unspecified is sRGB's, or BT.2020's primaries under a transfer of BT.2100.
    """
    curve = curves.BY_CODE.get(curves.SRGB if transfer == _UNSPECIFIED else transfer)
    plain = _2020 if curve in (curves.pq, curves.hlg_scene) else _709
    corners = plain if primaries == _UNSPECIFIED else _BY_CODE.get(primaries)
    return Space(corners, curve, narrow) if corners and curve else None


def by_measures(corners: Corners | None, curve: curves.Curve | None) -> Space | None:
    """Return a space from measured corners, a curve, or both; sRGB's stands for what is missing.

    None where there is neither, or where the corners are those of no triangle around a white.
    """
    if corners is None and curve is None:
        return None
    if corners is not None and not _sound(corners):
        return None
    return Space(corners or _709, curve or curves.srgb)


def to_xyz(corners: Corners) -> NDArray[np.float64]:
    """Return the matrix from light in a space to CIE XYZ; its white has Y = 1."""
    columns = np.array([(x, y, 1 - x - y) for x, y in corners[:3]]).T
    return columns * np.linalg.solve(columns, _white(corners))


def to_linear_srgb(corners: Corners) -> NDArray[np.float64]:
    """Return the matrix from light in a space to light in sRGB; white stays white (Bradford)."""
    cones = np.array([(0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)])
    scale = (cones @ _white(_709)) / (cones @ _white(corners))
    adapted = np.linalg.solve(cones, scale[:, None] * cones)
    return np.asarray(np.linalg.solve(to_xyz(_709), adapted @ to_xyz(corners)), np.float64)


def _white(corners: Corners) -> NDArray[np.float64]:
    x, y = corners[3]
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _sound(corners: Corners) -> bool:
    (rx, ry), (gx, gy), (bx, by), (wx, wy) = corners
    if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in corners) or wy < 0.01:
        return False
    if abs((gx - rx) * (by - ry) - (bx - rx) * (gy - ry)) / 2 < _LEAST_AREA:
        return False
    shares = np.linalg.solve([(rx, gx, bx), (ry, gy, by), (1, 1, 1)], (wx, wy, 1))
    return bool((shares > 0.001).all())
