"""Pictures of every kind come out upright, in sRGB, on white, and as large as was asked."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from musaic.media import Picture, open_picture

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
    planes: NDArray[np.integer[np.any]] if False else NDArray[np.uint8] | NDArray[np.uint16],
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


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    if format == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=90, **options)
    else:
        image.save(out, format, **options)
    return out.getvalue()


def as_psd(image: Image.Image) -> bytes:
    return psd_bytes(np.moveaxis(np.asarray(image), 2, 0))


WRITERS: dict[str, tuple[str, Callable[[Image.Image], bytes]]] = {
    "jpeg": ("image/jpeg", lambda image: saved(image, "JPEG", quality=95)),
    "progressive": ("image/jpeg", lambda image: saved(image, "JPEG", quality=95, progressive=True)),
    "mpo": ("image/jpeg", lambda i: saved(i, "MPO", save_all=True, append_images=[i.rotate(180)], quality=95)),
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
    "avifs": ("image/avif", lambda i: saved(i, "AVIF", save_all=True, append_images=[i.rotate(180)], quality=95)),
    "heic": ("image/heic", lambda image: saved(image, "HEIF")),
    "psd": ("image/vnd.adobe.photoshop", as_psd),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("memory_bytes", [1 << 26, 0], ids=["small", "large"])
def test_every_format_opens_as_its_first_frame_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, memory_bytes: int
) -> None:
    monkeypatch.setattr("musaic.media.source._IN_MEMORY_BYTES", memory_bytes)
    mime, write = WRITERS[kind]
    path = tmp_path / "picture.TXT"
    path.write_bytes(write(two_halves()))

    picture = opened(path)

    assert (picture.mime, picture.width, picture.height) == (mime, *SIZE)
    assert picture.size_bytes == path.stat().st_size
    assert near(at(picture, 0.2, 0.5), LEFT)
    assert near(at(picture, 0.8, 0.5), RIGHT)


@pytest.mark.parametrize("kind", ["apng", "moving webp", "moving gif", "avifs"])
def test_animations_say_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "moving"
    path.write_bytes(WRITERS[kind][1](two_halves()))

    assert opened(path).metadata == {"animated": True}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_each_orientation_stands_upright_exactly_once(tmp_path: Path, format: str, orientation: int) -> None:
    upright = two_halves()
    upright.paste((250, 250, 0), (0, 0, 30, 20))  # no two turns of it look alike
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "turned"
    path.write_bytes(saved(stored, format, exif=exif.tobytes()))

    picture = opened(path)

    assert (picture.width, picture.height) == picture.image.size == SIZE
    assert near(at(picture, 0.2, 0.2), (250, 250, 0), 40)
    assert near(at(picture, 0.2, 0.8), LEFT, 40)
    assert near(at(picture, 0.8, 0.5), RIGHT, 40)


def test_orientation_six_turns_a_known_photo_clockwise(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "phone.jpg"
    path.write_bytes(saved(two_halves(), "JPEG", exif=exif.tobytes(), quality=95))

    picture = opened(path)

    assert (picture.width, picture.height) == (40, 60)
    assert near(at(picture, 0.5, 0.2), LEFT)
    assert near(at(picture, 0.5, 0.8), RIGHT)


@pytest.mark.parametrize(
    ("camera", "offset", "utc"),
    [
        ("2024:05:06 07:08:09", "+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", "-09:30", datetime(2024, 5, 6, 16, 38, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("1969:12:31 23:59:59", None, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", "   :  ", None),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_time_of_capture_is_read_from_exif(
    tmp_path: Path, format: str, camera: str, offset: str | None, utc: datetime | None
) -> None:
    exif = Image.Exif()
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    tags[ExifTags.Base.DateTimeOriginal] = camera
    if offset is not None:
        tags[ExifTags.Base.OffsetTimeOriginal] = offset
    path = tmp_path / "dated"
    path.write_bytes(saved(two_halves(), format, exif=exif.tobytes()))

    assert opened(path).captured_at == (utc and int(utc.timestamp()))


def test_broken_exif_is_no_reason_to_fail(tmp_path: Path) -> None:
    junk = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 40
    path = tmp_path / "junk.jpg"
    path.write_bytes(saved(two_halves(), "JPEG", exif=junk, quality=95))

    picture = opened(path)

    assert picture.captured_at is None
    assert near(at(picture, 0.2, 0.5), LEFT)


@pytest.mark.parametrize(("size", "smallest"), [((4000, 3000), 448), ((1000, 800), 448), ((300, 200), 200)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_large_pictures_shrink_but_keep_twice_the_side_asked_for(
    tmp_path: Path, format: str, size: tuple[int, int], smallest: int
) -> None:
    path = tmp_path / "large"
    path.write_bytes(saved(two_halves(size), format))

    picture = opened(path, 224)

    assert (picture.width, picture.height) == size
    assert smallest <= min(picture.image.size) < 2.1 * smallest
    assert picture.image.width / picture.image.height == pytest.approx(size[0] / size[1], rel=0.01)


def test_small_encoders_leave_enough_for_the_thumbnail(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(two_halves((4000, 3000)), "JPEG"))

    picture = open_picture(path, min_side_px=32, max_pixels=10**8, max_bytes=10**8, thumbnail_px=900)

    assert 900 <= max(picture.image.size) < 2000


@pytest.mark.parametrize("format", ["TIFF", "PNG"])
def test_sixteen_bit_greys_are_scaled_not_clipped(tmp_path: Path, format: str) -> None:
    ramp = np.linspace(0, 65535, 256 * 8).astype(np.uint16).reshape(8, 256)
    path = tmp_path / "deep"
    path.write_bytes(saved(Image.fromarray(ramp), format))

    grey = pixels(opened(path))[..., 0]

    assert np.abs(grey - ramp / 257).max() <= 1


@pytest.mark.parametrize(
    ("tones", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 51.0, 255.0]], np.float32), [0, 51, 255]),
        (np.array([[-2.0, 0.0, 2.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, np.nan, 1e9]], np.float32), [0, 0, 255]),
        (np.array([[-3e38, 0.0, 3e38]], np.float32), [0, 128, 255]),
        (np.array([[7.0, 7.0, np.inf]], np.float32), [7, 7, 255]),
        (np.array([[np.nan, np.nan, np.nan]], np.float32), [0, 0, 0]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0, 100, 200]], np.int32), [0, 100, 200]),
        (np.array([[0, 500_000, 1_000_000]], np.int32), [0, 128, 255]),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255]),
    ],
)
def test_tones_of_32_bits_are_scaled_by_the_range_that_holds_them(
    tmp_path: Path, tones: NDArray[np.float32] | NDArray[np.int32], expected: list[int]
) -> None:
    path = tmp_path / "deep.tif"
    path.write_bytes(saved(Image.fromarray(tones), "TIFF"))

    assert np.abs(pixels(opened(path))[0, :, 0] - expected).max() <= 1


def rgb16_png(colour: tuple[int, int, int], extra_chunk: bytes = b"") -> bytes:
    """A 2 x 2 PNG of 16 bits a channel, which Pillow reads but does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    row = b"\0" + struct.pack(">3H", *colour) * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
        + (chunk(extra_chunk[:4], extra_chunk[4:]) if extra_chunk else b"")
        + chunk(b"IDAT", zlib.compress(row * 2))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bit_colours_are_scaled_not_clipped(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    path.write_bytes(rgb16_png((65535, 32768, 400)))

    assert near(at(opened(path), 0, 0), (255, 128, 1), 1)


def test_sixteen_bit_png_with_a_key_colour_opens(tmp_path: Path) -> None:
    path = tmp_path / "keyed.png"
    path.write_bytes(rgb16_png((65535, 32768, 400), b"tRNS" + struct.pack(">3H", 1000, 2000, 3000)))

    assert near(at(opened(path), 0, 0), (255, 128, 1), 1)


def transparent(mode: str) -> Image.Image:
    """A picture red on the left, and on the right transparent over what would be blue."""
    image = two_halves().convert("RGBA")
    image.paste((*RIGHT, 0), (30, 0, 60, 40))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("format", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("AVIF", "RGBA"), ("HEIF", "RGBA")],
)
def test_transparency_becomes_white(tmp_path: Path, format: str, mode: str) -> None:
    path = tmp_path / "clear"
    path.write_bytes(saved(transparent(mode), format))

    picture = opened(path)

    assert near(at(picture, 0.9, 0.5), (255, 255, 255), 3)
    assert at(picture, 0.2, 0.5)[0] < 210
    assert picture.metadata == {"transparent": True}


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_palette_with_transparency_becomes_white(tmp_path: Path, format: str) -> None:
    image = two_halves().quantize(4)
    clear = image.getpixel((50, 20))
    path = tmp_path / "palette"
    path.write_bytes(saved(image, format, transparency=clear))

    picture = opened(path)

    assert at(picture, 0.9, 0.5) == (255, 255, 255)
    assert near(at(picture, 0.2, 0.5), LEFT)


@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_key_colour_becomes_white(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, SIZE, 0)
    path = tmp_path / "key.png"
    path.write_bytes(saved(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0))

    assert at(opened(path), 0.5, 0.5) == (255, 255, 255)


def test_half_transparent_edges_do_not_bleed_when_shrunk(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2000, 2000), (0, 255, 0, 0))  # invisible green
    image.paste((255, 0, 0, 255), (0, 0, 1001, 2000))
    path = tmp_path / "edge.png"
    path.write_bytes(saved(image, "PNG"))

    result = pixels(opened(path, 100))

    assert result.shape[0] < 2000
    assert (result[..., 1] <= result[..., 0]).all(), "hidden green shows at the edge"


def test_one_bit_pictures_become_grey_when_shrunk(tmp_path: Path) -> None:
    checks = np.indices((1000, 1000)).sum(0) % 2 == 0
    path = tmp_path / "scan.tif"
    path.write_bytes(saved(Image.fromarray(checks), "TIFF", compression="group4"))

    assert np.abs(pixels(opened(path, 64)) - 127).max() <= 2


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_print_colours_keep_their_meaning(tmp_path: Path, format: str) -> None:
    path = tmp_path / "print"
    path.write_bytes(saved(Image.new("CMYK", SIZE, (0, 255, 255, 0)), format))

    assert near(at(opened(path), 0.5, 0.5), (255, 0, 0), 3)


def test_print_jpeg_that_is_not_adobes_is_not_inverted(tmp_path: Path) -> None:
    adobe = saved(Image.new("CMYK", SIZE, (255, 0, 0, 255)), "JPEG", quality=95)  # stored as (0, 255, 255, 0)
    mark = adobe.index(b"\xff\xee")
    length = int.from_bytes(adobe[mark + 2 : mark + 4], "big") + 2
    path = tmp_path / "plain-cmyk.jpg"
    path.write_bytes(adobe[:mark] + adobe[mark + length :])

    assert near(at(opened(path), 0.5, 0.5), (255, 0, 0), 3)


def test_lab_becomes_the_colour_it_names(tmp_path: Path) -> None:
    # CIE L*a*b* of sRGB red is (53.2, 80.1, 67.2); TIFF keeps a and b as signed bytes.
    lab = Image.merge("LAB", [Image.new("L", SIZE, tone) for tone in (136, 128 + 80, 128 + 67)])
    path = tmp_path / "lab.tif"
    path.write_bytes(saved(lab, "TIFF"))

    assert near(at(opened(path), 0.5, 0.5), (255, 0, 0), 20)


def wide_gamut_profile() -> bytes:
    """The XYZ profile read as RGB is no camera's; swapping channels needs none: a grey gamma 1 curve."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "srgb.png"
    path.write_bytes(saved(two_halves(), "PNG", icc_profile=wide_gamut_profile()))

    assert at(opened(path), 0.2, 0.5) == LEFT
