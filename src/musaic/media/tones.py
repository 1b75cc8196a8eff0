"""From any pixel mode to sRGB: palettes, deep tones, transparency, print colours."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from musaic.media import rendering
from musaic.media.profiles import to_srgb
from musaic.media.spaces import Space
from musaic.media.told import Told

_BAND_TONES = 1 << 20
_ALPHA = {"RGBA": "RGB", "LA": "L", "PA": "RGB"}


def is_deep(image: Image.Image) -> bool:
    """Say whether a picture holds greys of more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def plain(image: Image.Image, *, unsigned: bool = False, most: int = 65535) -> Image.Image:
    """Return a loaded picture in a mode that may be averaged: RGB, RGBA, L, LA or CMYK.

    Tones deeper than 8 bits are scaled to 0..255, never clipped: 16-bit ones by their full range,
    others by what they hold. A palette or colour key with transparency becomes RGBA.

    Args:
        image: Loaded.
        unsigned: Whether its 32-bit whole numbers, which Pillow takes for signed ones, are not.
        most: The tone that is full, of greys that come in 16 bits.
    """
    if image.mode.startswith("I;16"):
        return _sixteen_bits(image, float(most))
    if image.mode in ("I", "F"):
        tones = np.asarray(image)
        return _deep(tones.view(np.uint32) if unsigned and image.mode == "I" else tones)
    if image.mode == "LAB":
        return to_srgb(image, None)
    if image.mode in ("RGBa", "La", "RGBA", "LA", "CMYK"):
        return image.convert({"RGBa": "RGBA", "La": "LA"}.get(image.mode, image.mode))
    if image.has_transparency_data:
        return _keyed(image)
    return image if image.mode in ("RGB", "L") else image.convert("L" if image.mode == "1" else "RGB")


def in_srgb(image: Image.Image, told: Told) -> Image.Image:
    """Return a picture from `plain` in sRGB: mode RGB, or RGBA.

    Args:
        image: Its colours are as the file has them.
        told: What they stand for.
    """
    if image.mode not in _ALPHA:
        return _converted(image, told)
    colour = _converted(image.convert(_ALPHA[image.mode]), told)
    colour.putalpha(image.getchannel("A"))
    return colour


def _converted(image: Image.Image, told: Told) -> Image.Image:
    if not isinstance(told, Space) or image.mode not in ("RGB", "L"):
        return to_srgb(image, told if isinstance(told, bytes) else None)
    if told.is_srgb:
        return image.convert("RGB")
    return Image.fromarray(rendering.to_srgb(np.asarray(image), told, most=255))


def inverted(image: Image.Image) -> Image.Image:
    """Return a picture, grey or CMYK, with its tones or inks read the other way round."""
    return ImageChops.invert(image)


def _sixteen_bits(image: Image.Image, most: float) -> Image.Image:
    """Return greys of 16 bits as 8, with transparency where one of them stands for it."""
    tones = np.asarray(image)
    grey = _scaled(tones, low=0.0, high=most)
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(Image.fromarray(tones != key).convert("L"))
    return grey


def _keyed(image: Image.Image) -> Image.Image:
    """Return a picture whose palette or key colour says what is transparent as RGBA."""
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:
        # A 16-bit PNG keeps its key colour in 16 bits while its pixels come as their high bytes.
        image.info["transparency"] = tuple(level >> 8 for level in key)
    if isinstance(key, bytes):
        # More entries than a palette can have are passed on by the PNG reader, and refused by `convert`.
        image.info["transparency"] = key[:256]
    return image.convert("RGBA")


def _deep(tones: NDArray[np.generic]) -> Image.Image:
    """Scale 32-bit tones, whose format names no white.

    What lies within the customary range, 0..1 for fractions and 0..255 for whole numbers, is scaled by
    that. Anything beyond is scaled by its own brightest tone, black staying at 0, or by its own range
    where there are negative tones: no other white can be told from the numbers, and a guess too high
    makes the picture black.
    """
    low, high = _extent(tones)
    customary = 1.0 if tones.dtype.kind == "f" else 255.0
    return _scaled(tones, low=min(low, 0.0), high=customary if low >= 0 and high <= customary else high)


def _extent(tones: NDArray[np.generic]) -> tuple[float, float]:
    """Return the lowest and highest finite tone; zeros where there is none."""
    finite = (band[np.isfinite(band)] for band in _bands(tones))
    ends = [(float(band.min()), float(band.max())) for band in finite if band.size]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else (0.0, 0.0)


def _scaled(tones: NDArray[np.generic], *, low: float, high: float) -> Image.Image:
    """Return tones from low..high as 0..255; what is no number becomes black."""
    scale = 255.0 / (high - low) if high > low else 0.0
    grey = [
        np.clip((np.nan_to_num(band, nan=low, posinf=high, neginf=low) - low) * scale + 0.5, 0, 255).astype(
            np.uint8
        )
        for band in _bands(tones)
    ]
    return Image.fromarray(np.concatenate(grey))


def _bands(tones: NDArray[np.generic]) -> Iterator[NDArray[np.float64]]:
    """Return tones a few rows at a time: as float64 they take four to eight times the memory."""
    rows = max(1, _BAND_TONES // max(1, tones.shape[1]))
    return (tones[top : top + rows].astype(np.float64) for top in range(0, tones.shape[0], rows))
