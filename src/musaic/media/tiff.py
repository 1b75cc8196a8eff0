"""What a TIFF's tags say of its tones that Pillow does not act upon.

Source:
    TIFF, Revision 6.0, "PhotometricInterpretation" and "SampleFormat".
"""

from PIL import Image

_PHOTOMETRIC, _SAMPLE_FORMAT = 262, 339
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def is_white_zero(opened: Image.Image) -> bool:
    """Say whether the lowest tone is white."""
    return _tag(opened, _PHOTOMETRIC) == _WHITE_IS_ZERO


def is_unsigned(opened: Image.Image) -> bool:
    """Say whether tones are whole numbers without a sign, as they are where nothing is said."""
    return _tag(opened, _SAMPLE_FORMAT) in (None, _UNSIGNED)


def _tag(opened: Image.Image, number: int) -> object:
    value = getattr(opened, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) and value else value
