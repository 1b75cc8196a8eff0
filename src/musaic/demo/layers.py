"""A product's drawing, coloured and reduced to the size of its picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.demo.canvas import Role
from musaic.demo.look import Look
from musaic.demo.materials import PRINTS, alike, jittered, printed, second_colour, surface
from musaic.demo.pose import Pose, unit_coordinates
from musaic.demo.scenery import Field, Mask
from musaic.demo.vocabulary import COLOURS


class Layers(NamedTuple):
    """A product's drawing, reduced to the picture's size; each from 0 to 1 unless said.

    Attributes:
        paint: Colours times coverage, 0 to 255, shape ``(size, size, 3)``.
        cover: How much of a pixel the product covers.
        folds: Soft folds: below 0 darker, above 0 lighter.
        edges: Where parts meet.
        body: Coverage by the product's own material.
        metal: How much a pixel mirrors.
        gloss: How bright its highlights are.
    """

    paint: Field
    cover: Field
    folds: Field
    edges: Field
    body: Field
    metal: Field
    gloss: Field


_PRINTED = 16  # added to BODY, SHADE and LIGHT where a pattern shows its second colour
OUTLINE, STICKER = 40, 41


def _by_index(otherwise: int, values: dict[int, int]) -> Mask:
    """A value for each index, the same for a role printed or not."""
    table = np.full(256, otherwise, np.uint8)
    for role, value in values.items():
        table[[role, role + _PRINTED]] = value
    return table


_FOLDS = _by_index(128, {Role.SHADE: 64, Role.LIGHT: 184})
_BODY = _by_index(0, dict.fromkeys((Role.BODY, Role.SHADE, Role.LIGHT), 255))
_COVER = np.where(np.arange(256) > 0, 255, 0).astype(np.uint8)
_SKINS = ((240, 204, 178), (226, 182, 150), (202, 152, 114), (150, 102, 72), (104, 68, 48))


def seams(parts: Mask) -> Mask:
    """255 where a pixel's part differs from the next one's to the right or below."""
    seam = np.zeros_like(parts)
    seam[:, :-1] = parts[:, 1:] != parts[:, :-1]
    seam[:-1] |= parts[1:] != parts[:-1]
    return seam * np.uint8(255)


def layers_of(
    look: Look, rng: np.random.Generator, pose: Pose, roles: Mask, seam: Mask, *, shade: float
) -> Layers:
    """Colour a drawing and reduce it to half its size.

    Args:
        look: Colours, material and trim.
        rng: Source of shades and of the print's size.
        pose: Where the product lies, so that its print lies with it.
        roles: The `Role` of each pixel, or `OUTLINE` or `STICKER`, at twice the picture's size.
        seam: What `seams` returned for the drawing's parts.
        shade: The brightness of `Role.SHADE` beside the body's.
    """
    paint = _palette(_colours(look, rng, shade))
    index = Image.fromarray(_with_print(look, rng, pose, roles))
    index.putpalette(paint)
    painted = np.asarray(index.convert("RGB").reduce(2), np.float32)
    index.putpalette(_palette(np.stack((_COVER, _FOLDS, _BODY), axis=1)))
    cover, folds, body = _bands(index)
    index.putpalette(_palette(_surface_table(look)))
    metal, gloss, _ = _bands(index)
    # 128 is neither fold nor highlight.
    folds = folds * 2 - np.float32(256 / 255)
    return Layers(painted, cover, folds, _reduced(seam), body, metal, gloss)


def _palette(table: NDArray[np.uint8]) -> bytes:
    return np.ascontiguousarray(table, np.uint8).tobytes()


def _bands(image: Image.Image) -> list[Field]:
    """The three bands of an image with a palette, reduced, each from 0 to 1."""
    bands = image.convert("RGB").reduce(2).split()
    return [np.asarray(band, np.float32) / np.float32(255) for band in bands]


def _reduced(mask: Mask) -> Field:
    return np.asarray(Image.fromarray(mask).reduce(2), np.float32) / np.float32(255)


def _surface_table(look: Look) -> NDArray[np.uint8]:
    """How much each index mirrors, how bright its highlights are, and nothing; shape ``(256, 3)``."""
    body = surface(look.kind, look.colour, look.material)
    table = np.zeros((256, 3), np.uint8)
    table[_BODY > 0, :2] = int(body.metal * 255), int(body.gloss * 255)
    table[Role.GREY, :2], table[Role.GLASS, :2] = (190, 190), (110, 255)
    table[Role.TRIM, :2] = (220, 200) if look.trim in ("gold", "silver") else (0, 40)
    table[[Role.DARK, Role.WHITE, Role.ACCENT], 1] = 70, 40, 60
    return table


def _colours(look: Look, rng: np.random.Generator, shade: float) -> NDArray[np.uint8]:
    """The colour of each index, shape ``(256, 3)``; 0 where nothing is."""
    colours = np.zeros((256, 3), np.float32)
    light = rng.uniform(0.06, 0.14) if look.style == "studio" else rng.uniform(0.14, 0.28)
    body, second = jittered(look.colour, rng), second_colour(look.colour, rng)
    for base, shift in ((body, 0), (second, _PRINTED)):
        colours[shift + Role.BODY] = base
        colours[shift + Role.SHADE] = base * np.float32(shade)
        colours[shift + Role.LIGHT] = base + (255 - base) * np.float32(light)
    colours[Role.TRIM] = jittered(look.trim or look.colour, rng)
    colours[Role.DARK] = rng.uniform(18, 44)
    colours[Role.SKIN] = _SKINS[int(rng.integers(len(_SKINS)))]
    colours[Role.WHITE] = (243, 242, 238)
    colours[Role.GREY] = rng.uniform(140, 186)
    colours[Role.ACCENT] = jittered(_accent(look, rng), rng)
    colours[Role.GLASS] = np.array([96, 128, 152]) * rng.uniform(0.55, 1.25)
    colours[OUTLINE] = body * np.float32(rng.uniform(0, 0.22)) + np.float32(rng.uniform(8, 22))
    colours[STICKER] = 252
    return np.clip(colours, 0, 255).astype(np.uint8)


def _accent(look: Look, rng: np.random.Generator) -> str:
    """A second colour that no one would take for the product's own or for its trim."""
    chromatic = list(COLOURS)[:7]
    free = [c for c in chromatic if not alike(c, look.colour) and not alike(c, look.trim or look.colour)]
    return free[int(rng.integers(len(free)))]


def _with_print(look: Look, rng: np.random.Generator, pose: Pose, roles: Mask) -> Mask:
    if look.material not in PRINTS:
        return roles
    cloth = printed(look.material, *unit_coordinates(pose, roles.shape[0], zoom=2), rng)
    cloth &= (roles >= Role.BODY) & (roles <= Role.LIGHT)
    return roles + cloth * np.uint8(_PRINTED)
