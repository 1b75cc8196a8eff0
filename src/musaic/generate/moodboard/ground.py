"""What references stand on: a studio sweep, a table, or the picture of a place."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from musaic.colors import Lab, oklab, srgb
from musaic.generate.moodboard.scheme import Scheme

Field = NDArray[np.float32]

_BAND_ROWS = 256
# A horizon is looked for among so many rows, is a difference of this much in OKLab, and else is taken to be here.
_ROWS, _A_LINE, _SOMEWHERE = 96, 0.06, 0.64
# An ordered pattern instead of chance: gradients do not band, and PNG still packs them well.
_BAYER = np.array([[0, 2], [3, 1]], np.float32)
for _ in range(2):
    _BAYER = np.block([[4 * _BAYER, 4 * _BAYER + 2], [4 * _BAYER + 3, 4 * _BAYER + 1]])
_DITHER = (_BAYER + 0.5) / 64 - 0.5


def sweep(size: tuple[int, int], scheme: Scheme, horizon: float) -> Image.Image:
    """Return a paper sweep: a wall that runs into a floor, lit from the upper left, darker in the corners."""
    rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    bend = 1 / (1 + np.exp(np.clip(-(rows - horizon) / 0.016, -60, 60)))
    # The floor is darkest where it meets the wall and comes forward into the light.
    depth = np.clip((rows - horizon) / max(1e-3, 1 - horizon), 0, 1)
    floor = scheme.floor + depth * np.array([0.035, 0, 0], np.float32)
    wall = scheme.wall + (0.5 - rows) * np.array([0.03, 0, 0], np.float32)
    return _lit(size, np.asarray(wall * (1 - bend) + floor * bend, np.float32), glow=0.10)


def table(size: tuple[int, int], scheme: Scheme) -> Image.Image:
    """Return an even surface seen from above, in soft light from the upper left."""
    rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    return _lit(size, scheme.wall - rows * np.array([0.02, 0, 0], np.float32), glow=0.09)


def _lit(size: tuple[int, int], column: Lab, *, glow: float) -> Image.Image:
    """Spread a column of colours over a picture, with a soft light and a vignette."""
    width, height = size
    colours = srgb(column).astype(np.float32)
    x, y = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    light_x, light_y = np.exp(-(((x - 0.34) / 0.42) ** 2)), np.exp(-(((y - 0.30) / 0.42) ** 2))
    edge_x, edge_y = np.abs(2 * x - 1) ** 3, np.abs(2 * y - 1) ** 3
    lit = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND_ROWS):
        band = slice(top, min(height, top + _BAND_ROWS))
        gain = 0.965 + glow * 0.55 * light_y[band, None] * light_x
        gain -= 0.055 * (edge_y[band, None] + edge_x) * 0.5 + 0.03 * edge_y[band, None] * edge_x
        lit[band] = _dithered(colours[band, None] * gain[..., None])
    return Image.fromarray(lit)


def _dithered(levels: Field) -> NDArray[np.uint8]:
    height, width = levels.shape[:2]
    pattern = np.tile(_DITHER.astype(np.float32), (-(-height // 8), -(-width // 8)))[:height, :width, None]
    return np.asarray(np.clip(levels + pattern + 0.5, 0, 255), np.uint8)


def place(setting: Image.Image, size: tuple[int, int], *, sharp: bool = False) -> Image.Image:
    """Return the picture of a place that fills a stage.

    Args:
        setting: The picture.
        size: Width and height of the stage.
        sharp: As it is; else a backdrop, out of focus and a little quieter.
    """
    setting = setting.convert("RGB")
    scale = max(size[0] / setting.width, size[1] / setting.height)
    crop = size[0] / scale, size[1] / scale
    # The ground that things stand on is in the lower part.
    left, top = (setting.width - crop[0]) / 2, (setting.height - crop[1]) * 0.7
    box = (left, top, left + crop[0], top + crop[1])
    if sharp:
        return setting.resize(size, Image.Resampling.LANCZOS, box=box)
    # Blurred small and enlarged: no difference is seen, and a large blur costs nothing.
    shrink = max(1.0, max(size) / 900)
    small_size = max(1, round(size[0] / shrink)), max(1, round(size[1] / shrink))
    small = setting.resize(small_size, Image.Resampling.BICUBIC, box=box)
    small = small.filter(ImageFilter.GaussianBlur(0.008 * math.sqrt(small.width * small.height)))
    small = ImageEnhance.Color(small).enhance(0.88)
    return _grounded(small.resize(size, Image.Resampling.BICUBIC))


def horizon_of(image: Image.Image) -> float:
    """Return where the ground of a place seems to begin, 0 to 1 of the height.

    It is where the colours above and below differ most; where no such line is, the lower third or so.
    """
    rows = oklab(np.asarray(image.resize((32, _ROWS), Image.Resampling.BOX))).mean(axis=1)
    near = _ROWS // 16
    starts = range(round(0.45 * _ROWS), round(0.80 * _ROWS) + 1)
    gaps = [
        float(np.linalg.norm(rows[at - near : at].mean(axis=0) - rows[at : at + near].mean(axis=0)))
        for at in starts
    ]
    return starts[int(np.argmax(gaps))] / _ROWS if max(gaps) > _A_LINE else _SOMEWHERE


def _grounded(image: Image.Image) -> Image.Image:
    """Veil the middle a little and darken the foot, so that what stands in front comes forward."""
    rows = np.linspace(0, 1, image.height, dtype=np.float32)
    foot = np.clip((rows - 0.72) / 0.28, 0, 1) ** 1.5 * np.float32(0.20)
    done = np.empty((image.height, image.width, 3), np.uint8)
    levels = np.asarray(image)
    for top in range(0, image.height, _BAND_ROWS):
        band = slice(top, min(image.height, top + _BAND_ROWS))
        veiled = levels[band] * np.float32(0.90) + np.float32(0.10 * 236)
        done[band] = _dithered(veiled * (1 - foot[band, None, None]))
    return Image.fromarray(done)


def shaded(image: Image.Image, darkness: Field) -> Image.Image:
    """Return a picture in shadow.

    Args:
        image: Mode RGB.
        darkness: 0 (none) to 1 (black), of any smaller size; it is enlarged.
    """
    field = Image.fromarray(darkness)
    levels, done = np.asarray(image), np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _BAND_ROWS):
        bottom = min(image.height, top + _BAND_ROWS)
        box = (0, top * field.height / image.height, field.width, bottom * field.height / image.height)
        part = np.asarray(field.resize((image.width, bottom - top), Image.Resampling.BICUBIC, box=box))
        done[top:bottom] = _dithered(levels[top:bottom] * (1 - np.clip(part, 0, 0.9))[..., None])
    return Image.fromarray(done)
