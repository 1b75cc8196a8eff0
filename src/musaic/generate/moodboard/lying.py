"""Compositions in which one looks down on a table: things strewn, things in a grid."""

import math
from collections.abc import Sequence
from dataclasses import replace

from musaic.generate.moodboard.boxes import Box, clear_of_each_other, fitted
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scene import Placed, Prop, Scene, not_blown_up, signs_in

_MOST_STREWN = 6
# A stage longer than this is filled in cells.
_LONG = 2.6


def diagonal(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """Lay the hero near the left third, the rest along the falling diagonal and round it, lightly turned."""
    width, height = size
    margin = 0.05 * min(size) + 0.008 * max(size)
    stage = Box(margin, margin, width - 2 * margin, height - 2 * margin)
    signs, plates = signs_in(logos, Box(width - margin - 0.3 * width, margin, 0.3 * width, 0.11 * height))
    if len(pieces) > _MOST_STREWN or max(size) > _LONG * min(size):
        return Scene((*_knolled(pieces, stage, signs), *signs), tuple(plates), None)
    fixed = [sign.box.grown(0.5 * margin) for sign in signs]
    ways = [_strewn(pieces, stage, fixed, start) for start in range(0, 360, 45)]
    return Scene((*max(ways, key=lambda way: way[0].box.area), *signs), tuple(plates), None)


def _strewn(pieces: Sequence[Piece], stage: Box, fixed: Sequence[Box], start_deg: float) -> list[Placed]:
    """Lay pieces round the hero, the first of them in a direction; as large as there is room."""
    unit = 0.62 * stage.area / max(1.3 * pieces[0].weight, sum(piece.weight for piece in pieces))
    wanted = []
    for index, (piece, (across, down)) in enumerate(zip(pieces, _spots(len(pieces), start_deg), strict=True)):
        most = (0.7 if index == 0 else 0.5) * min(stage.w, 1.6 * stage.h), 0.82 * stage.h
        wide, high = not_blown_up(piece, *fitted(piece.aspect, unit * piece.weight, *most), stage)
        box = Box(stage.x + across * stage.w - wide / 2, stage.y + down * stage.h - high / 2, wide, high)
        wanted.append(Placed(piece, box, "lies", _lean(index, piece)))
    boxes = clear_of_each_other([_turned(each) for each in wanted], stage, fixed)
    return [_moved(each, box) for each, box in zip(wanted, boxes, strict=True)]


def _knolled(pieces: Sequence[Piece], stage: Box, signs: Sequence[Placed]) -> list[Placed]:
    """Lay many pieces in the cells of an invisible grid, the hero in a larger one."""
    if signs:
        stage = stage.inset(0, max(sign.box.bottom for sign in signs) - stage.y, 0, 0)
    cells = _tiles(len(pieces), stage, 0.02 * min(stage.w, stage.h))
    placed = []
    for index, (piece, cell) in enumerate(zip(pieces, cells, strict=True)):
        sized = not_blown_up(
            piece, *fitted(piece.aspect, 0.62 * cell.area, 0.84 * cell.w, 0.84 * cell.h), cell
        )
        box = Box(cell.x + (cell.w - sized[0]) / 2, cell.y + (cell.h - sized[1]) / 2, *sized)
        placed.append(Placed(piece, box, "lies", 0.5 * _lean(index, piece)))
    return placed


def _lean(index: int, piece: Piece) -> float:
    return 0.0 if piece.look != "cut" and index == 0 else (-5.0, 7.0, -8.0, 5.0, -4.0, 9.0)[index % 6]


def _spots(count: int, start_deg: float) -> list[tuple[float, float]]:
    """Return middles as shares of the stage: the hero's, then evenly round it."""
    if count == 1:
        return [(0.42, 0.5)]
    if count == 2:
        return [(0.29, 0.46), (0.72, 0.54)]
    turn = 2 * math.pi / max(2, count - 1)
    angles = [math.radians(38 + start_deg) + index * turn for index in range(count - 1)]
    return [(0.42, 0.47), *((0.5 + 0.42 * math.cos(each), 0.5 + 0.42 * math.sin(each)) for each in angles)]


def _turned(placed: Placed) -> Box:
    """Return the upright box round a turned piece."""
    angle = math.radians(abs(placed.angle_deg))
    box = placed.box
    width = box.w * math.cos(angle) + box.h * math.sin(angle)
    height = box.w * math.sin(angle) + box.h * math.cos(angle)
    return Box(box.x + (box.w - width) / 2, box.y + (box.h - height) / 2, width, height)


def _moved(placed: Placed, box: Box) -> Placed:
    scale = box.w / _turned(placed).w
    width, height = placed.box.w * scale, placed.box.h * scale
    return replace(placed, box=Box(box.x + (box.w - width) / 2, box.y + (box.h - height) / 2, width, height))


def grid(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """Give each piece a tinted tile, the hero a larger one."""
    everything = [*pieces, *logos]
    margin = 0.035 * min(size) + 0.006 * max(size)
    gap = 0.45 * margin
    stage = Box(margin, margin, size[0] - 2 * margin, size[1] - 2 * margin)
    tiles = _tiles(len(everything), stage, gap)
    props = [Prop("tile", tile, tone) for tone, tile in enumerate(tiles)]
    placed = []
    for piece, tile in zip(everything, tiles, strict=False):
        width, height = fitted(piece.aspect, 0.56 * tile.area, 0.82 * tile.w, 0.82 * tile.h)
        width, height = not_blown_up(piece, width, height, tile)
        box = Box(tile.x + (tile.w - width) / 2, tile.y + (tile.h - height) / 2, width, height)
        placed.append(Placed(piece, box, "lies"))
    return Scene(tuple(placed), tuple(props), None)


def _tiles(count: int, stage: Box, gap: float) -> list[Box]:
    """Return a large tile and smaller ones that fill the rest of a stage without holes."""
    if count == 1:
        return [stage]
    small = count - 1
    if stage.w >= stage.h:
        share = max(0.34, min(0.62, stage.h / stage.w * (0.8 if small > 3 else 1.0)))
        first, rest = stage.split_across(share)
        first, rest = first.inset(0, 0, gap / 2, 0), rest.inset(gap / 2, 0, 0, 0)
    else:
        first, rest = stage.split_down(max(0.30, min(0.62, 0.9 * stage.w / stage.h)))
        first, rest = first.inset(0, 0, 0, gap / 2), rest.inset(0, gap / 2, 0, 0)
    rows = min(range(1, small + 1), key=lambda each: _squareness(small, each, rest))
    return [first, *_cells(small, rows, rest, gap)]


def _squareness(count: int, rows: int, box: Box) -> float:
    """Return how far from square the cells of a grid are; a last row with few cells counts too."""
    columns = math.ceil(count / rows)
    return abs(math.log((box.w / columns) / (box.h / rows))) + 0.5 * (columns * rows - count) / columns


def _cells(count: int, rows: int, box: Box, gap: float) -> list[Box]:
    ends = [round(count * (row + 1) / rows) for row in range(rows)]
    height = (box.h - gap * (rows - 1)) / rows
    cells = []
    for row, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        width = (box.w - gap * (end - start - 1)) / (end - start)
        top = box.y + row * (height + gap)
        cells += [Box(box.x + column * (width + gap), top, width, height) for column in range(end - start)]
    return cells
