"""What a file is, from its first bytes and never from its name."""

from typing import Literal, NamedTuple

HEAD_BYTES = 512  # a tar archive says so at byte 257

_PREFIXES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),  # BigTIFF
    (b"MM\0+", "image/tiff"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_BRANDS = frozenset({b"mif1", b"msf1"})
_DIB_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


class Stranger(NamedTuple):
    """What a file is that `sniff` does not know: words for people, and whether it is a picture at all."""

    words: str
    kind: Literal["picture", "other"]


_STRANGERS = (
    (b"\xff\x4f\xff\x51", Stranger("a JPEG 2000 picture", "picture")),
    (b"\0\0\0\x0cjP  ", Stranger("a JPEG 2000 picture", "picture")),
    (b"\0\0\0\x0cJXL ", Stranger("a JPEG XL picture", "picture")),
    (b"\xff\x0a", Stranger("a JPEG XL picture", "picture")),
    (b"II\xbc\x01", Stranger("a JPEG XR picture", "picture")),
    (b"DDS ", Stranger("a DDS texture", "picture")),
    (b"qoif", Stranger("a QOI picture", "picture")),
    (b"gimp xcf", Stranger("a GIMP picture (XCF)", "picture")),
    (b"v/1\x01", Stranger("an OpenEXR picture", "picture")),
    (b"#?RADIANCE", Stranger("a Radiance HDR picture", "picture")),
    (b"IIRO", Stranger("a camera raw file", "picture")),
    (b"IIU\0", Stranger("a camera raw file", "picture")),
    (b"FUJIFILMCCD-RAW", Stranger("a camera raw file", "picture")),
    (b"\0\0\1\0", Stranger("an icon", "other")),
    (b"\0\0\2\0", Stranger("a mouse pointer", "other")),
    (b"\xd7\xcd\xc6\x9a", Stranger("a vector drawing (WMF)", "other")),
    (b"%!PS", Stranger("a vector drawing (PostScript)", "other")),
    (b"\xc5\xd0\xd3\xc6", Stranger("a vector drawing (PostScript)", "other")),
    (b"%PDF", Stranger("a PDF document", "other")),
    (b"\xd0\xcf\x11\xe0", Stranger("an Office document", "other")),
    (b"PK\x03\x04", Stranger("a ZIP archive or document", "other")),
    (b"Rar!", Stranger("a RAR archive", "other")),
    (b"7z\xbc\xaf", Stranger("a 7-Zip archive", "other")),
    (b"\x1f\x8b", Stranger("a gzip archive", "other")),
    (b"\x1aE\xdf\xa3", Stranger("a video", "other")),
    (b"\0\0\1\xba", Stranger("a video", "other")),
    (b"\0\0\1\xb3", Stranger("a video", "other")),
    (b"ID3", Stranger("sound", "other")),
    (b"OggS", Stranger("sound or video", "other")),
    (b"fLaC", Stranger("sound", "other")),
    (b"SQLite format 3", Stranger("a database", "other")),
    (b"\x7fELF", Stranger("a program", "other")),
    (b"MZ", Stranger("a program", "other")),
)
_MARKUP = (
    (b"<svg", "a vector drawing (SVG)"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
)


def sniff(head: bytes) -> str | None:
    """Return the MIME type of a picture this package reads, or None.

    Args:
        head: The first bytes of the file; 64 are enough.

    Example:
        >>> sniff(b"GIF89a")
        'image/gif'
        >>> sniff(b"GIF of a cat") is None
        True
    """
    for prefix, mime in _PREFIXES:
        if head.startswith(prefix):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    # "BM" alone also starts many a text, so the header's own length must make sense too.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _DIB_HEADER_SIZES:
        return "image/bmp"
    return _sniff_boxes(head)


def describe(head: bytes) -> Stranger:
    """Return what a file is for which `sniff` gave None.

    Args:
        head: The first `HEAD_BYTES` bytes of the file.
    """
    for prefix, stranger in _STRANGERS:
        if head.startswith(prefix):
            return stranger
    if head[4:8] == b"ftyp":
        raw = head[8:11] == b"crx"  # Canon's CR3
        return Stranger("a camera raw file", "picture") if raw else Stranger("a video", "other")
    if head[:4] == b"RIFF":
        return Stranger("sound or video", "other")
    if head[:4] == b"\1\0\0\0" and head[40:44] == b" EMF":
        return Stranger("a vector drawing (EMF)", "other")
    if head[257:262] == b"ustar":
        return Stranger("a tar archive", "other")
    return Stranger(_describe_text(head), "other")


def _sniff_boxes(head: bytes) -> str | None:
    """Return the type of an ISO base media file (AVIF, HEIC) by all its brands."""
    if head[4:8] != b"ftyp":
        return None
    end = min(len(head), max(16, int.from_bytes(head[:4], "big")))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end, 4)}
    # `mif1` is written by both families: the codec's own brand comes first.
    if brands & _AVIF_BRANDS:
        return "image/avif"
    if brands & _HEIC_BRANDS:
        return "image/heic"
    return "image/heif" if brands & _HEIF_BRANDS else None


def _describe_text(head: bytes) -> str:
    if not head.strip(b"\0"):
        return "nothing but zeros"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for mark, words in _MARKUP:
        if start.startswith(mark):
            return "a vector drawing (SVG)" if b"<svg" in start else words
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return "an unknown kind of file" if control else "text"
