"""From any pixel mode to sRGB on white: palettes, deep tones, transparency, print colours."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from musaic.media.profiles import to_srgb

_BAND_TONES = 1 << 20
_ALPHA = {"RGBA": "RGB", "LA": "L", "PA": "RGB"}


def plain(image: Image.Image) -> Image.Image:
    """Return a loaded picture in a mode that may be averaged: RGB, RGBA, L, LA or CMYK.

    Tones deeper than 8 bits are scaled to 0..255, never clipped: 16-bit ones by their full range,
    others by what they hold. A palette or colour key with transparency becomes RGBA.
    """
    if image.mode.startswith("I;16"):
        return _scaled(np.asarray(image), low=0.0, high=65535.0)
    if image.mode in ("I", "F"):
        return _deep(np.asarray(image))
    if image.mode == "LAB":
        return to_srgb(image, None)
    if image.mode in ("RGBa", "La", "RGBA", "LA", "CMYK"):
        return image.convert({"RGBa": "RGBA", "La": "LA"}.get(image.mode, image.mode))
    if image.has_transparency_data:
        return _keyed(image)
    return image if image.mode in ("RGB", "L") else image.convert("L" if image.mode == "1" else "RGB")


def flat(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bool]:
    """Return a picture from `plain` as sRGB on white, and whether any of it was transparent."""
    if image.mode not in _ALPHA:
        return to_srgb(image, profile), False
    alpha = image.getchannel("A")
    colour = to_srgb(image.convert(_ALPHA[image.mode]), profile)
    lowest = alpha.getextrema()[0]
    if lowest == 255:
        return colour, False
    white = Image.new("RGB", image.size, "white")
    white.paste(colour, mask=alpha)
    return white, True


def uninverted(image: Image.Image) -> Image.Image:
    """Return a CMYK picture with its inks read the other way round."""
    return ImageChops.invert(image)


def _keyed(image: Image.Image) -> Image.Image:
    """Return a picture whose palette or key colour says what is transparent as RGBA."""
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:
        # A 16-bit PNG keeps its key colour in 16 bits while its pixels come as their high bytes.
        image.info["transparency"] = tuple(level >> 8 for level in key)
    return image.convert("RGBA")


def _deep(tones: NDArray[np.generic]) -> Image.Image:
    """Scale 32-bit tones by the smallest customary range that holds them, else by their own."""
    low, high = _extent(tones)
    steps = (1.0, 255.0, 65535.0) if tones.dtype.kind == "f" else (255.0, 65535.0)
    customary = next((step for step in steps if high <= step), None)
    if low < 0 or customary is None:
        return _scaled(tones, low=low, high=high)
    return _scaled(tones, low=0.0, high=customary)


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
