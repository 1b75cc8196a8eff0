"""Photos that stay whole, as an editorial page: tiles in rows or columns with even gutters, cut-outs among them."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from musaic.generate.moodboard.boxes import Box, fitted
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scene import Placed, Prop, Scene, not_blown_up

# How much of a photo its tile may hide, as a ratio of aspects.
_MOST_CROP = 1.45
_MOST_STRETCH = 1.18
# What a cut-out wants its tile to be, width by height.
_WIDEST, _NARROWEST = 1.35, 0.72
_GUTTER = 0.014
# A way that costs so much more than the best is no variant, but a mistake.
_MUCH_WORSE = 0.45
# So is one with lines that are so many times as thick as others.
_MOST_ODDS = 3.2


class _Way(NamedTuple):
    cost: float
    odds: float
    across: bool
    lines: tuple[int, ...]


def collage(pieces: Sequence[Piece], size: tuple[int, int], variant: int) -> Scene:
    """Fill a stage with tiles; each variant divides it in another way.

    Args:
        pieces: In order, at least one.
        size: Width and height of the stage.
        variant: 0 for the way that crops least.
    """
    gutter = _GUTTER * math.sqrt(size[0] * size[1])
    # A page that bleeds to the edge, or one with a margin.
    margin = 0.0 if variant % 3 == 0 and not (len(pieces) == 1 and variant) else (2.2 + variant % 3) * gutter
    stage = Box(0, 0, *size).grown(-margin)
    ordered = list(pieces) if variant % 4 < 2 else [*pieces[1:], pieces[0]]
    if len(pieces) == 1:
        tiles = [_held(stage, _wanted(pieces[0]))]
    else:
        ways = _ways([_wanted(piece) for piece in ordered], stage, gutter)
        tiles = _tiled([_wanted(piece) for piece in ordered], stage, gutter, ways[variant % len(ways)])
    placed = [_set(piece, tile, size) for piece, tile in zip(ordered, tiles, strict=True)]
    props = [
        Prop("panel", tile, tone)
        for tone, (piece, tile) in enumerate(zip(ordered, tiles, strict=True))
        if piece.look == "cut"
    ]
    return Scene(tuple(placed), tuple(props), None)


def _wanted(piece: Piece) -> float:
    """Return the aspect a piece wants for its tile."""
    if piece.look == "cut":
        return min(_WIDEST, max(_NARROWEST, piece.aspect))
    return min(3.0, max(0.4, piece.aspect))


def _set(piece: Piece, tile: Box, size: tuple[int, int]) -> Placed:
    if piece.look != "cut":
        # On whole pixels neighbours and edges of the stage meet exactly.
        x, y = round(tile.x), round(tile.y)
        return Placed(piece, Box(x, y, round(tile.right) - x, round(tile.bottom) - y), "flat")
    width, height = fitted(piece.aspect, tile.area, 0.80 * tile.w, 0.82 * tile.h)
    width, height = not_blown_up(piece, width, height, Box(0, 0, *size))
    box = Box(tile.x + (tile.w - width) / 2, tile.y + (tile.h - height) / 2, width, height)
    return Placed(piece, box, "lies")


def _held(stage: Box, aspect: float) -> Box:
    """Return the middle of a stage, as near to an aspect as a photo can be cropped to."""
    ratio = stage.w / stage.h / aspect
    if ratio > _MOST_CROP:
        width = stage.w * _MOST_CROP / ratio
        return Box(stage.x + (stage.w - width) / 2, stage.y, width, stage.h)
    height = stage.h * min(1.0, _MOST_CROP * ratio)
    return Box(stage.x, stage.y + (stage.h - height) / 2, stage.w, height)


def _ways(aspects: Sequence[float], stage: Box, gutter: float) -> list[_Way]:
    """Return ways to deal tiles into rows or columns, the one that crops least first."""
    ways = [
        _Way(*_cost(aspects, stage, gutter, across, lines), across, lines)
        for across in (True, False)
        for count in range(1, len(aspects) + 1)
        for lines in _deals(len(aspects), count)
    ]
    # A single line the other way round is the same page as one line for each.
    best = {(way.across, len(way.lines)): way for way in sorted(ways, reverse=True)}
    ranked = sorted(best.values())
    return [
        way
        for way in ranked[:4]
        if way is ranked[0] or (way.cost < ranked[0].cost + _MUCH_WORSE and way.odds < _MOST_ODDS)
    ]


def _deals(count: int, lines: int) -> list[tuple[int, ...]]:
    """Return how many go into each line: as evenly as can be, or with a first line of fewer."""
    least, more = divmod(count, lines)
    even = tuple(least + (line >= lines - more) for line in range(lines))
    if lines < 2 or even[0] < 2:
        return [even]
    rest = _deals(count - 1, lines - 1)[0]
    return [even, (1, *rest)]


def _lengths(
    aspects: Sequence[float], stage: Box, gutter: float, across: bool, lines: tuple[int, ...]
) -> list[float]:
    """Return how thick each line is when it is filled with uncropped tiles."""
    length = stage.w if across else stage.h
    thick = []
    for start, end in itertools.pairwise((0, *itertools.accumulate(lines))):
        shares = [each if across else 1 / each for each in aspects[start:end]]
        thick.append(max(1.0, length - gutter * (end - start - 1)) / sum(shares))
    return thick


def _cost(
    aspects: Sequence[float], stage: Box, gutter: float, across: bool, lines: tuple[int, ...]
) -> tuple[float, float]:
    """Return how bad a way is, and how many times as thick as another a line of it is."""
    thick = _lengths(aspects, stage, gutter, across, lines)
    room = max(1.0, (stage.h if across else stage.w) - gutter * (len(lines) - 1))
    # Tiles of one page may differ in size, but not as a stamp differs from a poster.
    odds = max(thick) / min(thick)
    return abs(math.log(room / sum(thick))) + 0.22 * math.log(odds), odds


def _tiled(aspects: Sequence[float], stage: Box, gutter: float, way: _Way) -> list[Box]:
    thick = _lengths(aspects, stage, gutter, way.across, way.lines)
    room = max(1.0, (stage.h if way.across else stage.w) - gutter * (len(way.lines) - 1))
    stretch = min(_MOST_STRETCH, room / sum(thick))
    shrink = min(1.0, room / sum(thick) * _MOST_STRETCH)
    if shrink < 1.0:
        # Too long for the stage at this width: a narrower page in its middle.
        less = 0.5 * (1 - shrink) * (stage.w if way.across else stage.h)
        stage = stage.inset(less, 0, less, 0) if way.across else stage.inset(0, less, 0, less)
        thick = _lengths(aspects, stage, gutter, way.across, way.lines)
        stretch = room / sum(thick)
    spare = room - stretch * sum(thick)
    tiles, top = [], (stage.y if way.across else stage.x) + spare / 2
    for (start, end), high in zip(
        itertools.pairwise((0, *itertools.accumulate(way.lines))), thick, strict=True
    ):
        left = stage.x if way.across else stage.y
        for aspect in aspects[start:end]:
            wide = high * (aspect if way.across else 1 / aspect)
            box = (left, top, wide, high * stretch) if way.across else (top, left, high * stretch, wide)
            tiles.append(Box(*box))
            left += wide + gutter
        top += high * stretch + gutter
    return tiles
