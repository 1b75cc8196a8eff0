"""A JPEG that lacks nothing but its end mark, told apart from one that is cut short."""

import io
from collections.abc import Callable
from typing import BinaryIO

from PIL import Image, ImageChops

_MOST_BYTES = 64 << 20
# The decoder wants 8 bytes beyond those it needs before it gives out the last block (libjpeg,
# jdhuff.c, "MIN_GET_BITS"). No two of these agree in what they would be as picture data.
_BEYOND = tuple(bytes([bits]) * 8 for bits in (0xAA, 0x55, 0x00, 0xF1))


def completed(stream: BinaryIO, decode: Callable[[BinaryIO], Image.Image]) -> Image.Image | None:
    """Return the picture of a JPEG that lacks only its end mark; None where more is missing.

    It is decoded with a few other bytes in place of the mark, several times over. Where data is
    missing, the decoder asks for more than these, or takes them for picture data, so that the results
    differ. One of several scans, as progressive ones are, needs the mark and is never completed.

    Args:
        stream: The file.
        decode: Loads a picture; raises OSError where bytes are missing.
    """
    stream.seek(0)
    content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        return None
    # Half a mark would make a mark of what follows. Zeros are what an unfinished download is filled with.
    content = content.rstrip(b"\xff")
    if content.endswith(bytes(8)):
        return None
    try:
        first = decode(io.BytesIO(content + _BEYOND[0]))
        others = (decode(io.BytesIO(content + beyond)) for beyond in _BEYOND[1:])
        return first if all(_same(first, other) for other in others) else None
    except OSError:
        return None


def _same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None
