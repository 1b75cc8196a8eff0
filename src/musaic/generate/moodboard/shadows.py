"""Shadows: where a thing touches its ground, what it throws on it, and the dimness round it.

They are gathered at a quarter of the stage's size: shadows are soft.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.masks import oval_mask

Field = NDArray[np.float32]

STEP = 4
_SQUASH, _SHEAR = 0.20, 0.42
# The least blur, in quarters of pixels of the stage: a harder edge would be enlarged to stairs.
_SOFTEST = 1.3
# How finely, per such quarter, the lower edge of a thing is looked for.
_FINER = 4


class Shade:
    """The darkness on a stage, 0 to 1, shape ``(height / 4, width / 4)``."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.field: Field = np.zeros((max(1, size[1] // STEP), max(1, size[0] // STEP)), np.float32)

    def stands(self, alpha: Image.Image, box: Box, *, lean: int, depth: float = math.inf) -> None:
        """Shade the floor round a thing that stands on it.

        Args:
            alpha: Of the thing.
            box: Round it, pixels of the stage.
            lean: 1 for light from the left, -1 from the right.
            depth: How far up behind its foot there is floor, the same pixels.
        """
        small, at = _quarter(alpha, box)
        height = max(1, round(min(_SQUASH * small.height, 0.8 * depth / STEP)))
        self._throw(_thrown(small, lean, height), at, lean, max(1.0, min(small.size)), small)
        self.touches(alpha, box)

    def touches(self, alpha: Image.Image, box: Box) -> None:
        """Shade what a thing touches below, and nothing farther off: a podium has no room for a thrown shadow."""
        size = max(1, round(box.w / STEP)), max(1, round(box.h / STEP))
        for thick, strength in ((0.022, 0.46), (0.07, 0.34)):
            soft = max(_SOFTEST, thick * min(size))
            self._add(_contact(alpha, size, soft), (box.x / STEP, box.y / STEP), 0.7 * soft, strength)

    def carries(self, box: Box, lid: float, *, lean: int) -> None:
        """Shade the floor round a drum that stands on it.

        Args:
            box: Round the drum, pixels of the stage.
            lid: Height of the ellipse that its foot is, the same pixels.
            lean: 1 for light from the left, -1 from the right.
        """
        for wider, off, blur, strength in ((0.01, 0.012, 0.10, 0.44), (0.05, 0.06, 0.34, 0.30)):
            width, height = (1 + 2 * wider) * box.w / STEP, (1 + 2 * wider) * lid / STEP
            foot = oval_mask((max(1, round(width)), max(1, round(height))))
            left = (box.x + (off * lean - wider) * box.w) / STEP
            top = (box.bottom - 0.94 * lid) / STEP - wider * height
            self._add(foot, (left, top), max(_SOFTEST, blur * lid / STEP), strength)

    def hangs(self, alpha: Image.Image, box: Box, *, lean: int) -> None:
        """Shade the wall behind a thing that hangs before it, and a little of the floor below."""
        self.lies(alpha, box, lean=lean, height=1.5)
        small, at = _quarter(alpha, box)
        profile = np.asarray(small).max(axis=0)
        thick = 0.05 * min(small.size)
        self._foot(profile, at, small.height * 1.015, thick=thick, blur=thick, strength=0.22)

    def lies(self, alpha: Image.Image, box: Box, *, lean: int, height: float = 1.0) -> None:
        """Shade the surface under a thing that lies on it, seen from above."""
        small, at = _quarter(alpha, box)
        reach = min(small.size) ** 0.5 * min(self.field.shape) ** 0.5
        for off, blur, strength in ((0.010, 0.009, 0.36), (0.030, 0.034, 0.26)):
            shift = off * height * reach
            soft = max(0.6 * _SOFTEST, blur * height * reach)
            self._add(small, (at[0] + lean * 0.7 * shift, at[1] + shift), soft, strength)

    def _throw(
        self, thrown: Image.Image, at: tuple[float, float], lean: int, reach: float, small: Image.Image
    ) -> None:
        left = at[0] if lean > 0 else at[0] - (thrown.width - small.width)
        top = at[1] + small.height - thrown.height
        self._add(thrown, (left, top), max(_SOFTEST, 0.034 * reach), 0.26)

    def _foot(
        self, profile: NDArray[np.uint8], at: tuple[float, float], height: float, *, thick: float, blur: float,
        strength: float,
    ) -> None:  # fmt: skip
        rows = max(1, round(thick))
        strip = Image.fromarray(np.ascontiguousarray(np.broadcast_to(profile, (rows, len(profile)))))
        self._add(strip, (at[0], at[1] + height - 0.62 * rows), max(_SOFTEST, blur), strength)

    def _add(self, mask: Image.Image, at: tuple[float, float], blur: float, strength: float) -> None:
        """Blur a mask and lay it on; shadows of several things join without adding up to black."""
        room = round(3 * blur) + 1
        padded = Image.new("L", (mask.width + 2 * room, mask.height + 2 * room))
        padded.paste(mask, (room, room))
        soft = np.asarray(padded.filter(ImageFilter.GaussianBlur(blur)), np.float32) * np.float32(
            strength / 255
        )
        left, top = round(at[0]) - room, round(at[1]) - room
        height, width = self.field.shape
        x0, y0, x1, y1 = (
            max(0, left),
            max(0, top),
            min(width, left + padded.width),
            min(height, top + padded.height),
        )
        if x0 < x1 and y0 < y1:
            under = self.field[y0:y1, x0:x1]
            under += (1 - under) * soft[y0 - top : y1 - top, x0 - left : x1 - left]


def _contact(alpha: Image.Image, size: tuple[int, int], soft: float) -> Image.Image:
    """Return a soft band under a thing that follows its own lower edge, fainter where that is higher above the floor.

    Args:
        alpha: Of the thing, mode L.
        size: Width and height it has in the field of the shade.
        soft: Standard deviation of the band up and down, in the same unit.
    """
    height = size[1]
    lowest, near = _lower_edge(alpha, size)
    rows = np.arange(height + math.ceil(3 * soft), dtype=np.float32)[:, None] + np.float32(0.5)
    band = np.exp(-0.5 * ((rows - lowest) / np.float32(soft)) ** 2) * near
    return Image.fromarray(np.rint(band * 255).astype(np.uint8))


def _lower_edge(alpha: Image.Image, size: tuple[int, int]) -> tuple[Field, Field]:
    """Return for each column how low a thing reaches, without steps, and how near to the floor that is, 0 to 1."""
    width, height = size
    solid = np.asarray(alpha.resize((width, _FINER * height), Image.Resampling.BOX)) > 110
    reach = solid.shape[0] - np.argmax(solid[::-1], axis=0)
    lowest = np.where(solid.any(axis=0), reach / _FINER, 0).astype(np.float32)
    near = np.clip(1 - (lowest.max() - lowest) / max(2.0, 0.16 * height), 0, 1) ** 1.5
    weight: Field = np.maximum(_smoothed(near, width), np.float32(1e-4))
    return np.asarray(_smoothed(near * lowest, width) / weight, np.float32), weight


def _smoothed(row: Field, width: int) -> Field:
    """Return a row of values blurred over a part of a width, what is beyond its ends being 0."""
    side = 1 + 2 * max(1, round(0.02 * width))
    kernel = np.convolve(np.ones(side), np.ones(side)) / side**2
    return np.convolve(np.pad(row, side), kernel, "same")[side:-side].astype(np.float32)


def _quarter(alpha: Image.Image, box: Box) -> tuple[Image.Image, tuple[float, float]]:
    size = max(1, round(box.w / STEP)), max(1, round(box.h / STEP))
    return alpha.resize(size, Image.Resampling.BOX), (box.x / STEP, box.y / STEP)


def _thrown(small: Image.Image, lean: int, height: int) -> Image.Image:
    """Return an outline laid down on the floor behind, away from the light, fading with its distance."""
    shift = round(_SHEAR * small.height)
    flat = small.resize((small.width, height), Image.Resampling.BOX)
    out = Image.new("L", (small.width + shift, height))
    levels = np.asarray(flat)
    rows = np.zeros((height, small.width + shift), np.uint8)
    for row in range(height):
        up = (height - row) / height
        start = round(shift * up) if lean > 0 else shift - round(shift * up)
        rows[row, start : start + small.width] = (levels[row] * (1 - 0.75 * up)).astype(np.uint8)
    out.paste(Image.fromarray(rows))
    return out
