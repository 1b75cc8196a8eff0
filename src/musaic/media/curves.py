"""From coded tones to light: the transfer characteristics that pictures name by a number, and their own.

Light is counted in reference whites: 1 is the white of paper or of a page, and only PQ and HLG go beyond.

Source:
    ITU-T H.273, "Transfer characteristics"; ITU-R BT.2100-2, tables 4 and 5; ITU-R BT.2408-7, 2.1 ("HDR
    Reference White").
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

# Double precision, as single ones come out a little different on other processors, and so would vectors.
Tones = NDArray[np.float64]
Curve = Callable[[Tones], Tones]

# In candela a square metre: what BT.2408 sets diffuse white to, the top of PQ, and of HLG's nominal display.
WHITE_NITS, PQ_NITS, HLG_NITS = 203.0, 10_000.0, 1_000.0
HLG_GAMMA = 1.2
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073


def srgb(tones: Tones) -> Tones:
    """Return the light of sRGB's tones (IEC 61966-2-1)."""
    return np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)


def srgb_tones(light: Tones) -> Tones:
    """Return the tones of sRGB for light of 0 to 1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def gamma(tones: Tones, exponent: float) -> Tones:
    """Return the light of a plain power curve."""
    return np.power(tones, exponent)


def pq(tones: Tones) -> Tones:
    """Return the light of PQ's tones: BT.2100's EOTF, over reference white."""
    root = tones ** (1 / _M2)
    top, bottom = np.maximum(root - _C1, 0), _C2 - _C3 * root
    return (PQ_NITS / WHITE_NITS) * (top / bottom) ** (1 / _M1)


def pq_tones(light: Tones) -> Tones:
    """Return PQ's tones of light that is counted in reference whites."""
    root = (light * (WHITE_NITS / PQ_NITS)) ** _M1
    return ((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2


def hlg_scene(tones: Tones) -> Tones:
    """Return the light of the scene, 0 to 1, of HLG's tones: the inverse of BT.2100's OETF."""
    return np.where(tones <= 0.5, tones**2 / 3, (np.exp((tones - _HLG_C) / _HLG_A) + _HLG_B) / 12)


def table(tones: Tones, levels: Tones) -> Tones:
    """Return the light of tones by a table of the light of evenly spaced ones."""
    return np.interp(tones, np.linspace(0, 1, len(levels)), levels)


def _camera(tones: Tones) -> Tones:
    """Return the light of BT.709's tones, and of BT.601's and BT.2020's, which have the same OETF."""
    return np.where(tones < 0.081, tones / 4.5, ((tones + 0.099) / 1.099) ** (1 / 0.45))


def _smpte_240(tones: Tones) -> Tones:
    return np.where(tones < 0.0913, tones / 4, ((tones + 0.1115) / 1.1115) ** (1 / 0.45))


def _logarithmic(tones: Tones, decades: float) -> Tones:
    return np.where(tones > 0, 10 ** (decades * (tones - 1)), 0)


def _cinema(tones: Tones) -> Tones:
    return 52.37 / 48 * tones**2.6


SRGB = 13
BY_CODE: dict[int, Curve] = {
    1: _camera, 4: partial(gamma, exponent=2.2), 5: partial(gamma, exponent=2.8), 6: _camera, 7: _smpte_240,
    8: partial(gamma, exponent=1.0), 9: partial(_logarithmic, decades=2.0),
    10: partial(_logarithmic, decades=2.5), 11: _camera, 12: _camera, SRGB: srgb, 14: _camera, 15: _camera,
    16: pq, 17: _cinema, 18: hlg_scene,
}  # fmt: skip
