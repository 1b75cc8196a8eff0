"""Putting an XMP packet into a PNG, JPEG or WebP file without touching its pixels.

Content credentials (C2PA) in the file are left out: they sign every byte, so that after any change they would say that
the file was tampered with. They stay whole in the file that came, and `credentials.sign` chains to them.

Source:
    XMP Specification Part 3 (Adobe, 2020): PNG, JPEG and WebP. WebP container: RFC 9649. C2PA 2.2, appendix A.3.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from musaic.errors import ExportError

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_PNG_CREDENTIALS = b"caBX"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_APP0, _APP1, _APP11, _SOS = 0xE0, 0xE1, 0xEB, 0xDA
_MOST_SEGMENT = 65_533
_WEBP_CREDENTIALS = b"C2PA"
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10


def kind_of(content: bytes) -> str:
    """Return the type that a file's first bytes say: ``image/png``, ``image/jpeg`` or ``image/webp``.

    Raises:
        ExportError: It is none of these, and cannot be marked.
    """
    if content.startswith(_PNG):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise ExportError("only PNG, JPEG and WebP pictures can carry a mark of how they were made")


def xmp_of(content: bytes) -> bytes | None:
    """Return the XMP packet of a picture; None where it has none.

    Raises:
        ExportError: It is of another type, or is cut.
    """
    kind = kind_of(content)
    if kind == "image/png":
        texts = (body for name, body in _png_chunks(content) if _is_png_xmp(name, body))
        return next(map(_png_text, texts), None)
    if kind == "image/jpeg":
        bodies = (body for marker, body in _jpeg_head(content)[0] if _is_jpeg_xmp(marker, body))
        return next((body[len(_JPEG_XMP) :] for body in bodies), None)
    return next((body for name, body in _webp_chunks(content) if name == b"XMP "), None)


def has_credentials(content: bytes) -> bool:
    """Return whether a picture carries content credentials, valid or not.

    Raises:
        ExportError: It is of another type, or is cut.
    """
    kind = kind_of(content)
    if kind == "image/png":
        return any(name == _PNG_CREDENTIALS for name, _ in _png_chunks(content))
    if kind == "image/jpeg":
        return any(_is_jumbf(marker, body) for marker, body in _jpeg_head(content)[0])
    return any(name == _WEBP_CREDENTIALS for name, _ in _webp_chunks(content))


def with_xmp(content: bytes, packet: bytes) -> bytes:
    """Return the picture with this XMP packet in the place of its own, and without content credentials.

    Raises:
        ExportError: It is of another type or cut, or the packet is larger than a JPEG can hold.
    """
    return {"image/png": _into_png, "image/jpeg": _into_jpeg, "image/webp": _into_webp}[kind_of(content)](
        content, packet
    )


# --- PNG ---------------------------------------------------------------------------------------------


def _into_png(content: bytes, packet: bytes) -> bytes:
    text = _PNG_XMP + b"\0\0\0\0" + packet  # not compressed, no language, no translated keyword
    parts, end = [_PNG], len(_PNG)
    for name, body in _png_chunks(content):
        end += 12 + len(body)
        if name == _PNG_CREDENTIALS or _is_png_xmp(name, body):
            continue
        parts.append(_png_chunk(name, body))
        if name == b"IHDR":
            parts.append(_png_chunk(b"iTXt", text))
    return b"".join([*parts, content[end:]])


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        if len(body) < length:
            break
        yield name, body
        at += 12 + length
        if name == b"IEND":
            return
    raise ExportError("the picture is cut: its PNG has no end")


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _is_png_xmp(name: bytes, body: bytes) -> bool:
    return name == b"iTXt" and body.startswith(_PNG_XMP)


def _png_text(body: bytes) -> bytes:
    packed = body[len(_PNG_XMP)] == 1 if len(body) > len(_PNG_XMP) else False
    text = body[len(_PNG_XMP) + 2 :].split(b"\0", 2)[-1]
    if not packed:
        return text
    try:
        return zlib.decompressobj().decompress(text, 1 << 20)
    except zlib.error:
        return b""


# --- JPEG --------------------------------------------------------------------------------------------


def _into_jpeg(content: bytes, packet: bytes) -> bytes:
    body = _JPEG_XMP + packet
    if len(body) > _MOST_SEGMENT:
        raise ExportError("the metadata are larger than a JPEG can hold")
    segments, rest = _jpeg_head(content)
    kept = [part for part in segments if not (_is_jpeg_xmp(*part) or _is_jumbf(*part))]
    # JFIF must come first, and Exif wants to.
    place = next((at for at, (marker, _) in enumerate(kept) if marker not in (_APP0, _APP1)), len(kept))
    kept.insert(place, (_APP1, body))
    head = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in kept)
    return b"\xff\xd8" + head + rest


def _jpeg_head(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the segments up to the first scan, and everything from it on as it is."""
    at = 2
    segments: list[tuple[int, bytes]] = []
    while found := re.compile(rb"\xff+([^\x00\xff])").match(content, at):
        marker, start = found[1][0], found.end()
        if marker == _SOS:
            return segments, content[found.end() - 2 :]
        length = int.from_bytes(content[start : start + 2])
        body = content[start + 2 : start + length]
        if length < 2 or len(body) < length - 2:
            break
        segments.append((marker, body))
        at = start + length
    raise ExportError("the picture is cut: its JPEG has no pixels")


def _is_jpeg_xmp(marker: int, body: bytes) -> bool:
    return marker == _APP1 and body.startswith(_JPEG_XMP)


def _is_jumbf(marker: int, body: bytes) -> bool:
    return marker == _APP11 and body.startswith(b"JP")


# --- WebP --------------------------------------------------------------------------------------------


def _into_webp(content: bytes, packet: bytes) -> bytes:
    gone = (b"XMP ", _WEBP_CREDENTIALS, b"VP8X")
    chunks = list(_webp_chunks(content))
    header = next((body for name, body in chunks if name == b"VP8X"), None) or _webp_header(chunks)
    header = bytes([header[0] | _HAS_XMP]) + header[1:]
    kept = [(b"VP8X", header), *(part for part in chunks if part[0] not in gone), (b"XMP ", packet)]
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for name, part in kept
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = 8 + int.from_bytes(content[4:8], "little")
    at = 12
    if end > len(content):
        raise ExportError("the picture is cut: its WebP is shorter than it says")
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", content, at)
        body = content[at + 8 : at + 8 + length]
        if at + 8 + length > end:
            raise ExportError("the picture is cut: its WebP is shorter than it says")
        yield name, body
        at += 8 + length + length % 2


def _webp_header(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return the extended header of a simple file: flags, then width and height less one in 24 bits each."""
    name, body = chunks[0] if chunks else (b"", b"")
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
        flags = 0
    elif name == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = _HAS_ALPHA if bits >> 28 & 1 else 0
    else:
        raise ExportError("the picture's WebP is of a kind that is not known")
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (int(width), int(height)))
    return bytes([flags, 0, 0, 0]) + sides
