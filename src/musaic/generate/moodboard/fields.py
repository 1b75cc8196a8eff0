"""Whole-array operations on masks and colours that cutting out is made of."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.colors import Lab
from musaic.generate.moodboard.regions import Labels, Mask

Field = NDArray[np.float32]
Values = TypeVar("Values", Field, Labels, Mask)

_RING = 0.025
# In how coarse a grid the ground may differ from the fitted surface: cells of this many pixels.
_CELL_PX = 8


def lengths(vectors: Lab, *, axis: int = -1) -> Field:
    """Return the lengths of vectors along an axis."""
    first, second, third = np.moveaxis(vectors, axis, 0)
    length: Field = np.sqrt(first * first + second * second + third * third)
    return length


def coarsely_blurred(field: Field) -> Field:
    """Return a field blurred over about three cells."""
    height, width = field.shape
    cells = (max(1, width // _CELL_PX), max(1, height // _CELL_PX))
    coarse = np.asarray(Image.fromarray(field).resize(cells, Image.Resampling.BOX))
    for _ in range(3):
        padded = np.pad(coarse, 1, mode="edge")
        rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
        coarse = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR))


def border_ring(height: int, width: int) -> Mask:
    """Return a mask of the pixels near the edge of a picture."""
    ring = np.ones((height, width), bool)
    thick = max(2, round(_RING * max(height, width)))
    ring[thick:-thick, thick:-thick] = False
    return ring


def slopes(lab: Lab) -> Field:
    """Return how fast colours change, per pixel."""
    slope = np.zeros(lab.shape[:2], np.float32)
    down = lengths(lab[2:] - lab[:-2]) / 2
    across = lengths(lab[:, 2:] - lab[:, :-2]) / 2
    slope[1:-1] = down
    slope[:, 1:-1] = np.maximum(slope[:, 1:-1], across)
    return slope


def blurred(mask: Mask, radius: int) -> NDArray[np.uint8]:
    """Return how much of the square round each pixel is in a mask, 0 to 255."""
    return np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(radius)))


def opened(mask: Mask) -> Mask:
    """Take away whiskers, keep straps."""
    return blurred(mask, 1) > 127


def grown(mask: Mask, by: int) -> Mask:
    """Return a mask with a rim of some pixels added."""
    return blurred(mask, by) > 0


def shrunk(mask: Mask) -> Mask:
    """Return a mask without its outermost pixels."""
    return blurred(mask, 1) > 254


def widest(field: Values) -> Values:
    """Return the highest value within two pixels of each."""
    padded = np.pad(field, 2, mode="edge")
    height, width = field.shape
    across = padded[:, :width].copy()
    for step in range(1, 5):
        np.maximum(across, padded[:, step : step + width], out=across)
    widest = across[:height].copy()
    for step in range(1, 5):
        np.maximum(widest, across[step : step + height], out=widest)
    return widest
