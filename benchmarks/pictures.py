"""JPEG files to measure with: like product shots, with smooth areas, edges and noise; 4:2:0, made once."""

import os
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.work import WORK, made_once

_BASES, _SLACK = 8, 64
# Steps across and down come round after numbers of files without a common divisor, so no two crops are alike.
_ACROSS, _DOWN = 61, 59
_SMALL_FOLDER = 500
# Later than this a file may still be being written, and ingest waits for it.
_LONG_AGO = 1_700_000_000


@dataclass(frozen=True)
class Kind:
    """A kind of file: size in pixels, and what makes its length in bytes like a camera's or a shop's."""

    name: str
    width: int
    height: int
    noise: int
    quality: int


SHOP = Kind("1mp", 1000, 1000, 6, 88)
CAMERA = Kind("12mp", 4000, 3000, 9, 86)
SMALL = Kind("0.2mp", 480, 360, 6, 80)


def folder_of(kind: Kind, count: int) -> Path:
    """Return a folder of so many JPEG files, no two alike."""
    return made_once(WORK / "pictures" / f"{kind.name}-{count}", partial(_fill, kind, count))


def folder_of_small(count: int) -> Path:
    """Return a folder of many small JPEG files, no two alike in bytes, 500 in each folder below it."""
    return made_once(WORK / "pictures" / f"small-{count}", partial(_fill_small, count))


def mean_kilobytes(folder: Path) -> float:
    """Return the mean length of the files below a folder, in kB."""
    sizes = [path.stat().st_size for path in folder.rglob("*.jpg")]
    return sum(sizes) / len(sizes) / 1000


def _fill(kind: Kind, count: int, folder: Path) -> None:
    bases = [_scene(kind, seed) for seed in range(min(count, _BASES))]
    for number in range(count):
        left, top = number * 7 % _ACROSS, number * 13 % _DOWN
        picture = bases[number % len(bases)].crop((left, top, left + kind.width, top + kind.height))
        if number // len(bases) % 2:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        path = folder / f"{kind.name}-{number:05d}.jpg"
        picture.save(path, quality=kind.quality, subsampling="4:2:0")
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def _fill_small(count: int, folder: Path) -> None:
    drawn = sorted(folder_of(SMALL, min(count, 200)).iterdir())
    contents = [path.read_bytes() for path in drawn]
    for number in range(count):
        path = folder / f"{number // _SMALL_FOLDER:03d}" / f"{number:06d}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_with_comment(contents[number % len(contents)], f"picture {number} of {count}"))
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def _with_comment(jpeg: bytes, words: str) -> bytes:
    """Return a JPEG with a comment after its first marker: another file with the same picture."""
    text = words.encode()
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + jpeg[2:]


def _scene(kind: Kind, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    width, height = kind.width + _SLACK, kind.height + _SLACK
    picture = Image.fromarray(_clouds(rng, width, height))
    pen = ImageDraw.Draw(picture)
    for number in range(25):
        side = int(rng.integers(width // 60, width // 8))
        left, top = int(rng.integers(width)), int(rng.integers(height))
        draw = pen.ellipse if number % 2 else pen.rectangle
        draw((left, top, left + side, top + side), fill=tuple(rng.integers(0, 256, 3).tolist()))
    grain = rng.integers(-kind.noise, kind.noise + 1, (height, width, 1), np.int16)
    return Image.fromarray(np.clip(np.asarray(picture, np.int16) + grain, 0, 255).astype(np.uint8))


def _clouds(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    total = np.full((height, width, 3), 128, np.float32)
    for cells, strength in ((6, 0.6), (24, 0.3), (96, 0.15), (384, 0.06)):
        coarse = rng.integers(0, 256, (max(2, cells * height // width), cells, 3), np.uint8)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        total += (np.asarray(smooth, np.float32) - 128) * strength
    return np.clip(total, 0, 255).astype(np.uint8)
