"""Lit, coloured pictures of drawn products.

A kind's drawing says what is where (`canvas`); this module chooses the pose, colours the roles,
lights the relief that the silhouette and its parts suggest, and sets the product into a scene.
Light is worked out at the picture's own size, outlines at twice that size and then reduced.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.demo import kinds
from musaic.demo.canvas import Canvas, Role
from musaic.demo.materials import (
    PRINTS,
    Field,
    alike,
    grain,
    jittered,
    plausible,
    possible_trim,
    printed,
    second_colour,
    surface,
    surroundings,
)
from musaic.demo.settings import grid, resized, setting
from musaic.demo.vocabulary import COLOURS, OBJECTS, WEAR

__all__ = ["Look", "Style", "photograph", "plausible", "possible_trim", "render"]

Style = Literal["studio", "illustration"]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture shows, in the words of the vocabulary.

    Attributes:
        kind: One of `vocabulary.KINDS`.
        colour: One of `vocabulary.COLOURS`, the product's own.
        material: One of `vocabulary.MATERIALS`.
        trim: The trim's colour, or None for a product without trim.
        setting: One of `vocabulary.SETTINGS`.
        style: Soft light as in a photo studio, or flat colours with outlines.
    """

    kind: str
    colour: str
    material: str
    trim: str | None
    setting: str
    style: Style


def render(look: Look, seed: int, size_px: int = 128) -> NDArray[np.uint8]:
    """Return a picture of a product: sRGB, shape ``(size_px, size_px, 3)``.

    The same look, seed and size give the same picture; another seed another product, pose and light.

    Raises:
        KeyError: The look names a kind, colour, material or setting that the vocabulary lacks.
    """
    pose = _free_pose(_generator(seed, 0), size_px)
    return _picture(look, (_generator(seed, 1), _generator(seed, 2)), size_px, pose)


def photograph(
    look: Look, seed: int, *, shot: int, width_px: int = 640, height_px: int = 640
) -> NDArray[np.uint8]:
    """Return one of several catalogue pictures of one product: sRGB, shape ``(height_px, width_px, 3)``.

    Args:
        look: What to show.
        seed: The product: its shape, shade and pattern.
        shot: Which picture of it: pose, light, and details of the setting.
        width_px: Width.
        height_px: Height.

    Raises:
        KeyError: The look names a kind, colour, material or setting that the vocabulary lacks.
    """
    size = max(width_px, height_px)
    pose = _catalogue_pose(_generator(seed, 3 + 2 * shot), size, reach_px=min(width_px, height_px) / 2)
    picture = _picture(look, (_generator(seed, 1), _generator(seed, 4 + 2 * shot)), size, pose)
    left, top = (size - width_px) // 2, (size - height_px) // 2
    return picture[top : top + height_px, left : left + width_px]


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream))


# --- pose ------------------------------------------------------------------------------------
class _Pose(NamedTuple):
    """Unit coordinates to pixels of the reduced picture, and how far the camera is tilted."""

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    tilt: tuple[float, float]


def _free_pose(rng: np.random.Generator, size: int) -> _Pose:
    reach = (rng.uniform(0.62, 0.95) if rng.random() < 0.8 else rng.uniform(0.42, 0.62)) * size / 2
    turn = rng.normal(0, 0.14) if rng.random() < 0.85 else rng.uniform(-1.2, 1.2)
    stretch = rng.uniform(0.84, 1.12), rng.uniform(0.87, 1.1)
    room = max(0.0, size / 2 - reach) * 0.6 + size * 0.023
    tilt = (rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)) if rng.random() < 0.3 else (0.0, 0.0)
    return _pose(rng, reach, turn, stretch, size / 2 + rng.uniform(-room, room, 2), tilt)


def _catalogue_pose(rng: np.random.Generator, size: int, *, reach_px: float) -> _Pose:
    turn = rng.normal(0, 0.06) if rng.random() < 0.75 else rng.uniform(-0.45, 0.45)
    stretch = rng.uniform(0.88, 1.05), rng.uniform(0.92, 1.04)
    centre = size / 2 + reach_px * rng.uniform(-0.04, 0.04, 2)
    tilt = (rng.uniform(-0.24, 0.24), rng.uniform(-0.2, 0.2)) if rng.random() < 0.45 else (0.0, 0.0)
    return _pose(rng, reach_px * rng.uniform(0.8, 0.95), turn, stretch, centre, tilt)


def _pose(
    rng: np.random.Generator, reach: float, turn: float, stretch: tuple[float, float],
    centre: NDArray[np.float64], tilt: tuple[float, float],
) -> _Pose:  # fmt: skip
    flip = -1 if rng.random() < 0.5 else 1
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    sheared = np.array([[flip * stretch[0], rng.uniform(-0.1, 0.1)], [0.0, stretch[1]]])
    return _Pose(turned @ sheared * reach, centre, tilt)


def _tilted(image: Image.Image, tilt: tuple[float, float]) -> Image.Image:
    """The drawing as seen by a camera that looks a little sideways or from above."""
    if tilt == (0.0, 0.0):
        return image
    size = float(image.width)
    gx, gy = tilt[0] / size, tilt[1] / size
    # Divides by 1 + gx (x - c) + gy (y - c), about the middle c, so that the middle stays where it is.
    c = size / 2
    base = 1 - (gx + gy) * c
    row = (1 + c * gx, c * gy, -c * (gx + gy) * c, c * gx, 1 + c * gy, -c * (gx + gy) * c)
    return image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        tuple(value / base for value in (*row, gx, gy)),
        Image.Resampling.NEAREST,
    )


# --- the picture -----------------------------------------------------------------------------
class _Layers(NamedTuple):
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


def _picture(
    look: Look, generators: tuple[np.random.Generator, np.random.Generator], size: int, pose: _Pose
) -> NDArray[np.uint8]:
    product, shot = generators
    canvas = Canvas(
        2 * size, product, trimmed=look.trim is not None, matrix=pose.matrix * 2, offset=pose.offset * 2
    )
    kinds.DRAWINGS[look.kind](canvas)
    # From here on the product's choices must not depend on how many numbers its drawing drew.
    drawn = _tilted(Image.merge("LA", (Image.fromarray(canvas.roles), Image.fromarray(canvas.parts))), pose.tilt)
    roles, parts = (np.asarray(band) for band in drawn.split())
    if look.style == "studio":
        finished = _studio(look, product, shot, size, pose, roles, parts)
    else:
        finished = _illustration(look, product, shot, size, pose, roles, parts)
    return np.clip(finished + np.float32(0.5), 0, 255).astype(np.uint8)


def _studio(
    look: Look, product: np.random.Generator, shot: np.random.Generator, size: int, pose: _Pose,
    roles: Mask, parts: Mask,
) -> Field:  # fmt: skip
    seam = _seams(parts)
    layers = _layers(look, product, size, pose, roles, seam, shade=0.9)
    relief = _relief(layers, shot.uniform(0.8, 1.25))
    light = _light(shot)
    gain, shine = _shaded(look, product, shot, layers, relief, light, _unit_coordinates(pose, size))
    scene = _shadowed(_contrasting(setting(look.setting, size, shot), look, shot), layers.cover, shot, look)
    lit = _toned(layers, gain)
    lit += shine[..., None] * (np.float32(255) - lit) * np.float32(0.9)
    scene *= (1 - layers.cover)[..., None]
    scene += lit
    return _developed(scene, shot)


def _illustration(
    look: Look, product: np.random.Generator, shot: np.random.Generator, size: int, pose: _Pose,
    roles: Mask, parts: Mask,
) -> Field:  # fmt: skip
    seam = _seams(parts)
    outlined, sticker = _outlined(roles, seam, shot)
    layers = _layers(look, product, size, pose, outlined, seam, shade=shot.uniform(0.68, 0.8))
    gain = _flat_shade(layers, shot, _light(shot))
    scene = _flat_scene(look, size, shot)
    if not sticker and shot.random() < 0.5:
        scene = _shadowed(scene, layers.cover, shot, look)
    scene = _contrasting(scene, look, shot)
    scene *= (1 - layers.cover)[..., None]
    scene += layers.paint * gain[..., None]
    scene *= np.float32(shot.uniform(0.94, 1.04))
    return scene + shot.standard_normal((size, size, 1), np.float32) * np.float32(shot.uniform(0, 2.5))


# --- layers ----------------------------------------------------------------------------------
_PRINTED = 16  # added to BODY, SHADE and LIGHT where a pattern shows its second colour
_OUTLINE, _STICKER = 40, 41


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


def _seams(parts: Mask) -> Mask:
    """255 where a pixel's part differs from the next one's to the right or below."""
    seam = np.zeros_like(parts)
    seam[:, :-1] = parts[:, 1:] != parts[:, :-1]
    seam[:-1] |= parts[1:] != parts[:-1]
    return seam * np.uint8(255)


def _layers(
    look: Look, rng: np.random.Generator, size: int, pose: _Pose, roles: Mask, seam: Mask, *, shade: float
) -> _Layers:
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
    return _Layers(painted, cover, folds, _reduced(seam), body, metal, gloss)


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
    colours[_OUTLINE] = body * np.float32(rng.uniform(0, 0.22)) + np.float32(rng.uniform(8, 22))
    colours[_STICKER] = 252
    return np.clip(colours, 0, 255).astype(np.uint8)


def _accent(look: Look, rng: np.random.Generator) -> str:
    """A second colour that no one would take for the product's own or for its trim."""
    chromatic = list(COLOURS)[:7]
    free = [c for c in chromatic if not alike(c, look.colour) and not alike(c, look.trim or look.colour)]
    return free[int(rng.integers(len(free)))]


def _with_print(look: Look, rng: np.random.Generator, pose: _Pose, roles: Mask) -> Mask:
    if look.material not in PRINTS:
        return roles
    cloth = printed(look.material, *_unit_coordinates(pose, roles.shape[0], zoom=2), rng)
    cloth &= (roles >= Role.BODY) & (roles <= Role.LIGHT)
    return roles + cloth * np.uint8(_PRINTED)


def _unit_coordinates(pose: _Pose, size: int, *, zoom: int = 1) -> tuple[Field, Field]:
    """Where each pixel lies on the product, each of shape ``(size, size)``."""
    inverse = np.linalg.inv(pose.matrix * zoom).astype(np.float32)
    x, y = grid(size)
    px, py = x * size - np.float32(pose.offset[0] * zoom), y * size - np.float32(pose.offset[1] * zoom)
    return inverse[0, 0] * px + inverse[0, 1] * py, inverse[1, 0] * px + inverse[1, 1] * py


# --- light -----------------------------------------------------------------------------------
def _soft(field: Field, width: float) -> Field:
    """A field blurred by about a fraction of the picture's width, whatever its size in pixels."""
    size, cells = field.shape[0], round(0.82 / width)
    if cells >= size:
        return field
    small = Image.fromarray(field).resize((cells, cells), Image.Resampling.BILINEAR)
    padded = np.zeros((cells + 2, cells + 2), np.float32)
    padded[1:-1, 1:-1] = small
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return resized((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16), size)


class _Relief(NamedTuple):
    """Unit normals of the product's surface, and how deep each pixel lies in a crease (0 to 1)."""

    x: Field
    y: Field
    z: Field
    crease: Field


def _relief(layers: _Layers, strength: float) -> _Relief:
    """Inflate the silhouette, and each part of it, like cushions."""
    size = layers.cover.shape[0]
    inside = np.clip(layers.cover - layers.edges * np.float32(1.2), 0, 1)
    # Heights in widths of the picture: each blur's own width makes slopes of about 1 at its edges.
    height = _soft(inside, 0.011) * np.float32(0.011) + _soft(inside, 0.03) * np.float32(0.036)
    height += _soft(layers.cover, 0.085) * np.float32(0.11) + _soft(layers.folds, 0.011) * np.float32(0.01)
    x, y = np.zeros_like(height), np.zeros_like(height)
    slope = np.float32(strength * size)
    x[:, 1:-1] = (height[:, :-2] - height[:, 2:]) * slope
    y[1:-1] = (height[:-2] - height[2:]) * slope
    z = 1 / np.sqrt(1 + x * x + y * y)
    crease = _soft(layers.edges, 0.009) * np.float32(min(2.0, size / 110))
    return _Relief(x * z, y * z, z, np.clip(crease, 0, 1))


def _light(rng: np.random.Generator) -> Field:
    """Where the light comes from, mostly above: a unit vector (right, down, towards the viewer)."""
    around, up = math.radians(rng.uniform(-165, -15)), math.radians(rng.uniform(38, 64))
    return np.array(
        [math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)], np.float32
    )


def _shaded(
    look: Look, product: np.random.Generator, shot: np.random.Generator, layers: _Layers, relief: _Relief,
    light: Field, place: tuple[Field, Field],
) -> tuple[Field, Field]:  # fmt: skip
    """Return the gain of each pixel around 1, and its highlight from 0 to 1."""
    facing = np.clip(relief.x * light[0] + relief.y * light[1] + relief.z * light[2], 0, None)
    ambient = np.float32(shot.uniform(0.42, 0.58))
    gain = ambient + (1 - ambient) * facing / light[2]
    gain *= 1 + _soft(layers.folds, 0.012) * np.float32(0.22)
    texture = grain(look.material, *place, product)
    if texture is not None:
        gain *= 1 + texture * layers.body
    mirrored = _mirrored(relief, place, shot)
    gain += layers.metal * (mirrored * (np.float32(0.55) + np.float32(0.45) * gain) - gain)
    gain *= 1 - np.float32(0.42) * relief.crease
    # Exposed for the product: shading must not make another colour of it.
    mean = float((gain * layers.cover).sum() / max(1.0, float(layers.cover.sum())))
    gain *= np.float32(min(1.3, max(0.85, shot.uniform(0.88, 1.0) / max(mean, 0.1))))
    return np.clip(gain, 0.34, 1.7), _highlight(look, layers, relief, light)


def _mirrored(relief: _Relief, place: tuple[Field, Field], rng: np.random.Generator) -> Field:
    """What a mirror of the product's shape shows of the room around it."""
    lean = rng.uniform(-0.7, 0.7)
    across, down = np.float32(math.sin(lean)), np.float32(math.cos(lean))
    look_up = -(relief.x * across + relief.y * down) * np.float32(1.15) * relief.z
    look_up -= (place[0] * across * np.float32(0.5) + place[1] * down * np.float32(0.3)) - np.float32(
        rng.uniform(-0.1, 0.25)
    )
    steps = np.clip(look_up * 127 + 128, 0, 255).astype(np.uint8)
    room: Field = surroundings(rng)[steps]
    return room


def _highlight(look: Look, layers: _Layers, relief: _Relief, light: Field) -> Field:
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.sqrt((half * half).sum())
    tightness = surface(look.kind, look.colour, look.material).tightness
    along = np.clip(relief.x * half[0] + relief.y * half[1] + relief.z * half[2], 0, 1)
    return np.asarray(along ** np.float32(8 + 52 * tightness) * layers.gloss * layers.cover * np.float32(0.75))


# Darker metal and cloth keep their hue better when blue falls faster than red.
_FALL = np.array([0.0, 0.12, 0.3], np.float32)


def _toned(layers: _Layers, gain: Field) -> Field:
    """Colours times coverage, darkened below a gain of 1 and brought towards white above it."""
    dark, over = np.minimum(gain, 1), np.clip(gain - 1, 0, 1)
    fall = dark * (1 - dark) * (np.float32(0.25) + layers.metal)
    factor = (dark + np.float32(0.2) * over)[..., None] - fall[..., None] * _FALL
    factor *= layers.paint
    # Cloth in bright light stays its colour; metal mirrors the light itself.
    factor += (over * layers.cover * (np.float32(30) + np.float32(120) * layers.metal))[..., None]
    return factor


# --- scene -----------------------------------------------------------------------------------
def _contrasting(scene: Field, look: Look, rng: np.random.Generator) -> Field:
    """The scene, brighter or darker where the product would else be lost in it."""
    weights = np.array([0.3, 0.59, 0.11], np.float32)
    around = float((scene[::4, ::4] @ weights).mean())
    own = float(np.array(COLOURS[look.colour], np.float32) @ weights)
    if abs(around - own) > 42:
        return scene
    if own > 120:
        return scene * rng.uniform(0.64, 0.8, 3).astype(np.float32)
    x, y = grid(scene.shape[0])
    away = (x - np.float32(0.5)) ** 2 + (y - np.float32(0.5)) ** 2
    halo = np.float32(rng.uniform(0.3, 0.5)) * np.exp(away * np.float32(-7))
    return scene + halo[..., None] * (rng.uniform(150, 255, 3).astype(np.float32) - scene)


_STANDING = frozenset(OBJECTS) | frozenset(WEAR[-4:]) | {"handbag", "backpack", "suitcase", "crown", "helmet"}


def _shadowed(scene: Field, cover: Field, rng: np.random.Generator, look: Look) -> Field:
    """The scene with the product's shadow on the floor it stands on, or on the wall behind it."""
    strength = np.float32(rng.uniform(0.28, 0.6))
    outside = look.setting in ("beach", "street", "forest", "night")
    stands = rng.random() < (0.85 if look.kind in _STANDING else 0.7 if outside else 0.15)
    shade = _floor_shadow(cover, rng) if stands else _wall_shadow(cover, rng)
    return scene * (1 - strength * shade)[..., None]


def _wall_shadow(cover: Field, rng: np.random.Generator) -> Field:
    size = cover.shape[0]
    dx, dy = size * rng.uniform(-0.06, 0.06), size * rng.uniform(0.01, 0.07)
    moved = Image.fromarray(cover).transform(
        (size, size), Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), Image.Resampling.NEAREST
    )
    return _soft(np.asarray(moved, np.float32), rng.uniform(0.025, 0.06))


def _floor_shadow(cover: Field, rng: np.random.Generator) -> Field:
    cells, size = 96, cover.shape[0]
    small = Image.fromarray(cover).resize((cells, cells), Image.Resampling.BOX)
    box = small.point(lambda value: value * 255).convert("L").getbbox()
    foot, lean = (box[3] - 1.5 if box else cells), rng.uniform(-0.9, 0.9)
    low = np.asarray(_flattened(small, foot, rng.uniform(0.16, 0.34), lean), np.float32)
    contact = np.asarray(_flattened(small, foot, 0.05, 0.0), np.float32)
    soft = np.float32(0.75) * _soft(low, rng.uniform(0.02, 0.035)) + np.float32(0.7) * _soft(contact, 0.014)
    return resized(np.clip(soft, 0, 1), size)


def _flattened(image: Image.Image, foot: float, height: float, lean: float) -> Image.Image:
    """A silhouette laid down on the floor at its foot, away from the viewer."""
    # Output (x, y) reads source (x + lean (foot - y) ..., foot - (foot + gap - y) / height).
    gap = 0.06 * image.width * min(1.0, height * 4)
    moved = (1, lean, -lean * foot, 0, 1 / height, foot - (foot + gap) / height)
    return image.transform(image.size, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)


def _developed(scene: Field, rng: np.random.Generator) -> Field:
    """The scene as a camera takes it: exposure, white balance, vignette and noise."""
    size = scene.shape[0]
    x, y = grid(size)
    distance = (x - np.float32(0.5)) ** 2 + (y - np.float32(0.5)) ** 2
    exposure = (1 - np.float32(rng.uniform(0, 0.3)) * distance) * np.float32(rng.uniform(0.9, 1.08))
    noise = rng.uniform(0.5, 4.5) * (1 if size <= 256 else 0.5)
    scene = scene * exposure[..., None] * (1 + rng.normal(0, 0.015, 3).astype(np.float32))
    return scene + rng.standard_normal((size, size, 1), np.float32) * np.float32(noise)


# --- illustration ----------------------------------------------------------------------------
def _outlined(roles: Mask, seam: Mask, rng: np.random.Generator) -> tuple[Mask, bool]:
    """The roles with ink along their seams, on some within a white sticker's edge."""
    sticker, size = rng.random() < 0.16, roles.shape[0]
    thick = size * rng.choice([0.0, rng.uniform(0.002, 0.005), rng.uniform(0.005, 0.009)], p=[0.12, 0.58, 0.3])
    indices = roles
    if sticker:
        around = _grown(np.minimum(roles, 1) * np.uint8(255), size * 0.022)
        indices = np.where(around & (roles == 0), np.uint8(_STICKER), indices)
    if thick:
        indices = np.where(_grown(seam, thick), np.uint8(_OUTLINE), indices)
    return indices, sticker


def _grown(mask: Mask, radius: float) -> NDArray[np.bool_]:
    blurred = Image.fromarray(mask).filter(ImageFilter.BoxBlur(float(radius)))
    return np.asarray(blurred) > 10


def _flat_shade(layers: _Layers, rng: np.random.Generator, light: Field) -> Field:
    """Gains of a drawing: flat, in two tones, in halftone dots, or a soft gradient."""
    method = rng.choice(4, p=(0.2, 0.4, 0.2, 0.2))
    if method == 0:
        return np.ones_like(layers.cover)
    relief = _relief(layers, 1.0)
    shade = relief.x * light[0] + relief.y * light[1] + (relief.z - 1) * light[2]
    depth = np.float32(rng.uniform(0.18, 0.32))
    if method == 1:
        return 1 - depth * np.clip(-shade * 24 - 3, 0, 1) + np.float32(0.1) * np.clip(shade * 24 - 5, 0, 1)
    if method == 2:
        return 1 - depth * _halftone(np.clip(-shade * 3, 0, 1), rng)
    return np.clip(1 + shade * np.float32(0.7), 0.6, 1.2)


def _halftone(amount: Field, rng: np.random.Generator) -> Field:
    x, y = grid(amount.shape[0])
    count = np.float32(rng.uniform(90, 150))
    dots = np.sin((x + y) * count) * np.sin((x - y) * count)
    return np.clip((dots * np.float32(0.5) + np.float32(0.5) - (1 - amount)) * 5, 0, 1)


def _flat_scene(look: Look, size: int, rng: np.random.Generator) -> Field:
    """The background of a drawing; plain settings become paper or flat colour."""
    if look.setting not in ("studio", "backdrop"):
        scene = setting(look.setting, size, rng)
        return scene + (np.float32(255) - scene) * np.float32(rng.uniform(0, 0.35))
    paper = look.setting == "studio"
    tone = jittered(list(COLOURS)[int(rng.integers(len(COLOURS)))], rng)
    flat = 255 - (255 - tone) * np.float32(rng.uniform(0.02, 0.1) if paper else rng.uniform(0.25, 0.8))
    scene = np.empty((size, size, 3), np.float32)
    scene[:] = flat
    if paper:
        fibres = resized(rng.standard_normal((min(size, 160),) * 2, np.float32), size)
        return scene + fibres[..., None] * np.float32(rng.uniform(0.5, 3.5)) - np.float32(rng.uniform(2, 10))
    return scene + _shape_behind(size, rng)[..., None] * (np.float32(255) - scene) * np.float32(0.45)


def _shape_behind(size: int, rng: np.random.Generator) -> Field:
    """Where a flat background has its lighter shape: a disc, rays, a band, or nowhere."""
    x, y = grid(size)
    form, sharp = int(rng.integers(4)), np.float32(size)
    if form == 0:
        away = np.sqrt((x - np.float32(0.5)) ** 2 + (y - np.float32(0.5)) ** 2)
        return np.clip((np.float32(rng.uniform(0.3, 0.45)) - away) * sharp, 0, 1)
    if form == 1:
        rays = np.sin(np.arctan2(y - np.float32(0.5), x - np.float32(0.5)) * int(rng.integers(6, 14)))
        return np.clip(rays * 12 + np.float32(0.5), 0, 1)
    if form == 2:
        return np.clip((x * np.float32(rng.uniform(-0.6, 0.6)) + y - np.float32(0.6)) * sharp, 0, 1)
    return np.zeros((size, size), np.float32)
