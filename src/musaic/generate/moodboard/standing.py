"""Compositions in which one looks at a wall and a floor: a hero, and what goes with it in rows on floor and shelves."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from musaic.generate.moodboard.boxes import Box, fitted
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.podiums import raised, under
from musaic.generate.moodboard.scene import (
    Placed,
    Prop,
    PropKind,
    Scene,
    Stance,
    mirrored,
    not_blown_up,
    signs_in,
)

_THIRD = 0.36
_FLOOR = 0.865
# A stage narrower than this is built upwards.
_HIGH = 0.85


def left(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """The hero on the left, the rest to its right."""
    return _beside(pieces, logos, size, arch=False)


def right_with_arch(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """The hero on the right before an arch, the rest to its left."""
    return mirrored(_beside(pieces, logos, size, arch=True), size[0])


def _beside(pieces: list[Piece], logos: list[Piece], size: tuple[int, int], *, arch: bool) -> Scene:
    """Put the hero on the left third line, what goes with it to its right; above it on a high stage."""
    if _peers(pieces, size):
        return _side_by_side(pieces, logos, size, behind="arch" if arch else None)
    room, corner = _room(size, logos)
    hero, *rest = pieces
    if size[0] < _HIGH * size[1] and rest:
        share = max(0.42, 0.66 - 0.04 * len(rest))
        upper, hero_box = room.split_down(1 - share)
        rest_box, first_shelf = upper.inset(0, 0, 0, 0.05 * room.h), 0
    else:
        share = max(0.36, 0.56 - 0.03 * len(rest))
        hero_box, rest_box = room.split_across(share) if rest else (_around_third(room, 0.72), room)
        first_shelf = 1
    placed_hero = _hero(hero, hero_box)
    most_area = 0.58 * placed_hero.box.area / hero.weight
    placed, props = _rows(rest, rest_box, most_area=most_area, first_shelf=first_shelf)
    behind = [Prop("arch", _arch_box(placed_hero.box, room))] if arch else []
    signs, plates = signs_in(logos, corner)
    return Scene((placed_hero, *placed, *signs), (*behind, *props, *plates), _FLOOR - 0.075)


def centre(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """The hero in the middle before a disc, the rest on both sides."""
    return _between(pieces, logos, size, podium=False)


def podium(pieces: list[Piece], logos: list[Piece], size: tuple[int, int]) -> Scene:
    """The hero on a podium before a disc, the rest on both sides."""
    return _between(pieces, logos, size, podium=True)


def _between(pieces: list[Piece], logos: list[Piece], size: tuple[int, int], *, podium: bool) -> Scene:
    """Put the hero in the middle, what goes with it on both sides."""
    if _peers(pieces, size):
        return _side_by_side(pieces, logos, size, behind="podium" if podium else "disc")
    if size[0] < _HIGH * size[1]:
        scene = _beside(pieces, logos, size, arch=False)
        hero = scene.placed[0].box
        return replace(scene, props=(_disc(hero, size, 0.5), *scene.props))
    room, corner = _room(size, logos)
    first, *rest = pieces
    share = max(0.34, 0.52 - 0.03 * len(rest)) if rest else 0.7
    side = (1 - share) / 2
    west, others = room.split_across(side)
    middle, east = others.split_across(share / (1 - side))
    step = round(0.105 * room.h) if podium else 0
    placed_hero = _hero(first, middle.inset(0, 0, 0, step))
    most_area = 0.6 * placed_hero.box.area / first.weight
    one, shelves, two, more = _both_sides(rest, west, east, most_area)
    props = [_disc(placed_hero.box, size, 0.56 if podium else 0.66)]
    if podium:
        width = min(1.25 * placed_hero.box.w + 0.12 * middle.w, 0.98 * middle.w)
        props.append(under(placed_hero.box, width, step))
        placed_hero = replace(placed_hero, stance="raised")
    signs, plates = signs_in(logos, corner)
    return Scene((placed_hero, *one, *two, *signs), (*props, *shelves, *more, *plates), _FLOOR - 0.075)


def _peers(pieces: Sequence[Piece], size: tuple[int, int]) -> bool:
    """Say whether a few pieces matter alike and have room side by side: then none of them is made the hero."""
    most = 2 if size[0] < _HIGH * size[1] else 4
    return 2 <= len(pieces) <= most and len({piece.weight for piece in pieces}) == 1


def _side_by_side(
    pieces: Sequence[Piece], logos: Sequence[Piece], size: tuple[int, int], *, behind: PropKind | None
) -> Scene:
    """Stand pieces of one weight in a row, or in two on a high stage, as large as one another."""
    room, corner = _room(size, logos)
    # A high stage has much wall to be filled.
    behind = behind or ("disc" if size[0] < _HIGH * size[1] else None)
    step = round(0.09 * min(room.h, 1.2 * room.w)) if behind == "podium" else 0
    stand = room.inset(0, 0, 0, step)
    count = 1 if size[0] >= _HIGH * size[1] else _best_rows(pieces, stand)[0]
    scale = _row_scale(_in_rows(pieces, count), stand)
    placed, shelves = _shelved(pieces, stand, count, scale, most_area=size[0] * size[1])
    signs, plates = signs_in(logos, corner)
    floor = _FLOOR - 0.075
    if behind == "podium":
        low = [each for each in placed if each.box.bottom > stand.bottom - 1]
        lifted, props = raised(low, room, step)
        placed = [*lifted, *(each for each in placed if each not in low)]
    else:
        props = [_behind(behind, each.box, room, size) for each in placed[:1] if behind]
    return Scene((*placed, *signs), (*props, *shelves, *plates), floor)


def _behind(kind: PropKind, box: Box, room: Box, size: tuple[int, int]) -> Prop:
    if kind == "arch":
        return Prop("arch", _arch_box(box, room))
    side = (0.74 if size[0] > size[1] else 0.92) * min(size)
    top = max(0.02 * size[1], box.y + 0.48 * box.h - side / 2)
    return Prop("disc", Box((size[0] - side) / 2, top, side, side))


def _both_sides(
    rest: Sequence[Piece], left: Box, right: Box, most_area: float
) -> tuple[list[Placed], list[Prop], list[Placed], list[Prop]]:
    """Deal pieces to both sides of a hero, in as many rows and as large on one side as on the other."""
    if len(rest) < 2:
        return (*_rows(rest, left, most_area=most_area), [], [])
    count = max(_best_rows(rest[0::2], left)[0], _best_rows(rest[1::2], right)[0])
    scale = min(_row_scale(_in_rows(side, min(count, len(side))), left) for side in (rest[0::2], rest[1::2]))
    return (
        *_shelved(rest[0::2], left, count, scale, most_area=most_area),
        *_shelved(rest[1::2], right, count, scale, most_area=most_area),
    )


def _room(size: tuple[int, int], logos: Sequence[Piece]) -> tuple[Box, Box]:
    """Return where things may stand, down to the floor they stand on, and the clear field of the logos."""
    width, height = size
    margin = 0.06 * min(size) + 0.01 * max(size)
    top = margin + (0.10 * height + 0.4 * margin if logos else 0)
    corner = Box(width - margin - 0.34 * width, 0.7 * margin, 0.34 * width, 0.10 * height)
    bottom = min(height * (_FLOOR + 0.03), height - 0.9 * margin)
    return Box(margin, top, width - 2 * margin, bottom - top), corner


def _around_third(room: Box, share: float) -> Box:
    width = share * room.w
    left = min(max(room.x, room.x + _THIRD * room.w - width / 2 + 0.03 * room.w), room.right - width)
    return Box(left, room.y, width, room.h)


def _hero(piece: Piece, box: Box) -> Placed:
    width, height = fitted(piece.aspect, 0.74 * box.area, 0.96 * box.w, 0.97 * box.h)
    width, height = not_blown_up(piece, width, height, box)
    middle = box.x + box.w / 2
    return Placed(piece, Box(middle - width / 2, box.bottom - height, width, height), _stance(piece))


def _stance(piece: Piece) -> Stance:
    return "hangs" if piece.role == "garment" and piece.look == "cut" else "stands"


def _rows(
    pieces: Sequence[Piece], box: Box, *, most_area: float, first_shelf: int = 1
) -> tuple[list[Placed], list[Prop]]:
    """Stand pieces in rows, those below the first shelf on the floor, as large as will go."""
    if not pieces:
        return [], []
    way = _best_rows(pieces, box)
    return _shelved(pieces, box, *way, most_area=most_area, first_shelf=first_shelf)


def _best_rows(pieces: Sequence[Piece], box: Box) -> tuple[int, float]:
    """Return in how many rows pieces are largest, and their scale."""
    counts = range(1, len(pieces) + 1)
    scales = {count: _row_scale(_in_rows(pieces, count), box) for count in counts}
    count = max(counts, key=lambda each: (round(scales[each], 4), -each))
    return count, scales[count]


def _shelved(
    pieces: Sequence[Piece], box: Box, count: int, scale: float, *, most_area: float, first_shelf: int = 1
) -> tuple[list[Placed], list[Prop]]:
    count, scale = min(count, len(pieces)), min(scale, math.sqrt(most_area))
    placed: list[Placed] = []
    props: list[Prop] = []
    bottom = box.bottom
    board = max(2.0, 0.010 * math.sqrt(box.area))
    for level, row in enumerate(_in_rows(pieces, count)):
        sizes = [_natural(piece, scale, box) for piece in row]
        if level >= first_shelf:
            props.append(Prop("shelf", Box(box.x, bottom, box.w, board)))
        placed += _in_line(row, sizes, box, bottom)
        bottom -= min(max(height for _, height in sizes) * 1.2 + 2 * board, box.h / count)
    return placed, props


def _in_rows(pieces: Sequence[Piece], count: int) -> list[list[Piece]]:
    """Deal pieces into rows whose lengths differ by one at most, the lowest first."""
    least, more = divmod(len(pieces), count)
    starts = [row * least + min(row, more) for row in range(count + 1)]
    return [list(pieces[start:end]) for start, end in itertools.pairwise(starts)]


def _row_scale(rows: Sequence[Sequence[Piece]], box: Box) -> float:
    """Return the largest scale at which every row is short and low enough; weights are areas at scale 1."""
    usable = 0.92 * box.h if len(rows) == 1 else 0.76 * box.h / len(rows)
    scales = []
    for row in rows:
        widths = [math.sqrt(piece.weight * piece.aspect) for piece in row]
        heights = [math.sqrt(piece.weight / piece.aspect) for piece in row]
        scales.append(min(0.86 * box.w / (sum(widths) * (1 + 0.1 * (len(row) > 1))), usable / max(heights)))
    return min(scales)


def _natural(piece: Piece, scale: float, box: Box) -> tuple[float, float]:
    width = scale * math.sqrt(piece.weight * piece.aspect)
    return not_blown_up(piece, width, width / piece.aspect, box)


def _in_line(
    row: Sequence[Piece], sizes: Sequence[tuple[float, float]], box: Box, bottom: float
) -> list[Placed]:
    free = box.w - sum(width for width, _ in sizes)
    gap = min(free / (len(row) + 1), 0.16 * box.w, 0.4 * box.h)
    left = box.x + (free - gap * (len(row) - 1)) / 2
    placed = []
    for piece, (width, height) in zip(row, sizes, strict=True):
        placed.append(Placed(piece, Box(left, bottom - height, width, height)))
        left += width + gap
    return placed


# --- what stands behind ------------------------------------------------------------------------------


def _disc(hero: Box, size: tuple[int, int], share: float) -> Prop:
    side = min(
        max(1.12 * max(hero.w, 0.72 * hero.h), share * min(size)), 0.94 * min(size[0], size[1] * _FLOOR)
    )
    middle = min(max(hero.x + hero.w / 2, side / 2), size[0] - side / 2)
    top = max(0.03 * size[1], hero.y + 0.42 * hero.h - side / 2)
    return Prop("disc", Box(middle - side / 2, min(top, size[1] * _FLOOR - side), side, side))


def _arch_box(hero: Box, room: Box) -> Box:
    width = min(max(1.35 * hero.w, 0.5 * hero.h), 0.62 * room.w if room.w > room.h else room.w)
    height = min(max(1.16 * hero.h, 1.2 * width), hero.bottom - 0.55 * room.y)
    middle = hero.x + hero.w / 2
    left = min(max(middle - width / 2, 0.4 * room.x), room.right + 0.6 * room.x - width)
    return Box(left, hero.bottom - height, width, height - 0.035 * room.h)
