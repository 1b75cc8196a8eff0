"""A picture file as everything else wants it: small upright pixels, size, hash, and when it was taken."""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from pydantic import JsonValue

from musaic.errors import FailedFileError, MediaError, SkippedFileError
from musaic.media.codecs import NAMES
from musaic.media.decode import Decoded, Wanted, decode
from musaic.media.ground import Colour
from musaic.media.reasons import CUT_SHORT, reason
from musaic.media.sniff import HEAD_BYTES, sniff, sniff_stump
from musaic.media.source import Source, opened
from musaic.media.strangers import describe

# Scaling down from at least twice the target hides that the picture was reduced before: the mean
# difference from a full decode is 0.2 to 0.4 levels of 255.
_HEADROOM = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was opened.

    Attributes:
        image: Upright, mode RGB, sRGB, on white, or on dark grey where it would vanish on white; as small as
            the caller's wishes allow.
        mime: What the bytes are, whatever the name says.
        width: Pixels of the full picture, upright.
        height: The same.
        size_bytes: Length of the file.
        sha256: Hex digest of the file's bytes.
        captured_at: When it was taken, seconds since 1970; a camera time without an offset counts as UTC.
        metadata: `animated` and `transparent`, each present only where true.
        ground: What shines through where it is clear; None where it is not.
        rare_colours: Whether its file tells its colours in a way that many programs pass over: by code points,
            by PNG's own chunks, by EXIF.
    """

    image: Image.Image
    mime: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    captured_at: int | None = None
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    ground: Colour | None = None
    rare_colours: bool = False


def open_picture(
    path: Path, *, min_side_px: int, max_pixels: int, max_bytes: int, thumbnail_px: int = 320
) -> Picture:
    """Read, hash and decode a picture file.

    Args:
        path: The file; it is read once and never written to.
        min_side_px: What the caller will scale the shorter side to; the result keeps at least twice
            that, where the file has it.
        max_pixels: A picture that declares more fails before it is decoded.
        max_bytes: A larger file fails before it is read.
        thumbnail_px: What the caller will scale the longer side to at most; the result keeps that,
            where the file has it.

    Raises:
        SkippedFileError: No picture: another kind of file, a folder, empty, still being written.
        FailedFileError: A picture that cannot be read or decoded, or is beyond a limit.
    """
    with opened(path, max_bytes=max_bytes) as source:
        return _open(source, path, min_side_px, max_pixels, thumbnail_px)


def open_content(
    content: bytes, *, path: Path, min_side_px: int, max_pixels: int, thumbnail_px: int = 320
) -> Picture:
    """Decode a picture that was read, or received, whole, with the limits and words of `open_picture`.

    Args:
        content: The bytes of the file.
        path: Where they are from: what an error names. It is not opened.
        min_side_px: As in `open_picture`.
        max_pixels: The same.
        thumbnail_px: The same.

    Raises:
        SkippedFileError: No picture: another kind of file, or empty.
        FailedFileError: A picture that cannot be decoded, or is beyond the limit.
    """
    if not content:
        raise SkippedFileError("is empty", path=path)
    digest = hashlib.sha256(content).hexdigest()
    source = Source(io.BytesIO(content), content[:HEAD_BYTES], len(content), digest)
    return _open(source, path, min_side_px, max_pixels, thumbnail_px)


def _open(source: Source, path: Path, min_side_px: int, max_pixels: int, thumbnail_px: int) -> Picture:
    mime = sniff(source.head)
    if mime is None:
        raise _no_picture(path, source.head)
    wanted = Wanted(shorter_px=min_side_px * _HEADROOM, longer_px=thumbnail_px)
    try:
        decoded = decode(source, mime, wanted=wanted, max_pixels=max_pixels)
    except Exception as exc:  # decoders raise nearly every type there is on broken files
        raise FailedFileError(reason(exc, source, mime), path=path) from exc
    return _picture(source, mime, decoded)


def thumbnail(image: Image.Image, size_px: int) -> bytes:
    """Return a picture as a small WebP file without metadata.

    Args:
        image: Mode RGB.
        size_px: Longest side at most; a smaller picture keeps its size.
    """
    small = image.copy()
    # The picture was reduced before; a finer filter costs twice the time and shows no difference.
    small.thumbnail((size_px, size_px), Image.Resampling.BILINEAR, reducing_gap=1.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=0)  # half the time of method 4 for a file a fifth larger
    return out.getvalue()


def _picture(source: Source, mime: str, decoded: Decoded) -> Picture:
    transparent = decoded.ground is not None
    found: dict[str, JsonValue] = {"animated": decoded.animated, "transparent": transparent}
    return Picture(
        image=decoded.image,
        mime=mime,
        width=decoded.width,
        height=decoded.height,
        size_bytes=source.size_bytes,
        sha256=source.sha256,
        captured_at=decoded.captured_at,
        metadata={name: value for name, value in found.items() if value},
        ground=decoded.ground,
        rare_colours=decoded.rare_colours,
    )


def _no_picture(path: Path, head: bytes) -> MediaError:
    if stump := sniff_stump(head):
        return FailedFileError(CUT_SHORT.format(NAMES[stump]), path=path)
    stranger = describe(head)
    if stranger.kind == "picture":
        return FailedFileError(
            f"is {stranger.words}, which is not read here; save it as PNG or JPEG", path=path
        )
    return SkippedFileError(f"is no picture but {stranger.words}", path=path)
