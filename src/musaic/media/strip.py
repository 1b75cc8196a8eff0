"""Taking everything private or unneeded out of a JPEG, PNG or WebP file without touching its pixels.

What is kept is named, and all else goes: place, camera and owner, descriptions, comments, previews,
further pictures, content credentials, and bytes behind the end. Of a colour profile the colours stay, and
of EXIF the one number that says which way is up.

Source:
    JPEG: ITU-T T.81, annex B; JFIF 1.02; ICC.1, annex B.4. PNG: Portable Network Graphics (third
    edition), "Chunk specifications". WebP: Container Specification, "Extended File Format".
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PIL import ExifTags, Image

from musaic.media import icc

_EXIF_HEADER = b"Exif\0\0"
_GPS_TAG = 0x8825
_XMP_TURN = re.compile(rb'tiff:Orientation(?:="|>)([2-8])')
# Real files have tens of parts, scans over the network some thousands.
_MOST_PARTS = 50_000

# What people read of that which went; the order is the order of the sentence.
_GPS, _CAMERA, _XMP, _IPTC = "GPS position", "camera data", "XMP", "IPTC"
_COMMENTS, _CREDENTIALS, _PREVIEWS = "comments", "content credentials", "embedded pictures"
_ANIMATION, _BEHIND, _OTHER = "animation", "bytes behind the picture", "other metadata"
_PROFILE = "texts of its colour profile"
_SENTENCE = (
    _GPS, _CAMERA, _XMP, _IPTC, _COMMENTS, _CREDENTIALS, _PREVIEWS, _ANIMATION, _PROFILE, _BEHIND, _OTHER
)  # fmt: skip


class NotStrippableError(ValueError):
    """A file has to be encoded anew to be rid of its metadata; the message says why, in words."""


@dataclass(frozen=True, slots=True)
class Stripped:
    """A file without its metadata.

    Attributes:
        content: The file; the very bytes that came where there was nothing to remove.
        removed: What went, in words for people; empty where nothing did.
    """

    content: bytes = field(repr=False)
    removed: tuple[str, ...]


def strip(content: bytes, mime: str) -> Stripped:
    """Return a picture file without metadata, its compressed pixels byte for byte as they were.

    Args:
        content: The whole file.
        mime: What it is: ``image/jpeg``, ``image/png`` or ``image/webp``.

    Raises:
        NotStrippableError: It is of another type, is built in a way not understood here, is animated
            WebP, or has the four inks of print.
    """
    rebuild = _REBUILDERS.get(mime)
    if rebuild is None:
        raise NotStrippableError("its metadata cannot be taken out")
    left_out = _LeftOut()
    rebuilt = rebuild(content, left_out)
    if rebuilt == content:
        return Stripped(content, ())
    words = tuple(word for word in _SENTENCE if word in left_out.words)
    return Stripped(rebuilt, words or (_OTHER,))


@dataclass(slots=True)
class _LeftOut:
    """What a file held and its copy will not, as it is found."""

    words: set[str] = field(default_factory=set)
    exif: list[bytes] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    parts: int = 0

    def count(self) -> None:
        """Give up on a file of endlessly many parts."""
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise NotStrippableError("it is made of too many parts")

    def add_xmp(self, packet: bytes) -> None:
        self.words.add(_XMP)
        self.xmp.append(packet)

    def colours(self, profile: bytes) -> bytes:
        """Return a colour profile that names no device and no owner, as those of screens do.

        Empty where it cannot be taken apart: decoders mostly pass over such a profile, and whoever asked
        compares what is shown with and without it.
        """
        rebuilt = icc.colours_only(profile) or b""
        if rebuilt != profile:
            self.words.add(_PROFILE)
        return rebuilt

    def upright(self) -> bytes:
        """Return EXIF that says which way is up and nothing else; empty where that is as stored."""
        block = b"".join(self.exif)
        tags = _tags(block)
        # Pillow, and so what the user was shown, asks XMP where EXIF does not say.
        found = [_XMP_TURN.search(packet) for packet in self.xmp]
        turns = [int(match[1]) for match in found if match]
        turn = tags.get(ExifTags.Base.Orientation, turns[0] if turns else 1)
        minimal = _minimal_exif(turn) if isinstance(turn, int) and 2 <= turn <= 8 else b""
        if self.exif and block.removeprefix(_EXIF_HEADER) != minimal:
            self.words.add(_CAMERA)
            if _GPS_TAG in tags:
                self.words.add(_GPS)
        return minimal


def _tags(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    try:
        tags.load(block)
    except Exception:  # the parser raises whatever a broken block makes it trip over
        return Image.Exif()
    return tags


def _minimal_exif(turn: int) -> bytes:
    """Return a TIFF block of one directory with one entry, laid out as Pillow does."""
    entry = struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, turn, 0)
    return b"MM\0*\0\0\0\x08" + b"\0\x01" + entry + b"\0\0\0\0"


# --- JPEG --------------------------------------------------------------------------------------------
_MARK = re.compile(rb"\xff[^\x00\xff]")
_MARK_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_EOI, _SOS, _COM, _APP0, _APP15 = 0xD9, 0xDA, 0xFE, 0xE0, 0xEF
_LONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_XMP_PREFIXES = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_ICC_HEADER, _ICC_PART = b"ICC_PROFILE\0", 18  # a part starts behind marker, length, name, number and count
_MOST_ICC_PART = 65_519
_APP_WORDS = {0xE2: _PREVIEWS, 0xEB: _CREDENTIALS, 0xED: _IPTC}


def _jpeg(content: bytes, left_out: _LeftOut) -> bytes:
    if content[:2] != b"\xff\xd8":
        raise NotStrippableError("its JPEG data does not start as it should")
    jfif, profile, kept = b"", list[bytes](), [b""]
    for marker, segment in _jpeg_segments(content, left_out):
        if marker == _APP0:
            jfif = jfif or _jfif(segment, left_out)
        elif marker == 0xE2 and segment[4:].startswith(_ICC_HEADER) and len(segment) > _ICC_PART:
            profile.append(segment)
        elif _APP0 < marker <= _APP15 or marker == _COM:
            kept.append(_application(marker, segment, left_out))
        else:
            kept.append(segment)
    turn = left_out.upright()
    exif = _segment(0xE1, _EXIF_HEADER + turn) if turn else b""
    return b"".join((b"\xff\xd8", jfif, exif, _jpeg_profile(profile, left_out), *kept, b"\xff\xd9"))


def _jpeg_segments(content: bytes, left_out: _LeftOut) -> Iterator[tuple[int, bytes]]:
    """Yield each segment up to the end of the picture: its marker, and it whole, a scan with its pixels."""
    at = 2
    while True:
        left_out.count()
        found = _MARK.search(content, at)
        if not found:
            raise NotStrippableError("its JPEG data has no end")
        at, marker = found.end(), content[found.end() - 1]
        if marker == _EOI:
            break
        if marker in _LONE:
            continue
        end = _segment_end(content, at, marker)
        yield marker, content[at - 2 : end]
        at = end
    if at < len(content):
        left_out.words.add(_BEHIND)


def _segment_end(content: bytes, at: int, marker: int) -> int:
    known = marker >= _APP0 or marker == _SOS or marker in _FRAMES or marker in _TABLES
    length = int.from_bytes(content[at : at + 2], "big")
    if not known or length < 2 or at + length > len(content):
        raise NotStrippableError("its JPEG data is built in an unknown way")
    if marker in _FRAMES and content[at + 7 : at + 8] == b"\x04":
        raise NotStrippableError("it has the four inks of print (CMYK)")
    if marker != _SOS:
        return at + length
    after = _MARK_AFTER_SCAN.search(content, at + length)
    if not after:
        raise NotStrippableError("its JPEG data has no end")
    return after.start()


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _jfif(segment: bytes, left_out: _LeftOut) -> bytes:
    """Return the JFIF header without its thumbnail; nothing for another APP0."""
    payload = segment[4:]
    if not payload.startswith(b"JFIF\0") or len(payload) < 14:
        left_out.words.add(_PREVIEWS if payload.startswith(b"JFXX") else _OTHER)
        return b""
    if len(payload) > 14:
        left_out.words.add(_PREVIEWS)
    return _segment(_APP0, payload[:12] + b"\0\0")


def _jpeg_profile(segments: list[bytes], left_out: _LeftOut) -> bytes:
    """Return the segments of a colour profile, each with its number and how many there are."""
    if not segments:
        return b""
    ordered = sorted(segments, key=lambda segment: segment[4 + len(_ICC_HEADER)])
    profile = left_out.colours(b"".join(segment[_ICC_PART:] for segment in ordered))
    parts = [profile[at : at + _MOST_ICC_PART] for at in range(0, len(profile), _MOST_ICC_PART)]
    return b"".join(
        _segment(0xE2, _ICC_HEADER + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, 1)
    )


def _application(marker: int, segment: bytes, left_out: _LeftOut) -> bytes:
    """Return what is kept of a segment that is no part of the coded picture."""
    payload = segment[4:]
    if marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
        return _segment(marker, payload[:12])  # says how colours are coded
    if marker == 0xE1 and payload.startswith(_EXIF_HEADER):
        left_out.exif.append(payload[6:] if left_out.exif else payload)
    elif marker == 0xE1 and payload.startswith(_XMP_PREFIXES):
        left_out.add_xmp(payload)
    else:
        left_out.words.add(_COMMENTS if marker == _COM else _APP_WORDS.get(marker, _OTHER))
    return b""


# --- PNG ---------------------------------------------------------------------------------------------
_PNG_PROFILE_NAME = b"ICC Profile"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Least and most bytes: a chunk that says more than its meaning holds is no colour, whatever it is called.
_PNG_KEPT = {
    b"IHDR": (13, 13), b"PLTE": (3, 768), b"IDAT": (0, 1 << 31), b"tRNS": (1, 256), b"cHRM": (32, 32),
    b"gAMA": (4, 4), b"iCCP": (4, 1 << 24), b"sBIT": (1, 4), b"sRGB": (1, 1), b"cICP": (4, 4),
    b"mDCV": (24, 24), b"cLLI": (8, 8), b"pHYs": (9, 9), b"bKGD": (1, 6),
}  # fmt: skip
_PNG_WORDS = {
    b"tEXt": _COMMENTS, b"zTXt": _COMMENTS, b"iTXt": _COMMENTS, b"caBX": _CREDENTIALS,
    b"acTL": _ANIMATION, b"fcTL": _ANIMATION, b"fdAT": _ANIMATION,
}  # fmt: skip


def _png(content: bytes, left_out: _LeftOut) -> bytes:
    if not content.startswith(_PNG_SIGNATURE + b"\0\0\0\x0dIHDR"):
        raise NotStrippableError("its PNG data does not start as it should")
    kept: list[bytes] = []
    pixels_at = 0
    for name, chunk in _png_chunks(content, left_out):
        least, most = _PNG_KEPT.get(name, (1, 0))
        if least <= len(chunk) - 12 <= most:
            pixels_at = pixels_at or (len(kept) if name == b"IDAT" else 0)
            kept.append(_png_profile(chunk, left_out) if name == b"iCCP" else chunk)
        elif not name[0] & 0x20:
            raise NotStrippableError("its PNG data is built in an unknown way")
        else:
            _leave_out_chunk(name, chunk[8:-4], left_out)
    turn = left_out.upright()
    exif = _png_chunk(b"eXIf", turn) if turn else b""
    end = _png_chunk(b"IEND", b"")
    return b"".join((_PNG_SIGNATURE, *kept[:pixels_at], exif, *kept[pixels_at:], end))


def _png_chunks(content: bytes, left_out: _LeftOut) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk before IEND: its name, and it whole."""
    at = len(_PNG_SIGNATURE)
    while True:
        left_out.count()
        name, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4], "big")
        if end > len(content) or not name.isalpha():
            raise NotStrippableError("its PNG data has no end")
        if name == b"IEND":
            break
        yield name, content[at:end]
        at = end
    if end < len(content):
        left_out.words.add(_BEHIND)


def _png_chunk(name: bytes, payload: bytes) -> bytes:
    checksum = zlib.crc32(name + payload).to_bytes(4, "big")
    return len(payload).to_bytes(4, "big") + name + payload + checksum


def _png_profile(chunk: bytes, left_out: _LeftOut) -> bytes:
    """Return a colour profile under a name that says nothing; empty where there is none that can be read."""
    name, _, packed = chunk[8:-4].partition(b"\0")
    unpack = zlib.decompressobj()
    try:
        profile = unpack.decompress(packed[1:], icc.MOST_BYTES)
    except zlib.error:
        profile = b""
    colours = left_out.colours(profile)
    if colours == profile and name == _PNG_PROFILE_NAME and unpack.eof and not unpack.unused_data:
        return chunk
    left_out.words.add(_PROFILE)
    return _png_chunk(b"iCCP", _PNG_PROFILE_NAME + b"\0\0" + zlib.compress(colours, 9)) if colours else b""


def _leave_out_chunk(name: bytes, payload: bytes, left_out: _LeftOut) -> None:
    if name == b"eXIf":
        left_out.exif.append(payload)
    elif name == b"iTXt" and payload.startswith(b"XML:com.adobe.xmp\0"):
        left_out.add_xmp(payload)
    else:
        left_out.words.add(_PNG_WORDS.get(name, _OTHER))


# --- WebP --------------------------------------------------------------------------------------------
_FLAG_PROFILE, _FLAG_ALPHA, _FLAG_EXIF = 0x20, 0x10, 0x08
_WEBP_KEPT = frozenset({b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L"})


def _webp(content: bytes, left_out: _LeftOut) -> bytes:
    kept: dict[bytes, bytes] = {}
    for name, payload in _webp_chunks(content, left_out):
        if name in (b"ANIM", b"ANMF"):
            raise NotStrippableError("it is animated")
        if name in _WEBP_KEPT and name not in kept:
            kept[name] = left_out.colours(payload) if name == b"ICCP" else payload
        else:
            _leave_out_webp(name, payload, left_out)
    turn = left_out.upright()
    if not kept.get(b"ICCP", b"-"):
        del kept[b"ICCP"]
    if b"VP8X" in kept:
        kept[b"VP8X"] = _webp_header(kept, turn)
        kept |= {b"EXIF": turn} if turn else {}
    body = b"".join(_webp_chunk(name, payload) for name, payload in kept.items())
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _webp_chunks(content: bytes, left_out: _LeftOut) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and payload of each chunk of the container."""
    at, stop = 12, 8 + int.from_bytes(content[4:8], "little")
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or stop > len(content) + 1:
        raise NotStrippableError("its WebP data does not start as it should")
    while at + 8 <= stop:
        left_out.count()
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + length > min(stop, len(content)):
            raise NotStrippableError("its WebP data has no end")
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    if at < len(content):
        left_out.words.add(_BEHIND)


def _webp_chunk(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _webp_header(kept: dict[bytes, bytes], turn: bytes) -> bytes:
    """Return VP8X with the flags of what is left; its size of the canvas is kept."""
    header = kept[b"VP8X"]
    if len(header) != 10:
        raise NotStrippableError("its WebP data is built in an unknown way")
    flags = header[0] & _FLAG_ALPHA
    flags |= _FLAG_PROFILE if b"ICCP" in kept else 0
    flags |= _FLAG_EXIF if turn else 0
    return bytes((flags, 0, 0, 0)) + header[4:]


def _leave_out_webp(name: bytes, payload: bytes, left_out: _LeftOut) -> None:
    if name == b"EXIF":
        left_out.exif.append(payload)
    elif name == b"XMP ":
        left_out.add_xmp(payload)
    else:
        left_out.words.add(_CREDENTIALS if name == b"C2PA" else _OTHER)


_REBUILDERS: dict[str, Callable[[bytes, _LeftOut], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
