"""Poses: where a product lies in its picture, and from where the camera looks."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.demo.scenery import Field, grid


class Pose(NamedTuple):
    """Unit coordinates to pixels of the reduced picture, and how far the camera is tilted."""

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    tilt: tuple[float, float]


def free_pose(rng: np.random.Generator, size: int) -> Pose:
    """Return a pose for a training picture: any angle, size and place that still shows the product."""
    reach = (rng.uniform(0.62, 0.95) if rng.random() < 0.8 else rng.uniform(0.42, 0.62)) * size / 2
    turn = rng.normal(0, 0.14) if rng.random() < 0.85 else rng.uniform(-1.2, 1.2)
    stretch = rng.uniform(0.84, 1.12), rng.uniform(0.87, 1.1)
    room = max(0.0, size / 2 - reach) * 0.6 + size * 0.023
    tilt = (rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)) if rng.random() < 0.3 else (0.0, 0.0)
    return _pose(rng, reach, turn, stretch, size / 2 + rng.uniform(-room, room, 2), tilt)


def catalogue_pose(rng: np.random.Generator, size: int, *, reach_px: float) -> Pose:
    """Return a pose for a catalogue picture: upright and central within `reach_px`, as a photographer would."""
    turn = rng.normal(0, 0.05) if rng.random() < 0.85 else rng.uniform(-0.32, 0.32)
    stretch = rng.uniform(0.88, 1.05), rng.uniform(0.92, 1.04)
    centre = size / 2 + reach_px * rng.uniform(-0.04, 0.04, 2)
    tilt = (rng.uniform(-0.24, 0.24), rng.uniform(-0.2, 0.2)) if rng.random() < 0.45 else (0.0, 0.0)
    return _pose(rng, reach_px * rng.uniform(0.78, 0.9), turn, stretch, centre, tilt)


def _pose(
    rng: np.random.Generator, reach: float, turn: float, stretch: tuple[float, float],
    centre: NDArray[np.float64], tilt: tuple[float, float],
) -> Pose:  # fmt: skip
    flip = -1 if rng.random() < 0.5 else 1
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    sheared = np.array([[flip * stretch[0], rng.uniform(-0.1, 0.1)], [0.0, stretch[1]]])
    return Pose(turned @ sheared * reach, centre, tilt)


def tilted(image: Image.Image, tilt: tuple[float, float]) -> Image.Image:
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


def unit_coordinates(pose: Pose, size: int, *, zoom: int = 1) -> tuple[Field, Field]:
    """Where each pixel lies on the product, each of shape ``(size, size)``."""
    inverse = np.linalg.inv(pose.matrix * zoom).astype(np.float32)
    x, y = grid(size)
    px, py = x * size - np.float32(pose.offset[0] * zoom), y * size - np.float32(pose.offset[1] * zoom)
    return inverse[0, 0] * px + inverse[0, 1] * py, inverse[1, 0] * px + inverse[1, 1] * py
