"""What a TIFF's tags say of its tones that Pillow does not act upon.

Source:
    TIFF, Revision 6.0, "PhotometricInterpretation", "MaxSampleValue" and "SampleFormat".
"""

from typing import BinaryIO

from PIL import Image, TiffImagePlugin

from musaic.media import codecs

_PHOTOMETRIC, _MAX_SAMPLE, _SAMPLE_FORMAT = 262, 281, 339
_COMPRESSION, _NONE = 259, 1
_FULL, _FEWER_BITS = 65535, frozenset({1023, 4095, 16383})
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def is_white_zero(opened: Image.Image) -> bool:
    """Say whether the lowest tone is white."""
    return _tag(opened, _PHOTOMETRIC) == _WHITE_IS_ZERO


def is_unsigned(opened: Image.Image) -> bool:
    """Say whether tones are whole numbers without a sign, as they are where nothing is said."""
    return _tag(opened, _SAMPLE_FORMAT) in (None, _UNSIGNED)


def full_tone(opened: Image.Image) -> int:
    """Return the tone that is full, of greys that come in 16 bits.

    Cameras that keep 10, 12 or 14 bits in 16 say so by their greatest tone.
    """
    most = _tag(opened, _MAX_SAMPLE)
    # Any other greatest tone is only what happens to be the brightest in the picture.
    if not isinstance(most, int) or most not in _FEWER_BITS:
        return _FULL
    brightest = opened.getextrema()[1]
    return most if isinstance(brightest, (int, float)) and brightest <= most else _FULL


def directory(stream: BinaryIO) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return the tags of a TIFF's first page.

    Args:
        stream: The file, at its start.

    Raises:
        Exception: Of nearly any type, where they are broken.
    """
    codecs.hush()
    start = stream.read(8)
    if start[2:4] in (b"+\0", b"\0+"):  # a BigTIFF, whose header is longer
        start += stream.read(8)
    tags = TiffImagePlugin.ImageFileDirectory_v2(start)
    stream.seek(tags.next)
    tags.load(stream)
    return tags


def compression(stream: BinaryIO) -> int:
    """Return the number of a TIFF's compression; `directory` says the rest."""
    return int(directory(stream).get(_COMPRESSION, _NONE))


def _tag(opened: Image.Image, number: int) -> object:
    value = getattr(opened, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) and value else value
