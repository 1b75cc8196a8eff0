"""What says which colours a picture's numbers stand for, in the order that their formats set.

PNG: `cICP`, `iCCP`, `sRGB`, `gAMA` with `cHRM`. HEIC and AVIF: the ICC profile, then the code points. TIFF and BMP:
the ICC profile, then their own tags. Where none of them says so, what EXIF says of Adobe RGB; and where nothing is
said, or nothing that makes sense, sRGB.

Source:
    Portable Network Graphics (third edition), "Color Space Priority"; ISO/IEC 23000-22 (MIAF), 7.3.6.4;
    TIFF, Revision 6.0, section 20; DCF 2.0 and Exif 2.32, "InteroperabilityIndex", "ColorSpace".
"""

from functools import partial
from typing import cast

import numpy as np
from PIL import ExifTags, Image

from musaic.media import bmp, boxes, curves, png
from musaic.media.profiles import fits
from musaic.media.source import Source
from musaic.media.spaces import ADOBE_RGB, SRGB, Corners, Space, by_codes, by_measures

# An ICC profile, a space, or sRGB for want of either.
Told = bytes | Space | None

_EXPONENTS = (0.1, 10.0)
_ADOBE_RGB, _UNCALIBRATED = 2, 0xFFFF
_INDEX = 1
_NOT_OF_LIGHT = ("CMYK", "LAB", "F")


def told(file: Image.Image, exif: Image.Exif, source: Source, mime: str) -> Told:
    """Return what a picture's numbers stand for.

    Args:
        file: As its codec gives it; its pixels need not have been loaded.
        exif: Its EXIF.
        source: Its bytes.
        mime: What it is.
    """
    if mime == "image/png" and (named := png.space(source.stream)):
        return named
    profile = file.info.get("icc_profile")
    if isinstance(profile, bytes) and fits(profile, file.mode):
        return profile
    if file.mode in _NOT_OF_LIGHT:
        return None
    try:
        return _by_format(file, source, mime) or _by_exif(exif)
    except Exception:  # broken tags make their reader raise whatever it trips over
        return None


def _by_format(file: Image.Image, source: Source, mime: str) -> Told:
    if mime == "image/png":
        return _by_chunks(file)
    if mime in ("image/heic", "image/heif"):
        nclx = file.info.get("nclx_profile")
        return by_codes(nclx["color_primaries"], nclx["transfer_characteristics"]) if nclx else None
    if mime == "image/avif":
        codes = boxes.code_points(source.stream)
        return by_codes(*codes) if codes else None
    if mime == "image/bmp":
        named = bmp.told(source.head, source.stream)
        return None if isinstance(named, bytes) and not fits(named, file.mode) else named
    return _by_tags(file) if mime == "image/tiff" else None


def _by_chunks(file: Image.Image) -> Space | None:
    if "srgb" in file.info:
        return SRGB
    measured = file.info.get("chromaticity")
    return by_measures(
        _corners(measured[2:], measured[:2]) if measured else None, _power(file.info.get("gamma"))
    )


def _power(coded: object) -> curves.Curve | None:
    """Return the curve of an exponent that made tones of light; None of one that makes no sense."""
    exponent = 1 / coded if isinstance(coded, float) and coded > 0 else 0.0
    return partial(curves.gamma, exponent=exponent) if _EXPONENTS[0] <= exponent <= _EXPONENTS[1] else None


def _corners(primaries: object, white: object) -> Corners | None:
    numbers = [
        float(value) for value in (*cast("tuple[float, ...]", primaries), *cast("tuple[float, ...]", white))
    ]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return cast("Corners", tuple(pairs)) if len(pairs) == 4 and np.isfinite(numbers).all() else None


def _by_tags(file: Image.Image) -> Space | None:
    tags = getattr(file, "tag_v2", {})
    names = ExifTags.Base
    if not {names.PrimaryChromaticities, names.WhitePoint, names.TransferFunction} & set(tags):
        return None
    measured = names.PrimaryChromaticities in tags and names.WhitePoint in tags
    corners = _corners(tags[names.PrimaryChromaticities], tags[names.WhitePoint]) if measured else None
    return by_measures(corners, _transfer(tags.get(names.TransferFunction)))


def _transfer(levels: object) -> curves.Curve | None:
    """Return the curve of a table of 65535 for full light; of three tables that differ, none."""
    if not isinstance(levels, tuple) or len(levels) < 256:
        return None
    several = np.asarray(levels, np.float64).reshape(3 if len(levels) % 3 == 0 else 1, -1)
    if (several != several[0]).any() or several[0, -1] <= several[0, 0]:
        return None
    return partial(curves.table, levels=several[0] / 65535)


def _by_exif(exif: Image.Exif) -> Space | None:
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    colours = tags.get(ExifTags.Base.ColorSpace)
    if colours == _ADOBE_RGB:
        return ADOBE_RGB
    if colours != _UNCALIBRATED:
        return None
    index = exif.get_ifd(ExifTags.IFD.Interop).get(_INDEX, "")
    word = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    return ADOBE_RGB if word.strip("\0 ") == "R03" else None
