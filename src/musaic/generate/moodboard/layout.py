"""Which composition a variant is.

None cuts anything off or hides one thing by another. All lengths are pixels of the stage, which is the board without
its margin strip. Nothing here draws.
"""

from collections.abc import Callable, Sequence

from musaic.generate.moodboard.lying import diagonal, grid
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


def compose(pieces: Sequence[Piece], size: tuple[int, int], variant: int) -> Scene:
    """Place pieces on a stage.

    Args:
        pieces: What is to be shown, without settings and styles; at least one.
        size: Width and height of the stage.
        variant: 1 for the first; each of six is another composition, the next six are their mirror images.
    """
    ordered = sorted(pieces, key=lambda each: each.rank)
    logos = [piece for piece in ordered if piece.role == "logo"]
    others = [piece for piece in ordered if piece.role != "logo"]
    number, mirror = (variant - 1) % len(_COMPOSITIONS), (variant - 1) // len(_COMPOSITIONS) % 2 == 1
    if not others:
        others, logos = logos, []
    scene = _COMPOSITIONS[number](others, logos, size)
    return mirrored(scene, size[0]) if mirror else scene
