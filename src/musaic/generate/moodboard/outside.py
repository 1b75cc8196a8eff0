"""Compositions on the picture of a place: everything stands on its ground, in rows one behind the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.podiums import raised
from musaic.generate.moodboard.scene import Placed, Prop, Scene, not_blown_up, signs_in

_MOST_ROWS = 4
# The farthest a row may stand, however low the horizon of the place is: what stands needs some ground.
_FARTHEST, _NEAREST = 0.82, 0.955
# The most of the distance to the row behind that a row may fill, and of the space above the farthest one.
_LOW, _HIGH = 0.84, 0.88
# Of a row's room: the most that pieces fill, the rest being gaps.
_FULL = 0.84
_MOST_PODIUMS = 3


@dataclass(frozen=True, slots=True)
class _Mood:
    """How one variant differs from another.

    Attributes:
        align: Where the farthest row stands, 0 for the left end, 1 for the right; nearer ones go the other way.
        hero: Where in its row the hero stands, 0 for the left end, 1 for the right.
        size: The part of the possible size that is used.
        podium: Whether the farthest row is on podiums.
    """

    align: float
    hero: float
    size: float = 1.0
    podium: bool = False


_MOODS = (
    _Mood(0.34, 0.0),
    _Mood(0.5, 0.5, 0.94, podium=True),
    _Mood(0.7, 1.0, 0.9),
    _Mood(0.5, 0.5),
    _Mood(0.62, 1.0, 0.94, podium=True),
    _Mood(0.2, 0.0, 0.84),
)


def on_ground(
    pieces: Sequence[Piece], logos: Sequence[Piece], size: tuple[int, int], variant: int, horizon: float
) -> Scene:
    """Stand pieces on the ground of a place, as large as there is room for.

    Args:
        pieces: The hero first.
        logos: What is a sign and does not stand.
        size: Width and height of the stage.
        variant: 1 for the first; each of six is another composition.
        horizon: Where the ground begins, 0 to 1 of the height.
    """
    mood = _MOODS[(variant - 1) % len(_MOODS)]
    margin = 0.05 * min(size) + 0.01 * max(size)
    signs, plates = _signs(logos, size, margin, alone=not pieces)
    top = max([margin, *(sign.box.bottom + 0.5 * margin for sign in signs)])
    room = Box(margin, top, size[0] - 2 * margin, _NEAREST * size[1] - top)
    if not pieces:
        return Scene(tuple(signs), tuple(plates), horizon)
    placed, props = _stood(pieces, room, min(horizon + 0.04, _FARTHEST) * size[1], mood)
    return Scene((*placed, *signs), (*props, *plates), horizon)


def _signs(
    logos: Sequence[Piece], size: tuple[int, int], margin: float, *, alone: bool
) -> tuple[list[Placed], list[Prop]]:
    width, height = size
    if alone:
        return signs_in(logos, Box(0.12 * width, 0.2 * height, 0.76 * width, 0.36 * height))
    return signs_in(logos, Box(width - margin - 0.34 * width, 0.7 * margin, 0.34 * width, 0.10 * height))


def _stood(pieces: Sequence[Piece], room: Box, far: float, mood: _Mood) -> tuple[list[Placed], list[Prop]]:
    rows = _best_rows(pieces, room, far)
    feet = _feet(len(rows), room, far)
    scale = mood.size * _scale(rows, feet, room)
    podium = mood.podium and len(rows[-1]) <= _MOST_PODIUMS
    step = 0.1 * min(feet[-1] - room.y, room.w) if podium else 0.0
    placed: list[Placed] = []
    props: list[Prop] = []
    for number in reversed(range(len(rows))):
        last = number == len(rows) - 1
        align = mood.align if (len(rows) - number) % 2 else 1 - mood.align
        row = _in_line(_ordered(rows[number], mood.hero if last else 0.5), scale, room, feet[number], align)
        if last and podium:
            lifted = [replace(each, box=each.box._replace(y=each.box.y - step)) for each in row]
            row, props = raised(lifted, room, step)
        placed += row
    return placed, props


def _feet(count: int, room: Box, far: float) -> list[float]:
    """Return where rows stand, the nearest first: a single one in the middle of the ground."""
    if count == 1:
        return [far + 0.6 * (room.bottom - far)]
    return [room.bottom - row * (room.bottom - far) / (count - 1) for row in range(count)]


def _best_rows(pieces: Sequence[Piece], room: Box, far: float) -> list[list[Piece]]:
    """Deal pieces into the rows in which they are largest, the hero and what is high farthest off."""
    hero, *rest = pieces
    tall_last = [*sorted(rest, key=lambda piece: (_natural(piece, 1)[1], -piece.number)), hero]
    ways = [
        _dealt(tall_last, back, nearer)
        for nearer in range(min(_MOST_ROWS, len(pieces)))
        for back in range(1, len(pieces) - nearer + 1)
        if nearer or back == len(pieces)
    ]
    # What hardly gains by it is not put into more rows.
    return max(ways, key=lambda rows: 0.93 ** len(rows) * _scale(rows, _feet(len(rows), room, far), room))


def _dealt(pieces: Sequence[Piece], back: int, nearer: int) -> list[list[Piece]]:
    """Split pieces into some even rows and a last one of a given length."""
    front = len(pieces) - back
    ends = [round(front * row / max(1, nearer)) for row in range(nearer + 1)]
    rows = [list(pieces[ends[row] : ends[row + 1]]) for row in range(nearer)]
    return [*rows, list(pieces[front:])]


def _scale(rows: Sequence[Sequence[Piece]], feet: Sequence[float], room: Box) -> float:
    """Return the largest scale at which all rows are short and low enough; weights are areas at scale 1."""
    scales = []
    for number, row in enumerate(rows):
        last = number == len(rows) - 1
        most = _HIGH * (feet[number] - room.y) if last else _LOW * (feet[number] - feet[number + 1])
        sizes = [_natural(piece, 1) for piece in row]
        scales += [_FULL * room.w / sum(width for width, _ in sizes), most / max(high for _, high in sizes)]
    # One small thing alone does not fill a terrace.
    return min(*scales, math.sqrt(0.34 * room.area / sum(piece.weight for row in rows for piece in row)))


def _natural(piece: Piece, scale: float) -> tuple[float, float]:
    width = scale * math.sqrt(piece.weight * piece.aspect)
    return width, width / piece.aspect


def _ordered(row: Sequence[Piece], hero: float) -> list[Piece]:
    """Return a row with its last piece, the hero, moved to a place between its ends."""
    *others, last = row
    at = round(hero * len(others))
    return [*others[:at], last, *others[at:]]


def _in_line(row: Sequence[Piece], scale: float, room: Box, foot: float, align: float) -> list[Placed]:
    sizes = [not_blown_up(piece, *_natural(piece, scale), room) for piece in row]
    free = room.w - sum(width for width, _ in sizes)
    gap = min(free / (len(row) + 1), 0.12 * room.w)
    left = room.x + (free - gap * (len(row) - 1)) * align
    placed = []
    for piece, (width, height) in zip(row, sizes, strict=True):
        placed.append(Placed(piece, Box(left, foot - height, width, height)))
        left += width + gap
    return placed
