"""Colours that a file tells otherwise than by an ICC profile come out as the sRGB that is meant."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from musaic.media.outgoing import outgoing
from tests.test_media_colour import swapped_rgb
from tests.test_media_sniff import opened, pixels, saved

PATCHES = np.array(
    [(220, 40, 40), (40, 170, 60), (40, 70, 200), (222, 170, 140), (119, 119, 119), (250, 250, 250)], float
)
_PATCH_PX = 48
_709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_601 = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_D65 = (0.3127, 0.3290)
_NITS = 203.0

Floats = NDArray[np.float64]
Corners = tuple[tuple[float, float], ...]


def light_of(srgb: Floats) -> Floats:
    tones = srgb / 255
    return np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)


def from_light(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def matrix(corners: Corners, white: tuple[float, float] = _D65) -> Floats:
    columns = np.array([(x, y, 1 - x - y) for x, y in corners]).T
    point = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    return columns * np.linalg.solve(columns, point)


def pq(light: Floats) -> Floats:
    """BT.2100's inverse EOTF of light in reference whites."""
    power = (np.maximum(light, 0) * _NITS / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg(light: Floats) -> Floats:
    """BT.2100's HLG signal of what its display of 1000 cd/m2 shows: inverse OOTF, then OETF."""
    shown = np.maximum(light, 0) * _NITS / 1000
    luminance = np.maximum(shown @ matrix(_2020)[1], 1e-9)[..., None]
    scene = shown * luminance ** ((1 - 1.2) / 1.2)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)


def camera(light: Floats) -> Floats:
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0) ** 0.45 - 0.099)


def power(exponent: float) -> Callable[[Floats], Floats]:
    return lambda light: np.maximum(light, 0) ** (1 / exponent)


def cinema(light: Floats) -> Floats:
    return (np.maximum(light, 0) * 48 / 52.37) ** (1 / 2.6)


# Primaries, transfer, and how light in those primaries is coded.
NAMED: dict[str, tuple[int, int, Corners, Callable[[Floats], Floats]]] = {
    "P3": (12, 13, _P3, from_light),
    "BT.2020": (9, 13, _2020, from_light),
    "BT.601": (6, 6, _601, camera),
    "BT.709": (1, 1, _709, camera),
    "BT.2020 of 10 bits": (9, 14, _2020, camera),
    "BT.2020 of 12 bits": (9, 15, _2020, camera),
    "gamma 2.2": (1, 4, _709, power(2.2)),
    "gamma 2.8": (5, 5, ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), power(2.8)),
    "cinema": (12, 17, _P3, cinema),
    "PQ": (9, 16, _2020, pq),
    "PQ in P3": (12, 16, _P3, pq),
    "HLG": (9, 18, _2020, hlg),
    "left unspecified": (2, 2, _709, from_light),
    "PQ of unspecified primaries": (2, 16, _2020, pq),
}
LINEAR = (12, 8, _P3, lambda light: light)


def scene(corners: Corners, code: Callable[[Floats], Floats], patches: Floats = PATCHES) -> Floats:
    """The patches, six in two rows, as tones of 0 to 1 in a space."""
    light = light_of(patches) @ (np.linalg.solve(matrix(corners), matrix(_709))).T
    grid = np.clip(code(light), 0, 1).reshape(2, 3, 3)
    return grid.repeat(_PATCH_PX, 0).repeat(_PATCH_PX, 1)


def farthest(path: Path, patches: Floats = PATCHES) -> float:
    """How far the worst patch of a file comes out from the sRGB that is meant."""
    seen = pixels(opened(path))
    step_y, step_x = seen.shape[0] // 2, seen.shape[1] // 3
    middles = seen[step_y // 2 :: step_y, step_x // 2 :: step_x][:2, :3].reshape(-1, 3)
    return float(np.abs(middles - patches).max())


def png(tones: Floats, *chunks: tuple[bytes, bytes], bits: int = 16, behind: bytes = b"") -> bytes:
    """A PNG of RGB, RGBA or grey tones by its specification, with chunks in front of its pixels."""
    most = (1 << bits) - 1
    counted = (tones * most + 0.5).astype(">u2" if bits == 16 else "u1")
    kind = 0 if tones.ndim == 2 else {3: 2, 4: 6}[tones.shape[2]]
    rows = b"".join(b"\0" + row.tobytes() for row in counted)
    header = struct.pack(">IIBBBBB", tones.shape[1], tones.shape[0], bits, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def chrm(corners: Corners, white: tuple[float, float] = _D65) -> tuple[bytes, bytes]:
    numbers = [round(value * 100_000) for point in (white, *corners) for value in point]
    return b"cHRM", struct.pack(">8I", *numbers)


def gama(exponent: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100_000 / exponent))


def iccp(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"a\0\0" + zlib.compress(profile)


def heic(tones: Floats, primaries: int, transfer: int, *, bits: int = 10, **options: object) -> bytes:
    """A HEIC whose `colr` box names code points."""
    deep = bits > 8
    counted = (tones * (65535 if deep else 255) + 0.5).astype(np.uint16 if deep else np.uint8)
    mode = {3: "RGB", 4: "RGBA"}[tones.shape[2]] + (";16" if deep else "")
    file = pillow_heif.from_bytes(mode, (tones.shape[1], tones.shape[0]), counted.tobytes())
    out = io.BytesIO()
    named = {"color_primaries": primaries, "transfer_characteristics": transfer}
    coded = {"matrix_coefficients": 1, "full_range_flag": 1}
    file.save(out, quality=-1, chroma=444, **named, **(coded | options))
    return out.getvalue()


def eight(tones: Floats) -> Image.Image:
    return Image.fromarray((tones * 255 + 0.5).astype(np.uint8))


def avif(tones: Floats, primaries: int, transfer: int) -> bytes:
    """An AVIF whose `colr` box names code points."""
    whole = saved(eight(tones), "AVIF", quality=100, subsampling="4:4:4")
    at = whole.index(b"colrnclx") + 8
    return whole[:at] + struct.pack(">HH", primaries, transfer) + whole[at + 4 :]


@pytest.mark.parametrize("name", NAMED)
def test_png_with_code_points_shows_the_colours_they_mean(tmp_path: Path, name: str) -> None:
    primaries, transfer, corners, code = NAMED[name]
    path = tmp_path / "named.png"
    path.write_bytes(png(scene(corners, code), (b"cICP", bytes([primaries, transfer, 0, 1]))))

    assert farthest(path) <= 2


@pytest.mark.parametrize("name", NAMED)
def test_heic_with_code_points_shows_the_colours_they_mean(tmp_path: Path, name: str) -> None:
    primaries, transfer, corners, code = NAMED[name]
    path = tmp_path / "named.heic"
    path.write_bytes(heic(scene(corners, code), primaries, transfer))

    assert farthest(path) <= 3


@pytest.mark.parametrize("matrix_code", [0, 1, 6, 9, 10])
@pytest.mark.parametrize("full_range", [0, 1])
def test_heic_is_the_same_in_every_matrix_and_range(
    tmp_path: Path, matrix_code: int, full_range: int
) -> None:
    path = tmp_path / "coded.heic"
    options = {"matrix_coefficients": matrix_code, "full_range_flag": full_range}
    path.write_bytes(heic(scene(_2020, pq), 9, 16, **options))

    assert farthest(path) <= 4


@pytest.mark.parametrize("name", [name for name in NAMED if not name.startswith(("PQ", "BT.2020"))])
def test_avif_with_code_points_shows_the_colours_they_mean(tmp_path: Path, name: str) -> None:
    primaries, transfer, corners, code = NAMED[name]
    path = tmp_path / "named.avif"
    path.write_bytes(avif(scene(corners, code), primaries, transfer))

    # Pillow writes and reads 8 bits, whose rounding wide primaries stretch.
    assert farthest(path) <= 5


def test_avif_in_pq_shows_white_as_white(tmp_path: Path) -> None:
    greys = np.array([20, 60, 119, 180, 250, 255], float)[:, None].repeat(3, 1)
    path = tmp_path / "named.avif"
    path.write_bytes(avif(scene(_2020, pq, greys), 9, 16))

    assert farthest(path, greys) <= 3


def test_linear_light_of_sixteen_bits_keeps_its_darks(tmp_path: Path) -> None:
    primaries, transfer, corners, code = LINEAR
    dark = PATCHES / 12
    path = tmp_path / "linear.png"
    path.write_bytes(png(scene(corners, code, dark), (b"cICP", bytes([primaries, transfer, 0, 1]))))

    assert farthest(path, dark) <= 1


def test_p3_of_cinemas_keeps_its_white_white(tmp_path: Path) -> None:
    path = tmp_path / "dci.png"
    path.write_bytes(png(np.ones((4, 4, 3)), (b"cICP", bytes([11, 13, 0, 1])), bits=8))

    assert (pixels(opened(path)) == 255).all()


@pytest.mark.parametrize("bits", [8, 16])
def test_png_of_the_limited_range_is_widened(tmp_path: Path, bits: int) -> None:
    step = (1 << bits - 8) / ((1 << bits) - 1)
    path = tmp_path / "narrow.png"
    path.write_bytes(
        png((scene(_P3, from_light) * 219 + 16) * step, (b"cICP", bytes([12, 13, 0, 0])), bits=bits)
    )

    assert farthest(path) <= 2


@pytest.mark.parametrize(
    ("chunks", "corners", "code"),
    [
        ([gama(2.2)], _709, power(2.2)),
        ([gama(1.8)], _709, power(1.8)),
        ([gama(1.0)], _709, power(1.0)),
        ([gama(563 / 256), chrm(_ADOBE)], _ADOBE, power(563 / 256)),
        ([gama(2.2), chrm(_P3)], _P3, power(2.2)),
        ([chrm(_P3)], _P3, from_light),
        ([(b"sRGB", b"\0"), gama(1.0), chrm(_P3)], _709, from_light),
        ([iccp(swapped_rgb()), (b"cICP", bytes([12, 13, 0, 1]))], _P3, from_light),
        ([iccp(b"no profile at all" * 20), gama(2.2), chrm(_P3)], _P3, power(2.2)),
        ([(b"cICP", bytes([255, 13, 0, 1])), gama(2.2), chrm(_P3)], _P3, power(2.2)),
        ([(b"cICP", bytes([12, 13, 1, 1])), (b"sRGB", b"\0")], _709, from_light),
        ([(b"cICP", bytes([1, 13, 0, 1])), gama(1.0), chrm(_P3)], _709, from_light),
    ],
    ids=[
        "gamma 2.2", "gamma 1.8", "linear", "Adobe RGB by its numbers", "gamma and corners", "corners alone",
        "sRGB before gamma", "code points before a profile", "broken profile before gamma",
        "unknown code points before gamma", "code points of video before sRGB", "sRGB by code points",
    ],
)  # fmt: skip
@pytest.mark.parametrize("bits", [8, 16])
def test_png_chunks_count_in_the_order_of_its_specification(
    tmp_path: Path,
    chunks: list[tuple[bytes, bytes]],
    corners: Corners,
    code: Callable[[Floats], Floats],
    bits: int,
) -> None:
    path = tmp_path / "chunks.png"
    path.write_bytes(png(scene(corners, code), *chunks, bits=bits))

    # Eight bits of light are steps of up to four levels of what is seen.
    assert farthest(path) <= (3 if bits == 8 else 1)


def test_profile_counts_before_gamma_and_srgb(tmp_path: Path) -> None:
    path = tmp_path / "profile.png"
    path.write_bytes(
        png(scene(_709, from_light), iccp(swapped_rgb()), (b"sRGB", b"\0"), gama(1.0), chrm(_P3), bits=8)
    )

    assert farthest(path, PATCHES[:, [1, 0, 2]]) <= 2


def test_grey_with_gamma_is_brought_to_srgb(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(png(np.full((4, 4), light_of(np.array(119.0))), gama(1.0)))

    assert np.abs(pixels(opened(path)) - 119).max() <= 1


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", bytes(4))],
        [(b"gAMA", b"\xff" * 4)],
        [chrm(((0.3, 0.3),) * 3)],
        [chrm(((0.1, 0.1), (0.3, 0.3), (0.5, 0.5)))],
        [chrm(_709, white=(0.3, 0.0))],
        [chrm(_709, white=(0.9, 0.05))],
        [(b"cHRM", b"\xff" * 32)],
        [(b"cICP", bytes([255, 255, 0, 1]))],
        [(b"cICP", bytes([0, 3, 0, 1]))],
        [(b"cICP", bytes([12, 13, 0, 7]))],
        [(b"cICP", b"\x0c\x0d\0")],
        [(b"cICP", b"\x0c\x0d\0\1\1")],
    ],
)
def test_png_chunks_that_make_no_sense_leave_srgb(tmp_path: Path, chunks: list[tuple[bytes, bytes]]) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(png(scene(_709, from_light), *chunks, bits=8))

    assert farthest(path) == 0


@pytest.mark.parametrize("codes", [(255, 255), (0, 0), (3, 3), (255, 16), (12, 255)])
def test_code_points_that_mean_nothing_leave_srgb(tmp_path: Path, codes: tuple[int, int]) -> None:
    path = tmp_path / "unknown.avif"
    path.write_bytes(avif(scene(_709, from_light), *codes))

    assert farthest(path) <= 2


def test_profile_of_a_heic_or_avif_counts_before_its_code_points(tmp_path: Path) -> None:
    image = eight(scene(_709, from_light))
    whole = saved(image, "AVIF", quality=100, subsampling="4:4:4", icc_profile=swapped_rgb())
    (tmp_path / "both.avif").write_bytes(whole)
    out = io.BytesIO()
    file = pillow_heif.from_pillow(image)
    file.info["icc_profile"], file.info["icc_profile_type"] = swapped_rgb(), "prof"
    file.save(out, quality=-1, chroma=444, color_primaries=12, transfer_characteristics=16)
    (tmp_path / "both.heic").write_bytes(out.getvalue())

    for name in ("both.avif", "both.heic"):
        assert farthest(tmp_path / name, PATCHES[:, [1, 0, 2]]) <= 3


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_heic_of_any_depth_shows_p3(tmp_path: Path, depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", depth == 12)
    path = tmp_path / "deep.heic"
    path.write_bytes(heic(scene(_P3, from_light), 12, 13, bits=depth))

    assert pillow_heif.open_heif(path).info["bit_depth"] == depth
    assert farthest(path) <= (4 if depth == 8 else 2)


def highlights(*levels: float) -> Floats:
    """Light of greys in reference whites, each a third of a picture wide."""
    return np.array(levels).repeat(_PATCH_PX)[None, :, None].repeat(_PATCH_PX, 0).repeat(3, 2)


def test_highlights_are_rolled_off_and_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "bright.png"
    levels = (0.1, 1.0, 2.0, 1000 / _NITS)
    path.write_bytes(png(pq(highlights(*levels)), (b"cICP", bytes([9, 16, 0, 1]))))

    dark, white, bright, peak = pixels(opened(path))[10, 24::48, 0]

    # By BT.2390-10, 5.4.1, from a peak of 1000 cd/m2 to 203: 20.3 is beneath the knee and stays.
    assert dark == pytest.approx(255 * float(from_light(np.array(0.1))), abs=1)
    assert 215 < white < bright < peak == 255


def test_a_few_sparks_do_not_darken_white(tmp_path: Path) -> None:
    tones = pq(highlights(1.0, 1.0, 1.0))
    tones[:2, :2] = pq(np.array(10.0))
    path = tmp_path / "sparks.png"
    path.write_bytes(png(tones, (b"cICP", bytes([9, 16, 0, 1]))))

    assert (pixels(opened(path)) >= 254).all()


@pytest.mark.parametrize("size_factor", [1, 8])
def test_transparency_stays_beneath_named_colours(tmp_path: Path, size_factor: int) -> None:
    tones = scene(_2020, pq).repeat(size_factor, 0).repeat(size_factor, 1)
    alpha = np.ones((*tones.shape[:2], 1))
    alpha[: tones.shape[0] // 2] = 0
    rgba = np.concatenate([tones, alpha], axis=2)
    wanted = np.concatenate([np.full((3, 3), 255.0), PATCHES[3:]])
    files = {"clear.png": png(rgba, (b"cICP", bytes([9, 16, 0, 1]))), "clear.heic": heic(rgba, 9, 16)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

        assert farthest(tmp_path / name, wanted) <= 3
        assert opened(tmp_path / name).metadata == {"transparent": True}


def exif_of(color_space: int | None, index: str | None, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    tags: dict[int, object] = {}
    if color_space is not None:
        tags[ExifTags.Base.ColorSpace] = color_space
    if index is not None:
        tags[ExifTags.IFD.Interop] = {1: index}
    exif._ifds[ExifTags.IFD.Exif] = tags
    return exif.tobytes()


@pytest.mark.parametrize(
    ("color_space", "index", "adobe"),
    [
        (0xFFFF, "R03", True),
        (2, None, True),
        (1, "R98", False),
        (0xFFFF, "R98", False),
        (0xFFFF, None, False),
        (1, "R03", False),
    ],
)
@pytest.mark.parametrize("codec", ["JPEG", "WEBP", "PNG"])
def test_adobe_rgb_is_told_by_exif(
    tmp_path: Path, codec: str, color_space: int, index: str | None, adobe: bool
) -> None:
    image = eight(scene(_ADOBE, power(563 / 256)) if adobe else scene(_709, from_light))
    options = {"quality": 100} if codec != "PNG" else {}
    if codec == "JPEG":
        options["subsampling"] = 0
    path = tmp_path / "camera"
    path.write_bytes(saved(image, codec, exif=exif_of(color_space, index), **options))

    assert farthest(path) <= (4 if codec == "WEBP" else 3)


def test_orientation_is_kept_with_adobe_rgb(tmp_path: Path) -> None:
    image = eight(scene(_ADOBE, power(563 / 256))).transpose(Image.Transpose.ROTATE_90)
    path = tmp_path / "turned.jpg"
    path.write_bytes(saved(image, "JPEG", exif=exif_of(0xFFFF, "R03", 6), quality=100, subsampling=0))

    assert farthest(path) <= 3


def test_orientation_of_a_deep_heic_is_kept(tmp_path: Path) -> None:
    stored = np.rot90(scene(_2020, pq))
    path = tmp_path / "turned.heic"
    path.write_bytes(heic(stored, 9, 16, exif=exif_of(1, None, 6)))

    picture = opened(path)

    assert picture.image.size == (picture.width, picture.height) == (144, 96)
    assert farthest(path) <= 3


def test_interlaced_png_keeps_all_its_bits(tmp_path: Path) -> None:
    tones = scene(_2020, pq)
    counted = (tones * 65535 + 0.5).astype(">u2")
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = [row for x, y, dx, dy in passes for row in counted[y::dy, x::dx]]
    whole = bytearray(png(tones, (b"cICP", bytes([9, 16, 0, 1]))))
    header = struct.pack(">IIBBBBB", tones.shape[1], tones.shape[0], 16, 2, 0, 0, 1)
    whole[16:33] = header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    pixel_data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    at, end = whole.index(b"IDAT") - 4, whole.index(b"IEND") - 4
    chunk = b"IDAT" + pixel_data
    whole[at:end] = struct.pack(">I", len(pixel_data)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path = tmp_path / "interlaced.png"
    path.write_bytes(whole)

    assert farthest(path) <= 2


def test_tiff_tells_its_colours_by_its_own_tags(tmp_path: Path) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[318] = _D65
    tags[319] = tuple(value for point in _P3 for value in point)
    tags[301] = tuple(round(65535 * (level / 255) ** 1.8) for level in range(256))
    tags.tagtype.update({318: 5, 319: 5, 301: 3})
    path = tmp_path / "measured.tif"
    path.write_bytes(saved(eight(scene(_P3, power(1.8))), "TIFF", tiffinfo=tags))

    assert farthest(path) <= 2


def bmp(
    tones: Floats, kind: int, *, endpoints: Floats | None = None, gamma: float = 0.0, profile: bytes = b""
) -> bytes:
    """A BMP of version 5 by its specification."""
    rows = (tones[::-1, :, ::-1] * 255 + 0.5).astype(np.uint8)
    height, width = rows.shape[:2]
    numbers = [0] * 9 if endpoints is None else [round(value * (1 << 30)) for value in endpoints.T.ravel()]
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, rows.size, 0, 0, 0, 0)
    header += bytes(16) + struct.pack("<I", kind) + struct.pack("<9i", *numbers)
    header += struct.pack("<3I", *(round(gamma * 65536),) * 3)
    header += struct.pack("<4I", 4, 124 + rows.size if profile else 0, len(profile), 0)
    whole = header + rows.tobytes() + profile
    return b"BM" + struct.pack("<IHHI", 14 + len(whole), 0, 0, 14 + 124) + whole


def test_bmp_tells_its_colours_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "measured.bmp"
    path.write_bytes(bmp(scene(_P3, power(2.0)), 0, endpoints=matrix(_P3), gamma=2.0))
    assert farthest(path) <= 2

    path.write_bytes(bmp(scene(_709, from_light), 0x4D424544, profile=swapped_rgb()))
    assert farthest(path, PATCHES[:, [1, 0, 2]]) <= 2

    for kind in (0, 0x73524742):
        path.write_bytes(bmp(scene(_709, from_light), kind))
        assert farthest(path) == 0


def test_what_is_sent_shows_the_same_colours_to_a_program_that_knows_srgb_only(tmp_path: Path) -> None:
    files = {
        "named.png": png(scene(_2020, pq), (b"cICP", bytes([9, 16, 0, 1]))),
        "measured.png": png(scene(_P3, power(1.8)), gama(1.8), chrm(_P3), bits=8),
        "camera.jpg": saved(
            eight(scene(_ADOBE, power(563 / 256))),
            "JPEG",
            exif=exif_of(0xFFFF, "R03"),
            quality=100,
            subsampling=0,
        ),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)

        sent = outgoing(path, input_types=["image/png", "image/jpeg"], most_bytes=10**7)

        with Image.open(io.BytesIO(sent.content)) as plain:
            assert "icc_profile" not in plain.info
            seen = np.asarray(plain.convert("RGB")).astype(float)
        middles = seen[24::48, 24::48].reshape(-1, 3)
        assert np.abs(middles - PATCHES).max() <= 3
        assert "its colours are told in a way that few programs know" in (sent.changed or "")


def test_a_png_that_says_srgb_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(png(scene(_709, from_light), (b"sRGB", b"\0"), gama(2.2), bits=8))

    sent = outgoing(path, input_types=["image/png"], most_bytes=10**7)

    assert (sent.content, sent.changed) == (path.read_bytes(), None)


def test_profile_for_srgb_hides_no_other_way(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "both.png"
    path.write_bytes(png(scene(_709, from_light), iccp(srgb), gama(1.0), chrm(_P3), bits=8))

    assert farthest(path) == 0
