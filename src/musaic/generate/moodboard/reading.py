"""From the bytes of an attachment to pixels, whatever they are."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.generate.moodboard.mark import is_draft
from musaic.media import sniff
from musaic.media.decode import Wanted, decode
from musaic.media.sniff import HEAD_BYTES
from musaic.media.source import Source

_MOST_PIXELS = 300_000_000
# The alpha below which a pixel is as good as not there.
_LEAST_SEEN = 16
_NEVER_PX = 1 << 30


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that could be read.

    Attributes:
        image: Upright, mode RGB, sRGB, its longer side no more than asked.
        alpha: Mode L, the same size; None where the file has no transparency.
        draft: Whether it is an earlier board.
    """

    image: Image.Image
    alpha: Image.Image | None = None
    draft: bool = False


def read_photo(content: bytes, *, longer_px: int) -> Photo | None:
    """Return the pixels of a picture file, or None where it cannot be read.

    Args:
        content: The file.
        longer_px: A larger picture is made this large.
    """
    try:
        return _read(content, longer_px)
    except Exception:  # decoders raise nearly every type there is on broken files
        return None


def _read(content: bytes, longer_px: int) -> Photo | None:
    mime = sniff(content[:HEAD_BYTES])
    if mime is None:
        return None
    source = Source(
        io.BytesIO(content), content[:HEAD_BYTES], len(content), hashlib.sha256(content).hexdigest()
    )
    # An earlier board is known by single pixels, so a PNG is reduced only after it was looked at.
    least = _NEVER_PX if mime == "image/png" else longer_px
    decoded = decode(source, mime, wanted=Wanted(16, least), max_pixels=_MOST_PIXELS)
    image = _reduced(decoded.image, longer_px)
    if decoded.alpha is None or decoded.ground is None:
        return Photo(image, draft=is_draft(decoded.image))
    alpha = decoded.alpha.resize(image.size, Image.Resampling.BOX)
    # Where nothing is to be seen, it is plain paper: the colours below mean nothing.
    if not _anything_in(alpha):
        return Photo(image)
    return Photo(_off_ground(image, alpha, decoded.ground), alpha)


def _anything_in(alpha: Image.Image) -> bool:
    return alpha.point([int(level >= _LEAST_SEEN) for level in range(256)]).getbbox() is not None


def _reduced(image: Image.Image, longer_px: int) -> Image.Image:
    scale = longer_px / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS)


def _off_ground(image: Image.Image, alpha: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    """Take the ground out of half-transparent pixels: it would shine as a rim on another one."""
    opacity = np.asarray(alpha, np.float32)[..., None] / 255
    flat: NDArray[np.float32] = np.asarray(image, np.float32)
    pure = (flat - np.array(ground, np.float32) * (1 - opacity)) / np.maximum(opacity, 1 / 255)
    return Image.fromarray(np.clip(np.rint(pure), 0, 255).astype(np.uint8))
