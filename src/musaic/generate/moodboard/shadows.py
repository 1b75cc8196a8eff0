"""Shadows: where a thing touches its ground, what it throws on it, and the dimness round it.

They are gathered at a quarter of the stage's size: shadows are soft.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.generate.moodboard.boxes import Box

Field = NDArray[np.float32]

STEP = 4
_SQUASH, _SHEAR = 0.20, 0.42


class Shade:
    """The darkness on a stage, 0 to 1, shape ``(height / 4, width / 4)``."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.field: Field = np.zeros((max(1, size[1] // STEP), max(1, size[0] // STEP)), np.float32)

    def stands(self, alpha: Image.Image, box: Box, *, lean: int) -> None:
        """Shade the floor round a thing that stands on it; `lean` is 1 for light from the left, -1 from the right."""
        small, at = _quarter(alpha, box)
        reach = max(1.0, min(small.width, small.height))
        self._throw(_thrown(small, lean), at, lean, reach, small)
        for thick, blur, strength in ((0.026, 0.013, 0.60), (0.07, 0.05, 0.30)):
            self._add(_contact(small, thick * reach), (at[0], at[1]), blur * reach, strength)

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
            self._add(small, (at[0] + lean * 0.7 * shift, at[1] + shift), blur * height * reach, strength)

    def _throw(
        self, thrown: Image.Image, at: tuple[float, float], lean: int, reach: float, small: Image.Image
    ) -> None:
        left = at[0] if lean > 0 else at[0] - (thrown.width - small.width)
        top = at[1] + small.height - thrown.height
        self._add(thrown, (left, top), 0.028 * reach, 0.26)

    def _foot(
        self, profile: NDArray[np.uint8], at: tuple[float, float], height: float, *, thick: float, blur: float,
        strength: float,
    ) -> None:  # fmt: skip
        rows = max(1, round(thick))
        strip = Image.fromarray(np.ascontiguousarray(np.broadcast_to(profile, (rows, len(profile)))))
        self._add(strip, (at[0], at[1] + height - 0.62 * rows), max(0.7, blur), strength)

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


def _contact(small: Image.Image, thick: float) -> Image.Image:
    """Return a line under a thing that follows its own lower edge, fainter where that is higher above the floor."""
    solid = np.asarray(small) > 110
    height = small.height
    lowest = np.where(solid.any(axis=0), height - np.argmax(solid[::-1], axis=0), 0)
    near = np.clip(1 - (lowest.max() - lowest) / max(2.0, 0.16 * height), 0, 1)
    rows = np.arange(height + 2 + round(thick))[:, None]
    line = (rows <= lowest + 0.3 * thick) & (rows >= lowest - 1.5 * thick)
    return Image.fromarray((line * near * 255).astype(np.uint8))


def _quarter(alpha: Image.Image, box: Box) -> tuple[Image.Image, tuple[float, float]]:
    size = max(1, round(box.w / STEP)), max(1, round(box.h / STEP))
    return alpha.resize(size, Image.Resampling.BOX), (box.x / STEP, box.y / STEP)


def _thrown(small: Image.Image, lean: int) -> Image.Image:
    """Return an outline laid down on the floor behind, away from the light, fading with its distance."""
    height = max(1, round(_SQUASH * small.height))
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
