"""What a TIFF's tags say of its tones that Pillow does not act upon.

Source:
    TIFF, Revision 6.0, "PhotometricInterpretation", "BitsPerSample" and "SampleFormat".
"""

from PIL import Image

_BITS, _PHOTOMETRIC, _MAX_SAMPLE, _SAMPLE_FORMAT = 258, 262, 281, 339
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def is_white_zero(opened: Image.Image) -> bool:
    """Say whether the lowest tone is white."""
    return _tag(opened, _PHOTOMETRIC) == _WHITE_IS_ZERO


def is_unsigned(opened: Image.Image) -> bool:
    """Say whether tones are whole numbers without a sign, as they are where nothing is said."""
    return _tag(opened, _SAMPLE_FORMAT) in (None, _UNSIGNED)


def full_tone(opened: Image.Image) -> int:
    """Return the tone that is full, of greys that come in 16 bits.

    It is by what depth the file has; scanners that keep fewer bits in 16 say so by their greatest tone.
    """
    bits = _tag(opened, _BITS)
    whole = (1 << bits) - 1 if isinstance(bits, int) and 8 < bits <= 16 else 65535
    most = _tag(opened, _MAX_SAMPLE)
    # Any other greatest tone is only what happens to be the brightest in the picture.
    if not isinstance(most, int) or most not in (1023, 4095, 16383) or most > whole:
        return whole
    extremes = opened.getextrema()
    return whole if isinstance(extremes[1], tuple) or extremes[1] > most else most


def _tag(opened: Image.Image, number: int) -> object:
    value = getattr(opened, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) and value else value
