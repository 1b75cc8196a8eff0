"""Podiums: round drums that things stand on."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.scene import Placed, Prop

# Of the height a podium lifts by: how far its lid reaches behind the feet of what stands on it.
_BEHIND = 0.35
# The most of a gap between two things that their podiums may take together.
_MOST_OF_GAP = 0.64


def raised(row: Sequence[Placed], room: Box, step: float) -> tuple[list[Placed], list[Prop]]:
    """Put a podium under each piece of a row, none of them reaching another one.

    Args:
        row: From left to right, apart, already as high as the lids are.
        room: What they stand in.
        step: How far the lids are above the floor.
    """
    edges = [2 * room.x - row[0].box.x, *itertools.chain(*((p.box.x, p.box.right) for p in row))]
    edges.append(2 * room.right - row[-1].box.right)
    props = []
    for number, placed in enumerate(row):
        gaps = edges[2 * number + 1] - edges[2 * number], edges[2 * number + 3] - edges[2 * number + 2]
        wider = max(0.0, min(0.14 * placed.box.w + 0.03 * room.w, 0.5 * _MOST_OF_GAP * min(gaps)))
        props.append(under(placed.box, placed.box.w + 2 * wider, step))
    return [replace(placed, stance="raised") for placed in row], props


def under(box: Box, width: float, step: float) -> Prop:
    """Return a podium of some width under a box, a step high."""
    left = box.x + box.w / 2 - width / 2
    return Prop("podium", Box(left, box.bottom - _BEHIND * step, width, (1 + _BEHIND) * step))
