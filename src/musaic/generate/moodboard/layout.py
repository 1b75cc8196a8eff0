"""Where everything is on a board: one margin all round, a strip of words at one side, tiles in lines beside it.

Every picture is whole, margins and gaps are equal to the pixel, and no two variants have their words at one side.
Nothing here draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.strip import Legend, foot_height, side_width
from musaic.generate.moodboard.tiles import most_w
from musaic.generate.moodboard.tiling import Page, Shape, Way

# How many layouts there are; the table of models says the same of what can be asked for.
LAYOUTS = 4

Side = Literal["foot", "head", "left", "right"]
_SIDES: tuple[Side, ...] = ("foot", "right", "head", "left")
# A tile is no longer and no higher than this; of a picture that is, it is the frame.
_LEAST_ASPECT, _MOST_ASPECT = 0.62, 1.7
_LEAST_CUT, _MOST_CUT = 0.75, 1.35
# The most of a board that words take where they need it, and where pictures of their own shape leave it over.
_MOST_WORDS, _MOST_PAPER = 0.42, 0.64
# A second way to deal the tiles is taken if it is not so much worse than the best.
_MUCH_WORSE = 0.25


@dataclass(frozen=True, slots=True)
class Layout:
    """A board divided.

    Attributes:
        strip: Of the words.
        tiles: Of the pieces, in their order, without captions.
        margin: All round, pixels.
        gap: Between tiles, pixels.
    """

    strip: Box
    tiles: tuple[Box, ...]
    margin: int
    gap: int


def margin_of(size: tuple[int, int]) -> int:
    """Return the margin of a board of a size."""
    return max(6, round(min(0.042 * math.sqrt(size[0] * size[1]), 0.07 * min(size))))


def arrange(pieces: Sequence[Piece], size: tuple[int, int], legend: Legend, variant: int) -> Layout:
    """Place pieces, at least one, and the words.

    Args:
        pieces: In the order in which they are to be seen.
        size: Width and height of the board.
        legend: Whose words have to fit.
        variant: 1 for the first; after four the layouts come round again.
    """
    margin = margin_of(size)
    gap = max(3, margin // 2)
    inner = Box(0, 0, *size).inset(margin, margin, margin, margin)
    shapes = tuple(Shape(_wanted(piece), most_w(piece)) for piece in pieces)
    page = Page(shapes, gap, caption_height(legend, size))
    rooms = [_Room(page, inner, side, margin, *_span(inner, side, legend)) for side in _SIDES]
    if min(map(rooms[1].cost, page.ways())) < min(map(rooms[0].cost, page.ways())):
        # The side that leaves pictures larger comes first.
        rooms = [rooms[1], rooms[0], rooms[3], rooms[2]]
    number = (variant - 1) % LAYOUTS
    room = rooms[number]
    ranked = sorted((room.cost(way), way) for way in page.ways())
    other = number >= LAYOUTS // 2 and len(ranked) > 1 and ranked[1][0] < ranked[0][0] + _MUCH_WORSE
    return room.filled(ranked[int(other)][1])


def caption_height(legend: Legend, size: tuple[int, int]) -> int:
    """Return what a caption needs below a tile; on a board too small for words there is none."""
    return round(1.9 * legend.em) if min(size) > 16 * legend.em else 0


def _wanted(piece: Piece) -> float:
    """Return the aspect of the tile of a piece."""
    least, most = (_LEAST_CUT, _MOST_CUT) if piece.cut else (_LEAST_ASPECT, _MOST_ASPECT)
    return min(most, max(least, piece.aspect))


def _span(inner: Box, side: Side, legend: Legend) -> tuple[int, int]:
    """Return how deep the strip is at least and at most."""
    length, need = (
        (inner.h, foot_height(legend, inner.w))
        if side in ("foot", "head")
        else (inner.w, side_width(legend, inner.h, inner.w))
    )
    return round(min(need, _MOST_WORDS * length)), round(_MOST_PAPER * length)


@dataclass(frozen=True, slots=True)
class _Room:
    """A board with its words at one side, as deep as the pictures leave room for."""

    page: Page
    inner: Box
    side: Side
    margin: int
    least: int
    most: int

    def cost(self, way: Way) -> float:
        return self.page.cost(way, self._stage(self._depth(way)))

    def filled(self, way: Way) -> Layout:
        depth = self._depth(way)
        tiles = self.page.tiles(way, self._stage(depth))
        return Layout(self._strip(depth), tuple(tiles), self.margin, self.page.gap)

    def _stage(self, depth: int) -> Box:
        off = depth + self.margin
        sides = {
            "left": (off, 0, 0, 0),
            "head": (0, off, 0, 0),
            "right": (0, 0, off, 0),
            "foot": (0, 0, 0, off),
        }
        return self.inner.inset(*sides[self.side])

    def _strip(self, depth: int) -> Box:
        x, y, w, h = self.inner
        match self.side:
            case "foot":
                return Box(x, self.inner.bottom - depth, w, depth)
            case "head":
                return Box(x, y, w, depth)
            case "right":
                return Box(self.inner.right - depth, y, depth, h)
            case "left":
                return Box(x, y, depth, h)

    def _depth(self, way: Way) -> int:
        """Return the depth of the strip at which pictures are largest: what it needs, or what their shapes leave."""
        low, high = self.least, max(self.least, self.most)
        rising = self._lack(way, high) > self._lack(way, low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if (self._lack(way, middle) < 0) == rising else (low, middle)
        return min((self.least, low, high), key=lambda depth: self.page.cost(way, self._stage(depth)))

    def _lack(self, way: Way, depth: int) -> float:
        stage = self._stage(depth)
        length, deep = (stage.w, stage.h) if way.across else (stage.h, stage.w)
        return math.log(deep / self.page.depth(way, length))
