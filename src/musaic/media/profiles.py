"""Colour profiles: from whatever a picture was saved in to sRGB."""

import io
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from PIL import Image, ImageCms

# A profile whose probes move less than this is sRGB under another name: converting would only cost time.
_SAME_LEVELS = 2
_MAX_PROFILE_BYTES = 8 << 20
# Without its one-pixel cache a transform may be shared by threads (lcms2 API, "cmsFLAGS_NOCACHE").
_FLAGS = ImageCms.Flags.NOCACHE | ImageCms.Flags.BLACKPOINTCOMPENSATION


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an RGB, L, CMYK or LAB picture as RGB in sRGB.

    Args:
        image: Mode RGB, L, CMYK or LAB.
        profile: ICC profile; a broken one, or one for another colour space, counts as none.
    """
    transform = None
    if image.mode == "LAB":
        transform = _lab_to_srgb()
    elif profile and len(profile) <= _MAX_PROFILE_BYTES:
        transform = _transform(profile, image.mode).way
    if transform is None:
        return image.convert("RGB")
    try:
        converted = ImageCms.applyTransform(image, transform)
    except ImageCms.PyCMSError:
        converted = None
    return image.convert("RGB") if converted is None else converted


def fits(profile: bytes, mode: str) -> bool:
    """Say whether a profile can be read, and is for the colours of a picture of this mode.

    Args:
        profile: ICC profile.
        mode: As a codec gives it, which may be a palette's or a deep one.
    """
    plain = {"LA": "L", "La": "L", "1": "L", "F": "L", "CMYK": "CMYK", "L": "L"}.get(mode, "RGB")
    return len(profile) <= _MAX_PROFILE_BYTES and _transform(profile, "L" if mode[0] == "I" else plain).usable


class _Read(NamedTuple):
    """A profile that was read: whether it can be used, and the way to sRGB where that is not sRGB itself."""

    usable: bool
    way: ImageCms.ImageCmsTransform | None


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> _Read:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB", intent, _FLAGS
        )
        return _Read(True, None if mode == "RGB" and _changes_nothing(transform) else transform)
    except Exception:  # a broken profile raises many types, one for other colours PyCMSError
        return _Read(False, None)


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, _FLAGS)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    levels: Iterable[int] = (0, 32, 80, 128, 176, 224, 255)
    probe = b"".join(bytes(colour) for colour in product(levels, repeat=3))
    before = Image.frombytes("RGB", (len(probe) // 3, 1), probe)
    after = ImageCms.applyTransform(before, transform)
    return after is not None and all(
        abs(a - b) <= _SAME_LEVELS for a, b in zip(probe, after.tobytes(), strict=True)
    )
