"""From the bytes of a picture to upright sRGB pixels, no larger than needed, within limits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageFile

from musaic.media import codecs, jpeg, limits, psd, tiff, tones
from musaic.media.exif import captured_at, read_exif, turn_of
from musaic.media.source import Source

_PSD = "image/vnd.adobe.photoshop"
# Their decoders apply the orientation themselves; what EXIF still says must not turn them again.
_UPRIGHT_DECODERS = frozenset({"image/tiff", "image/heic", "image/heif"})
_SIDEWAYS = frozenset(
    {
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
    }
)
_MAY_MOVE = frozenset({"image/gif", "image/png", "image/webp", "image/avif"})
# Beyond this many pixels in memory, pictures are decoded one after the other: 50 MP are 200 MB.
_BIG_PIXELS = 50_000_000

_one_big_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How small a picture may become: each side's lower bound, in pixels."""

    shorter_px: int
    longer_px: int

    def reduction(self, size: tuple[int, int]) -> int:
        """Return the largest whole number by which `size` may be divided."""
        return max(1, min(min(size) // self.shorter_px, max(size) // self.longer_px))


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, and what is worth knowing about its file; `Picture` says what the fields hold."""

    image: Image.Image
    width: int
    height: int
    captured_at: int | None
    animated: bool
    transparent: bool


def decode(source: Source, mime: str, *, wanted: Wanted, max_pixels: int) -> Decoded:
    """Decode the first frame or page, or the flattened composite, of a picture.

    Raises:
        limits.Refusal: It is beyond a limit, or of a kind not read here.
        Exception: Of nearly any type, where the bytes are broken.
    """
    declared = limits.size_before(source.head, mime)
    limits.check_size(declared, max_pixels)
    composite = psd.composite(source.stream) if mime == _PSD else None
    with _room_for(declared):
        started = codecs.start(composite.stream if composite else source.stream, mime)
    if composite:
        limits.check_size((started.width // composite.stride, started.height), max_pixels)
    else:
        limits.check_started(started, source, mime, max_pixels)
    return _pixels(started, source, mime, wanted, composite)


def _pixels(
    started: ImageFile.ImageFile, source: Source, mime: str, wanted: Wanted, composite: psd.Composite | None
) -> Decoded:
    animated = mime in _MAY_MOVE and _moves(started)
    full_size = (started.width // (composite.stride if composite else 1), started.height)
    if mime == "image/jpeg":
        _shrink_while_decoding(started, wanted)
    # A progressive JPEG is held whole whatever size comes out.
    with _room_for(full_size if "progressive" in started.info else started.size):
        loaded = _loaded(started, source, mime, wanted)
        exif, profile = read_exif(loaded), loaded.info.get("icc_profile")
        image = _small(loaded, mime, wanted, composite)
    image, transparent = tones.flat(image, profile if isinstance(profile, bytes) else None)
    turn = None if mime in _UPRIGHT_DECODERS else turn_of(exif)
    upright = image if turn is None else image.transpose(turn)
    upright.info = {}
    width, height = full_size[::-1] if turn in _SIDEWAYS else full_size
    return Decoded(upright, width, height, captured_at(exif), animated, transparent)


def _shrink_while_decoding(started: ImageFile.ImageFile, wanted: Wanted) -> None:
    """Have a JPEG decoded at a half, quarter or eighth: most of its work is never done."""
    scale = wanted.reduction(started.size)
    if scale > 1:
        # Pillow divides the size by what it is asked for and takes the next power of two below.
        started.draft(None, (started.width // scale, started.height // scale))


def _loaded(started: ImageFile.ImageFile, source: Source, mime: str, wanted: Wanted) -> Image.Image:
    """Return a picture with its pixels; a JPEG may lack its end mark."""
    try:
        started.load()
    except OSError:
        # It is decoded several times over, which a big one is not worth; a progressive one needs its end mark.
        big = started.width * started.height > _BIG_PIXELS
        if mime != "image/jpeg" or big or "progressive" in started.info:
            raise
        whole = jpeg.completed(source.stream, lambda stream: _load_jpeg(stream, wanted))
        if whole is None:
            raise
        return whole
    return started


def _load_jpeg(stream: BinaryIO, wanted: Wanted) -> Image.Image:
    started = codecs.start(stream, "image/jpeg")
    _shrink_while_decoding(started, wanted)
    started.load()
    return started


def _small(loaded: Image.Image, mime: str, wanted: Wanted, composite: psd.Composite | None) -> Image.Image:
    image = _composited(loaded, composite) if composite else loaded
    if mime == "image/jpeg" and image.mode == "CMYK" and "adobe" not in image.info:
        # Pillow takes every CMYK JPEG for one of Adobe's, whose inks are stored upside down.
        image = tones.inverted(image)
    # Pillow turns round only tones of 8 bits and less.
    negative = mime == "image/tiff" and tones.is_deep(image) and tiff.is_white_zero(image)
    image = tones.plain(image, unsigned=mime == "image/tiff" and tiff.is_unsigned(image))
    image = tones.inverted(image) if negative else image
    factor = wanted.reduction(image.size)
    return image.reduce(factor) if factor > 1 else image


def _composited(image: Image.Image, composite: psd.Composite) -> Image.Image:
    if composite.stride > 1:
        size = (image.width // composite.stride, image.height)
        # Pixel centres are looked up: half a column to the left of the middle is the high byte.
        box = (-0.5, 0, size[0] * composite.stride - 0.5, size[1])
        image = image.transform(size, Image.Transform.EXTENT, box, Image.Resampling.NEAREST)
    return psd.without_matte(image, merged_alpha=composite.merged_alpha)


def _moves(started: ImageFile.ImageFile) -> bool:
    try:
        return bool(getattr(started, "is_animated", False))
    except Exception:  # what follows the first frame may be broken; the first frame is what counts
        return False


@contextmanager
def _room_for(size: tuple[int, int]) -> Iterator[None]:
    """Decode big pictures one at a time, so that threads cannot fill memory together."""
    if size[0] * size[1] <= _BIG_PIXELS:
        yield
        return
    with _one_big_at_a_time, codecs.size_limit_lifted():
        yield
