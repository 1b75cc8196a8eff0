"""The bytes of a reference picture as they may leave the house: no place, no camera, no owner.

Where the file's type allows it, its metadata is cut out and its pixels stay byte for byte; otherwise
it is encoded anew, and `Outgoing.changed` says so.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

from PIL import Image, ImageChops

from musaic.errors import FailedFileError, MediaError
from musaic.media.codecs import NAMES
from musaic.media.ground import WHITE
from musaic.media.picture import Picture, open_content
from musaic.media.source import opened
from musaic.media.strip import NotStrippableError, Stripped, strip

# A picture is held whole where it is encoded anew: 200 megapixels are 0.6 GB, twice where it is scaled.
_MOST_PIXELS = 200_000_000
_MOST_BYTES = 500_000_000
_PROOF_PX = 128
_FULL_SIZE = 1 << 30
_ENCODERS = ("image/jpeg", "image/png", "image/webp")
_QUALITY = 95
_LEAST_SIDE_PX = 16
# A service would see other colours, paler ones mostly.
_RARE_COLOURS = "its colours are told in a way that few programs know"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A picture file without private metadata.

    Attributes:
        content: The file.
        mime: What it is.
        changed: What was done to the original's bytes, in words; None where they are the original's own.
    """

    content: bytes = field(repr=False)
    mime: str
    changed: str | None


def outgoing(path: Path, *, input_types: Collection[str], most_bytes: int) -> Outgoing:
    """Return the bytes of a picture without private metadata, in a type and size a service takes.

    Orientation and colour profile are kept where the pixels are; a picture that is encoded anew is
    upright, sRGB and on white, or on dark grey where it would vanish on white. That is what is done to one
    whose colours are told otherwise than by a profile.

    Args:
        path: The picture; it is read once and never written to.
        input_types: MIME types that may be sent; one of JPEG, PNG and WebP is among them.
        most_bytes: A larger file is encoded anew, and scaled down until it fits.

    Raises:
        ValueError: None of JPEG, PNG and WebP is in `input_types`.
        SkippedFileError: No picture: another kind of file, a folder, empty, still being written.
        FailedFileError: A picture that cannot be read or decoded, is beyond a limit, or does not fit
            into `most_bytes` at any size.
    """
    target = next((mime for mime in _ENCODERS if mime in input_types), None)
    if target is None:
        raise ValueError(f"input_types must name one of {', '.join(_ENCODERS)}, not {sorted(input_types)}")
    with opened(path, max_bytes=_MOST_BYTES) as source:
        content = source.stream.read()
    shown = _proof(content, path)
    if shown.rare_colours:
        return _encoded_anew(content, path, target=target, most_bytes=most_bytes, why=_RARE_COLOURS)
    try:
        stripped = _stripped(content, shown, path)
    except NotStrippableError as exc:
        return _encoded_anew(content, path, target=target, most_bytes=most_bytes, why=str(exc))
    if shown.mime not in input_types or len(stripped.content) > most_bytes:
        return _encoded_anew(content, path, target=target, most_bytes=most_bytes, why="")
    return Outgoing(stripped.content, shown.mime, _listed(stripped.removed))


def _proof(content: bytes, path: Path) -> Picture:
    """Decode a picture small; every byte of its pixels is read, so a broken one is found out."""
    return open_content(
        content, path=path, min_side_px=_PROOF_PX, max_pixels=_MOST_PIXELS, thumbnail_px=_PROOF_PX
    )


def _stripped(content: bytes, shown: Picture, path: Path) -> Stripped:
    """Strip a file, and make sure that it still shows the same picture the same way up.

    Raises:
        NotStrippableError: It cannot be, or it would show another picture.
    """
    stripped = strip(content, shown.mime)
    if not stripped.removed:
        return stripped
    try:
        again = _proof(stripped.content, path)
    except MediaError as exc:
        raise NotStrippableError("its metadata cannot be taken out") from exc
    if not _alike(shown, again):
        raise NotStrippableError("its metadata cannot be taken out without changing what it shows")
    return stripped


def _alike(shown: Picture, again: Picture) -> bool:
    same_size = (shown.width, shown.height, shown.image.size) == (again.width, again.height, again.image.size)
    return same_size and ImageChops.difference(shown.image, again.image).getbbox() is None


def _listed(removed: tuple[str, ...]) -> str | None:
    if not removed:
        return None
    *first, last = removed
    return f"{', '.join(first)} and {last} removed" if first else f"{last} removed"


def _encoded_anew(content: bytes, path: Path, *, target: str, most_bytes: int, why: str) -> Outgoing:
    picture = open_content(
        content, path=path, min_side_px=_FULL_SIZE, max_pixels=_MOST_PIXELS, thumbnail_px=_FULL_SIZE
    )
    encoded, size = _fitting(picture.image, path, target=target, most_bytes=most_bytes)
    words = [_conversion(picture.mime, target, why or _too_large(content, most_bytes))]
    if picture.metadata.get("animated"):
        words.append("first picture of its animation")
    if picture.metadata.get("transparent"):
        words.append(f"transparent parts made {'white' if picture.ground == WHITE else 'dark grey'}")
    if size != picture.image.size:
        words.append(f"scaled from {picture.width} x {picture.height} to {size[0]} x {size[1]} pixels")
    return Outgoing(encoded, target, "; ".join((*words, "all metadata removed")))


def _conversion(mime: str, target: str, why: str) -> str:
    if mime != target:
        # Of another type it would be converted whatever else there is to say.
        reason = f" because {why}" if mime in _ENCODERS and why else ""
        return f"converted from {NAMES[mime]} to {NAMES[target]}{reason}"
    return f"encoded anew as {NAMES[target]} because {why}"


def _too_large(content: bytes, most_bytes: int) -> str:
    return f"it is larger than {most_bytes:,} bytes" if len(content) > most_bytes else ""


def _fitting(
    image: Image.Image, path: Path, *, target: str, most_bytes: int
) -> tuple[bytes, tuple[int, int]]:
    """Return a picture encoded at the largest size that fits, nearly, and that size."""
    size, small = image.size, image
    while True:
        encoded = _encoded(small, target)
        if len(encoded) <= most_bytes:
            return encoded, size
        # Bytes go with the area, a little slower: small pictures have more to say per pixel.
        scale = min(0.9, 0.97 * sqrt(max(0, most_bytes) / len(encoded)))
        size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        if max(size) < _LEAST_SIDE_PX:
            raise FailedFileError(f"does not fit into {most_bytes:,} bytes at any size", path=path)
        small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image, target: str) -> bytes:
    out = io.BytesIO()
    if target == "image/png":
        image.save(out, "PNG")
    elif target == "image/webp":
        image.save(out, "WEBP", quality=_QUALITY)
    else:
        image.save(out, "JPEG", quality=_QUALITY, subsampling=0)  # 4:4:4: thin coloured lines stay
    return out.getvalue()
