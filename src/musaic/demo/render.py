"""Lit, coloured pictures of drawn products.

A kind's drawing says what is where (`canvas`). It is posed (`pose`), coloured (`layers`), lit
(`light`) or inked (`illustration`), and set into a scene (`settings`). Light is worked out at the
picture's own size, outlines at twice that size and then reduced.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.demo import kinds
from musaic.demo.canvas import Canvas
from musaic.demo.illustration import flat_scene, flat_shade, outlined
from musaic.demo.layers import layers_of, seams
from musaic.demo.light import random_light, relief_of, shaded, soft, toned
from musaic.demo.look import Look, Style
from musaic.demo.materials import plausible, possible_trim
from musaic.demo.pose import Pose, catalogue_pose, free_pose, tilted, unit_coordinates
from musaic.demo.scenery import Field, Mask, grid, resized
from musaic.demo.settings import setting
from musaic.demo.vocabulary import COLOURS, OBJECTS, WEAR

__all__ = ["Look", "Style", "photograph", "plausible", "possible_trim", "render"]


def render(look: Look, seed: int, size_px: int = 128) -> NDArray[np.uint8]:
    """Return a picture of a product: sRGB, shape ``(size_px, size_px, 3)``.

    The same look, seed and size give the same picture; another seed another product, pose and light.

    Raises:
        KeyError: The look names a kind, colour, material or setting that the vocabulary lacks.
    """
    pose = free_pose(_generator(seed, 0), size_px)
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
    pose = catalogue_pose(_generator(seed, 3 + 2 * shot), size, reach_px=min(width_px, height_px) / 2)
    picture = _picture(look, (_generator(seed, 1), _generator(seed, 4 + 2 * shot)), size, pose)
    left, top = (size - width_px) // 2, (size - height_px) // 2
    return picture[top : top + height_px, left : left + width_px]


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream))


# --- the two styles ---------------------------------------------------------------------------
def _picture(
    look: Look, generators: tuple[np.random.Generator, np.random.Generator], size: int, pose: Pose
) -> NDArray[np.uint8]:
    product, shot = generators
    canvas = Canvas(
        2 * size, product, trimmed=look.trim is not None, matrix=pose.matrix * 2, offset=pose.offset * 2
    )
    kinds.DRAWINGS[look.kind](canvas)
    drawn = tilted(
        Image.merge("LA", (Image.fromarray(canvas.roles), Image.fromarray(canvas.parts))), pose.tilt
    )
    roles, parts = (np.asarray(band) for band in drawn.split())
    if look.style == "studio":
        finished = _studio(look, product, shot, size, pose, roles, parts)
    else:
        finished = _illustration(look, product, shot, size, pose, roles, parts)
    return np.asarray(np.clip(finished + np.float32(0.5), 0, 255).astype(np.uint8), np.uint8)


def _studio(
    look: Look, product: np.random.Generator, shot: np.random.Generator, size: int, pose: Pose,
    roles: Mask, parts: Mask,
) -> Field:  # fmt: skip
    seam = seams(parts)
    layers = layers_of(look, product, pose, roles, seam, shade=0.9)
    relief = relief_of(layers, shot.uniform(0.8, 1.25))
    light = random_light(shot)
    gain, shine = shaded(look, product, shot, layers, relief, light, unit_coordinates(pose, size))
    scene = _shadowed(_contrasting(setting(look.setting, size, shot), look, shot), layers.cover, shot, look)
    lit = toned(layers, gain)
    lit += shine[..., None] * (np.float32(255) - lit) * np.float32(0.9)
    scene *= (1 - layers.cover)[..., None]
    scene += lit
    return _developed(scene, shot)


def _illustration(
    look: Look, product: np.random.Generator, shot: np.random.Generator, size: int, pose: Pose,
    roles: Mask, parts: Mask,
) -> Field:  # fmt: skip
    seam = seams(parts)
    inked, sticker = outlined(roles, seam, shot)
    layers = layers_of(look, product, pose, inked, seam, shade=shot.uniform(0.68, 0.8))
    gain = flat_shade(layers, shot, random_light(shot))
    scene = flat_scene(look, size, shot)
    if not sticker and shot.random() < 0.5:
        scene = _shadowed(scene, layers.cover, shot, look)
    scene = _contrasting(scene, look, shot)
    scene *= (1 - layers.cover)[..., None]
    scene += layers.paint * gain[..., None]
    scene *= np.float32(shot.uniform(0.94, 1.04))
    return scene + shot.standard_normal((size, size, 1), np.float32) * np.float32(shot.uniform(0, 2.5))


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
    return soft(np.asarray(moved, np.float32), rng.uniform(0.025, 0.06))


def _floor_shadow(cover: Field, rng: np.random.Generator) -> Field:
    cells, size = 96, cover.shape[0]
    small = Image.fromarray(cover).resize((cells, cells), Image.Resampling.BOX)
    box = small.point(lambda value: value * 255).convert("L").getbbox()
    foot, lean = (box[3] - 1.5 if box else cells), rng.uniform(-0.9, 0.9)
    low = np.asarray(_flattened(small, foot, rng.uniform(0.16, 0.34), lean), np.float32)
    contact = np.asarray(_flattened(small, foot, 0.05, 0.0), np.float32)
    shade = np.float32(0.75) * soft(low, rng.uniform(0.02, 0.035)) + np.float32(0.7) * soft(contact, 0.014)
    return resized(np.clip(shade, 0, 1), size)


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
