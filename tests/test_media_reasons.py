"""A file whose decoder is missing is not called broken, and nobody but us speaks of odd files on stderr."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import AvifImagePlugin, Image

from tests.test_media_depths import packed_tiff
from tests.test_media_refusals import refusal
from tests.test_media_sniff import saved, two_halves

PLAIN = np.zeros((8, 8, 1), np.int64)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (33003, "JPEG 2000"),
        (34712, "JPEG 2000"),
        (50002, "JPEG XL"),
        (34887, "LERC"),
        (34661, "JBIG"),
        (65000, "method 65000"),
    ],
)
def test_tiff_of_a_compression_without_a_decoder_names_it(tmp_path: Path, number: int, name: str) -> None:
    path = tmp_path / "rare.tif"
    path.write_bytes(packed_tiff(PLAIN, 8, compression=number))

    assert refusal(path).reason == (
        f"is a TIFF compressed with {name}, for which the installed Pillow has no decoder; "
        "save it with LZW or Deflate, or as PNG"
    )


def test_tiff_of_a_compression_that_libtiff_was_built_without_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = saved(two_halves(), "TIFF", compression="tiff_lzw")
    path = tmp_path / "rare.tif"
    path.write_bytes(whole[:20] + bytes(len(whole) - 400) + whole[-380:])
    assert refusal(path).reason == "its TIFF data is broken", "LZW is there; these are other bytes"

    monkeypatch.setattr("musaic.media.reasons._has_tiff_codec", lambda number: number != 5)
    assert (
        "is a TIFF compressed with LZW, for which the installed Pillow has no decoder" in refusal(path).reason
    )


@pytest.mark.parametrize(
    ("coding", "name"),
    [
        (b"av01", "AV1"),
        (b"vvc1", "VVC (H.266)"),
        (b"j2k1", "JPEG 2000"),
        (b"unci", "no compression (ISO 23001-17)"),
        (b"avc1", "AVC (H.264)"),
    ],
)
@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"vvic"])
def test_heif_of_a_coding_without_a_decoder_names_it(
    tmp_path: Path, coding: bytes, name: str, brand: bytes
) -> None:
    whole = saved(two_halves(), "HEIF")
    at = whole.index(b"hvc1", whole.index(b"infe"))
    path = tmp_path / "rare.heic"
    path.write_bytes((whole[:at] + coding + whole[at + 4 :]).replace(b"ftypheic", b"ftyp" + brand, 1))

    assert refusal(path).reason == (
        f"is a HEIF picture coded with {name}, for which the installed libheif has no decoder; save it as PNG or JPEG"
    )


def test_heic_that_is_broken_is_called_that(tmp_path: Path) -> None:
    whole = bytearray(saved(two_halves(), "HEIF"))
    at = whole.index(b"mdat") + 8
    whole[at : at + 200] = bytes(200)
    path = tmp_path / "broken.heic"
    path.write_bytes(whole)

    assert refusal(path).reason == "its HEIC data is broken"


def test_avif_without_a_decoder_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.avif"
    path.write_bytes(saved(two_halves(), "AVIF"))
    monkeypatch.setattr(AvifImagePlugin, "SUPPORTED", False)

    assert refusal(path).reason == (
        "is a picture in AVIF, for which the installed Pillow has no decoder; "
        "install Pillow as its project builds it, or save the picture as PNG or JPEG"
    )


@pytest.mark.parametrize(
    ("frame", "name"), [(0xC3, "a lossless JPEG"), (0xC5, "a hierarchical JPEG"), (0xF7, "a JPEG-LS picture")]
)
def test_jpeg_of_a_rare_kind_names_it(tmp_path: Path, frame: int, name: str) -> None:
    path = tmp_path / "rare.jpg"
    path.write_bytes(saved(two_halves(), "JPEG").replace(b"\xff\xc0", bytes([0xFF, frame]), 1))

    assert refusal(path).reason == (
        f"is {name}, for which the installed Pillow has no decoder; save it as PNG or usual JPEG"
    )


def test_jpeg_of_twelve_bits_says_what_to_save_it_as(tmp_path: Path) -> None:
    whole = saved(two_halves(), "JPEG")
    at = whole.index(b"\xff\xc0")
    path = tmp_path / "deep.jpg"
    path.write_bytes(whole[: at + 4] + b"\x0c" + whole[at + 5 :])

    assert (
        refusal(path).reason == "is a JPEG of a kind not read here; save it as PNG, or with 8 bits a channel"
    )


def odd_files(folder: Path) -> None:
    """TIFFs of which libtiff and Pillow's log have much to say."""
    scan = Image.effect_noise((200, 200), 50).convert("1")
    fax = bytearray(saved(scan, "TIFF", compression="group4"))
    fax[40:2000:7] = bytes(len(fax[40:2000:7]))
    lzw = saved(two_halves((300, 200)), "TIFF", compression="tiff_lzw")
    samples = bytearray(saved(two_halves(), "TIFF"))
    at = samples.index(struct.pack("<HH", 277, 3))
    samples[at + 8 : at + 10] = struct.pack("<H", 3331)
    named = {"fax": bytes(fax), "lzw": lzw[:40] + bytes(200) + lzw[240:], "samples": bytes(samples)}
    for name, content in named.items():
        (folder / f"{name}.tif").write_bytes(content)


OPEN_ALL = """
import sys
from pathlib import Path
from musaic.errors import MediaError
from musaic.media import open_picture
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        open_picture(path, min_side_px=16, max_pixels=10**8, max_bytes=10**8)
    except MediaError as error:
        print(error.reason)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="libtiff is built into Pillow there")
def test_libraries_say_nothing_of_odd_files_on_stderr(tmp_path: Path) -> None:
    odd_files(tmp_path)

    ended = subprocess.run(
        [sys.executable, "-c", OPEN_ALL, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )

    assert "its TIFF data is broken" in ended.stdout
    assert ended.stderr == ""
