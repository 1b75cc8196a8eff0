"""Whether a picture shows the kind of thing asked for, as far as an encoder with a closed vocabulary can tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEARER = 0.04
"""By how much another kind's cosine must be above those asked for.

Measured with the starter on first hits: of right ones, one in 50 among drawings has another kind so much nearer; of the
answers to 48 kinds that 600 photos of clothes do not show, 47 have; `docs/starter.md` has the table.
"""


def nearer_kind(
    cosines: "NDArray[np.float32]", *, asked: Sequence[bool], names: Sequence[str]
) -> list[str | None]:
    """Return for each picture the kind it looks like instead of what is asked for, or None.

    Args:
        cosines: Of pictures and kinds, shape ``(n, kinds)``.
        asked: Which kinds fit the query; one at least.
        names: Of the kinds.
    """
    import numpy as np

    fits = np.array(asked)
    best = cosines[:, fits].max(1)
    return [
        names[int(row.argmax())] if row.max() > own + NEARER else None
        for row, own in zip(cosines, best, strict=True)
    ]
