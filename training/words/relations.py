"""What a caption's concept says of a picture's kind: true, false or cannot be told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musaic.demo.vocabulary import COLOURS, KINDS

PHOTO_CATEGORIES: dict[str, tuple[str, ...]] = {
    "dress": ("dress",),
    "hat": ("hat", "headwear"),
    "longsleeve": ("longsleeve", "top"),
    "outwear": ("outerwear", "jacket", "coat"),
    "pants": ("trousers",),
    "shirt": ("shirt", "top"),
    "shoes": ("shoes",),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    "t-shirt": ("t-shirt", "top"),
}
"""The categories of the real photos, in the order of their kind numbers (70 to 79), and what each may be called."""

GROUPS = (
    "shoes", "headwear", "jewellery", "bag", "clothes", "top", "outerwear", "toy", "furniture", "electronics",
    "vehicle",
)  # fmt: skip
CONCEPTS = (*KINDS, *GROUPS, *(f"narrow {kind}" for kind in KINDS))
"""What a caption can name: a kind, a group of kinds, or something narrower than a kind (a blazer is a jacket)."""

PHOTO_START = len(KINDS)
NARROW_START = len(KINDS) + len(GROUPS)
IMAGE_KINDS = len(KINDS) + len(PHOTO_CATEGORIES)

_GARMENTS = KINDS[: KINDS.index("apron") + 1]
MEMBERS: dict[str, tuple[str, ...]] = {
    "shoes": ("high heels", "sneakers", "boots", "sandals"),
    "headwear": ("hat", "cap", "beanie", "helmet"),
    "jewellery": ("necklace", "pendant", "ring", "earrings", "bracelet", "brooch"),
    "bag": ("handbag",),
    "clothes": tuple(
        kind for kind in _GARMENTS if kind not in ("scarf", "tie", "bow tie", "gloves", "socks", "apron")
    ),
    "top": ("t-shirt", "shirt", "longsleeve", "hoodie"),
    "outerwear": ("jacket", "coat"),
    "toy": ("plush bear", "figure"),
    "furniture": ("chair", "sofa"),
    "electronics": ("phone", "laptop", "headphones", "camera", "game controller"),
    "vehicle": ("car", "convertible car", "bicycle"),
}
"""The drawn kinds that each group is true of."""

_ALSO = {"dress": ("halter dress",), "car": ("convertible car",)}
_MAYBE: dict[str, tuple[str, ...]] = {
    "dress": ("kimono",), "jacket": ("suit", "hoodie"), "trousers": ("suit",), "waistcoat": ("suit",),
    "shirt": ("suit",), "tie": ("suit", "bow tie"), "longsleeve": ("hoodie",), "necklace": ("pendant",),
    "pendant": ("necklace",), "bottle": ("perfume",), "headwear": ("crown",), "jewellery": ("watch", "crown"),
    "bag": ("backpack", "suitcase"), "top": ("waistcoat", "jacket"),
    "outerwear": ("cape", "hoodie", "waistcoat", "kimono"),
    "toy": ("ball", "car", "convertible car", "packaging box", "sword", "shield", "game controller"),
    "furniture": ("lamp", "clock"), "electronics": ("watch", "clock", "lamp"),
    "clothes": (
        "scarf", "tie", "bow tie", "gloves", "socks", "apron", "hat", "cap", "beanie", "high heels", "sneakers",
        "boots", "sandals", "belt",
    ),
}  # fmt: skip
_PHOTO_FITS: dict[str, tuple[str, ...]] = {
    "clothes": ("dress", "longsleeve", "outwear", "pants", "shirt", "shorts", "skirt", "t-shirt"),
}
_PHOTO_MAYBE: dict[str, tuple[str, ...]] = {
    "halter dress": ("dress",), "cap": ("hat",), "beanie": ("hat",), "cape": ("outwear",), "kimono": ("outwear",),
    "hoodie": ("longsleeve", "outwear"), "waistcoat": ("outwear",), "suit": ("outwear",), "high heels": ("shoes",),
    "sneakers": ("shoes",), "boots": ("shoes",), "sandals": ("shoes",), "top": ("outwear",),
    "clothes": ("hat", "shoes"),
}  # fmt: skip

COLOUR_NAMES = tuple(COLOURS)
# Of a photo, only the main hue is known: these colour words might be true of it as well.
PHOTO_COLOUR_DOUBTS: dict[str, tuple[str, ...]] = {
    "gray": ("silver",), "white": ("silver", "gray"), "yellow": ("gold", "orange"), "orange": ("gold", "brown", "red"),
    "brown": ("gold", "orange", "red"), "red": ("pink", "orange"), "pink": ("red", "purple"),
    "purple": ("pink", "blue"), "black": ("gray", "blue"), "blue": ("purple", "gray"), "green": ("gray", "yellow"),
}  # fmt: skip


def _kind(name: str) -> int:
    return KINDS.index(name)


def _photo(name: str) -> int:
    return PHOTO_START + tuple(PHOTO_CATEGORIES).index(name)


def concept_table() -> NDArray[np.int8]:
    """Return what each concept says of each picture kind: 1 true, 0 false, -1 unknown.

    Returns:
        Shape ``(len(CONCEPTS) + 1, 80)``; the last row is a caption that names no kind, true of all.
    """
    table = np.zeros((len(CONCEPTS) + 1, IMAGE_KINDS), np.int8)
    table[-1] = 1
    for i in range(len(KINDS)):
        table[i, i] = 1
    _mark(table, 1, {**MEMBERS, **_ALSO}, _PHOTO_FITS)
    _mark(table, -1, _MAYBE, _PHOTO_MAYBE)
    for category, concepts in PHOTO_CATEGORIES.items():
        for concept in concepts:
            table[CONCEPTS.index(concept), _photo(category)] = 1
    # A narrower word is true of the drawings it was said of; where else its kind fits, it is only possible.
    for i in range(len(KINDS)):
        table[NARROW_START + i] = np.where(table[i] != 0, -1, 0)
        table[NARROW_START + i, i] = 1
    return table


def _mark(
    table: NDArray[np.int8], value: int, drawn: dict[str, tuple[str, ...]], photos: dict[str, tuple[str, ...]]
) -> None:
    for concept, kinds in drawn.items():
        table[CONCEPTS.index(concept), [_kind(kind) for kind in kinds]] = value
    for concept, categories in photos.items():
        table[CONCEPTS.index(concept), [_photo(category) for category in categories]] = value


def colour_tables() -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return what a colour word says of a picture's colour, and where a photo leaves that in doubt.

    Returns:
        Two tables of shape ``(14, 14)``: word (13: none said) by picture (13: unknown).
    """
    count = len(COLOUR_NAMES)
    fits = np.eye(count + 1, dtype=np.int8)
    fits[count] = 1
    fits[:count, count] = -1
    doubt = np.zeros((count + 1, count + 1), bool)
    for seen, words in PHOTO_COLOUR_DOUBTS.items():
        doubt[[COLOUR_NAMES.index(word) for word in words], COLOUR_NAMES.index(seen)] = True
    return fits, doubt
