"""What a PNG says that Pillow does not read, or reads with fewer bits: code points, deep tones, key colours.

Source:
    Portable Network Graphics (third edition), "cICP", "tRNS".
"""

import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.media import codecs
from musaic.media.spaces import Space, by_codes

_SIGNATURE_BYTES, _DEPTH_AT = 8, 24
# Colours are told in front of the pixels; real files have tens of chunks there.
_MOST_CHUNKS = 1_000
# Deep tones take four times the memory of a picture.
MOST_DEEP_PIXELS = 50_000_000


def depth(head: bytes) -> int:
    """Return the bits of a tone, or of a palette's number."""
    return head[_DEPTH_AT] if len(head) > _DEPTH_AT else 8


def space(stream: BinaryIO) -> Space | None:
    """Return the space that a PNG names by code points; None where it names none that is known.

    Args:
        stream: The file; it is left where it was.
    """
    place = stream.tell()
    try:
        codes = _cicp(stream)
    finally:
        stream.seek(place)
    if codes is None or codes[2] != 0 or codes[3] > 1:  # only RGB is allowed
        return None
    return by_codes(codes[0], codes[1], narrow=not codes[3])


def _cicp(stream: BinaryIO) -> bytes | None:
    stream.seek(_SIGNATURE_BYTES)
    for _ in range(_MOST_CHUNKS):
        start = stream.read(8)
        if len(start) < 8 or start[4:] in (b"IDAT", b"IEND"):
            return None
        (length,) = struct.unpack(">I", start[:4])
        if start[4:] == b"cICP":
            return stream.read(4) if length == 4 else None
        stream.seek(length + 4, 1)
    return None


def deep_tones(loaded: Image.Image, stream: BinaryIO) -> NDArray[np.uint16] | None:
    """Return all 16 bits of a PNG's tones, of which Pillow keeps 8 where there are colours.

    The file is decoded once more, as if its low bytes were the high ones.

    Args:
        loaded: The picture as Pillow has it.
        stream: The file.

    Returns:
        Shape ``(height, width)`` of grey, or the same by 3 or 4; None of grey with transparency, which Pillow
        can only read by its high bytes.
    """
    if loaded.mode.startswith("I;16"):
        return np.asarray(loaded).astype(np.uint16)
    stream.seek(0)
    started = codecs.start(stream, "image/png")
    low = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
    if loaded.mode != started.mode or any(tile[3] not in low for tile in started.tile):
        return None
    started.tile = [tile._replace(args=low[str(tile.args)]) for tile in started.tile]
    started.load()
    high, low_bytes = (np.asarray(half).astype(np.uint16) for half in (loaded, started))
    return high * np.uint16(256) + low_bytes


def with_key(loaded: Image.Image, head: bytes, stream: BinaryIO) -> Image.Image:
    """Return a picture whose key colour means what its pixels do, or its alpha where it is of 16 bits."""
    key = loaded.info.get("transparency")
    if isinstance(key, int) and loaded.mode == "L" and depth(head) in (2, 4):
        # Pillow stretches such greys to 8 bits, and leaves the key as it was.
        loaded.info["transparency"] = key % (1 << depth(head)) * 255 // ((1 << depth(head)) - 1)
    small_enough = loaded.width * loaded.height <= MOST_DEEP_PIXELS
    if isinstance(key, tuple) and loaded.mode == "RGB" and depth(head) == 16 and small_enough:
        tones = deep_tones(loaded, stream)
        if tones is not None:
            loaded = loaded.copy()
            del loaded.info["transparency"]
            loaded.putalpha(Image.fromarray((tones != key).any(axis=2)).convert("L"))
    return loaded
