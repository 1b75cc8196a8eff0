"""What a picture with clear parts is put on: white, or a dark grey where it would vanish on white."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
# Neither white nor black artwork vanishes on it.
DARK: Colour = (64, 64, 64)
# A difference of so many levels in one of red, green and blue can be seen.
_STANDS_OUT = 24
_SIDE_PX = 512


class Grounded(NamedTuple):
    """A picture without transparency, what is under its clear parts, and its alpha; None where it had none."""

    image: Image.Image
    ground: Colour | None = None
    alpha: Image.Image | None = None


def put_on_ground(image: Image.Image) -> Grounded:
    """Return a picture in sRGB on the ground that suits it.

    That is white, unless more than half of the outline of what there is to see would not stand out from
    it, as that of a white logo: then it is a dark grey.

    Args:
        image: Mode RGB, or RGBA.
    """
    if image.mode != "RGBA":
        return Grounded(image)
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return Grounded(image.convert("RGB"))
    colour = DARK if _vanishes(image, WHITE) and not _vanishes(image, DARK) else WHITE
    on_ground = Image.new("RGB", image.size, colour)
    on_ground.paste(image.convert("RGB"), mask=alpha)
    return Grounded(on_ground, colour, alpha)


def _vanishes(image: Image.Image, ground: Colour) -> bool:
    step = max(1, max(image.size) // _SIDE_PX)
    pixels = np.asarray(image)[::step, ::step].astype(np.float64)
    outline = pixels[_outline(pixels[..., 3])]
    if not len(outline):
        return False
    seen = np.abs(outline[:, :3] - ground).max(axis=1) * outline[:, 3] / 255
    return bool((seen < _STANDS_OUT).mean() > 0.5)


def _outline(alpha: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels of what there is to see touch what is clear; all, where nothing is clear."""
    there = alpha * 2 > alpha.max()
    padded = np.pad(there, 1, constant_values=True)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline: NDArray[np.bool_] = there & ~inside
    return outline if outline.any() else there
