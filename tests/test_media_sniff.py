"""What a file is follows from its bytes; the samples that the other media tests use are written here."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from musaic.media import Picture, open_picture, sniff
from musaic.media.sniff import sniff_stump
from musaic.media.strangers import describe

SIZE = (60, 40)
LEFT, RIGHT = (200, 40, 30), (20, 60, 180)


def two_halves(size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, LEFT)
    image.paste(RIGHT, (size[0] // 2, 0, *size))
    return image


def opened(path: Path, min_side_px: int = 16) -> Picture:
    return open_picture(path, min_side_px=min_side_px, max_pixels=10**8, max_bytes=10**8)


def pixels(picture: Picture) -> NDArray[np.int64]:
    assert picture.image.mode == "RGB"
    return np.asarray(picture.image).astype(np.int64)


def at(picture: Picture, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place given in shares of the width and height."""
    width, height = picture.image.size
    return tuple(int(v) for v in pixels(picture)[int(y * height), int(x * width)])


def near(colour: tuple[int, ...], wanted: tuple[int, ...], levels: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= levels


def psd_bytes(
    planes: NDArray[np.uint8] | NDArray[np.uint16],
    *,
    layers: int = 0,
    packed: bool = False,
    resources: bytes = b"",
) -> bytes:
    """A Photoshop file by its specification; planes have the shape (channels, height, width)."""
    channels, height, width = planes.shape
    depth = planes.dtype.itemsize * 8
    rows = planes.astype(planes.dtype.newbyteorder(">")).reshape(channels * height, width)
    layer_block = struct.pack(">Ih", 2, layers) + b"\0\0" if layers else b""
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, depth, 3)
    sections = b"".join(struct.pack(">I", len(part)) + part for part in (b"", resources, layer_block))
    if not packed:
        return head + sections + b"\0\0" + rows.tobytes()
    literal = [pack_bits(row.tobytes()) for row in rows]
    counts = b"".join(struct.pack(">H", len(row)) for row in literal)
    return head + sections + b"\0\1" + counts + b"".join(literal)


def pack_bits(row: bytes) -> bytes:
    """A row as PackBits literals."""
    pieces = (row[start : start + 128] for start in range(0, len(row), 128))
    return b"".join(bytes([len(piece) - 1]) + piece for piece in pieces)


def saved(image: Image.Image, codec: str, **options: object) -> bytes:
    out = io.BytesIO()
    if codec == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=90, **options)
    else:
        image.save(out, codec, **options)
    return out.getvalue()


def as_psd(image: Image.Image) -> bytes:
    return psd_bytes(np.moveaxis(np.asarray(image), 2, 0))


WRITERS: dict[str, tuple[str, Callable[[Image.Image], bytes]]] = {
    "jpeg": ("image/jpeg", lambda image: saved(image, "JPEG", quality=95)),
    "progressive": ("image/jpeg", lambda image: saved(image, "JPEG", quality=95, progressive=True)),
    "mpo": (
        "image/jpeg",
        lambda i: saved(i, "MPO", save_all=True, append_images=[i.rotate(180)], quality=95),
    ),
    "png": ("image/png", lambda image: saved(image, "PNG")),
    "palette png": ("image/png", lambda image: saved(image.quantize(16), "PNG")),
    "apng": ("image/png", lambda i: saved(i, "PNG", save_all=True, append_images=[i.rotate(180)])),
    "webp": ("image/webp", lambda image: saved(image, "WEBP", quality=95)),
    "lossless webp": ("image/webp", lambda image: saved(image, "WEBP", lossless=True)),
    "moving webp": ("image/webp", lambda i: saved(i, "WEBP", save_all=True, append_images=[i.rotate(180)])),
    "gif": ("image/gif", lambda image: saved(image, "GIF")),
    "moving gif": ("image/gif", lambda i: saved(i, "GIF", save_all=True, append_images=[i.rotate(180)])),
    "bmp": ("image/bmp", lambda image: saved(image, "BMP")),
    "tiff": ("image/tiff", lambda image: saved(image, "TIFF")),
    "lzw tiff": ("image/tiff", lambda image: saved(image, "TIFF", compression="tiff_lzw")),
    "jpeg tiff": ("image/tiff", lambda image: saved(image, "TIFF", compression="jpeg", quality=95)),
    "big tiff": ("image/tiff", lambda image: saved(image, "TIFF", big_tiff=True)),
    "pages": ("image/tiff", lambda i: saved(i, "TIFF", save_all=True, append_images=[i.rotate(180)])),
    "avif": ("image/avif", lambda image: saved(image, "AVIF", quality=95)),
    "avifs": (
        "image/avif",
        lambda i: saved(i, "AVIF", save_all=True, append_images=[i.rotate(180)], quality=95),
    ),
    "heic": ("image/heic", lambda image: saved(image, "HEIF")),
    "psd": ("image/vnd.adobe.photoshop", as_psd),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_sixty_four_bytes_tell_a_picture(kind: str) -> None:
    mime, write = WRITERS[kind]

    assert sniff(write(two_halves())[:64]) == mime


@pytest.mark.parametrize(
    ("brands", "mime"),
    [
        (b"avif\0\0\0\0mif1miaf", "image/avif"),
        (b"mif1\0\0\0\0mif1avif", "image/avif"),
        (b"avis\0\0\0\0msf1", "image/avif"),
        (b"mif1\0\0\0\0mif1heic", "image/heic"),
        (b"hevc\0\0\0\0msf1", "image/heic"),
        (b"mif1\0\0\0\0mif1", "image/heif"),
        (b"isom\0\0\0\0mp42", None),
        (b"qt  \0\0\0\0qt  ", None),
    ],
)
def test_box_files_are_told_by_all_their_brands(brands: bytes, mime: str | None) -> None:
    box = struct.pack(">I", len(brands) + 8) + b"ftyp" + brands

    assert sniff(box + b"\0\0\0\x08freeavifheic") == mime


@pytest.mark.parametrize("length", range(20))
def test_no_head_is_too_short(length: int) -> None:
    for _, write in WRITERS.values():
        head = write(two_halves())[:length]
        assert sniff(head) is None or length >= 3
        assert describe(head).words


@pytest.mark.parametrize(
    ("whole", "mime"),
    [
        (b"\xff\xd8", "image/jpeg"),
        (b"\x89P", "image/png"),
        (b"\x89PNG\r\n", "image/png"),
        (b"\xff", None),
        (b"\xff\xd9", None),
        (b"II", None),
        (b"GIF8", None),
    ],
)
def test_a_stump_of_a_picture_is_told_by_its_first_bytes(whole: bytes, mime: str | None) -> None:
    assert sniff(whole) is None
    assert sniff_stump(whole) == mime
