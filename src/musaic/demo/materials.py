"""What products are made of: nameable colours, printed patterns, and how each surface takes light.

Patterns and grains live in product coordinates (as drawn, -1 to 1), so that they turn and shrink
with the product.
"""

import colorsys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musaic.demo.scenery import Field
from musaic.demo.vocabulary import COLOURS, MATERIALS

_METAL_KINDS = frozenset({
    "watch", "necklace", "pendant", "ring", "earrings", "bracelet", "brooch", "crown", "car", "convertible car",
    "helmet", "sword", "shield", "teapot", "bicycle", "lamp",
})  # fmt: skip
_LEATHER_KINDS = frozenset({
    "high heels", "sneakers", "boots", "sandals", "belt", "handbag", "backpack", "suitcase", "gloves", "book",
    "sofa", "chair",
})  # fmt: skip
_HARD_KINDS = frozenset({
    "sunglasses", "bottle", "perfume", "vase", "mug", "clock", "guitar", "phone", "laptop", "headphones", "camera",
    "candle", "ball", "figure", "packaging box", "game controller", "umbrella",
})  # fmt: skip
_FURNITURE = frozenset({"sofa", "chair"})
# Chances in the order of MATERIALS: plain, striped, dotted, checked, silk, leather, metallic, knitted.
_METAL_ODDS = (0.5, 0, 0, 0, 0, 0, 0.5, 0)
_JACKET_ODDS = (0.42, 0.1, 0.06, 0.12, 0.06, 0.24, 0, 0)
_LEATHER_ODDS = (0.42, 0.07, 0.06, 0.06, 0, 0.34, 0.05, 0)
_HARD_ODDS = (0.52, 0.13, 0.12, 0.06, 0, 0, 0.17, 0)
_CLOTH_ODDS = (0.32, 0.15, 0.13, 0.11, 0.15, 0.02, 0.02, 0.1)
_ODDS = {
    "beanie": (0.3, 0.2, 0.05, 0.05, 0, 0, 0, 0.4),
    "scarf": (0.2, 0.15, 0.1, 0.15, 0.15, 0, 0, 0.25),
    "socks": (0.3, 0.25, 0.15, 0.1, 0, 0, 0, 0.2),
    "plush bear": (0.6, 0.08, 0.08, 0.08, 0, 0, 0, 0.16),
    "jacket": _JACKET_ODDS,
    "coat": _JACKET_ODDS,
    "sofa": (0.4, 0.12, 0.05, 0.1, 0.05, 0.28, 0, 0),
}
# Pairs that a viewer would call one colour, besides a colour and itself.
_ALIKE = frozenset(
    frozenset(pair)
    for pair in (
        ("gold", "yellow"), ("gold", "orange"), ("gold", "brown"), ("silver", "gray"), ("silver", "white"),
        ("gray", "white"), ("red", "orange"), ("red", "pink"), ("purple", "pink"), ("purple", "blue"),
        ("black", "gray"), ("brown", "red"), ("orange", "yellow"), ("brown", "black"), ("brown", "orange"),
    )
)  # fmt: skip


class Surface(NamedTuple):
    """How a surface takes light, each from 0 to 1.

    Attributes:
        metal: How much it mirrors its surroundings.
        gloss: How bright its highlights are.
        tightness: How small its highlights are.
    """

    metal: float
    gloss: float
    tightness: float


_SURFACES = {
    "plain": Surface(0, 0.1, 0.2),
    "striped": Surface(0, 0.08, 0.2),
    "dotted": Surface(0, 0.08, 0.2),
    "checked": Surface(0, 0.06, 0.2),
    "silk": Surface(0.12, 0.4, 0.25),
    "leather": Surface(0.05, 0.42, 0.5),
    "metallic": Surface(0.9, 0.8, 0.75),
    "knitted": Surface(0, 0.02, 0.1),
}
_HARD = Surface(0.18, 0.65, 0.8)
_METAL = Surface(0.95, 0.85, 0.7)


def plausible(kind: str, rng: np.random.Generator) -> str:
    """Return a material that a product of a kind may well be made of."""
    odds = np.array(_odds(kind))
    return MATERIALS[int(np.searchsorted(np.cumsum(odds / odds.sum()), rng.random(), side="right"))]


def _odds(kind: str) -> tuple[float, ...]:
    if kind in _ODDS:
        return _ODDS[kind]
    if kind in _METAL_KINDS:
        return _METAL_ODDS
    if kind in _LEATHER_KINDS:
        return _LEATHER_ODDS
    return _HARD_ODDS if kind in _HARD_KINDS else _CLOTH_ODDS


def possible_trim(colour: str, rng: np.random.Generator) -> str:
    """Return a trim colour, mostly gold or silver, that stands out on a product's colour."""
    usual = ["gold"] * 6 + ["silver"] * 4 + ["black", "white", "red", "blue", "green", "pink"]
    choices = [trim for trim in usual if not alike(trim, colour)]
    return choices[int(rng.integers(len(choices)))]


def alike(colour: str, other: str) -> bool:
    """Return whether two colours of the vocabulary are too close to be told apart."""
    return colour == other or frozenset((colour, other)) in _ALIKE


def surface(kind: str, colour: str, material: str) -> Surface:
    """Return how the body of a product takes light."""
    if material == "metallic" or colour in ("gold", "silver"):
        return _METAL if material in ("plain", "metallic") else Surface(0.55, 0.5, 0.5)
    if material in ("plain", "striped", "dotted", "checked"):
        hard = kind in _HARD_KINDS or kind in _METAL_KINDS
        return _HARD if hard else _SURFACES[material]
    return _SURFACES[material]


def jittered(colour: str, rng: np.random.Generator) -> Field:
    """Return a shade of a colour, sRGB 0 to 255, shape ``(3,)``, that is still called by its name."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in COLOURS[colour]))
    if colour in _NEUTRALS:
        (low, high), most = _NEUTRALS[colour]
        value, saturation = rng.uniform(low, high), rng.uniform(0, most)
    else:
        hue = (hue + rng.uniform(-0.016, 0.016)) % 1
        saturation = min(1.0, saturation * rng.uniform(0.84, 1.12))
        value = min(1.0, value * rng.uniform(0.84, 1.14))
        if colour == "gold":
            # Yellow is a shade away: gold stays a little brown, and less saturated.
            hue, saturation, value = (
                rng.uniform(0.112, 0.128),
                rng.uniform(0.58, 0.76),
                rng.uniform(0.74, 0.88),
            )
        if colour in _DEEP and rng.random() < 0.3:
            value = rng.uniform(*_DEEP[colour])
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value), np.float32) * 255


# Value bounds and highest saturation of colours that have no hue of their own.
_NEUTRALS = {
    "white": ((0.92, 1.0), 0.035),
    "black": ((0.05, 0.17), 0.18),
    "gray": ((0.4, 0.6), 0.06),
    "silver": ((0.72, 0.84), 0.06),
}
# Value bounds of the darker shades that keep their name: navy is blue, bottle green is green.
_DEEP = {"blue": (0.36, 0.58), "green": (0.3, 0.46), "brown": (0.3, 0.5), "purple": (0.36, 0.55)}


def second_colour(colour: str, rng: np.random.Generator) -> Field:
    """Return the colour of printed stripes or dots: light on most colours, dark on light ones."""
    light = np.array([246, 244, 238], np.float32)
    dark = np.array([30, 30, 36], np.float32)
    if colour == "black":
        return light
    if colour in ("white", "silver", "yellow", "gold") or rng.random() < 0.1:
        return dark
    return light


def printed(material: str, u: Field, v: Field, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return where a printed material shows its second colour.

    Args:
        material: One of `PRINTS`.
        u: Product coordinate to the right, any shape.
        v: Product coordinate downwards, the same shape.
        rng: Source of width and direction.

    Raises:
        KeyError: The material is not printed.
    """
    return PRINTS[material](u, v, rng)


def _stripes(u: Field, v: Field, rng: np.random.Generator) -> NDArray[np.bool_]:
    across = (u, v, (u + v) * np.float32(0.7))[int(rng.choice(3, p=(0.38, 0.42, 0.2)))]
    phase = across * np.float32(rng.uniform(2.4, 5.5))
    phase -= np.floor(phase)
    return phase < rng.uniform(0.28, 0.46)


def _dots(u: Field, v: Field, rng: np.random.Generator) -> NDArray[np.bool_]:
    count = np.float32(rng.uniform(3.4, 6.5))
    column = np.floor(u * count)
    du = u * count - column - np.float32(0.5)
    dv = v * count + np.float32(0.5) * (column % 2)
    dv -= np.floor(dv) + np.float32(0.5)
    return np.asarray(du * du + dv * dv < rng.uniform(0.05, 0.095), np.bool_)


def _checks(u: Field, v: Field, rng: np.random.Generator) -> NDArray[np.bool_]:
    count, wide = np.float32(rng.uniform(1.8, 4.2)), rng.uniform(0.3, 0.5)
    a, b = u * count, v * count
    a, b = a - np.floor(a) < wide, b - np.floor(b) < wide
    if rng.random() < 0.5:
        return np.asarray(a ^ b)
    fine = v * count
    return np.asarray((a & b) | (np.abs(fine - np.floor(fine) - np.float32(0.75)) < 0.05))


PRINTS: dict[str, Callable[[Field, Field, np.random.Generator], NDArray[np.bool_]]] = {
    "striped": _stripes,
    "dotted": _dots,
    "checked": _checks,
}


def grain(material: str, u: Field, v: Field, rng: np.random.Generator) -> Field | None:
    """Return by how much a material's own relief brightens (above 0) or darkens it, or None."""
    if material == "silk":
        return _silk(u, v, rng)
    if material == "leather":
        return _leather(u, v, rng)
    if material == "knitted":
        return _knit(u, v, rng)
    return None


def _silk(u: Field, v: Field, rng: np.random.Generator) -> Field:
    turn, phase, count = rng.uniform(-0.7, 0.7), rng.uniform(0, 6.3), rng.uniform(4, 8)
    flow = (u * np.float32(np.cos(turn)) + v * np.float32(np.sin(turn))) * np.float32(count)
    wave = np.sin(
        flow + np.float32(phase) + np.float32(1.1) * np.sin(v * np.float32(2.6) + np.float32(phase))
    )
    bright = np.clip(wave, 0, 1)
    return np.asarray(
        np.float32(0.42) * bright * bright - np.float32(0.26) * np.clip(-wave, 0, 1), np.float32
    )


def _leather(u: Field, v: Field, rng: np.random.Generator) -> Field:
    count = np.float32(rng.uniform(26, 40))
    a = np.sin(u * count + np.float32(2.2) * np.sin(v * count * np.float32(0.63)))
    b = np.sin(v * count + np.float32(2.2) * np.sin(u * count * np.float32(0.57)))
    return np.asarray(np.float32(0.1) * np.sqrt(np.abs(a * b)) - np.float32(0.05), np.float32)


def _knit(u: Field, v: Field, rng: np.random.Generator) -> Field:
    count = np.float32(rng.uniform(7, 13))
    column = u * count
    column -= np.floor(column)
    slope = np.abs(column - np.float32(0.5))
    row = v * count * np.float32(0.8) - slope * np.float32(1.3)
    row -= np.floor(row)
    gap = np.clip(np.abs(row - np.float32(0.5)) * 4 - 1, 0, 1)
    seam = np.clip(slope * 8 - 3, 0, 1)
    return np.asarray(np.float32(0.1) - np.float32(0.3) * np.maximum(gap, seam), np.float32)


def surroundings(rng: np.random.Generator) -> Field:
    """Return what metal mirrors, from below (index 0) to above (255): gains around 1, shape ``(256,)``."""
    t = np.linspace(-1, 1, 256, dtype=np.float32)
    horizon, width = rng.uniform(-0.25, 0.15), rng.uniform(0.05, 0.16)
    sky = 0.98 + 0.5 * np.clip(t - horizon, 0, 1)
    ground = 1.06 - 0.52 * np.exp((t - horizon) * 3.5)
    gains = ground + (sky - ground) / (1 + np.exp(-(t - horizon) / (width * 0.35)))
    for _ in range(int(rng.integers(2, 4))):
        centre, spread = rng.uniform(-0.8, 0.95), rng.uniform(0.04, 0.13)
        gains += rng.uniform(0.3, 0.7) * np.exp(-(((t - centre) / spread) ** 2))
    return np.asarray(np.clip(gains, 0.42, 1.65).astype(np.float32), np.float32)
