"""Colours as people see them: OKLab, the dominant colours of a picture, and plain names for them.

OKLab is a space in which equal steps look about equally large, so that means, distances and tints of colours
come out as a person would expect. All functions are pure; the same input gives the same output.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rgb = tuple[int, int, int]
Lab = NDArray[np.float32]

# From linear sRGB to the responses of the eye's cones, and from their cube roots to OKLab.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_AXES = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_TO_ROOTS = np.linalg.inv(_AXES.astype(np.float64)).astype(np.float32)
_TO_LINEAR = np.linalg.inv(_CONES.astype(np.float64)).astype(np.float32)
# Of how many pixels at most a palette is made: more do not change it.
_MOST_SAMPLES = 9216
_ROUNDS = 12
# Two colours of a palette that are nearer than this look like one.
_SAME = 0.045

NAMES: dict[str, Rgb] = {
    "black": (18, 18, 20), "charcoal": (54, 57, 63), "gray": (128, 128, 128), "silver": (192, 194, 198),
    "white": (250, 250, 250), "ivory": (250, 246, 230), "cream": (245, 233, 205), "beige": (222, 205, 175),
    "sand": (203, 178, 137), "tan": (190, 150, 105), "taupe": (139, 124, 109), "brown": (111, 70, 40),
    "chocolate": (66, 38, 25), "rust": (160, 68, 32), "terracotta": (200, 104, 74), "orange": (243, 128, 30),
    "peach": (252, 200, 165), "apricot": (246, 175, 115), "coral": (250, 120, 95), "salmon": (240, 145, 125),
    "red": (212, 30, 38), "crimson": (165, 16, 48), "burgundy": (100, 20, 38), "pink": (245, 150, 190),
    "rose": (226, 85, 125), "magenta": (210, 30, 150), "plum": (92, 40, 85), "purple": (122, 46, 160),
    "lavender": (196, 178, 230), "lilac": (200, 162, 208), "indigo": (65, 40, 140), "navy": (22, 32, 78),
    "blue": (34, 80, 205), "cobalt": (20, 60, 150), "sky blue": (135, 195, 235), "slate": (95, 112, 130),
    "teal": (10, 120, 122), "turquoise": (60, 200, 195), "mint": (175, 230, 200), "green": (40, 145, 62),
    "forest green": (28, 76, 44), "emerald": (15, 155, 100), "sage": (160, 176, 142), "olive": (110, 112, 42),
    "lime": (165, 215, 50), "khaki": (172, 160, 112), "yellow": (248, 220, 45), "lemon": (250, 240, 130),
    "mustard": (205, 158, 40), "gold": (212, 172, 58), "amber": (238, 170, 35),
}  # fmt: skip
_ALSO = {
    "grey": "gray", "golden": "gold", "silvery": "silver", "violet": "purple", "maroon": "burgundy",
    "scarlet": "red", "azure": "sky blue", "cyan": "turquoise", "bronze": "tan", "copper": "terracotta",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour of a palette.

    Attributes:
        rgb: sRGB, 0 to 255.
        share: Part of the pixels that are nearest to it, 0 to 1.
    """

    rgb: Rgb
    share: float


@lru_cache(maxsize=1)
def _linear_levels() -> NDArray[np.float32]:
    levels = np.arange(256) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _times(vectors: NDArray[np.float32], matrix: NDArray[np.float32]) -> Lab:
    """Return the products of a 3 x 3 matrix with many vectors."""
    # Not `@`: a BLAS starts threads for so many short vectors, which on a busy machine wait for each other.
    first, second, third = (vectors[..., axis, None] * matrix[:, axis] for axis in range(3))
    product: Lab = first + second + third
    return product


def oklab(srgb: ArrayLike) -> Lab:
    """Return sRGB colours in OKLab.

    Args:
        srgb: Whole numbers from 0 to 255, shape ``(..., 3)``.

    Returns:
        Lightness from 0 (black) to 1 (white), then green to red and blue to yellow, each about -0.4 to 0.4;
        shape ``(..., 3)``.

    Raises:
        ValueError: The last axis is not 3 long.

    Source:
        Björn Ottosson, "A perceptual color space for image processing", 2020.

    Example:
        >>> oklab([255, 255, 255]).round(2).tolist()
        [1.0, 0.0, 0.0]
    """
    levels = np.asarray(srgb).astype(np.uint8)
    if levels.shape[-1:] != (3,):
        raise ValueError(f"colours have 3 numbers each, these have shape {levels.shape}")
    return _times(np.cbrt(_times(_linear_levels()[levels], _CONES)), _AXES)


def srgb(lab: ArrayLike) -> NDArray[np.uint8]:
    """Return OKLab colours in sRGB, shape ``(..., 3)``; what sRGB lacks is clipped.

    Example:
        >>> srgb([1.0, 0.0, 0.0]).tolist()
        [255, 255, 255]
    """
    colours = np.asarray(lab, np.float32)
    linear = np.clip(_times(_times(colours, _TO_ROOTS) ** 3, _TO_LINEAR), 0, 1)
    levels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(levels * 255), np.uint8)


def from_lch(lightness: float, chroma: float, hue_deg: float) -> Lab:
    """Return an OKLab colour from lightness (0 to 1), chroma (0 to about 0.4) and hue in degrees."""
    angle = math.radians(hue_deg)
    return np.array([lightness, chroma * math.cos(angle), chroma * math.sin(angle)], np.float32)


def to_rgb(lab: ArrayLike) -> Rgb:
    """Return one OKLab colour as an sRGB triple."""
    red, green, blue = (int(level) for level in srgb(lab))
    return red, green, blue


def chroma_hue(rgb: Rgb) -> tuple[float, float]:
    """Return how colourful a colour is (0 for greys) and its hue in degrees."""
    _, a, b = (float(axis) for axis in oklab(rgb))
    return math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def hex_of(rgb: Rgb) -> str:
    """Return a colour as designers write it.

    Example:
        >>> hex_of((212, 172, 58))
        '#D4AC3A'
    """
    return "#{:02X}{:02X}{:02X}".format(*rgb)


def difference(one: Rgb, other: Rgb) -> float:
    """Return how far apart two colours look: 0 for the same, 1 for black and white, 0.02 just visible."""
    return float(np.linalg.norm(oklab(one) - oklab(other)))


@lru_cache(maxsize=1)
def _named() -> tuple[tuple[str, ...], Lab]:
    return tuple(NAMES), oklab(list(NAMES.values()))


def colour_name(rgb: Rgb) -> str:
    """Return the plain English name nearest to a colour.

    Example:
        >>> colour_name((214, 170, 60))
        'gold'
    """
    names, labs = _named()
    # Hue says more about a name than lightness does.
    gaps = (labs - oklab(rgb)) * np.array([0.75, 1.3, 1.3], np.float32)
    return names[int(np.argmin((gaps * gaps).sum(axis=1)))]


@lru_cache(maxsize=1)
def _colour_words() -> re.Pattern[str]:
    words = sorted({*NAMES, *_ALSO}, key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(words) + r")\b", re.IGNORECASE)


def colours_in(text: str) -> tuple[Rgb, ...]:
    """Return the colours that an English text names, in order, each once.

    Example:
        >>> [colour_name(rgb) for rgb in colours_in("a golden watch on navy, gold again")]
        ['gold', 'navy']
    """
    found = (word.group(1).lower() for word in _colour_words().finditer(text))
    return tuple(dict.fromkeys(NAMES[_ALSO.get(word, word)] for word in found))


def dominant_colours(srgb: ArrayLike, count: int = 5) -> tuple[Swatch, ...]:
    """Return the colours that a picture is made of, the most common first.

    Args:
        srgb: Pixels, 0 to 255, shape ``(..., 3)``; a mask has been applied by the caller.
        count: At most so many; fewer where colours would look alike.

    Returns:
        Swatches whose shares sum to 1; none for no pixels.

    Source:
        K-means in OKLab, started from the colours that are farthest apart and common.
    """
    pixels = np.asarray(srgb, np.uint8).reshape(-1, 3)
    if not len(pixels):
        return ()
    # Evenly spaced rather than random: the same picture has the same palette.
    step = max(1, -(-len(pixels) // _MOST_SAMPLES))
    points, weights = _binned(oklab(pixels[::step]))
    centres = _farthest(points, weights, count)
    for _ in range(_ROUNDS):
        centres = _means(points, weights, _nearest(points, centres), centres)
    shares = np.bincount(_nearest(points, centres), weights, minlength=len(centres)) / weights.sum()
    return tuple(_merged(centres, shares))


def _binned(labs: Lab) -> tuple[Lab, NDArray[np.float64]]:
    """Return the means and sizes of small cells of colours: what k-means has to look at becomes little."""
    cells = np.floor(labs * np.float32(32)).astype(np.int64) + 64
    keys, place = np.unique((cells[:, 0] * 128 + cells[:, 1]) * 128 + cells[:, 2], return_inverse=True)
    place = place.reshape(-1)
    sizes = np.bincount(place, minlength=len(keys)).astype(np.float64)
    means = [np.bincount(place, labs[:, axis], minlength=len(keys)) / sizes for axis in range(3)]
    return np.stack(means, axis=1).astype(np.float32), sizes


def _farthest(points: Lab, weights: NDArray[np.float64], count: int) -> Lab:
    chosen = [int(np.argmax(weights))]
    for _ in range(min(count, len(points)) - 1):
        gaps = np.stack([((points - points[each]) ** 2).sum(axis=1) for each in chosen]).min(axis=0)
        chosen.append(int(np.argmax(gaps * np.sqrt(weights))))
    return points[chosen]


def _nearest(points: Lab, centres: Lab) -> NDArray[np.intp]:
    return np.asarray(((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1))


def _means(points: Lab, weights: NDArray[np.float64], place: NDArray[np.intp], centres: Lab) -> Lab:
    sizes = np.bincount(place, weights, minlength=len(centres))
    sums = [np.bincount(place, weights * points[:, axis], minlength=len(centres)) for axis in range(3)]
    means = np.stack(sums, axis=1) / np.maximum(sizes, 1e-9)[:, None]
    return np.where(sizes[:, None] > 0, means, centres).astype(np.float32)


def _merged(centres: Lab, shares: NDArray[np.float64]) -> Iterator[Swatch]:
    """Yield swatches, the most common first; a colour that looks like an earlier one adds to its share."""
    kept: list[tuple[Lab, float]] = []
    for index in np.argsort(-shares, kind="stable"):
        twin = next((at for at, (lab, _) in enumerate(kept) if _gap(lab, centres[index]) < _SAME), None)
        if twin is None:
            kept.append((centres[index], float(shares[index])))
        else:
            kept[twin] = (kept[twin][0], kept[twin][1] + float(shares[index]))
    kept.sort(key=lambda each: -each[1])
    yield from (Swatch(to_rgb(lab), share) for lab, share in kept if share > 0)


def _gap(one: Lab, other: Lab) -> float:
    return float(np.linalg.norm(one - other))
