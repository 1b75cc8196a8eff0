"""What cannot or must not be opened is refused fast, with a reason in words, and never blocks."""

import random
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.errors import FailedFileError, MediaError, SkippedFileError
from musaic.media import open_picture
from tests.test_media_sniff import WRITERS, psd_bytes, saved, two_halves

MEGAPIXEL = 1_000_000


def refusal(path: Path, *, max_pixels: int = 100 * MEGAPIXEL, max_bytes: int = 10**8) -> MediaError:
    """The error that opening a file ends with, checked for being fit to be read by people."""
    started = time.monotonic()
    with pytest.raises(MediaError) as caught:
        open_picture(path, min_side_px=224, max_pixels=max_pixels, max_bytes=max_bytes)
    assert time.monotonic() - started < 5
    assert caught.value.path == path
    assert caught.value.reason
    assert not set(caught.value.reason) & set("<>{}\n'\\"), caught.value.reason
    assert str(path.parent) not in caught.value.reason
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jpg", b"", "is empty"),
        ("page.jpg", b"<!DOCTYPE html><html>404</html>", "is no picture but HTML"),
        ("notes.png", b"red silk cape\n", "is no picture but text"),
        ("film.jpg", b"\0\0\0\x18ftypisom\0\0\2\0isommp42", "is no picture but a video"),
        (
            "letter.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "is no picture but an Office document",
        ),
        ("sync.jpg", b"\0" * 5000, "is no picture but nothing but zeros"),
    ],
)
def test_no_picture_is_skipped(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    error = refusal(path)

    assert isinstance(error, SkippedFileError)
    assert error.reason == reason


def test_pictures_of_other_kinds_fail_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "texture.png"
    path.write_bytes(b"DDS |\0\0\0" + b"\0" * 200)

    error = refusal(path)

    assert isinstance(error, FailedFileError)
    assert error.reason == "is a DDS texture, which is not read here; save it as PNG or JPEG"


@pytest.mark.parametrize(
    "kind", [kind for kind in WRITERS if kind not in ("apng", "moving webp", "moving gif")]
)
def test_cut_short_fails(tmp_path: Path, kind: str) -> None:
    whole = WRITERS[kind][1](two_halves((300, 200)))
    path = tmp_path / "short"
    path.write_bytes(whole[: len(whole) // 3])

    assert isinstance(refusal(path), FailedFileError)


@pytest.mark.parametrize(("whole", "name"), [(b"\xff\xd8", "JPEG"), (b"\x89PN", "PNG")])
def test_a_file_of_a_few_bytes_is_no_text_where_they_begin_a_picture(
    tmp_path: Path, whole: bytes, name: str
) -> None:
    path = tmp_path / "stump"
    path.write_bytes(whole)

    error = refusal(path)

    assert isinstance(error, FailedFileError)
    assert error.reason == f"its {name} data is cut short"


def test_truncated_jpeg_says_so(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (200, 200), random.Random(1).randbytes(120_000))
    path = tmp_path / "short.jpg"
    path.write_bytes(saved(noise, "JPEG")[:-3000])

    assert refusal(path).reason == "its JPEG data is cut short"


@pytest.mark.parametrize("kind", WRITERS)
def test_damage_anywhere_ends_in_a_picture_or_our_error(tmp_path: Path, kind: str) -> None:
    whole = WRITERS[kind][1](two_halves())
    dice = random.Random(kind)
    for attempt in range(25):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path = tmp_path / f"{attempt}"
        path.write_bytes(damaged)
        with suppress(MediaError):
            assert (
                open_picture(path, min_side_px=16, max_pixels=MEGAPIXEL, max_bytes=10**7).image.mode == "RGB"
            )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_declaring(width: int, height: int, *extra: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def gif_with_frame(width: int, height: int) -> bytes:
    small = bytearray(saved(Image.new("P", (4, 4)), "GIF"))
    frame = small.index(b",\0\0\0\0\4\0\4\0")
    small[frame + 5 : frame + 9] = struct.pack("<HH", width, height)
    return bytes(small)


def webp_declaring(width: int, height: int) -> bytes:
    body = b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    whole = saved(two_halves(), "WEBP")[12:]
    chunks = b"WEBPVP8X" + struct.pack("<I", 10) + body + whole
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def tiff_with_tile(width: int, length: int) -> bytes:
    tags = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 277: 1, 322: width, 323: length, 324: 8, 325: 64}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + b"\0" * 68


BOMBS = {
    "png": png_declaring(60_000, 60_000),
    "jpeg": saved(two_halves(), "JPEG").replace(
        struct.pack(">HH", 40, 60), struct.pack(">HH", 65_000, 65_000)
    ),
    "gif frame": gif_with_frame(65_000, 65_000),
    "webp": webp_declaring(16_000, 16_000),
    "bmp": b"BM" + struct.pack("<IHHIIiiHHI", 99, 0, 0, 54, 40, 90_000, 90_000, 1, 24, 0) + b"\0" * 50,
    "tiff tile": tiff_with_tile(60_000, 60_000),
    "psd": psd_bytes(np.zeros((3, 1, 1), np.uint8)).replace(
        struct.pack(">II", 1, 1), struct.pack(">II", 29_000, 29_000), 1
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_more_declared_pixels_than_allowed_fail_before_they_are_decoded(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[kind])

    error = refusal(path)

    assert isinstance(error, FailedFileError)
    assert "limit" in error.reason


def test_limits_are_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(saved(two_halves(), "PNG"))

    assert (
        refusal(path, max_pixels=2399).reason
        == "declares 60 x 40 pixels, more than the limit of 0.002399 megapixels"
    )
    assert "limit of 0.0 MB" in refusal(path, max_bytes=100).reason
    assert open_picture(path, min_side_px=16, max_pixels=2400, max_bytes=10**6).width == 60


def test_text_that_unpacks_to_much_fails(tmp_path: Path) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))
    path = tmp_path / "text.png"
    path.write_bytes(png_declaring(4, 4, text))

    assert refusal(path).reason == "its PNG data would unpack to more than the limits allow"


def test_profile_that_unpacks_to_much_fails(tmp_path: Path) -> None:
    path = tmp_path / "profile.png"
    path.write_bytes(png_declaring(4, 4, chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))))

    assert refusal(path).reason == "its PNG data would unpack to more than the limits allow"


def test_jpeg_of_endless_scans_is_refused(tmp_path: Path) -> None:
    whole = saved(Image.new("L", (9000, 9000)), "JPEG", progressive=True)
    scan = b"\xff\xda\0\x08\1\1\0\0\0\x10" + b"\0" * 10
    path = tmp_path / "scans.jpg"
    path.write_bytes(whole[:-2] + scan * 2000 + b"\xff\xd9")

    assert "scans" in refusal(path).reason


@pytest.mark.parametrize("tag", [(50706, 1), (254, 1)], ids=["DNG", "preview first"])
def test_camera_raw_is_not_taken_for_its_preview(tmp_path: Path, tag: tuple[int, int]) -> None:
    path = tmp_path / "raw.tif"
    path.write_bytes(saved(two_halves(), "TIFF", tiffinfo={tag[0]: tag[1]}))

    assert refusal(path).reason == "is a camera raw file, which is not read here; export it as JPEG or TIFF"


@pytest.mark.parametrize(("at_byte", "value", "words"), [(5, 2, "PSB"), (23, 32, "32 bits")])
def test_photoshop_files_beyond_us_say_what_to_do(
    tmp_path: Path, at_byte: int, value: int, words: str
) -> None:
    whole = bytearray(WRITERS["psd"][1](two_halves()))
    whole[at_byte] = value
    path = tmp_path / "large.psd"
    path.write_bytes(whole)

    reason = refusal(path).reason

    assert words in reason
    assert "save it" in reason
