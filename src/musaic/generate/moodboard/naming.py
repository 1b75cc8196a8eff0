"""Names for swatches."""

import math

from musaic.colors import NAMES, Rgb, chroma_hue, oklab

# Below this chroma, hue is noise.
_COLOURLESS = 0.02
# What a dim orange is called, whatever else is near.
_BROWNS = ("brown", "chocolate", "rust")


def swatch_name(rgb: Rgb) -> str:
    """Return the plain name nearest to a colour, hue before lightness: a dark amber is brown and not olive.

    Example:
        >>> swatch_name((144, 104, 43))
        'brown'
    """
    chroma, hue = chroma_hue(rgb)
    dim_orange = chroma > 0.045 and 40 < hue < 85 and float(oklab(rgb)[0]) < 0.58
    return min(_BROWNS if dim_orange else NAMES, key=lambda name: (_gap(rgb, NAMES[name]), name))


def _gap(one: Rgb, other: Rgb) -> float:
    (chroma, hue), (chroma_2, hue_2) = chroma_hue(one), chroma_hue(other)
    light = float(oklab(one)[0] - oklab(other)[0])
    turn = 2 * math.sqrt(chroma * chroma_2) * math.sin(math.radians(hue - hue_2) / 2)
    # A gray with a name of a colour, or the reverse, is the worst of mistakes.
    strange = 0.06 if (chroma < _COLOURLESS) != (chroma_2 < _COLOURLESS) else 0.0
    return math.hypot(0.55 * light, 1.4 * (chroma - chroma_2), 2.4 * turn) + strange
