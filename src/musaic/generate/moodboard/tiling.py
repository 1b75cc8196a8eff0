"""Tiles that fill a rectangle in lines, with one gap between all of them. Nothing here draws."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from musaic.generate.moodboard.boxes import Box, shared

# Tiles of one page may differ in size, but not as a stamp differs from a poster.
_UNEVEN, _MOST_ODDS = 0.35, 4.0
# Nor is a mat much larger than its picture.
_MATTED = 0.7


# The mat round a picture that does not fill its tile, as a part of the tile's shorter side.
MAT = 0.07
# A tile that is thinner shows nothing.
_LEAST_PX = 12
# What a picture may differ from its tile's shape and fill it: so much stretch nobody sees.
_ALIKE = 0.012


class Shape(NamedTuple):
    """What a tile is for: the aspect that it should have, and the most pixels that its picture is wide."""

    aspect: float
    most_w: float


class Way(NamedTuple):
    """How tiles are dealt: into rows (`across`) or columns, and how many go into each."""

    across: bool
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be dealt.

    Attributes:
        shapes: Of the tiles, in order.
        gap: Between neighbours, pixels.
        below: What each tile needs below it for its caption, pixels.
    """

    shapes: tuple[Shape, ...]
    gap: int
    below: int

    def tiles(self, way: Way, stage: Box) -> list[Box]:
        """Return a tile for each aspect; together with gaps and captions they fill the stage exactly."""
        thick = self._thickness(way, stage.w if way.across else stage.h)
        captions = self.below * len(thick) if way.across else 0
        room = (stage.h if way.across else stage.w) - self.gap * (len(thick) - 1) - captions
        start, tiles = stage.y if way.across else stage.x, []
        for line, deep in zip(self._lines(way), shared(max(room, len(thick)), thick), strict=True):
            tiles += self._line(way, line, stage, start, deep)
            start += deep + self.gap + (self.below if way.across else 0)
        return tiles

    def depth(self, way: Way, length: int) -> float:
        """Return how deep a stage of a length must be for every tile to have its aspect."""
        thick = self._thickness(way, length)
        return sum(thick) + self.gap * (len(thick) - 1) + (self.below * len(thick) if way.across else 0)

    def cost(self, way: Way, stage: Box) -> float:
        """Return how small pictures are, and how far from one size: the logarithm of what would be better."""
        tiles = self.tiles(way, stage)
        if min(min(tile.w, tile.h) for tile in tiles) < _LEAST_PX:
            return math.inf
        areas = [_area(tile, shape) for tile, shape in zip(tiles, self.shapes, strict=True)]
        frames = [tile.w * tile.h for tile in tiles]
        uneven, odds = max(areas) / min(areas), max(1.0, max(frames) / min(frames) / _MOST_ODDS)
        matted = sum(frames) / sum(areas)
        return (
            _UNEVEN * math.log(uneven)
            + _MATTED * math.log(matted)
            - math.log(sum(areas))
            + 4 * math.log(odds)
        )

    def ways(self) -> list[Way]:
        """Return ways to deal the tiles: evenly, or with a first line of one."""
        count = len(self.shapes)
        lines = {deal for lines in range(1, count + 1) for deal in _deals(count, lines)}
        ways = [Way(across, deal) for across in (True, False) for deal in sorted(lines)]
        # One line of all across is one tile in each line down, but for the caption.
        return ways if count > 1 else ways[:1]

    def _lines(self, way: Way) -> list[tuple[float, ...]]:
        ends = (0, *itertools.accumulate(way.lines))
        aspects = tuple(shape.aspect for shape in self.shapes)
        return [aspects[start:end] for start, end in itertools.pairwise(ends)]

    def _thickness(self, way: Way, length: int) -> list[float]:
        """Return how thick each line is when tiles of their aspects fill its length."""
        thick = []
        for line in self._lines(way):
            weights = [aspect if way.across else 1 / aspect for aspect in line]
            thick.append(max(1.0, self._free(way, length, len(line)) / sum(weights)))
        return thick

    def _free(self, way: Way, length: int, count: int) -> int:
        """Return what tiles have of the length of a line, without gaps and captions."""
        captions = 0 if way.across else self.below * count
        return max(count, length - self.gap * (count - 1) - captions)

    def _line(self, way: Way, line: Sequence[float], stage: Box, start: int, deep: int) -> list[Box]:
        weights = [aspect if way.across else 1 / aspect for aspect in line]
        length = stage.w if way.across else stage.h
        tiles, at = [], stage.x if way.across else stage.y
        for long in shared(self._free(way, length, len(line)), weights):
            long, deep = max(1, long), max(1, deep)
            tiles.append(Box(at, start, long, deep) if way.across else Box(start, at, deep, long))
            at += long + self.gap + (0 if way.across else self.below)
        return tiles


def fills(tile: Box, aspect: float, most_w: float) -> bool:
    """Say whether a picture of an aspect fills a tile edge to edge."""
    return abs(tile.w / tile.h / aspect - 1) < _ALIKE and tile.w <= most_w


def _area(tile: Box, shape: Shape) -> float:
    if fills(tile, *shape):
        return tile.w * tile.h
    mat = MAT * min(tile.w, tile.h)
    width = min(tile.w - 2 * mat, (tile.h - 2 * mat) * shape.aspect, shape.most_w)
    return max(1.0, width * width / shape.aspect)


def _deals(count: int, lines: int) -> list[tuple[int, ...]]:
    """Return how many tiles go into each line: as evenly as can be, or with a first line of one."""
    least, more = divmod(count, lines)
    even = tuple(least + (line >= lines - more) for line in range(lines))
    if lines < 2 or even[0] < 2:
        return [even]
    return [even, (1, *_deals(count - 1, lines - 1)[0])]
