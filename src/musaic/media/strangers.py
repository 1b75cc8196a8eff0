"""What a file is that is not read here, in words, and whether it is a picture at all.

A file of pixels that shows one picture is a picture; a document that may hold several, a film or a sound is not.
Nor are vector drawings and icons, which lie about in every folder of a web site: a run that leaves them out, and says
so, has not failed.
"""

import re
import struct
from collections.abc import Callable
from typing import Literal, NamedTuple


class Stranger(NamedTuple):
    """What a file is that `sniff` does not know: words for people, and whether it is a picture."""

    words: str
    kind: Literal["picture", "other"]


_RAW = "a camera raw file"
_NO_PIXELS = ("a vector drawing", "an icon")
_PICTURES = (
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"II\xbc\x01", "a JPEG XR picture"),
    (b"DDS ", "a DDS texture"),
    (b"\xabKTX ", "a KTX texture"),
    (b"BLP1", "a BLP texture"),
    (b"BLP2", "a BLP texture"),
    (b"VTF\0", "a VTF texture"),
    (b"qoif", "a QOI picture"),
    (b"BPG\xfb", "a BPG picture"),
    (b"farbfeld", "a farbfeld picture"),
    (b"\x8aMNG\r\n\x1a\n", "an MNG picture"),
    (b"\x8bJNG\r\n\x1a\n", "a JNG picture"),
    (b"\x59\xa6\x6a\x95", "a Sun raster picture"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"#?RGBE", "a Radiance HDR picture"),
    (b"SIMPLE  =", "a FITS picture"),
    (b"SDPX", "a film frame (DPX)"),
    (b"XPDS", "a film frame (DPX)"),
    (b"\x80\x2a\x5f\xd7", "a film frame (Cineon)"),
    (b"\xd7\x5f\x2a\x80", "a film frame (Cineon)"),
    (b"/* XPM */", "an XPM picture"),
    (b"gimp xcf", "a GIMP picture (XCF)"),
    (b"Paint Shop Pro Image File", "a Paint Shop Pro picture"),
    (b"PDN3", "a Paint.NET picture"),
    (b"CSFCHUNK", "a Clip Studio picture"),
    (b"IIRO", _RAW),
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"IIU\0", _RAW),
    (b"II\x1a\0\0\0HEAPCCDR", _RAW),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"FOVb", _RAW),
    (b"\0MRM", _RAW),
    (b"\xd7\xcd\xc6\x9a", "a vector drawing (WMF)"),
    (b"\1\0\x09\0\0\1", "a vector drawing (WMF)"),
    (b"\1\0\x09\0\0\3", "a vector drawing (WMF)"),
    (b"\xc5\xd0\xd3\xc6", "a vector drawing (EPS)"),
)
_OTHERS = (
    (b"%!PS", "a PostScript document"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"PK\x03\x04", "a ZIP archive or document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\0\0\1\xba", "a video"),
    (b"\0\0\1\xb3", "a video"),
    (b"ID3", "sound"),
    (b"OggS", "sound or video"),
    (b"fLaC", "sound"),
    (b"RIFF", "sound or video"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
# Between the words of a Netpbm header stand blanks, and comments up to the end of their line.
_GAP = rb"(?:[ \t\r\n\f\v]|#[^\n]*\n)+"
_SIZE = _GAP + rb"\d{1,9}" + _GAP + rb"\d{1,9}"
_NETPBM = (
    (rb"P1" + _SIZE + _GAP + rb"[01]", "PBM"),
    (rb"P4" + _SIZE + rb"\s", "PBM"),
    (rb"P2" + _SIZE + _GAP + rb"\d{1,5}" + _GAP + rb"\d", "PGM"),
    (rb"P5" + _SIZE + _GAP + rb"\d{1,5}\s", "PGM"),
    (rb"P3" + _SIZE + _GAP + rb"\d{1,5}" + _GAP + rb"\d", "PPM"),
    (rb"P6" + _SIZE + _GAP + rb"\d{1,5}\s", "PPM"),
    (rb"P7\r?\n(?:#|WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE)", "PAM"),
    (rb"P[Ff]\r?\n\d{1,9}\s\d{1,9}\s+-?[\d.]", "PFM"),
)
_XBM = re.compile(rb"#define\s+\w*width\s+\d+\s+#define\s+\w*height\s+\d+")
# Bits a pixel by the kind of a Targa picture: palette, colours, grey; from 9 on packed.
_TARGA_BITS = {
    1: (8, 16), 2: (15, 16, 24, 32), 3: (8, 16), 9: (8, 16), 10: (15, 16, 24, 32), 11: (8, 16),
}  # fmt: skip
_MARKUP = ((b"<!doctype html", "HTML"), (b"<html", "HTML"), (b"<?xml", "XML"))


def describe(head: bytes) -> Stranger:
    """Return what a file is for which `sniff` gave None.

    Args:
        head: The first `sniff.HEAD_BYTES` bytes of the file.
    """
    words = _picture_by_mark(head) or next(
        (words for is_one, words in _PICTURES_BY_LOOKS if is_one(head)), None
    )
    if words is not None:
        return Stranger(words, "other" if words.startswith(_NO_PIXELS) else "picture")
    return Stranger(_other(head), "other")


def _picture_by_mark(head: bytes) -> str | None:
    for prefix, words in _PICTURES:
        if head.startswith(prefix):
            return words
    return next((f"a Netpbm picture ({name})" for form, name in _NETPBM if re.match(form, head)), None)


def _other(head: bytes) -> str:
    for prefix, words in _OTHERS:
        if head.startswith(prefix):
            return words
    if head[4:8] == b"ftyp":
        return "a video"
    if head[:4] == b"FORM":
        return "sound or video"
    return "a tar archive" if _is_tar(head) else _text(head)


def _is_targa(head: bytes) -> bool:
    """Say whether a head is a Targa picture's, which has no mark: every field must make sense.

    Source:
        Truevision TGA File Format Specification, version 2.0, "Field 1" to "Field 5.6".
    """
    if len(head) < 18:
        return False
    _, mapped, kind, first, colours, colour_bits = struct.unpack_from("<3BHHB", head)
    width, height, bits, flags = struct.unpack_from("<HHBB", head, 12)
    if bits not in _TARGA_BITS.get(kind, ()) or not (width and height) or flags & 0xC0 or flags & 15 > 8:
        return False
    if mapped:
        return bool(mapped == 1 and colours and colour_bits in (15, 16, 24, 32))
    return kind not in (1, 9) and not first and not colours


def _is_icon(head: bytes) -> bool:
    """Say whether a Windows icon's or mouse pointer's directory is there, and not only its four bytes."""
    if len(head) < 22 or head[:4] not in (b"\0\0\1\0", b"\0\0\2\0"):
        return False
    (count,) = struct.unpack_from("<H", head, 4)
    size, offset = struct.unpack_from("<II", head, 14)
    return bool(count and head[9] in (0, 255) and size and offset >= 6 + 16 * count)


def _is_pcx(head: bytes) -> bool:
    if len(head) < 66 or head[0] != 10 or head[1] not in (0, 2, 3, 4, 5) or head[2] > 1:
        return False
    left, top, right, bottom = struct.unpack_from("<4H", head, 4)
    return head[3] in (1, 2, 4, 8) and left <= right and top <= bottom and 1 <= head[65] <= 4


def _is_sgi(head: bytes) -> bool:
    return head[:2] == b"\x01\xda" and head[2:3] in (b"\0", b"\1") and head[3:4] in (b"\1", b"\2")


def _is_eps(head: bytes) -> bool:
    return head[:4] == b"%!PS" and b"EPSF" in head[:32]


def _is_svg(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<svg", b"<!doctype svg")) or (
        start.startswith((b"<?xml", b"<!--")) and b"<svg" in start
    )


_PICTURES_BY_LOOKS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_icon, "an icon or mouse pointer"),
    (lambda head: head[:5] == b"icns\0", "an icon (ICNS)"),
    (_is_targa, "a Targa picture (TGA)"),
    (_is_pcx, "a PCX picture"),
    (_is_sgi, "an SGI picture"),
    (lambda head: head[4:11] == b"ftypcrx", _RAW),  # Canon's CR3
    (lambda head: head[:4] == b"FORM" and head[8:12] in (b"ILBM", b"PBM "), "an Amiga picture (ILBM)"),
    (lambda head: head[:2] == b"PK" and b"mimetypeapplication/x-krita" in head, "a Krita picture"),
    (lambda head: head[:2] == b"PK" and b"mimetypeimage/openraster" in head, "an OpenRaster picture"),
    (lambda head: head[:4] == b"\1\0\0\0" and head[40:44] == b" EMF", "a vector drawing (EMF)"),
    (lambda head: head[128:132] == b"DICM", "a medical picture (DICOM)"),
    (_is_eps, "a vector drawing (EPS)"),
    (_is_svg, "a vector drawing (SVG)"),
    (lambda head: bool(_XBM.match(head)), "an XBM picture"),
)


def _is_tar(head: bytes) -> bool:
    """Say whether a head is a tar archive's: by its name, or as old ones have none, by its checksum."""
    if head[257:262] == b"ustar":
        return True
    stated = head[148:156].strip(b" \0")
    if len(head) < 512 or not re.fullmatch(rb"[0-7]{4,7}", stated):
        return False
    # The sum is made with blanks in its own place.
    return int(stated, 8) == sum(head[:148]) + 8 * 32 + sum(head[156:512])


def _text(head: bytes) -> str:
    if not head.strip(b"\0"):
        return "nothing but zeros"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for mark, words in _MARKUP:
        if start.startswith(mark):
            return words
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return "an unknown kind of file" if control else "text"
