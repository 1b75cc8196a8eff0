"""Why a picture could not be decoded, in words, without the decoder's jargon.

A file that is whole but coded in a way for which the installed libraries have no decoder is not called broken.
"""

import ctypes
import importlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pillow_heif
from PIL import TiffImagePlugin, features

from musaic.media import boxes, tiff
from musaic.media.codecs import NAMES
from musaic.media.limits import Refusal
from musaic.media.source import Source

CUT_SHORT = "its {} data is cut short"
_PILLOW_HAS_NO = "for which the installed Pillow has no decoder"
_COMPRESSIONS = {
    2: "CCITT modified Huffman", 3: "CCITT fax group 3", 4: "CCITT fax group 4", 5: "LZW", 6: "JPEG of TIFF 6.0",
    7: "JPEG", 8: "Deflate", 9: "JBIG", 10: "JBIG", 32766: "NeXT RLE", 32771: "CCITT RLE", 32809: "ThunderScan",
    32946: "Deflate", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34661: "JBIG", 34676: "SGI Log",
    34677: "SGI Log", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG of DNG", 34925: "LZMA", 34933: "PNG",
    34934: "JPEG XR", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_PLAIN_COMPRESSIONS = (1, 32773)
_CODINGS = {
    "av01": "AV1", "vvc1": "VVC (H.266)", "evc1": "EVC", "avc1": "AVC (H.264)", "jpeg": "JPEG", "j2k1": "JPEG 2000",
    "unci": "no compression (ISO 23001-17)", "hvc1": "HEVC (H.265)",
}  # fmt: skip
_HEVC_DECODERS = ("libde265", "ffmpeg")
_JPEG_KINDS = {
    **dict.fromkeys((0xC3, 0xCB), "a lossless JPEG"),
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "a hierarchical JPEG"),
    0xF7: "a JPEG-LS picture",
}
_MISSING_MARKS = ("support not installed", "no codec available", "no decoding plugin", "unsupported codec")


def reason(exc: Exception, source: Source, mime: str) -> str:
    """Return what is wrong with a picture.

    Args:
        exc: What its decoder raised.
        source: Its bytes.
        mime: What it is.
    """
    if isinstance(exc, Refusal):
        return str(exc)
    if isinstance(exc, MemoryError):
        return "needs more memory than there is"
    return _lacking(exc, source, mime) or _by_words(exc, mime)


def _by_words(exc: Exception, mime: str) -> str:
    name, words = NAMES[mime], str(exc).lower()
    if isinstance(exc, EOFError) or any(
        mark in words for mark in ("truncated", "not enough", "end of file", "eof")
    ):
        return CUT_SHORT.format(name)
    if "exceeds limit" in words or "too large" in words or "too much memory" in words:
        return f"its {name} data would unpack to more than the limits allow"
    if "unknown pixel mode" in words:
        return f"is a {name} of a kind of pixels not read here; save it with 8 or 16 bits a channel"
    if "cannot handle" in words or "unsupported bmp" in words:
        return f"is a {name} of a kind not read here; save it as PNG, or with 8 bits a channel"
    return f"its {name} data is broken"


def _lacking(exc: Exception, source: Source, mime: str) -> str | None:
    """Return which decoder is not there for a file, and the way out; None where none is missing."""
    name = NAMES[mime]
    if isinstance(exc, ImportError) or any(mark in str(exc).lower() for mark in _MISSING_MARKS):
        library = "pillow-heif" if mime in ("image/heic", "image/heif") else "Pillow"
        return (
            f"is a picture in {name}, for which the installed {library} has no decoder; "
            f"install {library} as its project builds it, or save the picture as PNG or JPEG"
        )
    with suppress(Exception):  # a file that is broken as well has no such reason
        find = _FINDERS.get(mime)
        return find(source) if find else None
    return None


def _lacking_tiff(source: Source) -> str | None:
    source.stream.seek(0)
    number = tiff.compression(source.stream)
    if _has_tiff_codec(number):
        return None
    name = _COMPRESSIONS.get(number, f"method {number}")
    return f"is a TIFF compressed with {name}, {_PILLOW_HAS_NO}; save it with LZW or Deflate, or as PNG"


@cache
def _has_tiff_codec(number: int) -> bool:
    """Say whether Pillow hands on TIFFs of a compression, and its libtiff was built with it."""
    if number in _PLAIN_COMPRESSIONS:
        return True
    if number not in TiffImagePlugin.COMPRESSION_INFO or not features.check("libtiff"):
        return False
    with suppress(OSError, AttributeError):
        imaging = ctypes.CDLL(importlib.import_module("PIL._imaging").__file__)
        return bool(imaging.TIFFIsCODECConfigured(ctypes.c_uint16(number)))
    return True


def _lacking_heif(source: Source) -> str | None:
    coding = boxes.coding(source.stream)
    if coding is None or (coding == "hvc1" and _reads_hevc()):
        return None
    name = _CODINGS.get(coding, "an unknown codec")
    lacking = "for which the installed libheif has no decoder"
    return f"is a HEIF picture coded with {name}, {lacking}; save it as PNG or JPEG"


def _reads_hevc() -> bool:
    decoders = " ".join(pillow_heif.libheif_info().get("decoders", {})).lower()
    return not decoders or any(name in decoders for name in _HEVC_DECODERS)


def _lacking_avif(source: Source) -> str | None:
    coding = boxes.coding(source.stream)
    if coding in (None, "av01"):
        return None
    name = _CODINGS.get(str(coding), "an unknown codec")
    return f"is an AVIF file of a picture coded with {name}, {_PILLOW_HAS_NO}; save it as PNG or JPEG"


def _lacking_webp(_: Source) -> str | None:
    if features.check("webp"):
        return None
    return f"is a picture in WebP, {_PILLOW_HAS_NO}; install a Pillow that has it, or save it as PNG or JPEG"


def _lacking_jpeg(source: Source) -> str | None:
    """Return what kind of JPEG a file is by the start of its frame, where that is none of the usual ones."""
    source.stream.seek(2)
    while (start := source.stream.read(4)) and start[0] == 0xFF:
        if start[1] in _JPEG_KINDS:
            return f"is {_JPEG_KINDS[start[1]]}, {_PILLOW_HAS_NO}; save it as PNG or usual JPEG"
        if start[1] == 0xDA:
            return None
        source.stream.seek(int.from_bytes(start[2:], "big") - 2, 1)
    return None


_FINDERS: dict[str, Callable[[Source], str | None]] = {
    "image/tiff": _lacking_tiff,
    "image/heic": _lacking_heif,
    "image/heif": _lacking_heif,
    "image/avif": _lacking_avif,
    "image/webp": _lacking_webp,
    "image/jpeg": _lacking_jpeg,
}
