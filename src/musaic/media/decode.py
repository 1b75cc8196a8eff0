"""From the bytes of a picture to upright sRGB pixels, no larger than needed, within limits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageFile

from musaic.media import codecs, deep, frames, ground, jpeg, limits, packed, png, psd, tiff, tones
from musaic.media.exif import captured_at, read_exif, turn_of
from musaic.media.source import Source
from musaic.media.spaces import Space
from musaic.media.told import Told, told

_PSD, _TIFF = "image/vnd.adobe.photoshop", "image/tiff"
# Their decoders apply the orientation themselves; what EXIF still says must not turn them again.
_HEIF = frozenset({"image/heic", "image/heif"})
_UPRIGHT_DECODERS = _HEIF | {_TIFF}
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
    """A picture, and what is worth knowing about its file; `Picture` says what most fields hold.

    Attributes:
        ground: The colour that was put under its clear parts; None where it has none.
        alpha: How much of each pixel is there, mode L, the size of `image`; None where all is.
    """

    image: Image.Image
    width: int
    height: int
    captured_at: int | None
    animated: bool
    ground: ground.Colour | None
    alpha: Image.Image | None
    rare_colours: bool


def decode(source: Source, mime: str, *, wanted: Wanted, max_pixels: int) -> Decoded:
    """Decode the first frame that shows something, the first page, or the flattened composite of a picture.

    Raises:
        limits.Refusal: It is beyond a limit, or of a kind not read here.
        Exception: Of nearly any type, where the bytes are broken.
    """
    declared = limits.size_before(source.head, mime)
    limits.check_size(declared, max_pixels)
    composite = psd.composite(source.stream) if mime == _PSD else None
    if mime == _TIFF and (plain := packed.unpacked(source.stream, max_pixels=max_pixels)):
        source = replace(source, stream=plain)
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
        if mime in _HEIF:
            seen = _seen_heif(started, source, mime, wanted)
        else:
            seen = _seen(started, source, mime, wanted, composite, animated=animated)
    turn = None if mime in _UPRIGHT_DECODERS else turn_of(seen.exif)
    upright = seen.image if turn is None else seen.image.transpose(turn)
    shown = ground.put_on_ground(upright)
    shown.image.info = {}
    width, height = full_size[::-1] if turn in _SIDEWAYS else full_size
    rare = isinstance(seen.told, Space) and not seen.told.is_srgb
    taken = captured_at(seen.exif)
    return Decoded(shown.image, width, height, taken, animated, shown.ground, shown.alpha, rare)


class _Seen(NamedTuple):
    """A picture in sRGB, small, mode RGB or RGBA; its EXIF, and what its numbers stood for."""

    image: Image.Image
    exif: Image.Exif
    told: Told


def _seen(
    started: ImageFile.ImageFile,
    source: Source,
    mime: str,
    wanted: Wanted,
    composite: psd.Composite | None,
    *,
    animated: bool,
) -> _Seen:
    box = frames.box_of(started) if mime == "image/gif" else None
    loaded = _loaded(started, source, mime, wanted)
    exif = read_exif(loaded)
    meaning = told(loaded, exif, source, mime)
    whole = deep.png_tones(loaded, source, meaning) if mime == "image/png" else None
    if whole is not None and isinstance(meaning, Space):
        return _Seen(deep.in_srgb(whole, meaning, factor=wanted.reduction(loaded.size)), exif, meaning)
    image = _plain(loaded, source, mime, composite)
    if animated:
        image = frames.first_shown(started, image, box, lambda frame: _plain(frame, source, mime, None))
    else:
        image = frames.clear_outside(image, [box])
    factor = wanted.reduction(image.size)
    return _Seen(tones.in_srgb(image.reduce(factor) if factor > 1 else image, meaning), exif, meaning)


def _seen_heif(started: ImageFile.ImageFile, source: Source, mime: str, wanted: Wanted) -> _Seen:
    exif = read_exif(started)
    meaning = told(started, exif, source, mime)
    whole = deep.heif_tones(started, source.stream, meaning)
    if whole is not None and isinstance(meaning, Space):
        return _Seen(deep.in_srgb(whole, meaning, factor=wanted.reduction(started.size)), exif, meaning)
    started.load()
    image = tones.plain(started)
    factor = wanted.reduction(image.size)
    return _Seen(tones.in_srgb(image.reduce(factor) if factor > 1 else image, meaning), exif, meaning)


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


def _plain(loaded: Image.Image, source: Source, mime: str, composite: psd.Composite | None) -> Image.Image:
    """Return a loaded picture in a mode that may be averaged, its colours as the file has them."""
    image = _composited(loaded, composite) if composite else loaded
    if mime == "image/png":
        image = png.with_key(image, source.head, source.stream)
    if mime == "image/jpeg" and image.mode == "CMYK" and "adobe" not in image.info:
        # Pillow takes every CMYK JPEG for one of Adobe's, whose inks are stored upside down.
        image = tones.inverted(image)
    if mime != _TIFF:
        return tones.plain(image)
    # Pillow turns round only tones of 8 bits and less.
    negative = tones.is_deep(image) and tiff.is_white_zero(image)
    image = tones.plain(image, unsigned=tiff.is_unsigned(image), most=tiff.full_tone(image))
    return tones.inverted(image) if negative else image


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
