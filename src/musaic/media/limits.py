"""What is refused before it can fill memory or time: checked on headers, never on pixels."""

from typing import BinaryIO

from PIL import ImageFile

from musaic.media.source import Source

# A progressive JPEG takes a pass over the whole picture for each of its scans; a usual one has ten.
_USUAL_SCANS = 100
_MAX_SCANNED_PIXELS = 8_000_000_000
_START_OF_SCAN = b"\xff\xda"
_TILE_WIDTH, _TILE_LENGTH, _SUBFILE_TYPE, _DNG_VERSION = 322, 323, 254, 50706
_REDUCED_COPY = 1


class Refusal(Exception):  # noqa: N818 - no error of ours, but the words for one
    """A picture is beyond a limit or of a kind not read here; the message is the reason."""


def check_size(size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture by its declared width and height."""
    pixels = size[0] * size[1]
    if pixels > max_pixels:
        limit = f"{max_pixels / 1e6:,.6g} megapixels"
        raise Refusal(f"declares {size[0]} x {size[1]} pixels, more than the limit of {limit}")


def size_before(head: bytes, mime: str) -> tuple[int, int]:
    """Return the size of a picture whose decoder takes memory before it tells that; (0, 0) of others.

    Source:
        WebP Container Specification, "Extended File Format" and "Lossless"; RFC 6386, 9.1.
    """
    if mime != "image/webp":
        return 0, 0
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def check_started(started: ImageFile.ImageFile, source: Source, mime: str, max_pixels: int) -> None:
    """Refuse a picture whose header has been read."""
    check_size(started.size, max_pixels)
    if mime == "image/tiff":
        _check_tiff(started, source.head, max_pixels)
    if mime == "image/jpeg" and "progressive" in started.info:
        _check_scans(started, source.stream)


def _check_tiff(started: ImageFile.ImageFile, head: bytes, max_pixels: int) -> None:
    tags = getattr(started, "tag_v2", {})
    # Their first page is a preview, which would pass for the whole picture.
    if _DNG_VERSION in tags or tags.get(_SUBFILE_TYPE) == _REDUCED_COPY or head[8:10] == b"CR":
        raise Refusal("is a camera raw file, which is not read here; export it as JPEG or TIFF")
    width, length = tags.get(_TILE_WIDTH), tags.get(_TILE_LENGTH)
    if isinstance(width, int) and isinstance(length, int):
        check_size((width, length), max_pixels)


def _check_scans(started: ImageFile.ImageFile, stream: BinaryIO) -> None:
    position = stream.tell()
    stream.seek(0)
    scans = 0
    while chunk := stream.read(1 << 20):
        scans += chunk.count(_START_OF_SCAN)
    stream.seek(position)
    if scans > _USUAL_SCANS and scans * started.width * started.height > _MAX_SCANNED_PIXELS:
        raise Refusal(
            f"would be decoded {scans} times over (a JPEG of so many scans is made to keep programs busy)"
        )
