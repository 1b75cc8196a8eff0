"""What the camera wrote down: which way is up, and when it was."""

import re
from datetime import UTC, datetime, timedelta

from PIL import ExifTags, Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_CLOCKS = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
    (ExifTags.Base.DateTime, ExifTags.Base.OffsetTime),
)
# EXIF wants 2020:05:17 03:11:12; programs also write ISO 8601, other marks, blanks for zeros, and halves of a day.
_CLOCK = re.compile(
    r"""(\d{4}) \s*[-:/.]\s* (\d{1,2}) \s*[-:/.]\s* (\d{1,2})
    (?: (?:\s*T\s*|\s+) (\d{1,2}) \s*[:.]\s* (\d{1,2}) (?: \s*[:.]\s* (\d{1,2}) (?: [.,:]\d+ )? )?
    (?: \s*(?P<half>[AP])\.?M\.? )? (?: \s*(?P<offset>Z|[+-]\d{2}:?\d{2}) )? )?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Before there was photography, a date is one that was never set.
_FIRST_YEAR = 1826


def read_exif(image: Image.Image) -> Image.Exif:
    """Return what EXIF a loaded picture carries; a broken block reads as none."""
    try:
        return image.getexif()
    except Exception:  # the parser raises whatever a broken block makes it trip over
        return Image.Exif()


def turn_of(exif: Image.Exif) -> Image.Transpose | None:
    """Return what must be done to the pixels so that the picture stands upright, or None."""
    return _TURNS.get(exif.get(ExifTags.Base.Orientation, 1))


def captured_at(exif: Image.Exif) -> int | None:
    """Return when the picture was taken, in seconds since 1970, or None.

    That is when it was taken, else when it was digitized, else when its file was last written, as far as EXIF
    says. A time without an offset is taken as UTC: the file does not say more, and guessing this machine's
    zone would give two machines different answers.
    """
    try:
        tags = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    except Exception:  # as in read_exif
        return None
    found = (_seconds(_text(tags.get(clock)), _text(tags.get(offset))) for clock, offset in _CLOCKS)
    return next((seconds for seconds in found if seconds is not None), None)


def _seconds(clock: str, offset: str) -> int | None:
    parts = _CLOCK.fullmatch(clock)
    if parts is None:
        return None
    year, month, day, hour, minute, second = (int(parts[number] or 0) for number in range(1, 7))
    if parts["half"] and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (parts["half"].lower() == "p")
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        utc = moment - _offset(parts["offset"] or offset)
    except (ValueError, OverflowError):
        return None
    return int(utc.timestamp()) if year >= _FIRST_YEAR else None


def _offset(text: str) -> timedelta:
    try:
        return datetime.strptime(text.replace(" ", ""), "%z").utcoffset() or timedelta()
    except ValueError:
        return timedelta()


def _text(value: object) -> str:
    first = value[0] if isinstance(value, tuple) and value else value
    plain = first.decode("ascii", "replace") if isinstance(first, bytes) else str(first)
    return plain.partition("\0")[0].strip()
