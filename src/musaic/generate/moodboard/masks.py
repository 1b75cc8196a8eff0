"""Shapes with smooth edges, mode L."""

import math
from functools import lru_cache

from PIL import Image, ImageDraw

_FINER = 4


def rounded_mask(size: tuple[int, int], radius: float) -> Image.Image:
    """Return a rectangle with round corners; only the corners are drawn finely."""
    mask = Image.new("L", size, 255)
    side = min(math.ceil(radius), min(size) // 2)
    if side < 1:
        return mask
    disc = disc_mask(2 * side)
    for across in (0, 1):
        for down in (0, 1):
            corner = disc.crop((across * side, down * side, (across + 1) * side, (down + 1) * side))
            mask.paste(corner, (across * (size[0] - side), down * (size[1] - side)))
    return mask


@lru_cache(maxsize=64)
def disc_mask(side: int) -> Image.Image:
    """Return a disc that fills a square."""
    return oval_mask((side, side))


def oval_mask(size: tuple[int, int]) -> Image.Image:
    """Return an ellipse that fills a rectangle."""
    fine = Image.new("L", (max(1, size[0]) * _FINER, max(1, size[1]) * _FINER))
    ImageDraw.Draw(fine).ellipse((0, 0, fine.width - 1, fine.height - 1), fill=255)
    return fine.resize((max(1, size[0]), max(1, size[1])), Image.Resampling.BOX)


def arch_mask(size: tuple[int, int]) -> Image.Image:
    """Return an arch: a half disc on a rectangle."""
    width, height = size
    mask = Image.new("L", size, 255)
    disc = oval_mask((width, min(width, 2 * height)))
    mask.paste(disc.crop((0, 0, width, disc.height // 2)), (0, 0))
    return mask


def drum_mask(size: tuple[int, int], lid: int) -> Image.Image:
    """Return a cylinder seen from a little above, whose lid is an ellipse `lid` pixels high."""
    width, height = size
    mask = Image.new("L", size, 255)
    oval = oval_mask((width, lid))
    mask.paste(oval.crop((0, 0, width, lid // 2)), (0, 0))
    mask.paste(oval.crop((0, lid - lid // 2, width, lid)), (0, height - lid // 2))
    return mask
