"""Rectangles on whole pixels, and sharing a length out so that nothing is left over."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """An upright rectangle: left, top, width, height, in pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.h

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow takes them."""
        return self.x, self.y, self.right, self.bottom

    def inset(self, left: int, top: int, right: int, bottom: int) -> "Box":
        """Return the box with something taken off its sides, a pixel being left at least."""
        return Box(self.x + left, self.y + top, max(1, self.w - left - right), max(1, self.h - top - bottom))

    def holding(self, width: float, height: float) -> "Box":
        """Return a box of a size in the middle of this one."""
        wide, high = max(1, round(width)), max(1, round(height))
        return Box(self.x + (self.w - wide) // 2, self.y + (self.h - high) // 2, wide, high)


def shared(total: int, weights: Sequence[float]) -> list[int]:
    """Return parts of a length in proportion to weights, whole pixels that add up to it.

    Example:
        >>> shared(10, [1, 1, 1])
        [3, 4, 3]
    """
    whole, ends, reached = sum(weights), [0], 0.0
    for weight in weights:
        reached += weight
        ends.append(round(total * reached / whole))
    return [end - start for start, end in itertools.pairwise(ends)]
