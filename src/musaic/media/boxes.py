"""What the boxes of an AVIF or HEIC say that its decoder does not: code points of colours, and how it is coded.

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
_MADE_OF_OTHERS = (b"grid", b"iovl", b"iden", b"tmap")
_NO_PIXELS = (*_MADE_OF_OTHERS, b"Exif", b"mime", b"uri ", b"hidn")


def code_points(stream: BinaryIO) -> tuple[int, int] | None:
    """Return the primaries and transfer that the picture's `colr` box names; None where there is none.

    Args:
        stream: The file; it is left where it was.
    """
    place = stream.tell()
    try:
        outer = dict(_outer(stream))
        return _of_primary(outer.get(b"meta", b"")) or _anywhere(outer.get(b"moov", b""))
    except (struct.error, IndexError):
        return None
    finally:
        stream.seek(place)


def coding(stream: BinaryIO) -> str | None:
    """Return the four letters of the codec that the picture needs; None where that cannot be told.

    Args:
        stream: The file.
    """
    try:
        parts = dict(_boxes(dict(_outer(stream)).get(b"meta", b"")[_FULL_BOX:]))
        kinds = dict(_kinds(parts.get(b"iinf", b"")))
        own = kinds.get(_primary(parts[b"pitm"]))
    except (struct.error, IndexError, KeyError):
        return None
    # A picture made of others is coded as they are.
    coded = (
        own
        if own not in _MADE_OF_OTHERS
        else next((kind for kind in kinds.values() if kind not in _NO_PIXELS), None)
    )
    return coded.decode("latin-1") if coded else None


def _kinds(iinf: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the four letters of each thing that the file holds."""
    for name, box in _boxes(iinf[_FULL_BOX + (4 if iinf[:1] > b"\0" else 2) :]):
        if name == b"infe" and box[0] in (2, 3):
            yield struct.unpack_from(">H2x4s" if box[0] == 2 else ">I2x4s", box, _FULL_BOX)


def _primary(pitm: bytes) -> int:
    return int(struct.unpack_from(">I" if pitm[0] else ">H", pitm, _FULL_BOX)[0])


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


def _of_primary(meta: bytes) -> tuple[int, int] | None:
    parts = dict(_boxes(meta[_FULL_BOX:]))
    held = dict(_boxes(parts.get(b"iprp", b"")))
    if b"pitm" not in parts or b"ipma" not in held:
        return None
    primary = _primary(parts[b"pitm"])
    properties = list(_boxes(held.get(b"ipco", b"")))
    numbers = _numbers_of(primary, held[b"ipma"])
    own = (properties[number - 1] for number in numbers if 0 < number <= len(properties))
    return next((struct.unpack_from(">HH", box, 4) for name, box in own if _is_nclx(name, box)), None)


def _numbers_of(wanted: int, ipma: bytes) -> list[int]:
    """Return the numbers, from 1, of a picture's properties."""
    wide = bool(ipma[3] & 1)
    (count,) = struct.unpack_from(">I", ipma, _FULL_BOX)
    at = _FULL_BOX + 4
    for _ in range(min(count, len(ipma))):
        (number,) = struct.unpack_from(">I" if ipma[0] else ">H", ipma, at)
        at += 4 if ipma[0] else 2
        held = ipma[at]
        at += 1
        if number == wanted:
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
