"""Rectangles, and keeping them clear of each other."""

import math
from collections.abc import Sequence
from typing import NamedTuple

_ROUNDS = 120
# What two upright boxes may share of the smaller one: products seldom fill their corners.
_MOST_OVERLAP = 0.02
_SHRINK = 0.94


class Box(NamedTuple):
    """An upright rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    @property
    def area(self) -> float:
        """Width by height."""
        return self.w * self.h

    def inset(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """Return the box with something taken off its sides."""
        return Box(self.x + left, self.y + top, self.w - left - right, self.h - top - bottom)

    def grown(self, by: float) -> "Box":
        """Return the box with something added on all sides."""
        return self.inset(-by, -by, -by, -by)

    def split_across(self, share: float) -> tuple["Box", "Box"]:
        """Return the left part and the rest."""
        return self.inset(0, 0, (1 - share) * self.w, 0), self.inset(share * self.w, 0, 0, 0)

    def split_down(self, share: float) -> tuple["Box", "Box"]:
        """Return the upper part and the rest."""
        return self.inset(0, 0, 0, (1 - share) * self.h), self.inset(0, share * self.h, 0, 0)

    def mirrored(self, width: float) -> "Box":
        """Return the box in a mirror in the middle of a stage of some width."""
        return self._replace(x=width - self.right)

    def overlap(self, other: "Box") -> tuple[float, float]:
        """Return how far two boxes reach into each other, across and down; negative where they do not."""
        across = min(self.right, other.right) - max(self.x, other.x)
        return across, min(self.bottom, other.bottom) - max(self.y, other.y)


def fitted(aspect: float, area: float, most_w: float, most_h: float) -> tuple[float, float]:
    """Return width and height of an aspect, with an area where that is no wider and no higher than allowed."""
    width = min(math.sqrt(area * aspect), most_w, most_h * aspect)
    return width, width / aspect


def clear_of_each_other(wanted: Sequence[Box], stage: Box, fixed: Sequence[Box]) -> list[Box]:
    """Move boxes as little as needed so that they lie on the stage and apart; shrink all where they cannot.

    Args:
        wanted: The first is moved least.
        stage: What they must lie on.
        fixed: What they must stay clear of.
    """
    scale = 1.0
    while True:
        boxes = [_scaled(box, scale) for box in wanted]
        for _ in range(_ROUNDS):
            boxes = [_inside(box, stage) for box in _pushed(boxes, fixed)]
            if scale < 0.02 or _worst(boxes, fixed) <= _MOST_OVERLAP:
                return boxes
        scale *= _SHRINK


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x + box.w * (1 - scale) / 2, box.y + box.h * (1 - scale) / 2, box.w * scale, box.h * scale)


def _inside(box: Box, stage: Box) -> Box:
    x = min(max(box.x, stage.x), max(stage.x, stage.right - box.w))
    return box._replace(x=x, y=min(max(box.y, stage.y), max(stage.y, stage.bottom - box.h)))


def _pushed(boxes: list[Box], fixed: Sequence[Box]) -> list[Box]:
    """Push apart each pair that overlaps, along the shorter way out; the later one goes farther."""
    boxes = list(boxes)
    for second in range(len(boxes)):
        for first in range(second):
            move = _way_out(boxes[second], boxes[first])
            boxes[second] = _shifted(boxes[second], move, 0.7)
            boxes[first] = _shifted(boxes[first], move, -0.3 if first else -0.12)
        for obstacle in fixed:
            boxes[second] = _shifted(boxes[second], _way_out(boxes[second], obstacle), 1.0)
    return boxes


def _way_out(box: Box, other: Box) -> tuple[float, float]:
    across, down = box.overlap(other)
    if across <= 0 or down <= 0:
        return 0.0, 0.0
    if across < down:
        return (across if box.x + box.w / 2 >= other.x + other.w / 2 else -across), 0.0
    return 0.0, (down if box.y + box.h / 2 >= other.y + other.h / 2 else -down)


def _shifted(box: Box, move: tuple[float, float], part: float) -> Box:
    return box._replace(x=box.x + part * move[0], y=box.y + part * move[1])


def _worst(boxes: Sequence[Box], fixed: Sequence[Box]) -> float:
    """Return the largest share of a box that another one covers."""
    worst = 0.0
    for second, box in enumerate(boxes):
        for other in (*boxes[:second], *fixed):
            across, down = box.overlap(other)
            if across > 0 and down > 0:
                worst = max(worst, across * down / max(1e-9, min(box.area, other.area)))
    return worst
