"""Handing bytes to Pillow: only the formats we name, silently, and within our limits.

Pillow's `Image.open` is not used: it would try every format it knows (PostScript starts another
program), and checks sizes against one limit for the whole process.
"""

import ctypes
import importlib
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import BinaryIO

from PIL import Image, ImageFile

_CODECS = {
    "image/jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "image/png": ("PIL.PngImagePlugin", "PngImageFile"),
    "image/webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "image/gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "image/bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "image/tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "image/avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "image/vnd.adobe.photoshop": ("PIL.PsdImagePlugin", "PsdImageFile"),
    "image/heic": ("pillow_heif", "HeifImageFile"),
    "image/heif": ("pillow_heif", "HeifImageFile"),
}
NAMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
    "image/vnd.adobe.photoshop": "PSD",
    "image/heic": "HEIC",
    "image/heif": "HEIF",
}


def start(stream: BinaryIO, mime: str) -> ImageFile.ImageFile:
    """Read the header of a picture; the pixels come with `load`.

    Raises:
        Exception: Of nearly any type, where the header is broken; callers put it into words.
    """
    hush()
    module, name = _CODECS[mime]
    codec = getattr(importlib.import_module(module), name)
    started: ImageFile.ImageFile = codec(stream, "")
    return started


_lifting = threading.Lock()
_lifted: list[int | None] = []


@contextmanager
def size_limit_lifted() -> Iterator[None]:
    """Let Pillow open what our own limit has admitted, for as long as anyone is in this block.

    The limit belongs to the whole process, so it is lifted only for pictures beyond it, and put back.
    """
    with _lifting:
        _lifted.append(Image.MAX_IMAGE_PIXELS if not _lifted else _lifted[0])
        Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        with _lifting:
            limit = _lifted.pop()
            if not _lifted:
                Image.MAX_IMAGE_PIXELS = limit


def hush() -> None:
    """Keep remarks of Pillow, and of libtiff within it, on odd files off the user's terminal and out of logs.

    `warnings.catch_warnings` is not for threads, so a filter is put in front instead, again whenever
    someone (a test runner, say) has put others before it.
    """
    first = warnings.filters[0] if warnings.filters else None
    if first is None or first[0] != "ignore" or getattr(first[3], "pattern", "") != _SPEAKERS:
        warnings.filterwarnings("ignore", module=_SPEAKERS)
    _hush_for_good()


@cache
def _hush_for_good() -> None:
    """Silence what is written past Python's warnings: whatever is wrong with a file, its outcome says.

    libtiff prints each bad code word of a fax on descriptor 2. Its handlers are taken away through Pillow, which
    has it loaded; where Pillow has it built in (Windows), only `cli.output.only_our_words` keeps it off terminals.
    """
    for name in ("PIL", "pillow_heif"):
        # Without any handler, Python prints a library's log on stderr; a program's own handlers still get it.
        logging.getLogger(name).addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError):
        imaging = ctypes.CDLL(importlib.import_module("PIL._imaging").__file__)
        for setter in (imaging.TIFFSetErrorHandler, imaging.TIFFSetWarningHandler):
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)


_SPEAKERS = r"PIL\.|pillow_heif"
