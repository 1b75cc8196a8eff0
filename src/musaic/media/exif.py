"""What the camera wrote down: which way is up, and when it was."""

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
)


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

    A time without an offset is taken as UTC: the file does not say more, and guessing this machine's
    zone would give two machines different answers.
    """
    try:
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        found = (_seconds(tags.get(clock), tags.get(offset)) for clock, offset in _CLOCKS)
        return next((seconds for seconds in found if seconds is not None), None)
    except Exception:  # as in read_exif
        return None


def _seconds(clock: object, offset: object) -> int | None:
    try:
        moment = datetime.strptime(_text(clock)[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int((moment - _offset(_text(offset))).timestamp())


def _offset(text: str) -> timedelta:
    try:
        return datetime.strptime(text, "%z").utcoffset() or timedelta()
    except ValueError:
        return timedelta()


def _text(value: object) -> str:
    plain = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return plain.strip("\0 ")
