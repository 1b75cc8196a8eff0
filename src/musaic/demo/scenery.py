"""What scenes are painted with: grids, gradients, stretched noise, soft spots and blur."""

import colorsys
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Field = NDArray[np.float32]
Mask = NDArray[np.uint8]
Colour = Sequence[float] | NDArray[np.floating]


@lru_cache(maxsize=8)
def grid(size_px: int) -> tuple[Field, Field]:
    """Return x, shape ``(1, size_px)``, and y, shape ``(size_px, 1)``, of pixel centres, from 0 to 1."""
    line = ((np.arange(size_px) + 0.5) / size_px).astype(np.float32)
    return line[None, :], line[:, None]


def resized(field: Field, size_px: int) -> Field:
    """Return a field stretched smoothly to a square."""
    image = Image.fromarray(field).resize((size_px, size_px), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32)


def noise(size_px: int, rng: np.random.Generator, *, columns: int, rows: int) -> Field:
    """Return smooth noise around 0 with so many cells across and down."""
    limits = max(2, min(columns, size_px)), max(2, min(rows, size_px))
    return resized(rng.standard_normal(limits[::-1], np.float32), size_px)


def tint(
    rng: np.random.Generator, hue: float, saturation: float, value: float, spread: float = 0.03
) -> Field:
    """Return a colour near the one given, hue, saturation and value from 0 to 1, as sRGB 0 to 255."""
    h = (hue + rng.uniform(-spread, spread)) % 1
    s = min(1.0, max(0.0, saturation * rng.uniform(0.75, 1.2)))
    v = min(1.0, max(0.0, value * rng.uniform(0.92, 1.06)))
    return np.array(colorsys.hsv_to_rgb(h, s, v), np.float32) * 255


def ramp(amount: Field, low: Colour, high: Colour) -> Field:
    """Return colours from `low` where the amount is 0 to `high` where it is 1."""
    a, b = np.asarray(low, np.float32), np.asarray(high, np.float32)
    return a + np.clip(amount, 0, 1)[..., None] * (b - a)


def vertical(size_px: int, low: Colour, high: Colour, start: float = 0.0, end: float = 1.0) -> Field:
    """Return a gradient downwards between two heights, from 0 to 1."""
    _, y = grid(size_px)
    column = ramp((y - start) / max(end - start, 1e-3), low, high)
    return np.repeat(column, size_px, axis=1)


def spot(size_px: int, x: float, y: float, radius: float) -> Field:
    """Return a soft spot: 1 in its middle, falling off like a bell."""
    xs, ys = grid(size_px)
    across = np.exp(-(((xs - np.float32(x)) / np.float32(radius)) ** 2))
    down = np.exp(-(((ys - np.float32(y)) / np.float32(radius)) ** 2))
    return np.asarray(across * down, np.float32)


def opened(picture: Field) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a picture as an image, and a pen to draw on it."""
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    return image, ImageDraw.Draw(image)


def inked(colour: Colour) -> tuple[int, int, int]:
    """Return a colour as Pillow wants it."""
    red, green, blue = (int(min(255, max(0, channel))) for channel in colour)
    return red, green, blue


def softened(image: Image.Image, radius: float) -> Field:
    """Return the picture out of focus; the radius as a fraction of its width."""
    pixels = radius * image.width
    # Nothing finer than the blur survives it, so a wide blur is done on a smaller picture.
    shrink = max(1, int(pixels / 2))
    small = image.reduce(shrink) if shrink > 1 else image
    if pixels > 0.3:
        small = small.filter(ImageFilter.GaussianBlur(pixels / shrink))
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC) if shrink > 1 else small, np.float32)


def bokeh(
    image: Image.Image, rng: np.random.Generator, colours: Sequence[Colour], *, top: float, end: float
) -> None:
    """Draw out-of-focus lights as see-through discs between two heights."""
    size, layer = image.width, ImageDraw.Draw(image, "RGBA")
    for _ in range(int(rng.integers(10, 26))):
        r = size * rng.uniform(0.012, 0.06)
        x, y = size * rng.uniform(0, 1), size * rng.uniform(top, end)
        ink = inked(colours[int(rng.integers(len(colours)))])
        layer.ellipse([x - r, y - r, x + r, y + r], fill=(*ink, int(rng.uniform(50, 150))))
