"""Every way of storing colour comes out as the sRGB a person would see, on white."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.test_media_refusals import refusal
from tests.test_media_sniff import LEFT, RIGHT, SIZE, at, near, opened, pixels, saved, two_halves


@pytest.mark.parametrize("codec", ["TIFF", "PNG"])
def test_sixteen_bit_greys_are_scaled_not_clipped(tmp_path: Path, codec: str) -> None:
    ramp = np.linspace(0, 65535, 256 * 8).astype(np.uint16).reshape(8, 256)
    path = tmp_path / "deep"
    path.write_bytes(saved(Image.fromarray(ramp), codec))

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
        (np.array([[7.0, 7.0, np.inf]], np.float32), [255, 255, 255]),
        (np.array([[0.0, 0.5, 0.1]], np.float32), [0, 128, 26]),
        (np.array([[0.0, 500.0, 1000.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 2.0, np.nan]], np.float32), [0, 255, 0]),
        (np.array([[500.0, np.inf, 1000.0]], np.float32), [128, 255, 255]),
        (np.array([[np.nan, np.nan, np.nan]], np.float32), [0, 0, 0]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0, 100, 200]], np.int32), [0, 100, 200]),
        (np.array([[0, 500_000, 1_000_000]], np.int32), [0, 128, 255]),
        (np.array([[0, 500, 1000]], np.int32), [0, 128, 255]),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255]),
    ],
)
def test_tones_of_32_bits_are_scaled_by_the_range_that_holds_them(
    tmp_path: Path, tones: NDArray[np.float32] | NDArray[np.int32], expected: list[int]
) -> None:
    path = tmp_path / "deep.tif"
    path.write_bytes(saved(Image.fromarray(tones), "TIFF"))

    assert np.abs(pixels(opened(path))[0, :, 0] - expected).max() <= 1


def tiff(tones: NDArray[np.generic], **tags: int) -> bytes:
    """A grey TIFF by its specification, little-endian and in one strip, which Pillow does not write for these."""
    sample_format = {"u": 1, "i": 2, "f": 3}[tones.dtype.kind]
    height, width = tones.shape
    named = {
        "width": (256, width), "length": (257, height), "bits": (258, tones.dtype.itemsize * 8),
        "compression": (259, 1), "photometric": (262, 1), "strip": (273, 0), "samples": (277, 1),
        "rows": (278, height), "bytes": (279, tones.nbytes), "sample_format": (339, sample_format),
    }  # fmt: skip
    values = {name: (tag, tags.get(name, value)) for name, (tag, value) in named.items()}
    at = 8 + 2 + 12 * len(values) + 4
    values["strip"] = (273, at)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.values())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(values)) + entries + bytes(4) + tones.tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tiff_whose_white_is_zero_is_turned_round(tmp_path: Path, dtype: type[np.generic]) -> None:
    most = 1.0 if dtype is np.float32 else np.iinfo(dtype).max  # type: ignore[type-var]
    tones = (np.array([[0, 0.25, 1.0]]) * most).astype(dtype)
    path = tmp_path / "negative.tif"
    for photometric, expected in ((0, [255, 191, 0]), (1, [0, 64, 255])):
        path.write_bytes(tiff(tones, photometric=photometric))

        assert np.abs(pixels(opened(path))[0, :, 0] - expected).max() <= 1


def test_whole_numbers_of_32_bits_beyond_two_milliards_do_not_wrap(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff(np.array([[0, 2**31, 2**32 - 1]], np.uint32)))
    assert np.abs(pixels(opened(path))[0, :, 0] - [0, 128, 255]).max() <= 1

    path.write_bytes(tiff(np.array([[-(2**31), 0, 2**31 - 1]], np.int32)))
    assert np.abs(pixels(opened(path))[0, :, 0] - [0, 128, 255]).max() <= 1


def test_pixels_of_a_kind_that_is_not_read_say_so(tmp_path: Path) -> None:
    path = tmp_path / "rare.tif"
    path.write_bytes(tiff(np.zeros((2, 2), np.float64)))

    reason = "is a TIFF of a kind of pixels not read here; save it with 8 or 16 bits a channel"
    assert refusal(path).reason == reason


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


@pytest.mark.parametrize(
    ("key", "shown"), [((1000, 2000, 3000), (255, 128, 1)), ((65535, 32768, 400), (255, 255, 255))]
)
def test_sixteen_bit_key_colour_hides_only_itself(
    tmp_path: Path, key: tuple[int, int, int], shown: tuple[int, int, int]
) -> None:
    path = tmp_path / "keyed.png"
    path.write_bytes(rgb16_png((65535, 32768, 400), b"tRNS" + struct.pack(">3H", *key)))

    assert near(at(opened(path), 0, 0), shown, 1)


@pytest.mark.parametrize("codec", ["JPEG", "TIFF"])
def test_print_colours_keep_their_meaning(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "print"
    path.write_bytes(saved(Image.new("CMYK", SIZE, (0, 255, 255, 0)), codec))

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


def icc(space: bytes, connection: bytes, device: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2 by its specification."""
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(tag))
        body += tag + b"\0" * (-len(tag) % 4)
    head = struct.pack(">II", start + len(body), 0)[:4] + b"\0\0\0\0\2\x40\0\0" + device + space + connection
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


WHITE = {b"wtpt": xyz(0.9642, 1.0, 0.8249)}


def swapped_rgb() -> bytes:
    """sRGB with the first two channels the other way round."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def linear_grey() -> bytes:
    """Grey whose numbers count light, not lightness."""
    return icc(b"GRAY", b"XYZ ", b"mntr", {**WHITE, b"kTRC": b"curv\0\0\0\0" + struct.pack(">I", 0)})


def green_cyan() -> bytes:
    """A press whose cyan ink is a dark green: black at all other inks, white at none."""
    corners = [
        (255, 128, 128) if not any(inks) else (118, 78, 178) if inks == (1, 0, 0, 0) else (0, 128, 128)
        for inks in np.ndindex(2, 2, 2, 2)
    ]
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    lut = b"mft1\0\0\0\0\4\3\2\0" + matrix + ramp * 4 + bytes(np.array(corners, np.uint8)) + ramp * 3
    return icc(b"CMYK", b"Lab ", b"prtr", {**WHITE, b"A2B0": lut, b"A2B1": lut})


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_rgb_profile_is_applied(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "profiled"
    path.write_bytes(saved(two_halves(), codec, icc_profile=swapped_rgb()))

    assert near(at(opened(path), 0.2, 0.5), (LEFT[1], LEFT[0], LEFT[2]), 16)


def test_grey_profile_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(saved(Image.new("L", SIZE, 128), "PNG", icc_profile=linear_grey()))

    assert near(at(opened(path), 0.5, 0.5), (188, 188, 188), 2)


@pytest.mark.parametrize("codec", ["JPEG", "TIFF"])
def test_print_profile_is_applied(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "print"
    path.write_bytes(saved(Image.new("CMYK", SIZE, (255, 0, 0, 0)), codec, icc_profile=green_cyan()))

    red, green, blue = at(opened(path), 0.5, 0.5)

    assert green > red + 60
    assert green > blue + 60, "cyan by the profile is green, by the plain formula it is half blue"


def test_profile_is_applied_beneath_transparency(tmp_path: Path) -> None:
    path = tmp_path / "profiled.png"
    path.write_bytes(saved(transparent("RGBA"), "PNG", icc_profile=swapped_rgb()))

    picture = opened(path)

    assert near(at(picture, 0.2, 0.5), (LEFT[1], LEFT[0], LEFT[2]), 3)
    assert at(picture, 0.9, 0.5) == (255, 255, 255)


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile at all",
        swapped_rgb()[:200],
        swapped_rgb()[:300] + b"\xff" * 300,
        linear_grey(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ],
    ids=["junk", "cut short", "damaged", "for grey", "sRGB"],
)
def test_profile_that_cannot_or_need_not_be_applied_changes_nothing(tmp_path: Path, profile: bytes) -> None:
    path = tmp_path / "profiled.png"
    path.write_bytes(saved(two_halves(), "PNG", icc_profile=profile))

    picture = opened(path)

    assert at(picture, 0.2, 0.5) == LEFT
    assert at(picture, 0.8, 0.5) == RIGHT


def transparent(mode: str) -> Image.Image:
    """A picture red on the left, and on the right transparent over what would be blue."""
    image = two_halves().convert("RGBA")
    image.paste((*RIGHT, 0), (30, 0, 60, 40))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("codec", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("AVIF", "RGBA"), ("HEIF", "RGBA")],
)
def test_transparency_becomes_white(tmp_path: Path, codec: str, mode: str) -> None:
    path = tmp_path / "clear"
    path.write_bytes(saved(transparent(mode), codec))

    picture = opened(path)

    assert near(at(picture, 0.9, 0.5), (255, 255, 255), 3)
    assert at(picture, 0.2, 0.5)[0] < 210
    assert picture.metadata == {"transparent": True}


@pytest.mark.parametrize("codec", ["PNG", "GIF"])
def test_palette_with_transparency_becomes_white(tmp_path: Path, codec: str) -> None:
    image = two_halves().quantize(4)
    clear = image.getpixel((50, 20))
    path = tmp_path / "palette"
    path.write_bytes(saved(image, codec, transparency=clear))

    picture = opened(path)

    assert at(picture, 0.9, 0.5) == (255, 255, 255)
    assert near(at(picture, 0.2, 0.5), LEFT)


@pytest.mark.parametrize("entries", [1, 16, 17, 256, 257, 400])
def test_a_palette_may_have_any_number_of_transparencies(tmp_path: Path, entries: int) -> None:
    """Pillow passes on more of them than there are colours, and cannot apply them."""
    image = Image.new("P", SIZE, 0)
    image.putpalette([*RIGHT, *LEFT] * 8)
    image.paste(15, (0, 0, 30, 40))
    whole = saved(image, "PNG", optimize=False)
    # With one clear colour alone, Pillow would keep its number only.
    alphas = (bytes([0, 0]) + bytes([255]) * entries)[:entries]
    chunk = struct.pack(">I", entries) + b"tRNS" + alphas + struct.pack(">I", zlib.crc32(b"tRNS" + alphas))
    place = whole.index(b"IDAT") - 4
    path = tmp_path / "palette.png"
    path.write_bytes(whole[:place] + chunk + whole[place:])

    picture = opened(path)

    assert at(picture, 0.2, 0.5) == LEFT
    assert at(picture, 0.8, 0.5) == (255, 255, 255)


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
    checks = np.indices((1280, 1280)).sum(0) % 2 == 0
    path = tmp_path / "scan.tif"
    path.write_bytes(saved(Image.fromarray(checks), "TIFF", compression="group4"))

    assert np.abs(pixels(opened(path, 64)) - 127).max() <= 2
