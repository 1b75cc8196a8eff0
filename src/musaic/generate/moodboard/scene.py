"""The parts of a composition: pieces with their places, and what is drawn behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from musaic.generate.moodboard.boxes import Box, fitted
from musaic.generate.moodboard.pieces import Piece

Stance = Literal["stands", "raised", "hangs", "lies", "flat"]
PropKind = Literal["disc", "arch", "podium", "shelf", "tile", "panel", "plate"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece with its place; `box` is that of the upright piece, which is then turned about its middle."""

    piece: Piece
    box: Box
    stance: Stance = "stands"
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Prop:
    """Something that is drawn behind the pieces; `tone` counts through the tints of the scheme."""

    kind: PropKind
    box: Box
    tone: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """A composition.

    Attributes:
        placed: Back to front.
        props: Back to front, behind all pieces.
        floor: Height of the horizon, 0 to 1 of the stage; None where one looks down on a table.
    """

    placed: tuple[Placed, ...]
    props: tuple[Prop, ...]
    floor: float | None


def not_blown_up(piece: Piece, width: float, height: float, box: Box) -> tuple[float, float]:
    """Keep a tiny picture small: enlarged to fill the stage it would be a blur."""
    least = 0.16 * min(box.w, box.h)
    scale = min(1.0, max(6 * piece.picture.width / width, least / max(width, height)))
    return width * scale, height * scale


def signs_in(logos: Sequence[Piece], corner: Box) -> tuple[list[Placed], list[Prop]]:
    """Set logos side by side into the clear field, from its outer end, each on a plate."""
    placed, right = [], corner.right
    share = corner.w / max(1, len(logos))
    for piece in logos:
        width, height = fitted(piece.aspect, corner.area, 0.9 * share, corner.h)
        placed.append(
            Placed(piece, Box(right - width, corner.y + (corner.h - height) / 2, width, height), "lies")
        )
        right -= width + 0.1 * share
    plates = [Prop("plate", sign.box.grown(0.12 * min(sign.box.w, sign.box.h))) for sign in placed]
    return placed, plates


def mirrored(scene: Scene, width: float) -> Scene:
    """Swap left and right of a composition; the pieces themselves are never mirrored (text would be)."""
    placed = tuple(
        replace(each, box=each.box.mirrored(width), angle_deg=-each.angle_deg) for each in scene.placed
    )
    props = tuple(replace(each, box=each.box.mirrored(width)) for each in scene.props)
    return Scene(placed, props, scene.floor)
