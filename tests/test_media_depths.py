"""Tones of every depth are scaled by what is full in their file, and a key colour hides only itself."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from musaic.errors import FailedFileError
from musaic.media import open_picture
from tests.test_media_refusals import refusal
from tests.test_media_sniff import at, near, opened, pixels, saved

Tones = NDArray[np.int64]


def packed_tiff(
    tones: Tones,
    bits: int,
    *,
    order: str = "<",
    compression: int = 1,
    photometric: int | None = None,
    **tags: int,
) -> bytes:
    """A TIFF of tones (height, width, samples) packed without gaps, in strips of two rows, by its specification."""
    height, width, samples = tones.shape
    ones = (tones.reshape(height, -1, 1) >> np.arange(bits)[::-1]) & 1
    rows = np.packbits(ones.reshape(height, -1).astype(np.uint8), axis=1)
    strips = [rows[top : top + 2].tobytes() for top in range(0, height, 2)]
    strips = [zlib.compress(strip) for strip in strips] if compression == 8 else strips
    photometric = (2 if samples == 3 else 1) if photometric is None else photometric
    offsets = [8 + sum(map(len, strips[:place])) for place in range(len(strips))]
    entries: dict[int, list[int]] = {
        256: [width], 257: [height], 258: [bits] * samples, 259: [compression], 262: [photometric],
        273: offsets, 277: [samples], 278: [2], 279: [len(strip) for strip in strips],
        **{int(name[1:]): [value] for name, value in tags.items()},
    }  # fmt: skip
    body = b"".join(strips)
    directory_at = 8 + len(body)
    extra_at = directory_at + 2 + 12 * len(entries) + 4
    directory, extra = struct.pack(f"{order}H", len(entries)), b""
    for tag, values in sorted(entries.items()):
        whole = struct.pack(f"{order}{len(values)}I", *values)
        place = whole if len(values) == 1 else struct.pack(f"{order}I", extra_at + len(extra))
        extra += b"" if len(values) == 1 else whole
        directory += struct.pack(f"{order}HHI", tag, 4, len(values)) + place
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", directory_at) + body + directory + bytes(4) + extra


def ramp(bits: int, samples: int) -> Tones:
    most = (1 << bits) - 1
    grey = np.linspace(0, most, 35).round().astype(int)[None].repeat(5, 0)
    return np.stack([grey, most - grey, np.full_like(grey, most)][:samples], axis=2)


@pytest.mark.parametrize("bits", [9, 10, 12, 14, 15])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(("order", "compression"), [("<", 1), (">", 1), ("<", 8)])
def test_tiff_of_an_odd_depth_is_scaled_by_it(
    tmp_path: Path, bits: int, samples: int, order: str, compression: int
) -> None:
    tones = ramp(bits, samples)
    path = tmp_path / "odd.tif"
    path.write_bytes(packed_tiff(tones, bits, order=order, compression=compression))

    seen = pixels(opened(path))

    assert np.abs(seen - tones * 255 / ((1 << bits) - 1)).max() <= 1


def test_tiff_of_twelve_bits_whose_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    tones = ramp(12, 1)
    path = tmp_path / "negative.tif"
    path.write_bytes(packed_tiff(tones, 12, photometric=0))

    assert np.abs(pixels(opened(path)) - (255 - tones * 255 / 4095)).max() <= 1


def test_tiff_of_an_odd_depth_stands_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    path.write_bytes(packed_tiff(ramp(12, 1), 12, t274=6))

    picture = opened(path)

    assert picture.image.size == (picture.width, picture.height) == (5, 35)
    assert at(picture, 0.5, 0.0)[0] < 10 < 245 < at(picture, 0.5, 0.99)[0]


def test_tiff_of_an_odd_depth_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    path.write_bytes(packed_tiff(ramp(12, 1), 12))

    with pytest.raises(FailedFileError, match="more than the limit"):
        open_picture(path, min_side_px=16, max_pixels=174, max_bytes=10**6)


def test_tiff_of_an_odd_depth_and_endless_samples_is_refused_at_once(tmp_path: Path) -> None:
    whole = bytearray(packed_tiff(ramp(12, 3), 12))
    at = whole.index(struct.pack("<HHII", 277, 4, 1, 3))
    whole[at + 8 : at + 12] = struct.pack("<I", 2**31)
    path = tmp_path / "endless.tif"
    path.write_bytes(whole)

    assert refusal(path).reason


@pytest.mark.parametrize(("most", "full"), [(4095, 4095), (1023, 1023), (4000, 65535), (65535, 65535)])
def test_tiff_that_keeps_fewer_bits_in_sixteen_says_so_by_its_greatest_tone(
    tmp_path: Path, most: int, full: int
) -> None:
    tones = np.linspace(0, min(most, 1023), 64).astype(np.uint16)[None].repeat(4, 0)
    path = tmp_path / "camera.tif"
    path.write_bytes(saved(Image.fromarray(tones), "TIFF", tiffinfo={281: most}))

    assert np.abs(pixels(opened(path))[..., 0] - tones * 255.0 / full).max() <= 1


def png(rows: list[bytes], width: int, bits: int, kind: int, key: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, len(rows), bits, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = ((b"IHDR", header), (b"tRNS", key), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in parts)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_grey_key_hides_only_itself_at_every_depth(tmp_path: Path, bits: int) -> None:
    most = (1 << bits) - 1
    shown, hidden = (0, 1) if bits == 1 else (0, most // 3)
    tones = [hidden] * 8 + [shown] * 8
    row = b"".join(struct.pack(">H", tone) for tone in tones) if bits == 16 else None
    if row is None:
        ones = (np.array(tones)[:, None] >> np.arange(bits)[::-1]) & 1
        row = np.packbits(ones.astype(np.uint8)).tobytes()
    path = tmp_path / "keyed.png"
    path.write_bytes(png([row] * 8, 16, bits, 0, struct.pack(">H", hidden)))

    picture = opened(path)

    assert picture.metadata == {"transparent": True}
    assert at(picture, 0.2, 0.5) == (255, 255, 255)
    assert at(picture, 0.8, 0.5) == (0, 0, 0)


def test_key_of_sixteen_bits_does_not_hide_what_shares_its_high_bytes(tmp_path: Path) -> None:
    key, near_key = (0x1234, 0x5678, 0x9ABC), (0x1235, 0x5678, 0x9ABC)
    row = struct.pack(">3H", *key) * 8 + struct.pack(">3H", *near_key) * 8
    path = tmp_path / "keyed.png"
    path.write_bytes(png([row] * 8, 16, 16, 2, struct.pack(">3H", *key)))

    picture = opened(path)

    assert at(picture, 0.2, 0.5) == (255, 255, 255)
    assert near(at(picture, 0.8, 0.5), (0x12, 0x56, 0x9A), 1)
