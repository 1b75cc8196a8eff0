"""From tones in a space told by numbers to sRGB, and what is brighter than its white into its range.

High dynamic range becomes sRGB in this way: light is counted against the reference white of BT.2408, 203
cd/m2, which is sRGB's white; a picture whose own peak is brighter has its highlights rolled off by the
EETF of BT.2390, from its peak to that white. HLG is shown as on its nominal display of 1000 cd/m2.

Source:
    ITU-R BT.2390-10, 5.4.1 ("Mapping to displays with a limited luminance range"); ITU-R BT.2408-7, 2.1;
    ITU-R BT.2100-2, table 5 ("HLG Reference OOTF").
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from musaic.media import curves
from musaic.media.curves import Tones
from musaic.media.spaces import Space, to_linear_srgb, to_xyz

Counted = NDArray[np.uint8] | NDArray[np.uint16]

_BAND_TONES = 1 << 18
_SAMPLES = 1 << 20
# Sparks and the overshoot of coding are no peak: that much of a picture may be brighter.
_PEAK_PERCENTILE = 99.0
_STEPS = 65535
_CODED = (curves.srgb_tones(np.arange(_STEPS + 1) / _STEPS) * 255 + 0.5).astype(np.uint8)


def to_srgb(tones: Counted, space: Space, *, most: int) -> NDArray[np.uint8]:
    """Return tones as sRGB.

    Args:
        tones: Shape ``(height, width)``, or the same by 3.
        space: What they mean.
        most: The tone that is full: 255, 1023, 65535.

    Returns:
        0 to 255, shape ``(height, width, 3)``.
    """
    light = _light_of(space, most)
    roll_off = _roll_off(_peak(tones, light)) if space.is_hdr else None
    matrix = to_linear_srgb(space.corners).T
    shown = np.empty((*tones.shape[:2], 3), np.uint8)
    rows = max(1, _BAND_TONES // max(1, tones.shape[1]))
    for top in range(0, tones.shape[0], rows):
        band = light(tones[top : top + rows])
        band = band if roll_off is None else roll_off(band)
        shown[top : top + rows] = _CODED[(np.clip(band @ matrix, 0, 1) * _STEPS + 0.5).astype(np.uint16)]
    return shown


def _light_of(space: Space, most: int) -> Callable[[Counted], Tones]:
    """Return what makes light of tones, in the space's own primaries."""
    counted = np.arange(most + 1) / most
    levels = space.curve(np.clip(_widened(counted, most) if space.narrow else counted, 0, 1))
    luminance = to_xyz(space.corners)[1]

    def light(tones: Counted) -> Tones:
        lit = levels[np.minimum(tones, most)]
        three = lit if lit.ndim == 3 else np.repeat(lit[..., None], 3, axis=2)
        return _displayed(three, luminance) if space.curve is curves.hlg_scene else three

    return light


def _widened(tones: Tones, most: int) -> Tones:
    """Return tones of the limited range over 0 to 1; H.273 scales its 16 and 219 by the depth."""
    step = (most + 1) / 256 / most
    return (tones - 16 * step) / (219 * step)


def _displayed(scene: Tones, luminance: Tones) -> Tones:
    """Return the light that HLG's nominal display shows of a scene's."""
    scene_luminance = np.maximum(scene @ luminance, 1e-9)[..., None]
    return curves.HLG_NITS / curves.WHITE_NITS * scene * scene_luminance ** (curves.HLG_GAMMA - 1)


def _peak(tones: Counted, light: Callable[[Counted], Tones]) -> float:
    """Return how bright a picture's brightest parts are, in reference whites."""
    step = max(1, round((tones.shape[0] * tones.shape[1] / _SAMPLES) ** 0.5))
    return float(np.percentile(light(tones[::step, ::step]).max(axis=2), _PEAK_PERCENTILE))


def _roll_off(peak: float) -> Callable[[Tones], Tones] | None:
    """Return BT.2390's EETF from a peak to reference white; None where nothing is brighter.

    It is taken of the largest of a colour's three, and scales all: hues stay.
    """
    if peak <= 1:
        return None
    top, white = (float(curves.pq_tones(np.array(light))) for light in (peak, 1.0))
    most = white / top
    knee = 1.5 * most - 0.5

    def rolled(light: Tones) -> Tones:
        largest = np.maximum(light.max(axis=2), 1e-9)
        tone = np.minimum(curves.pq_tones(largest) / top, 1)
        mapped = np.where(tone > knee, _spline(tone, knee, most), tone)
        shown: Tones = light * (curves.pq(mapped * top) / largest)[..., None]
        return shown

    return rolled


def _spline(tone: Tones, knee: float, most: float) -> Tones:
    t = (tone - knee) / (1 - knee)
    at_knee, slope, at_top = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, 3 * t**2 - 2 * t**3
    mapped: Tones = at_knee * knee + slope * (1 - knee) + at_top * most
    return mapped
