"""Which composition a variant is.

None cuts anything off or hides one thing by another. All lengths are pixels of the stage, which is the board without
its margin strip. Nothing here draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from musaic.generate.moodboard.collage import collage
from musaic.generate.moodboard.lying import diagonal, grid
from musaic.generate.moodboard.outside import on_ground
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scene import Scene, mirrored
from musaic.generate.moodboard.standing import centre, left, podium, right_with_arch

_COMPOSITIONS: tuple[Callable[[list[Piece], list[Piece], tuple[int, int]], Scene], ...] = (
    left,
    podium,
    diagonal,
    grid,
    right_with_arch,
    centre,
)


def compose(
    pieces: Sequence[Piece], size: tuple[int, int], variant: int, *, horizon: float | None = None
) -> Scene:
    """Place pieces on a stage.

    Args:
        pieces: What is to be shown, without settings and styles; at least one.
        size: Width and height of the stage.
        variant: 1 for the first; each of six is another composition, the next six are their mirror images.
        horizon: Where the ground of the place begins that is behind them, 0 to 1; None for a studio.
    """
    ordered = sorted(pieces, key=lambda each: each.rank)
    logos = [piece for piece in ordered if piece.role == "logo"]
    others = [piece for piece in ordered if piece.role != "logo"]
    number, mirror = (variant - 1) % len(_COMPOSITIONS), (variant - 1) // len(_COMPOSITIONS) % 2 == 1
    if horizon is not None:
        scene = on_ground(others, logos, size, variant, horizon)
        return mirrored(scene, size[0]) if mirror else scene
    if not others:
        others, logos = logos, []
    if any(piece.look != "cut" for piece in others):
        return collage([*others, *logos], size, variant - 1)
    scene = _COMPOSITIONS[number](others, logos, size)
    scene = _settled(scene, size[1])
    return mirrored(scene, size[0]) if mirror else scene


def _settled(scene: Scene, height: int) -> Scene:
    """Bring what stands on a floor nearer to the middle where much is empty above it."""
    if scene.floor is None:
        return scene
    tops = [*(each.box.y for each in scene.placed), *(each.box.y for each in scene.props)]
    lift = 0.5 * max(0.0, min(tops) - 0.07 * height)
    placed = tuple(replace(each, box=each.box._replace(y=each.box.y - lift)) for each in scene.placed)
    props = tuple(replace(each, box=each.box._replace(y=each.box.y - lift)) for each in scene.props)
    return Scene(placed, props, scene.floor - lift / height)
