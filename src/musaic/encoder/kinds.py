"""Whether a picture shows the kind of thing asked for, as far as an encoder with a closed vocabulary can tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEARER = 0.04
"""By how much another kind's cosine must be above those asked for.

Measured with the starter on first hits: of right ones, one in 180 among drawings has another kind so much nearer; of
the answers to 48 kinds that 600 photos of clothes do not show, 46 have; `docs/starter.md` has the table.
"""


def nearer_kind(
    cosines: "NDArray[np.float32]", *, asked: Sequence[bool], names: Sequence[str], own: "NDArray[np.float32]"
) -> list[str | None]:
    """Return for each picture the kind it looks like instead of what is asked for, or None.

    Args:
        cosines: Of pictures and kinds, shape ``(n, kinds)``.
        asked: Which kinds fit the query; one at least.
        names: Of the kinds.
        own: Of pictures and the query itself, shape ``(n,)``; it may say more than its kinds ("shoes" of all sorts).
    """
    import numpy as np

    fits = np.array(asked)
    best = np.maximum(cosines[:, fits].max(1), own)
    return [
        names[int(row.argmax())] if row.max() > asked_for + NEARER else None
        for row, asked_for in zip(cosines, best, strict=True)
    ]
