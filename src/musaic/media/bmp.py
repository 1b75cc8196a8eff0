"""What a BMP of version 4 or 5 says of its colours, which Pillow passes over.

Source:
    Microsoft, "BITMAPV4HEADER" and "BITMAPV5HEADER": bV4CSType, bV4Endpoints, bV4GammaRed, bV5ProfileData.
"""

import struct
from functools import partial
from typing import BinaryIO, cast

from musaic.media import curves
from musaic.media.spaces import Corners, Space, by_measures

_FILE_HEADER = 14
_V4, _V5 = 108, 124
_MEASURED, _EMBEDDED = 0, 0x4D424544
_MOST_PROFILE_BYTES = 8 << 20


def told(head: bytes, stream: BinaryIO) -> bytes | Space | None:
    """Return a BMP's ICC profile, or the space that it measures; None where it says neither."""
    dib = head[_FILE_HEADER:]
    if len(dib) < _V4 or struct.unpack_from("<I", dib)[0] not in (_V4, _V5):
        return None
    (kind,) = struct.unpack_from("<I", dib, 56)
    if kind == _EMBEDDED and len(dib) >= _V5:
        at, size = struct.unpack_from("<II", dib, 112)
        return _profile(at, size, stream)
    return _measured(dib) if kind == _MEASURED else None


def _profile(at: int, size: int, stream: BinaryIO) -> bytes | None:
    if not 0 < size <= _MOST_PROFILE_BYTES:
        return None
    place = stream.tell()
    stream.seek(_FILE_HEADER + at)
    profile = stream.read(size)
    stream.seek(place)
    return profile


def _measured(dib: bytes) -> Space | None:
    """Return the space of three colours in CIE XYZ, whose sum is white, and of one exponent."""
    numbers = [value / (1 << 30) for value in struct.unpack_from("<9i", dib, 60)]
    colours = [numbers[at : at + 3] for at in (0, 3, 6)]
    colours.append([sum(colour[axis] for colour in colours) for axis in range(3)])
    if any(sum(colour) <= 0 for colour in colours):
        return None
    exponent = struct.unpack_from("<I", dib, 96)[0] / (1 << 16)
    curve = partial(curves.gamma, exponent=exponent) if 1 <= exponent <= 5 else None
    return by_measures(
        cast("Corners", tuple((x / (x + y + z), y / (x + y + z)) for x, y, z in colours)), curve
    )
