"""The code points of an AVIF's colours, which Pillow does not tell.

Source:
    ISO/IEC 14496-12, "ColourInformationBox"; ISO/IEC 23008-12, "ItemPropertiesBox"; AV1 Image File Format,
    2.2.1. Where there is an ICC profile too, it says what the colours are, and the code points only how
    they are coded.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_MOST_BOXES, _MOST_BYTES = 64, 4 << 20
_FULL_BOX = 4


def code_points(stream: BinaryIO) -> tuple[int, int] | None:
    """Return the primaries and transfer that the picture's `colr` box names; None where there is none.

    Args:
        stream: The file; it is left where it was.
    """
    place = stream.tell()
    try:
        outer = dict(_outer(stream))
        return _of_primary_item(outer.get(b"meta", b"")) or _anywhere(outer.get(b"moov", b""))
    except (struct.error, IndexError):
        return None
    finally:
        stream.seek(place)


def _outer(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes that describe the picture, without their headers."""
    stream.seek(0)
    for _ in range(_MOST_BOXES):
        start = stream.read(8)
        if len(start) < 8:
            return
        size, name = struct.unpack(">I4s", start)
        header = 8
        if size == 1:
            size, header = int(struct.unpack(">Q", stream.read(8))[0]), 16
        if name in (b"meta", b"moov") and header <= size <= _MOST_BYTES:
            yield name, stream.read(size - header)
        elif size < header:  # 0: to the end of the file
            return
        else:
            stream.seek(size - header, 1)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        if size < 8:
            return
        yield name, content[at + 8 : at + size]
        at += size


def _of_primary_item(meta: bytes) -> tuple[int, int] | None:
    parts = dict(_boxes(meta[_FULL_BOX:]))
    held = dict(_boxes(parts.get(b"iprp", b"")))
    if b"pitm" not in parts or b"ipma" not in held:
        return None
    pitm = parts[b"pitm"]
    item = struct.unpack_from(">I" if pitm[0] else ">H", pitm, _FULL_BOX)[0]
    properties = list(_boxes(held.get(b"ipco", b"")))
    numbers = _numbers_of(item, held[b"ipma"])
    own = (properties[number - 1] for number in numbers if 0 < number <= len(properties))
    return next((struct.unpack_from(">HH", box, 4) for name, box in own if _is_nclx(name, box)), None)


def _numbers_of(item: int, ipma: bytes) -> list[int]:
    """Return the numbers, from 1, of an item's properties."""
    wide = bool(ipma[3] & 1)
    (count,) = struct.unpack_from(">I", ipma, _FULL_BOX)
    at = _FULL_BOX + 4
    for _ in range(min(count, len(ipma))):
        (number,) = struct.unpack_from(">I" if ipma[0] else ">H", ipma, at)
        at += 4 if ipma[0] else 2
        held = ipma[at]
        at += 1
        if number == item:
            found = struct.unpack_from(f">{held}{'H' if wide else 'B'}", ipma, at)
            return [value & (0x7FFF if wide else 0x7F) for value in found]
        at += held * (2 if wide else 1)
    return []


def _is_nclx(name: bytes, box: bytes) -> bool:
    return name == b"colr" and box[:4] == b"nclx"


def _anywhere(moov: bytes) -> tuple[int, int] | None:
    """Return the code points of a sequence's track: all of its frames have the same."""
    at = moov.find(b"colrnclx")
    return None if at < 0 else struct.unpack_from(">HH", moov, at + 8)
