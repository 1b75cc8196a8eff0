"""Light on a drawn product: the relief its parts suggest, shading, mirroring and highlights."""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from musaic.demo.layers import Layers
from musaic.demo.look import Look
from musaic.demo.materials import grain, surface, surroundings
from musaic.demo.scenery import Field, resized


def soft(field: Field, width: float) -> Field:
    """A field blurred by about a fraction of the picture's width, whatever its size in pixels."""
    size, cells = field.shape[0], round(0.82 / width)
    if cells >= size:
        return field
    small = Image.fromarray(field).resize((cells, cells), Image.Resampling.BILINEAR)
    padded = np.zeros((cells + 2, cells + 2), np.float32)
    padded[1:-1, 1:-1] = np.asarray(small, np.float32)
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return resized((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16), size)


class Relief(NamedTuple):
    """Unit normals of the product's surface, and how deep each pixel lies in a crease (0 to 1)."""

    x: Field
    y: Field
    z: Field
    crease: Field


def relief_of(layers: Layers, strength: float) -> Relief:
    """Inflate the silhouette, and each part of it, like cushions."""
    size = layers.cover.shape[0]
    inside = np.clip(layers.cover - layers.edges * np.float32(1.2), 0, 1)
    # Heights in widths of the picture: each blur's own width makes slopes of about 1 at its edges.
    height = soft(inside, 0.011) * np.float32(0.011) + soft(inside, 0.03) * np.float32(0.036)
    height += soft(layers.cover, 0.085) * np.float32(0.11) + soft(layers.folds, 0.011) * np.float32(0.01)
    x, y = np.zeros_like(height), np.zeros_like(height)
    slope = np.float32(strength * size)
    x[:, 1:-1] = (height[:, :-2] - height[:, 2:]) * slope
    y[1:-1] = (height[:-2] - height[2:]) * slope
    z = 1 / np.sqrt(1 + x * x + y * y)
    crease = soft(layers.edges, 0.009) * np.float32(min(2.0, size / 110))
    return Relief(x * z, y * z, z, np.clip(crease, 0, 1))


def random_light(rng: np.random.Generator) -> Field:
    """Where the light comes from, mostly above: a unit vector (right, down, towards the viewer)."""
    around, up = math.radians(rng.uniform(-165, -15)), math.radians(rng.uniform(38, 64))
    return np.array(
        [math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)], np.float32
    )


def shaded(
    look: Look, product: np.random.Generator, shot: np.random.Generator, layers: Layers, relief: Relief,
    light: Field, place: tuple[Field, Field],
) -> tuple[Field, Field]:  # fmt: skip
    """Return the gain of each pixel around 1, and its highlight from 0 to 1."""
    facing = np.clip(relief.x * light[0] + relief.y * light[1] + relief.z * light[2], 0, None)
    ambient = np.float32(shot.uniform(0.42, 0.58))
    gain = ambient + (1 - ambient) * facing / light[2]
    gain *= 1 + soft(layers.folds, 0.012) * np.float32(0.22)
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


def _mirrored(relief: Relief, place: tuple[Field, Field], rng: np.random.Generator) -> Field:
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


def _highlight(look: Look, layers: Layers, relief: Relief, light: Field) -> Field:
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.sqrt((half * half).sum())
    tightness = surface(look.kind, look.colour, look.material).tightness
    along = np.clip(relief.x * half[0] + relief.y * half[1] + relief.z * half[2], 0, 1)
    return np.asarray(
        along ** np.float32(8 + 52 * tightness) * layers.gloss * layers.cover * np.float32(0.75)
    )


# Darker metal and cloth keep their hue better when blue falls faster than red.
_FALL = np.array([0.0, 0.12, 0.3], np.float32)


def toned(layers: Layers, gain: Field) -> Field:
    """Colours times coverage, darkened below a gain of 1 and brought towards white above it."""
    dark, over = np.minimum(gain, 1), np.clip(gain - 1, 0, 1)
    fall = dark * (1 - dark) * (np.float32(0.25) + layers.metal)
    factor = (dark + np.float32(0.2) * over)[..., None] - fall[..., None] * _FALL
    factor *= layers.paint
    # Cloth in bright light stays its colour; metal mirrors the light itself.
    factor += (over * layers.cover * (np.float32(30) + np.float32(120) * layers.metal))[..., None]
    return np.asarray(factor, np.float32)
