"""The second style: ink outlines, flat colours, paper and plain backgrounds."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from musaic.demo.layers import OUTLINE, STICKER, Layers
from musaic.demo.light import relief_of
from musaic.demo.look import Look
from musaic.demo.materials import jittered
from musaic.demo.scenery import Field, Mask, grid, resized
from musaic.demo.settings import setting
from musaic.demo.vocabulary import COLOURS


def outlined(roles: Mask, seam: Mask, rng: np.random.Generator) -> tuple[Mask, bool]:
    """The roles with ink along their seams, on some within a white sticker's edge."""
    sticker, size = rng.random() < 0.16, roles.shape[0]
    thick = size * rng.choice(
        [0.0, rng.uniform(0.002, 0.005), rng.uniform(0.005, 0.009)], p=[0.12, 0.58, 0.3]
    )
    indices = roles
    if sticker:
        around = _grown(np.minimum(roles, 1) * np.uint8(255), size * 0.022)
        indices = np.where(around & (roles == 0), np.uint8(STICKER), indices)
    if thick:
        indices = np.where(_grown(seam, thick), np.uint8(OUTLINE), indices)
    return indices, sticker


def _grown(mask: Mask, radius: float) -> NDArray[np.bool_]:
    blurred = Image.fromarray(mask).filter(ImageFilter.BoxBlur(float(radius)))
    return np.asarray(blurred) > 10


def flat_shade(layers: Layers, rng: np.random.Generator, light: Field) -> Field:
    """Gains of a drawing: flat, in two tones, in halftone dots, or a soft gradient."""
    method = rng.choice(4, p=(0.2, 0.4, 0.2, 0.2))
    if method == 0:
        return np.ones_like(layers.cover)
    relief = relief_of(layers, 1.0)
    shade = relief.x * light[0] + relief.y * light[1] + (relief.z - 1) * light[2]
    depth = np.float32(rng.uniform(0.18, 0.32))
    if method == 1:
        return np.asarray(
            1 - depth * np.clip(-shade * 24 - 3, 0, 1) + np.float32(0.1) * np.clip(shade * 24 - 5, 0, 1),
            np.float32,
        )
    if method == 2:
        return 1 - depth * _halftone(np.clip(-shade * 3, 0, 1), rng)
    return np.asarray(np.clip(1 + shade * np.float32(0.7), 0.6, 1.2), np.float32)


def _halftone(amount: Field, rng: np.random.Generator) -> Field:
    x, y = grid(amount.shape[0])
    count = np.float32(rng.uniform(90, 150))
    dots = np.sin((x + y) * count) * np.sin((x - y) * count)
    return np.asarray(
        np.clip((dots * np.float32(0.5) + np.float32(0.5) - (1 - amount)) * 5, 0, 1), np.float32
    )


def flat_scene(look: Look, size: int, rng: np.random.Generator) -> Field:
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
    return np.asarray(
        scene + _shape_behind(size, rng)[..., None] * (np.float32(255) - scene) * np.float32(0.45), np.float32
    )


def _shape_behind(size: int, rng: np.random.Generator) -> Field:
    """Where a flat background has its lighter shape: a disc, rays, a band, or nowhere."""
    x, y = grid(size)
    form, sharp = int(rng.integers(4)), np.float32(size)
    if form == 0:
        away = np.sqrt((x - np.float32(0.5)) ** 2 + (y - np.float32(0.5)) ** 2)
        return np.asarray(np.clip((np.float32(rng.uniform(0.3, 0.45)) - away) * sharp, 0, 1), np.float32)
    if form == 1:
        rays = np.sin(np.arctan2(y - np.float32(0.5), x - np.float32(0.5)) * int(rng.integers(6, 14)))
        return np.asarray(np.clip(rays * 12 + np.float32(0.5), 0, 1), np.float32)
    if form == 2:
        return np.asarray(
            np.clip((x * np.float32(rng.uniform(-0.6, 0.6)) + y - np.float32(0.6)) * sharp, 0, 1), np.float32
        )
    return np.zeros((size, size), np.float32)
