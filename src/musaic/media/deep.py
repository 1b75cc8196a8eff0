"""Pictures of more than 8 bits a tone whose space needs them: in 8 bits, HDR and linear light show steps.

Pillow holds no colours of more than 8 bits; such pictures are brought to sRGB as arrays, and only then
handed on.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from musaic.media import png, rendering
from musaic.media.source import Source
from musaic.media.spaces import Space
from musaic.media.told import Told

_STEPS = 65535


@dataclass(frozen=True, slots=True)
class Deep:
    """A picture's tones as its file has them.

    Attributes:
        tones: Shape ``(height, width, channels)``; two and four channels end in alpha.
        most: The tone that is full.
        premultiplied: Whether colours were made darker by alpha.
    """

    tones: NDArray[np.uint16]
    most: int
    premultiplied: bool = False


def heif_tones(opened: Image.Image, stream: BinaryIO, told: Told) -> Deep | None:
    """Return all bits of a HEIC's tones; None where Pillow's 8 will do.

    Args:
        opened: The picture; its pixels need not have been loaded.
        stream: The file.
        told: What its numbers stand for.
    """
    if opened.info.get("bit_depth", 8) <= 8 or not _worth_it(opened, told):
        return None
    stream.seek(0)
    file = pillow_heif.open_heif(stream, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    tones = np.asarray(file)
    premultiplied = file.mode.split(";")[0].endswith("a")
    return Deep(_by_channels(tones), (1 << opened.info["bit_depth"]) - 1, premultiplied)


def png_tones(loaded: Image.Image, source: Source, told: Told) -> Deep | None:
    """Return all bits of a PNG's tones; None where Pillow's 8 will do."""
    if png.depth(source.head) != 16 or not _worth_it(loaded, told) or "transparency" in loaded.info:
        return None
    tones = png.deep_tones(loaded, source.stream)
    return None if tones is None else Deep(_by_channels(tones), _STEPS)


def in_srgb(deep: Deep, space: Space, *, factor: int) -> Image.Image:
    """Return a picture as sRGB, mode RGB or RGBA.

    Args:
        deep: Its tones.
        space: What they mean.
        factor: What each side is divided by: blocks of so many pixels become one.
    """
    counted = _averaged(deep, factor)
    channels = counted.shape[2]
    colours = channels - (channels in (2, 4))
    image = Image.fromarray(
        rendering.to_srgb(counted[..., 0] if colours == 1 else counted[..., :colours], space, most=_STEPS)
    )
    if colours < channels:
        image.putalpha(Image.fromarray((counted[..., colours] / _STEPS * 255 + 0.5).astype(np.uint8)))
    return image


def _worth_it(picture: Image.Image, told: Told) -> bool:
    small_enough = picture.width * picture.height <= png.MOST_DEEP_PIXELS
    return small_enough and isinstance(told, Space) and not told.is_srgb


def _by_channels(tones: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return tones[..., None] if tones.ndim == 2 else tones


def _averaged(deep: Deep, factor: int) -> NDArray[np.uint16]:
    """Return the mean of each block of pixels, full at 65535; those at the right and lower edge are smaller."""
    height, width, channels = deep.tones.shape
    across, down = np.arange(0, width, factor), np.arange(0, height, factor)
    per_column = np.diff(np.append(across, width))[:, None]
    averaged = np.empty((len(down), len(across), channels), np.uint16)
    for place, top in enumerate(down):
        rows = deep.tones[top : top + factor] / deep.most
        if channels in (2, 4) and not deep.premultiplied:
            rows[..., :-1] *= rows[..., -1:]
        mean = np.add.reduceat(rows.sum(axis=0), across, axis=0) / (per_column * len(rows))
        if channels in (2, 4):
            mean[:, :-1] /= np.maximum(mean[:, -1:], 1e-9)
        averaged[place] = np.clip(mean * _STEPS + 0.5, 0, _STEPS)
    return averaged
