"""A colour profile keeps its colours, by lcms's own word, and loses all that names a device or an owner."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from musaic.media.icc import colours_only

SECRET = b"Serial C02XY4711"
POINT = b"XYZ " + bytes(4) + struct.pack(">3i", 30000, 20000, 10000)
GAMMA = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233)
CURVE = (
    b"curv" + bytes(4) + struct.pack(">I256H", 256, *(round(65535 * (n / 255) ** 1.8) for n in range(256)))
)
FORMULA = b"para" + bytes(4) + struct.pack(">HH5i", 3, 0, 157286, 62119, 3417, 5072, 2651)
TEXT = b"text" + bytes(4) + SECRET + b"\0"


def profile(
    tags: dict[bytes, bytes], *, version: int = 2, kind: bytes = b"mntr", space: bytes = b"RGB "
) -> bytes:
    at = 132 + 12 * len(tags)
    rows, body = b"", b""
    for name, tag in tags.items():
        rows += struct.pack(">4sII", name, at + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = b"ACME" + bytes((version, 0x20, 0, 0)) + kind + space + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061) + b"ACME" + SECRET
    whole = header.ljust(124, b"\0") + struct.pack(">I", len(tags)) + rows + body
    return struct.pack(">I", len(whole) + 4) + whole


def colour(
    red: tuple[float, float, float], white: tuple[float, float, float] = (0.9642, 1.0, 0.8249)
) -> dict[bytes, bytes]:
    green, blue = (0.2973, 0.6274, 0.0741), (0.1494, 0.0632, 0.7446)
    points = zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), (red, green, blue, white), strict=True)
    return {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * part) for part in point))
        for name, point in points
    }


RED = (0.6097, 0.3111, 0.0195)
PROFILES = {
    "a gamma": profile(colour(RED) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), GAMMA) | {b"cprt": TEXT}),
    "a table": profile(colour(RED) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), CURVE) | {b"mmod": TEXT}),
    "a formula": profile(
        colour(RED) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), FORMULA) | {b"vcgt": TEXT}, version=4
    ),
    "grey": profile({b"wtpt": POINT, b"kTRC": CURVE, b"desc": TEXT}, space=b"GRAY"),
    "sRGB of lcms": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
}


def shown(with_profile: bytes) -> NDArray[np.uint8]:
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 17, dtype=np.uint8)] * 3), axis=-1).reshape(1, -1, 3)
    mode = "L" if with_profile[16:20] == b"GRAY" else "RGB"
    source = Image.fromarray(np.ascontiguousarray(grid)).convert(mode)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(with_profile))
    converted = ImageCms.profileToProfile(source, opened, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None
    return np.asarray(converted)


@pytest.mark.parametrize("original", PROFILES.values(), ids=PROFILES)
def test_colours_stay_and_texts_go(original: bytes) -> None:
    rebuilt = colours_only(original)

    assert rebuilt is not None
    assert np.array_equal(shown(rebuilt), shown(original))
    assert not any(private in rebuilt for private in (SECRET, b"ACME", b"mmod", b"vcgt"))
    assert colours_only(rebuilt) == rebuilt


def test_bytes_behind_a_curve_and_in_reserved_places_go() -> None:
    stuffed = bytearray(GAMMA + SECRET)
    stuffed[4:8] = b"4711"
    original = profile(colour(RED) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), bytes(stuffed)))

    rebuilt = colours_only(original)

    assert rebuilt is not None
    assert SECRET not in rebuilt
    assert rebuilt == colours_only(PROFILES["a gamma"])


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\0" * 200,
        PROFILES["a gamma"][:-20],
        struct.pack(">I", 1 << 31) + PROFILES["a gamma"][4:],
        profile({}, kind=b"link"),
        profile({b"kTRC": b"curv" + bytes(4) + struct.pack(">I", 1 << 30)}, space=b"GRAY"),
        profile({b"kTRC": b"para" + bytes(4) + struct.pack(">HH", 900, 0)}, space=b"GRAY"),
        profile({b"A2B0": b"mft2" + bytes(4) + b"\xff\xff\xff\0" + bytes(60)}),
        profile({b"rXYZ": POINT, b"D2B0": TEXT}),
        PROFILES["a gamma"][:128] + struct.pack(">I", 1 << 20) + PROFILES["a gamma"][132:],
    ],
)
def test_what_cannot_be_taken_apart_is_no_profile(broken: bytes) -> None:
    assert colours_only(broken) is None
